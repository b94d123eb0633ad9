/** Integral images of the columns of one source over a region. */
import {
  interpolateLoop,
  INTERPOLATION_STRIP,
  interpolationBytes,
  pointsAtMost,
  pointsOf,
  SLICES_AT_ONCE,
  storeChannel,
  type StoredComponent,
} from "../../channels/mod.ts";
import { type Kernels, share, threadsOf } from "../../kernels/mod.ts";
import { readRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { type Region, voxelCount, type Zyx } from "../../volume/region.ts";
import { channelOf, type Column } from "../columns.ts";
import { isOnGrid, stepsOf } from "../grid.ts";
import type { VolumeJob } from "../volume_job.ts";
import type { VolumeBlock } from "../volume_block.ts";
import { copyCorners, type Corners, cornersBytes } from "./corners.ts";
import { integrateLoop, storeLoop, sumStripsLoop } from "./table_loops.ts";

/** A column's integral image in kernel memory; see `assembly/integral.ts`. */
export interface ColumnTable {
  readonly column: number;
  readonly address: number;
  /** Where boxes may lie between two voxels. */
  readonly corners?: Corners | undefined;
}

/** Bytes of one table over a region of this shape. */
export function tableBytes(shape: Zyx): number {
  return (shape[0] + 1) * (shape[1] + 1) * (shape[2] + 1) * 4 + 80;
}

/** Bytes of a column in fixed point over a region of this shape. */
function quantisedBytes(shape: Zyx): number {
  return voxelCount(shape) * 2 + 32;
}

/** Slices of a column that lie in fixed point while they are integrated. */
function slicesAtOnce(shape: Zyx): Zyx {
  return [Math.min(shape[0], SLICES_AT_ONCE), shape[1], shape[2]];
}

/** Rows of a slice that a thread integrates. */
const STRIP = 64;

function stripSumsBytes([nz, ny, nx]: Zyx): number {
  return Math.min(nz, SLICES_AT_ONCE) * Math.ceil(ny / STRIP) * nx * 4 + 16;
}

/**
 * Bytes of the first of so many columns' tables, while the others wait for their turn; those that were computed at the points of a grid
 * all wait there, and in little room.
 */
export function tablesBytes(
  shape: Zyx,
  columns: number,
  volume: Pick<VolumeJob, "anisotropy" | "gridStep">,
  steps: Zyx,
  threads: number,
): number {
  const points = pointsAtMost(shape, steps);
  const waiting = isOnGrid(steps)
    ? columns * quantisedBytes(points) + threads * interpolationBytes(points, shape[2])
    : (columns - 1) * quantisedBytes(shape);
  return tableBytes(shape) + cornersBytes(shape, volume) + waiting + quantisedBytes(slicesAtOnce(shape)) +
    stripSumsBytes(shape);
}

/**
 * Computes a source over `region` and hands out the integral image of each of its columns that is `wanted` (indices into the job's
 * columns), one after the other: the others wait in fixed point, which takes half the memory.
 */
export async function integrateSource(
  kernels: Kernels,
  block: VolumeBlock,
  source: number,
  wanted: ReadonlySet<number>,
  region: Region,
  use: (table: ColumnTable) => void | Promise<void>,
): Promise<void> {
  const { arena } = kernels;
  const columns = block.volume.columns
    .map((details, column) => ({ column, details }))
    .filter(({ column, details }) => details.source === source && wanted.has(column));
  const mark = arena.mark();
  const [, ny, nx] = region.shape;
  const table = arena.alloc(tableBytes(region.shape));
  const planes = arena.alloc(quantisedBytes(slicesAtOnce(region.shape)));
  const sums = arena.alloc(stripSumsBytes(region.shape));
  const { volume } = block;
  const corners = arena.alloc(cornersBytes(region.shape, volume));
  arena.u8(table, (ny + 1) * (nx + 1) * 4).fill(0);
  const integrate = (values: number, slice: number, slices: number, places: number) => {
    const args = { values, places, slice, slices, ny, nx, strip: STRIP, sums, table };
    share(kernels, sumStripsLoop, slices, args);
    share(kernels, integrateLoop, Math.ceil(ny / STRIP), args);
  };
  const building = { kernels, block, source, columns, region, planes, integrate };
  const useColumn = (column: number) => {
    const address = table;
    if (volume.gridStep === 1) return use({ column, address });
    return use({ column, address, corners: copyCorners(kernels, table, region, volume, corners) });
  };
  if (isOnGrid(stepsOf(volume, source))) await integrateFromGrid(building, useColumn);
  else await integrateVoxels(building, useColumn);
  arena.release(mark);
}

/** The tables of a source in the making. */
interface Building {
  readonly kernels: Kernels;
  readonly block: VolumeBlock;
  readonly source: number;
  readonly columns: readonly { readonly column: number; readonly details: Column }[];
  readonly region: Region;
  /** Places of some slices in fixed point. */
  readonly planes: number;
  /** Integrates slices in fixed point; slice i lies in place i modulo `places` of `values`. */
  integrate(values: number, slice: number, slices: number, places: number): void;
}

type UseColumn = (column: number) => void | Promise<void>;

/** Integrates the first column while it is computed. */
async function integrateVoxels(
  { kernels, block, source, columns, region, planes, integrate }: Building,
  use: UseColumn,
): Promise<void> {
  const { arena } = kernels;
  const [nz] = region.shape;
  const [z0] = region.start;
  const slots = Math.min(nz, SLICES_AT_ONCE);
  const [first, ...others] = columns;
  if (!first) throw new Error(`no column of source ${source} is wanted`);
  const waiting = others.map((column) => ({ ...column, values: arena.alloc(quantisedBytes(region.shape)) }));
  const stored = [
    storedColumn(first.details, planes, z0, slots),
    ...waiting.map(({ details, values }) => storedColumn(details, values, z0, nz)),
  ];
  await storeSource(
    kernels,
    block,
    source,
    stored,
    region,
    (z, slices) => integrate(planes, z - z0, slices, slots),
  );
  await use(first.column);
  for (const { column, values } of waiting) {
    for (let slice = 0; slice < nz; slice += SLICES_AT_ONCE) {
      integrate(values, slice, Math.min(SLICES_AT_ONCE, nz - slice), nz);
    }
    await use(column);
  }
}

/** Computes the points of the grid first, and integrates what lies between them, too. */
async function integrateFromGrid(
  { kernels, block, source, columns, region, planes, integrate }: Building,
  use: UseColumn,
): Promise<void> {
  const { arena } = kernels;
  const [nz, ny, nx] = region.shape;
  const steps = stepsOf(block.volume, source);
  const grid = pointsOf(region, steps);
  const waiting = columns.map((column) => ({ ...column, values: arena.alloc(quantisedBytes(grid.shape)) }));
  const stored = waiting.map(({ details, values }) =>
    storedColumn(details, values, grid.start[0], grid.shape[0])
  );
  await storeSource(kernels, block, source, stored, grid, () => {}, steps);
  const scratchStep = interpolationBytes(grid.shape, nx);
  const scratch = arena.alloc(threadsOf(kernels) * scratchStep);
  const strips = Math.ceil(ny / INTERPOLATION_STRIP);
  for (const { column, details: { limit }, values } of waiting) {
    const args = { points: values, grid, steps, out: planes, region, limit, scratch, scratchStep };
    for (let slice = 0; slice < nz; slice += SLICES_AT_ONCE) {
      const slices = Math.min(SLICES_AT_ONCE, nz - slice);
      share(kernels, interpolateLoop, slices * strips, { ...args, z: region.start[0] + slice });
      integrate(planes, slice, slices, SLICES_AT_ONCE);
    }
    await use(column);
  }
}

function storedColumn(
  { component, low, scale, limit }: Column,
  to: number,
  first: number,
  slots: number,
): StoredComponent {
  return { component, to, first, slots, fixed: { low, scale, limit } };
}

async function storeSource(
  kernels: Kernels,
  block: VolumeBlock,
  source: number,
  stored: readonly StoredComponent[],
  region: Region,
  onSlices: (first: number, slices: number) => void,
  steps?: Zyx,
): Promise<void> {
  const origin = block.volume.sources[source];
  if (!origin) throw new Error(`source ${source} is missing`);
  switch (origin.kind) {
    case "raw":
      return storeChannel(kernels, block.raw, { kind: "raw" }, region, stored, onSlices);
    case "computed":
      return storeChannel(kernels, block.raw, channelOf(origin.name), region, stored, onSlices, steps);
    case "file":
      return await storeFile(kernels, block.openFile(source), stored, region, onSlices);
  }
}

/** Columns that were given as a file, a few slices at a time. */
async function storeFile(
  kernels: Kernels,
  file: ZarrVolume,
  stored: readonly StoredComponent[],
  region: Region,
  onSlices: (first: number, slices: number) => void,
): Promise<void> {
  const { arena } = kernels;
  const mark = arena.mark();
  const [nz, ny, nx] = region.shape;
  const depth = FILE_SLAB;
  const components = new Set(stored.map(({ component }) => component));
  const slabs = Array.from(
    { length: file.components },
    (_, c) => components.has(c) ? arena.alloc(depth * ny * nx * 4 + 32) : 0,
  );
  for (let z = 0; z < nz; z += depth) {
    const slab: Region = {
      start: [region.start[0] + z, region.start[1], region.start[2]],
      shape: [Math.min(depth, nz - z), ny, nx],
    };
    for (const c of components) {
      await readRegion(file, slab, arena.f32(slabs[c] ?? 0, voxelCount(slab.shape)), c);
    }
    const [first] = slab.start, [slices] = slab.shape;
    for (const column of stored) {
      const from = slabs[column.component] ?? 0;
      const sink = { ny, nx, finish: "none" as const, stored: [{ ...column, component: 0 }] };
      share(kernels, storeLoop, slices, { from, first, sink });
    }
    onSlices(first, slices);
  }
  arena.release(mark);
}

/** Slices of a file's column that are read at once. */
export const FILE_SLAB = 8;

/** Computes the tables of every column that has entries, source by source, and hands each out once. */
export async function forEachTable<T>(
  kernels: Kernels,
  block: VolumeBlock,
  byColumn: ReadonlyMap<number, T>,
  region: Region,
  use: (table: ColumnTable, entries: T) => void | Promise<void>,
): Promise<void> {
  const wanted = new Set(byColumn.keys());
  for (const source of block.volume.sources.keys()) {
    if (!block.volume.columns.some((column, c) => column.source === source && wanted.has(c))) continue;
    await integrateSource(kernels, block, source, wanted, region, async (table) => {
      const entries = byColumn.get(table.column);
      if (entries !== undefined) await use(table, entries);
    });
  }
}
