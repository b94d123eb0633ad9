import type { Kernels } from "../kernels/mod.ts";
import { type Region, voxelCount, type Zyx } from "../volume/region.ts";
import {
  globalSeed,
  JOIN_LINKS,
  type LocalGrid,
  localGrid,
  type SeedGrid,
  seedSteps,
  SLIC_ROUNDS,
  smallFragment,
} from "./grid.ts";

/** Raw voxels (u8) of a region in kernel memory. */
export interface RawBlock {
  readonly address: number;
  readonly region: Region;
}

/** Supervoxels of a region as the kernels left them. All addresses stay valid until the arena is released. */
export interface Segmentation {
  readonly grid: SeedGrid;
  readonly local: LocalGrid;
  readonly region: Region;
  /** i32 a voxel of `region`: its supervoxel, numbered among `fragments` (small fragments have joined others). */
  readonly supervoxelOf: number;
  readonly fragments: number;
  /** i32 a fragment: its first voxel, as an index into `region`. */
  readonly first: number;
  /** i32 a fragment: its seed, as an index into `local`. */
  readonly seeds: number;
  /** 4 x i32 a fragment: sums of x, y, z in the region, and voxels. */
  readonly stats: number;
  /** Voxels that no seed's window reached. */
  readonly orphans: number;
}

/** Supervoxels that have a voxel in a block's write region. */
export interface BlockSupervoxels {
  readonly count: number;
  /** Index of each supervoxel's seed in the whole volume's grid. */
  readonly seeds: Float64Array;
  /** Index of each supervoxel's first voxel in the whole volume. Seed and first voxel together identify a supervoxel. */
  readonly first: Float64Array;
  /** Mean coordinates, truncated: z, y, x of each, in the whole volume. */
  readonly centroids: Int32Array;
  /** 1 where the first voxel lies in the write region: every supervoxel is owned by one block. */
  readonly owned: Uint8Array;
  /** Index of each among the segmentation's fragments. */
  readonly fragment: Int32Array;
  /** Number of voxels of each. */
  readonly voxels: Int32Array;
}

/**
 * Entries from row to row and from slice to slice of SLIC's own arrays: odd multiples of a cache line, or neighbouring rows of a
 * window compete for the same lines of the cache (a third of the speed at widths of a power of two).
 */
function pitches([, ny, nx]: Zyx): [row: number, slice: number] {
  const oddLines = (entries: number) => (Math.ceil(entries / 16) | 1) * 16;
  const row = oddLines(nx);
  return [row, oddLines(ny * row)];
}

/**
 * Bytes of kernel memory that `segment` needs for a region. Fragments are not known before: planned are 1.5 a seed, or one in 3 voxels (measured
 * on EM: 1.1 to 1.4 a seed; pure noise at low compactness has more).
 */
export function segmentBytes(shape: Zyx, grid: SeedGrid): number {
  const voxels = voxelCount(shape);
  const steps = seedSteps(grid.settings);
  const seeds = Math.ceil((voxels * 1.1) / (steps[0] * steps[1] * steps[2])) + 1000;
  const fragments = Math.min(voxels, Math.max(voxels / 3, seeds * 1.5));
  const labels = shape[0] * pitches(shape)[1] * 4;
  return labels + Math.max(labels, seeds * 20) + seeds * 16 + fragments * 40;
}

/**
 * Grey-level SLIC on a region (docs/algorithm.md, section 4). Labels are those of the whole volume wherever `supervoxelReach` voxels of
 * context lie inside the region or the volume ends.
 * @param raw voxels that contain `region`
 */
export function segment(
  { run, arena }: Kernels,
  raw: RawBlock,
  grid: SeedGrid,
  region: Region,
): Segmentation {
  const local = localGrid(grid, region);
  const [nz, ny, nx] = region.shape;
  const voxels = voxelCount(region.shape);
  const seedCount = voxelCount(local.counts);
  const rowStride = raw.region.shape[2];
  const sliceStride = rowStride * raw.region.shape[1];
  const origin = raw.address + (region.start[0] - raw.region.start[0]) * sliceStride +
    (region.start[1] - raw.region.start[1]) * rowStride + region.start[2] - raw.region.start[2];

  const [pitch, slicePitch] = pitches(region.shape);
  const labels = arena.alloc(nz * slicePitch * 4 + 16);
  const shared = arena.alloc(Math.max(nz * slicePitch * 4 + 16, seedCount * 20));
  const centres = arena.alloc(seedCount * 16);
  const axes = axisTables(arena, grid, local, region);
  const [gz, gy, gx] = axes.positions;
  const weight = (grid.settings.cubeness / grid.settings.seed) ** 2;
  const dims = [nz, ny, nx] as const;

  run.slicInit(origin, rowStride, sliceStride, gz, gy, gx, ...local.counts, centres);
  for (let round = 1; round <= SLIC_ROUNDS; round++) {
    run.slicAssign(
      origin,
      rowStride,
      sliceStride,
      ...dims,
      gz,
      gy,
      gx,
      ...local.counts,
      centres,
      grid.settings.seed,
      weight,
      shared,
      labels,
      pitch,
      slicePitch,
    );
    if (round === SLIC_ROUNDS) break; // what the last re-centring would move, nothing reads
    run.slicRecentre(
      origin,
      rowStride,
      sliceStride,
      ...dims,
      gz,
      gy,
      gx,
      ...local.counts,
      centres,
      labels,
      pitch,
      slicePitch,
      shared,
    );
  }
  const orphans = run.slicFinish(
    ...dims,
    ...axes.cells,
    local.counts[1],
    local.counts[2],
    labels,
    pitch,
    slicePitch,
  );

  const fragments = run.fragmentUnite(labels, ...dims, shared);
  const [first, seeds, sizes, joins, depths] = Array.from({ length: 5 }, () => arena.alloc(fragments * 4));
  if (
    first === undefined || seeds === undefined || sizes === undefined || joins === undefined ||
    depths === undefined
  ) {
    throw new Error("unreachable: five arrays were allocated");
  }
  run.fragmentNumber(labels, voxels, shared, first, seeds, sizes);
  const small = smallFragment(grid.settings);
  run.fragmentJoin(...dims, shared, fragments, first, sizes, small, JOIN_LINKS, depths, joins);
  const stats = arena.alloc(fragments * 16);
  run.supervoxelStats(...dims, shared, fragments, joins, stats);
  return { grid, local, region, supervoxelOf: shared, fragments, first, seeds, stats, orphans };
}

