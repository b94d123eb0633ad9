/** What supervoxels are called in the whole volume. */
import type { Region, Zyx } from "../volume/region.ts";
import { globalSeed, type LocalGrid, type SeedGrid } from "./grid.ts";

/** Seed and first voxel together name a supervoxel. */
export interface SupervoxelNames {
  /** Index of each supervoxel's seed in the whole volume's grid. */
  readonly seeds: Float64Array;
  /** Index of each supervoxel's first voxel in the whole volume. */
  readonly first: Float64Array;
  /** 1 where the first voxel lies in the write region: every supervoxel is owned by one block. */
  readonly owned: Uint8Array;
}

/** Fragments of the supervoxels, and the seed and first voxel of each fragment in the region. */
export interface Fragments {
  readonly fragment: Int32Array;
  readonly seedOf: Int32Array;
  readonly firstOf: Int32Array;
}

/** Names supervoxels by where their fragments begin in the whole volume. */
export function nameSupervoxels(
  grid: SeedGrid,
  local: LocalGrid,
  { fragment, seedOf, firstOf }: Fragments,
  region: Region,
  write: Region,
): SupervoxelNames {
  const [, ny, nx] = region.shape;
  const [, volumeY, volumeX] = grid.volumeShape;
  const count = fragment.length;
  const names = {
    seeds: new Float64Array(count),
    first: new Float64Array(count),
    owned: new Uint8Array(count),
  };
  for (const [i, f] of fragment.entries()) {
    names.seeds[i] = globalSeed(grid, local, seedOf[f] ?? 0);
    const voxel = firstOf[f] ?? 0;
    const at: Zyx = [
      region.start[0] + Math.floor(voxel / (nx * ny)),
      region.start[1] + Math.floor(voxel / nx) % ny,
      region.start[2] + voxel % nx,
    ];
    names.first[i] = (at[0] * volumeY + at[1]) * volumeX + at[2];
    names.owned[i] = isInside(write, at) ? 1 : 0;
  }
  return names;
}

function isInside({ start, shape }: Region, at: Zyx): boolean {
  return at[0] >= start[0] && at[0] < start[0] + shape[0] && at[1] >= start[1] &&
    at[1] < start[1] + shape[1] && at[2] >= start[2] && at[2] < start[2] + shape[2];
}
