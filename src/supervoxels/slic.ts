import { type Kernels, share, threadsOf } from "../kernels/mod.ts";
import { assignLoop, finishLoop, joinLoop, recentreLoop, uniteLoop } from "./loops.ts";
import { nameSupervoxels, type SupervoxelNames } from "./names.ts";
import { type Region, voxelCount, type Zyx } from "../volume/region.ts";
import {
  JOIN_LINKS,
  type LocalGrid,
  localGrid,
  type SeedGrid,
  seedSteps,
  SLIC_ROUNDS,
  type SlicSettings,
  smallFragment,
} from "./grid.ts";

/** Raw voxels (u8) of a region in kernel memory. */
export interface RawBlock {
  readonly address: number;
  readonly region: Region;
}

/** The supervoxels that have a voxel in a block's write region, neighbours near each other in the numbering. */
export interface BlockSupervoxels {
  readonly count: number;
  /** Mean coordinates, truncated: z, y, x of each, in the whole volume. */
  readonly centroids: Int32Array;
  /** Number of voxels of each. */
  readonly voxels: Int32Array;
  /** Region in which they were looked for; it holds them whole. */
  readonly region: Region;
  /** Address of the number (i32) of each voxel of `region`, -1 for the other supervoxels there. Valid until the arena is released. */
  readonly numberOf: number;
  /** Voxels that no seed's window reached. */
  readonly orphans: number;
  /** What each is called in the whole volume; to be asked before the arena is released. */
  names(): SupervoxelNames;
}

/** Entries behind a slice that vectors which begin in it may write, so that no two threads write one. */
const SPARE = 4;

/**
 * Entries from row to row and from slice to slice of SLIC's own arrays: odd multiples of a cache line, or neighbouring rows of a
 * window compete for the same lines of the cache (a third of the speed at widths of a power of two).
 */
function pitches([, ny, nx]: Zyx): [row: number, slice: number] {
  const oddLines = (entries: number) => (Math.ceil(entries / 16) | 1) * 16;
  const row = oddLines(nx);
  return [row, oddLines(ny * row + SPARE)];
}

/**
 * Bytes of kernel memory that `segment` needs for a region. Fragments are not known before: planned are 1.5 a seed, or one in 3 voxels (measured
 * on EM: 1.1 to 1.4 a seed; pure noise at low compactness has more).
 * @param supervoxels in the write region, at most
 */
export function segmentBytes(shape: Zyx, settings: SlicSettings, supervoxels: number): number {
  const voxels = voxelCount(shape);
  const steps = seedSteps(settings);
  const seeds = Math.ceil((voxels * 1.1) / (steps[0] * steps[1] * steps[2])) + 1000;
  const fragments = Math.min(voxels, Math.max(voxels / 3, seeds * 1.5));
  const labels = shape[0] * pitches(shape)[1] * 4 + 16;
  const arrays = Math.max(
    seeds * 16,
    Math.max(0, FRAGMENT_ARRAYS * fragments * 4 - labels) + supervoxels * 20,
  );
  return labels + Math.max(labels, seeds * 20) + arrays + shape[0] * 16 + 2000;
}

/** Numbers (4 bytes) that are kept of each fragment. */
const FRAGMENT_ARRAYS = 5;

/**
 * Grey-level SLIC on a region (docs/algorithm.md, section 4). Supervoxels are those of the whole volume wherever `supervoxelReach` voxels
 * of context lie inside the region or the volume ends.
 * @param raw voxels that contain `region`
 * @param write part of `region` whose supervoxels are wanted
 * @param map address that receives the number (i32) of each voxel of `write`
 */
