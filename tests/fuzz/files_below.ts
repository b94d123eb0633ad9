/** What a seed is made of. */

/** Paths of all files below a folder, sorted. */
export function filesBelow(path: string): string[] {
  return [...Deno.readDirSync(path)].sort((a, b) => a.name < b.name ? -1 : 1).flatMap((
    { name, isDirectory },
  ) => isDirectory ? filesBelow(`${path}/${name}`) : [`${path}/${name}`]);
}
