/** Zarr volumes of all kinds for tests, and plain code to compare with. */
import fc from "fast-check";
import { type Region, voxelCount, zipAxes, type Zyx } from "../../../src/volume/region.ts";
import type { VolumeDtype as Dtype } from "../../../src/volume/dtype.ts";
import type { ChunkCodec } from "../../../src/volume/zarr/mod.ts";

/** Voxels of the types that are used where they are. */
export type Voxels = Uint8Array | Uint32Array | Float32Array;

export function voxels(dtype: Dtype, length: number): Voxels {
  if (dtype === "uint8") return new Uint8Array(length);
  return dtype === "uint32" ? new Uint32Array(length) : new Float32Array(length);
}

/** A value for each voxel of a volume that tells its place, with runs of 0 so that empty chunks occur. */
export function pattern(dtype: Dtype, shape: Zyx): Voxels {
  const out = voxels(dtype, voxelCount(shape));
  for (let index = 0; index < out.length; index++) {
    const mixed = Math.imul(index + 1, 0x9e3779b1) >>> 0;
    const value = dtype === "float32" ? mixed / 1e5 - 2e4 : mixed;
    out[index] = Math.floor(index / 500) % 3 === 0 ? 0 : value;
  }
  return out;
}

/** The voxels of a region of a dense array; beyond it the nearest voxel's. Plainly written, to compare with. */
export function cut(from: Voxels, shape: Zyx, region: Region, dtype: Dtype): Voxels {
  const out = voxels(dtype, voxelCount(region.shape));
  const clamp = (value: number, length: number) => Math.min(length - 1, Math.max(0, value));
  let index = 0;
  for (let z = 0; z < region.shape[0]; z++) {
    for (let y = 0; y < region.shape[1]; y++) {
      for (let x = 0; x < region.shape[2]; x++) {
        const at = (clamp(region.start[0] + z, shape[0]) * shape[1] + clamp(region.start[1] + y, shape[1])) *
          shape[2];
        out[index++] = from[at + clamp(region.start[2] + x, shape[2])] ?? NaN;
      }
    }
  }
  return out;
}

const length = (most: number) => fc.integer({ min: 1, max: most });
export const size = (most: number) => fc.tuple(length(most), length(most), length(most)) as fc.Arbitrary<Zyx>;
/** Not so small that a test writes thousands of files, each of which must reach the disk. */
export const chunks = size(9).map((chunk) => chunk.map((value) => value + 5) as unknown as Zyx);
export const dtypes = fc.constantFrom<Dtype>("uint8", "uint32", "float32");
export const codecs = fc.constantFrom<ChunkCodec>("none", "zstd", "zstd-small", "gzip");

/** A region inside a volume, from fractions of its lengths. */
export function insideRegion(shape: Zyx, from: readonly number[], extent: readonly number[]): Region {
  const start = shape.map((n, axis) => Math.floor((from[axis] ?? 0) * n)) as unknown as Zyx;
  const rest = zipAxes((n, s) => n - s, shape, start);
  return { start, shape: rest.map((n, axis) => Math.ceil((extent[axis] ?? 0) * n)) as unknown as Zyx };
}

const fraction = fc.double({ min: 0, max: 0.999, noNaN: true });
export const fractions = fc.tuple(fraction, fraction, fraction);

/** All files below a folder, without the folder's name. */
export function filesBelow(folder: string): string[] {
  const names: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) names.push(...filesBelow(`${folder}/${name}`).map((below) => `${name}/${below}`));
    else names.push(name);
  }
  return names.sort();
}
