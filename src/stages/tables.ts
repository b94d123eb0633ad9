/** Integral images of the columns of one source over a region. */
import { computeChannel } from "../channels/mod.ts";
import type { Kernels } from "../kernels/mod.ts";
import { readRegion, type ZarrVolume } from "../volume/zarr.ts";
import { type Region, voxelCount, type Zyx } from "../volume/region.ts";
import { channelOf, type Column } from "./columns.ts";
import type { VolumeBlock } from "./volume_block.ts";

/** A column's integral image in kernel memory; see `assembly/integral.ts`. */
export interface ColumnTable {
  readonly column: number;
  readonly address: number;
}

/** Bytes of one table over a region of this shape. */
export function tableBytes(shape: Zyx): number {
  return (shape[0] + 1) * (shape[1] + 1) * (shape[2] + 1) * 4 + 16;
}

/**
 * Computes a source over `region` and integrates those of its columns that are `wanted` (indices into the job's columns).
 * The tables stay allocated; the caller releases the arena.
 */
export async function integrateSource(
  kernels: Kernels,
  block: VolumeBlock,
  source: number,
  wanted: ReadonlySet<number>,
  region: Region,
): Promise<ColumnTable[]> {
  const { run, arena } = kernels;
  const [nz, ny, nx] = region.shape;
  const sliceBytes = (ny + 1) * (nx + 1) * 4;
  const tables: (ColumnTable & { readonly details: Column })[] = [];
  for (const [index, details] of block.volume.columns.entries()) {
    if (details.source !== source || !wanted.has(index)) continue;
    const address = arena.alloc(tableBytes(region.shape));
    arena.u8(address, sliceBytes).fill(0);
    tables.push({ column: index, address, details });
  }
  const onSlice = (z: number, planes: readonly number[]) => {
    const slice = z - region.start[0];
    for (const { address, details } of tables) {
      const plane = planes[details.component];
      if (plane === undefined) throw new Error(`component ${details.component} is missing`);
      const previous = address + slice * sliceBytes;
      const { low, scale, limit } = details;
      run.integrateSlice(plane, previous, previous + sliceBytes, ny, nx, low, scale, limit);
    }
  };
  const origin = block.volume.sources[source];
  if (!origin) throw new Error(`source ${source} is missing`);
  switch (origin.kind) {
    case "raw":
      computeChannel(kernels, block.raw, { kind: "raw" }, region, onSlice);
      break;
    case "computed":
      computeChannel(kernels, block.raw, channelOf(origin.name), region, onSlice);
      break;
    case "file":
      await fileSlices(kernels, block.openFile(source), componentsNeeded(tables), region, onSlice);
      break;
  }
  if (nz === 0) throw new Error("a region without slices was to be integrated");
  return tables;
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
    (_, c) => components.has(c) ? arena.alloc(depth * ny * nx * 4) : 0,
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
    const mark = kernels.arena.mark();
    for (const table of await integrateSource(kernels, block, source, wanted, region)) {
      const entries = byColumn.get(table.column);
      if (entries !== undefined) await use(table, entries);
    }
    kernels.arena.release(mark);
  }
}
