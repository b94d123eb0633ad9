/** Volumes of any size: a small generated one, mirrored at its faces again and again. */
import { join } from "node:path";
import { generateFixture } from "../fixtures/fixture.ts";
import { createTiff } from "../src/volume/tiff/write.ts";
import { voxelCount, type Zyx } from "../src/volume/region.ts";
import { ANISOTROPY, type Kind, type Sizes } from "./sizes.ts";

/** A small volume that others are tiled from. */
export interface Tile {
  readonly shape: Zyx;
  readonly voxels: Uint8Array<ArrayBuffer>;
}

const SEED = 1;

/** The generated volume of a kind; made once and then kept in `folder`. */
export async function openTile(folder: string, kind: Kind, { tile }: Pick<Sizes, "tile">): Promise<Tile> {
  const shape = tile[kind];
  const path = join(folder, `tile-${kind}-${shape.join("x")}.raw`);
  const known = await readIfThere(path);
  if (known?.length === voxelCount(shape)) return { shape, voxels: known };
  const { raw } = generateFixture({ shape, anisotropy: ANISOTROPY[kind], seed: SEED });
  await Deno.writeFile(path, raw);
  return { shape, voxels: raw };
}

async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw cause;
  }
}

/** Slice `z` of the endlessly mirrored tile: `ny` rows of `nx` voxels into `out`. */
export function mirroredSlice(tile: Tile, z: number, [, ny, nx]: Zyx, out: Uint8Array): void {
  const [depth, rows, columns] = tile.shape;
  const forward = new Uint8Array(columns);
  for (let y = 0; y < ny; y++) {
    const row = mirrored(z, depth) * rows + mirrored(y, rows);
    forward.set(tile.voxels.subarray(row * columns, (row + 1) * columns));
    const backward = forward.toReversed();
    for (let x = 0, i = 0; x < nx; x += columns, i++) {
      const part = i % 2 === 0 ? forward : backward;
      out.set(part.subarray(0, Math.min(columns, nx - x)), y * nx + x);
    }
  }
}

/** 0, 1 ... n-1, n-1 ... 1, 0, 0, 1 ... */
function mirrored(index: number, n: number): number {
  const place = index % (2 * n);
  return place < n ? place : 2 * n - 1 - place;
}

/** A whole mirrored volume, in memory. */
export function mirroredVolume(tile: Tile, shape: Zyx): Uint8Array<ArrayBuffer> {
  const voxels = new Uint8Array(voxelCount(shape));
  const slice = shape[1] * shape[2];
  for (let z = 0; z < shape[0]; z++) {
    mirroredSlice(tile, z, shape, voxels.subarray(z * slice, (z + 1) * slice));
  }
  return voxels;
}

/** Writes a mirrored volume as an uncompressed TIFF stack, slice by slice; one that is there is kept. Returns its path. */
export async function writeMirroredTiff(
  folder: string,
  kind: Kind,
  shape: Zyx,
  sizes: Sizes,
): Promise<string> {
  const path = join(folder, `volume-${kind}-${shape.join("x")}.tif`);
  if (await readable(path)) return path;
  const tile = await openTile(folder, kind, sizes);
  const writer = createTiff(path, { shape, dtype: "uint8" });
  const slice = new Uint8Array(shape[1] * shape[2]);
  for (let z = 0; z < shape[0]; z++) {
    mirroredSlice(tile, z, shape, slice);
    writer.writeRows(z, 0, slice);
  }
  writer.complete();
  return path;
}

async function readable(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
}