/**
 * The supervoxels with a voxel in `write`, neighbours near each other in the numbering.
 * @param map address that receives the number (i32) of each voxel of `write`
 */
export function supervoxelsIn(
  { run, arena }: Kernels,
  segmentation: Segmentation,
  write: Region,
  map: number,
): BlockSupervoxels {
  const { grid, local, region, fragments } = segmentation;
  const [, ny, nx] = region.shape;
  const mark = arena.mark();
  const ranks = arena.alloc(fragments * 4);
  const list = arena.alloc(fragments * 4);
  arena.i32(ranks, fragments).fill(-1);
  const offset = (write.start[0] - region.start[0]) * ny * nx +
    (write.start[1] - region.start[1]) * nx + write.start[2] - region.start[2];
  const count = run.supervoxelCompact(
    segmentation.supervoxelOf + 4 * offset,
    nx,
    nx * ny,
    ...write.shape,
    ranks,
    list,
    map,
  );
  const fragment = arena.i32(list, count).slice();
  arena.release(mark);

  const firstOf = arena.i32(segmentation.first, fragments);
  const seedOf = arena.i32(segmentation.seeds, fragments);
  const stats = arena.i32(segmentation.stats, fragments * 4);
  const result = {
    count,
    seeds: new Float64Array(count),
    first: new Float64Array(count),
    centroids: new Int32Array(count * 3),
    owned: new Uint8Array(count),
    fragment,
    voxels: new Int32Array(count),
  };
  const [volumeY, volumeX] = [grid.volumeShape[1], grid.volumeShape[2]];
  for (const [i, f] of fragment.entries()) {
    result.seeds[i] = globalSeed(grid, local, seedOf[f] ?? 0);
    const voxel = firstOf[f] ?? 0;
    const x = voxel % nx;
    const y = Math.floor(voxel / nx) % ny;
    const at: Zyx = [
      region.start[0] + Math.floor(voxel / (nx * ny)),
      region.start[1] + y,
      region.start[2] + x,
    ];
    result.first[i] = (at[0] * volumeY + at[1]) * volumeX + at[2];
    result.owned[i] = isInside(write, at) ? 1 : 0;
    const voxels = stats[f * 4 + 3] ?? 1;
    result.voxels[i] = voxels;
    result.centroids[i * 3] = region.start[0] + Math.floor((stats[f * 4 + 2] ?? 0) / voxels);
    result.centroids[i * 3 + 1] = region.start[1] + Math.floor((stats[f * 4 + 1] ?? 0) / voxels);
    result.centroids[i * 3 + 2] = region.start[2] + Math.floor((stats[f * 4] ?? 0) / voxels);
  }
  return result;
}

function isInside({ start, shape }: Region, at: Zyx): boolean {
  return at[0] >= start[0] && at[0] < start[0] + shape[0] && at[1] >= start[1] &&
    at[1] < start[1] + shape[1] && at[2] >= start[2] && at[2] < start[2] + shape[2];
}

/** Grid positions relative to the region, and the local seed of each coordinate's grid cell, as i32 tables. */
function axisTables(arena: Kernels["arena"], grid: SeedGrid, local: LocalGrid, region: Region) {
  const steps = seedSteps(grid.settings);
  const table = (values: Int32Array): number => {
    const address = arena.alloc(values.length * 4);
    arena.i32(address, values.length).set(values);
    return address;
  };
  const positions = (axis: 0 | 1 | 2) =>
    table(
      grid.positions[axis].slice(local.first[axis], local.first[axis] + local.counts[axis])
        .map((p) => p - region.start[axis]),
    );
  const cells = (axis: 0 | 1 | 2) =>
    table(Int32Array.from({ length: region.shape[axis] }, (_, i) => {
      const cell = Math.min(Math.floor((region.start[axis] + i) / steps[axis]), grid.counts[axis] - 1);
      return Math.min(Math.max(cell - local.first[axis], 0), local.counts[axis] - 1);
    }));
  return {
    positions: [positions(0), positions(1), positions(2)] as const,
    cells: [cells(0), cells(1), cells(2)] as const,
  };
}
