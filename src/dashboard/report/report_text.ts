/** Words and numbers of reports. */

/** A number with its noun. */
export function count(number: number, noun: string): string {
  return `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** In three digits: `0.0123`, `1,230,000`. */
export function short(value: number): string {
  return grouped(Number(value.toPrecision(3)));
}

/** `1,234,567`; with a fraction all digits. */
export function grouped(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString("en-US") : String(value);
}

/** Size of a stack. */
export function sizeOf(
  { shape, voxelSize }: { readonly shape: readonly number[]; readonly voxelSize: readonly number[] | null },
): string {
  const voxels = `${shape.join(" × ")} voxels (x, y, z)`;
  if (voxelSize === null) return `${voxels} of unknown size`;
  const lengths = shape.map((n, axis) => short(n * (voxelSize[axis] ?? 0) / 1000));
  return `${voxels} of ${voxelSize.join(" × ")} nm, ${lengths.join(" × ")} µm`;
}
