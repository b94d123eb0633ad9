/** Volumes to divide into supervoxels, and the kernels' answer in a form that tests can compare. */
import fc from "fast-check";
import { type Kernels, loadKernels } from "../../src/kernels/mod.ts";
import { FRAGMENT_JOINS, seedGrid, type SlicSettings } from "../../src/supervoxels/grid.ts";
import { supervoxelKey } from "../../src/supervoxels/identity.ts";
import { segment } from "../../src/supervoxels/slic.ts";
import { type Region, voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";

/** Kinds of contents: noise, grey steps with noise, smooth, one grey value. */
export const CONTENTS = ["noise", "steps", "smooth", "blank"] as const;

/** A volume's voxels; the same for the same arguments. */
export function contents(kind: typeof CONTENTS[number], shape: Zyx, seed: number): Uint8Array {
  const [, ny, nx] = shape;
  let random = seed;
  return Uint8Array.from({ length: voxelCount(shape) }, (_, i) => {
    random = Math.imul(random ^ (random >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    const noise = (random >>> 9) & 255;
    const x = i % nx, y = Math.floor(i / nx) % ny, z = Math.floor(i / (nx * ny));
    switch (kind) {
      case "noise":
        return noise;
      case "steps":
        return ((x + 2 * y + 3 * z + seed) % 7 < 3 ? 60 : 190) + (noise >> 4);
      case "smooth":
        return 127 + 60 * Math.sin((x + seed) / 4) + 60 * Math.cos((y - z) / 5);
      case "blank":
        return 90;
    }
  });
}

/** Settings of SLIC as a configuration may have them. */
export const slicSettings: fc.Arbitrary<SlicSettings> = fc.record({
  seed: fc.constantFrom(1, 2, 3, 5),
  cubeness: fc.constantFrom(0, 1, 6, 16, 40),
  anisotropy: fc.constantFrom(1, 2.5, 10),
  join: fc.constantFrom(...FRAGMENT_JOINS),
});

/** Supervoxels of a write region, and the supervoxel of each of its voxels by name. */
export interface FoundSupervoxels {
  /** By name: seed and first voxel. */
  readonly byName: ReadonlyMap<string, FoundSupervoxel>;
  /** Of each voxel of the write region. */
  readonly names: readonly string[];
  readonly orphans: number;
}

export interface FoundSupervoxel {
  readonly centroid: readonly number[];
  readonly voxels: number;
  readonly owned: boolean;
}

export const kernels: Kernels = await loadKernels();

/** Runs `segment` on `region` for the supervoxels of `write`. */
export function findSupervoxels(
  raw: Uint8Array,
  shape: Zyx,
  settings: SlicSettings,
  region: Region = wholeRegion(shape),
  write: Region = region,
): FoundSupervoxels {
  const { arena } = kernels;
  const mark = arena.mark();
  const address = arena.alloc(raw.length + 16);
  arena.u8(address, raw.length).set(raw);
  const map = arena.alloc(voxelCount(write.shape) * 4);
  const block = { address, region: wholeRegion(shape) };
  const found = segment(kernels, block, seedGrid(shape, settings), region, write, map);
  const { seeds, first, owned } = found.names();
  const keys = Array.from(seeds, (seed, i) => supervoxelKey(seed, first[i] ?? -1));
  const byName = new Map(keys.map((key, i) => [key, {
    centroid: [...found.centroids.subarray(i * 3, i * 3 + 3)],
    voxels: found.voxels[i] ?? 0,
    owned: owned[i] === 1,
  }]));
  const names = Array.from(arena.i32(map, voxelCount(write.shape)), (i) => keys[i] ?? "none");
  arena.release(mark);
  return { byName, names, orphans: found.orphans };
}
