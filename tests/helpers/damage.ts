/** Damage to files, for tests. */
import { join } from "node:path";

/** Paths of all files below a folder. */
export function filesBelow(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder)).flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    return isDirectory ? filesBelow(path) : [path];
  });
}

/** Copies a folder to a place where there is none yet. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/**
 * Flips a bit of the byte at `place`, a fraction of the file's length, and keeps the time of change as a failing disk does.
 * @returns what puts the file back
 */
export function flipBit(path: string, place: number): () => void {
  const { mtime, atime } = Deno.statSync(path);
  const whole = Deno.readFileSync(path);
  const write = (bytes: Uint8Array) => {
    Deno.writeFileSync(path, bytes);
    Deno.utimeSync(path, atime ?? 0, mtime ?? 0);
  };
  const damaged = whole.slice();
  const at = Math.floor(whole.length * place);
  damaged[at] = (damaged[at] ?? 0) ^ 4;
  write(damaged);
  return () => write(whole);
}