export function segment(
  kernels: Kernels,
  raw: RawBlock,
  grid: SeedGrid,
  region: Region,
  write: Region,
  map: number,
): BlockSupervoxels {
  const { run, arena } = kernels;
  const local = localGrid(grid, region);
  const [nz, ny, nx] = region.shape;
  const voxels = voxelCount(region.shape);
  const seedCount = voxelCount(local.counts);
  const rowStride = raw.region.shape[2];
  const sliceStride = rowStride * raw.region.shape[1];
  const origin = raw.address + (region.start[0] - raw.region.start[0]) * sliceStride +
    (region.start[1] - raw.region.start[1]) * rowStride + region.start[2] - raw.region.start[2];

  const [pitch, slicePitch] = pitches(region.shape);
  const labelBytes = nz * slicePitch * 4 + 16;
  const gapped = arena.alloc(labelBytes);
  const shared = arena.alloc(Math.max(labelBytes, seedCount * 20));
  const centres = arena.alloc(seedCount * 16);
  const axes = axisTables(arena, grid, local, region);
  const [gz, gy, gx] = axes.positions;
  const weight = (grid.settings.cubeness / grid.settings.seed) ** 2;
  const dims = [nz, ny, nx] as const;
  const voxelsAndGrid = [origin, rowStride, sliceStride, ...dims, gz, gy, gx] as const;
  const layers = arena.alloc(local.counts[0] * 8);
  const slabs = slabsOf(nz, threadsOf(kernels));
  const orphansOf = arena.alloc(slabs.count * 4);

  run.slicInit(origin, rowStride, sliceStride, gz, gy, gx, ...local.counts, centres);
  const step = grid.settings.seed;
  const slic = { voxelsAndGrid, counts: local.counts, centres, gapped, pitch, slicePitch, layers };
  for (let round = 1; round <= SLIC_ROUNDS; round++) {
    run.slicLayers(nz, gz, ...local.counts, centres, step, layers);
    const assign = { ...slic, step, weight, nearest: shared, slices: nz, each: slabs.slices };
    share(kernels, assignLoop, slabs.count, assign);
    if (round === SLIC_ROUNDS) break; // what the last re-centring would move, nothing reads
    const each = Math.ceil(local.counts[0] / slabs.count);
    share(kernels, recentreLoop, Math.ceil(local.counts[0] / each), { ...slic, sums: shared, each });
  }
  const labels = shared, numbers = gapped;
  share(kernels, finishLoop, slabs.count, {
    dims,
    cells: axes.cells,
    seedsY: local.counts[1],
    seedsX: local.counts[2],
    gapped,
    pitch,
    slicePitch,
    labels,
    orphansOf,
    each: slabs.slices,
  });
  const orphans = arena.i32(orphansOf, slabs.count).reduce((sum, count) => sum + count, 0);

  // what stays of the labels: seeds of fragments
  share(kernels, uniteLoop, slabs.count, { labels, dims, numbers, each: slabs.slices });
  for (let z = slabs.slices; z < nz; z += slabs.slices) run.fragmentJoinSlabs(labels, z, ny, nx, numbers);
  const fragments = run.fragmentNumber(labels, voxels, numbers);
  // of most labels nothing is needed any more
  let free = labels + fragments * 4;
  const array = () => {
    const address = free;
    free += fragments * 4;
    return free <= labels + labelBytes ? address : arena.alloc(fragments * 4);
  };
  const [first, sizes, joins, ranks] = [array(), array(), array(), array()];
  run.fragmentSizes(numbers, voxels, fragments, first, sizes);
  const small = smallFragment(grid.settings);
  if (grid.settings.join === "scan") {
    run.fragmentJoinScan(...dims, numbers, fragments, first, sizes, small, JOIN_LINKS, ranks, joins);
  } else {
    share(kernels, joinLoop, slabs.count, {
      voxelsAndGrid,
      seedsY: local.counts[1],
      seedsX: local.counts[2],
      centres,
      weight,
      fragmentOf: numbers,
      firsts: firstOfSlabs(arena.i32(first, fragments), slabs, ny * nx),
      seeds: labels,
      sizes,
      small,
      nearest: ranks,
      joins,
      slices: nz,
      each: slabs.slices,
    });
  }
  arena.i32(ranks, fragments).fill(-1);
  const list = sizes; // there are no more supervoxels than fragments
  const offset = (write.start[0] - region.start[0]) * ny * nx +
    (write.start[1] - region.start[1]) * nx + write.start[2] - region.start[2];
  const count = run.supervoxelCompact(
    numbers + 4 * offset,
    nx,
    nx * ny,
    ...write.shape,
    joins,
    ranks,
    list,
    map,
  );
  const stats = arena.alloc(count * 16);
  run.supervoxelStats(...dims, numbers, fragments, joins, ranks, count, stats);
  return {
    count,
    ...means(arena.i32(stats, count * 4), count, region.start),
    region,
    numberOf: numbers,
    orphans,
    names() {
      const fragment = arena.i32(list, count);
      const seedOf = arena.i32(labels, fragments);
      const firstOf = arena.i32(first, fragments);
      return nameSupervoxels(grid, local, { fragment, seedOf, firstOf }, region, write);
    },
  };
}

/** Slices that a thread works on at a time: few slabs, since what lies at their borders is looked at twice. */
function slabsOf(nz: number, threads: number): { readonly count: number; readonly slices: number } {
  const slices = threads === 1
    ? nz
    : Math.min(nz, Math.max(LEAST_SLAB, Math.ceil(nz / (SLABS_A_THREAD * threads))));
  return { count: Math.ceil(nz / slices), slices };
}

const LEAST_SLAB = 8;
const SLABS_A_THREAD = 2;

/** The first fragment that begins in each slab, and the number of fragments. `first` is ascending. */
function firstOfSlabs(
  first: Int32Array,
  { count, slices }: ReturnType<typeof slabsOf>,
  plane: number,
): number[] {
  return Array.from({ length: count + 1 }, (_, slab) => {
    const voxel = slab === count ? Infinity : slab * slices * plane;
    let low = 0, high = first.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((first[middle] ?? 0) < voxel) low = middle + 1;
      else high = middle;
    }
    return low;
  });
}

/** Truncated mean coordinates and numbers of voxels, from sums of x, y, z in a region and numbers of voxels. */
function means(stats: Int32Array, count: number, [z, y, x]: Zyx) {
  const centroids = new Int32Array(count * 3);
  const voxels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const n = stats[i * 4 + 3] ?? 1;
    voxels[i] = n;
    centroids[i * 3] = z + Math.floor((stats[i * 4 + 2] ?? 0) / n);
    centroids[i * 3 + 1] = y + Math.floor((stats[i * 4 + 1] ?? 0) / n);
    centroids[i * 3 + 2] = x + Math.floor((stats[i * 4] ?? 0) / n);
  }
  return { centroids, voxels };
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
