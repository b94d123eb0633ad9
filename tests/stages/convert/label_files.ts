/** Small files of labels of every number type. */
import { voxelCount, wholeRegion } from "../../../src/volume/region.ts";
import { readRegion, type ZarrVolume } from "../../../src/volume/zarr/mod.ts";

const ARRAYS = {
  uint8: ["uchar", Uint8Array],
  int8: ["signed char", Int8Array],
  uint16: ["ushort", Uint16Array],
  int16: ["short", Int16Array],
  uint32: ["uint", Uint32Array],
  int32: ["int", Int32Array],
  uint64: ["ulonglong", BigUint64Array],
  int64: ["longlong", BigInt64Array],
  float32: ["float", Float32Array],
  float64: ["double", Float64Array],
} as const;
export type Type = keyof typeof ARRAYS;

/** Writes one row of values. */
export function writeNrrd(path: string, type: Type, values: readonly (number | bigint)[]): void {
  const [name, kind] = ARRAYS[type];
  const head =
    `NRRD0004\ntype: ${name}\ndimension: 3\nsizes: ${values.length} 1 1\nendian: little\nencoding: raw\n\n`;
  const voxels = kind === BigUint64Array || kind === BigInt64Array
    ? kind.from(values.map(BigInt))
    : (kind as Float64ArrayConstructor).from(values.map(Number));
  Deno.writeFileSync(
    path,
    Uint8Array.from([...new TextEncoder().encode(head), ...new Uint8Array(voxels.buffer)]),
  );
}

/** The voxels of a volume. */
export async function bytesOf(volume: ZarrVolume): Promise<number[]> {
  const voxels = new Uint8Array(voxelCount(volume.shape));
  await readRegion(volume, wholeRegion(volume.shape), voxels);
  return [...voxels];
}
