/** Integral images of the columns of one source over a region. */
import { computeChannel } from "../../channels/mod.ts";
import type { Kernels } from "../../kernels/mod.ts";
import { readRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { type Region, voxelCount, type Zyx } from "../../volume/region.ts";
import { channelOf, type Column } from "../columns.ts";
import type { VolumeBlock } from "../volume_block.ts";

/** A column's integral image in kernel memory; see `assembly/integral.ts`. */
export interface ColumnTable {
  readonly column: number;
  readonly address: number;
}

/** Bytes of one table over a region of this shape. */
export function tableBytes(shape: Zyx): number {
  return (shape[0] + 1) * (shape[1] + 1) * (shape[2] + 1) * 4 + 16;
}

/** Bytes of a column in fixed point over a region of this shape. */
function quantisedBytes(shape: Zyx): number {
  return voxelCount(shape) * 2 + 32;
}

/** Bytes of the first of so many columns' tables, while the others wait for their turn. */
export function tablesBytes(shape: Zyx, columns: number): number {
  return tableBytes(shape) + (columns - 1) * quantisedBytes(shape) + quantisedBytes([1, shape[1], shape[2]]);
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
  const { run, arena } = kernels;
  const [nz, ny, nx] = region.shape;
  const sliceBytes = (ny + 1) * (nx + 1) * 4;
  const [first, ...others] = block.volume.columns
    .map((details, column) => ({ column, details }))
    .filter(({ column, details }) => details.source === source && wanted.has(column));
  if (!first) throw new Error(`no column of source ${source} is wanted`);
  const mark = arena.mark();
  const table = arena.alloc(tableBytes(region.shape));
  const plane = arena.alloc(quantisedBytes([1, ny, nx]));
  const waiting = others.map((column) => ({ ...column, values: arena.alloc(quantisedBytes(region.shape)) }));
  arena.u8(table, sliceBytes).fill(0);
  const quantise = (planes: readonly number[], { component, low, scale, limit }: Column, out: number) => {
    const values = planes[component];
    if (values === undefined) throw new Error(`component ${component} is missing`);
    run.quantise(values, ny * nx, low, scale, limit, out);
  };
  const integrate = (slice: number, values: number) => {
    const previous = table + slice * sliceBytes;
    run.integrateSlice(values, previous, previous + sliceBytes, ny, nx);
  };
  await computeSource(kernels, block, source, componentsNeeded([first, ...others]), region, (z, planes) => {
    const slice = z - region.start[0];
    quantise(planes, first.details, plane);
    integrate(slice, plane);
    for (const { details, values } of waiting) quantise(planes, details, values + slice * ny * nx * 2);
  });
  await use({ column: first.column, address: table });
  for (const { column, values } of waiting) {
    for (let slice = 0; slice < nz; slice++) integrate(slice, values + slice * ny * nx * 2);
    await use({ column, address: table });
  }
  arena.release(mark);
}

async function computeSource(
  kernels: Kernels,
  block: VolumeBlock,
  source: number,
  components: ReadonlySet<number>,
  region: Region,
  onSlice: OnSlice,
): Promise<void> {
  const origin = block.volume.sources[source];
  if (!origin) throw new Error(`source ${source} is missing`);
  switch (origin.kind) {
    case "raw":
      return computeChannel(kernels, block.raw, { kind: "raw" }, region, onSlice);
    case "computed":
      return computeChannel(kernels, block.raw, channelOf(origin.name), region, onSlice);
    case "file":
      return await fileSlices(kernels, block.openFile(source), components, region, onSlice);
  }
}

type OnSlice = (z: number, planes: readonly number[]) => void;

function componentsNeeded(tables: readonly { readonly details: Column }[]): Set<number> {
  return new Set(tables.map(({ details }) => details.component));
}

/** Columns that were given as a file, a few slices at a time. */
async function fileSlices(
  { arena }: Kernels,
  file: ZarrVolume,
  components: ReadonlySet<number>,
  region: Region,
  onSlice: OnSlice,
): Promise<void> {
  const mark = arena.mark();
  const [nz, ny, nx] = region.shape;
  const depth = FILE_SLAB;
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
    for (let i = 0; i < slab.shape[0]; i++) {
      onSlice(slab.start[0] + i, slabs.map((address) => address + i * ny * nx * 4));
    }
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
