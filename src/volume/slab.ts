/** Slabs: regions one chunk deep, which a conversion reads, and writes as whole chunks, in bounded memory. */
import { bytesOf, bytesPerVoxel, type Dtype, type Voxels } from "./dtype.ts";
import { readExactly, removeIfExists, writeExactly } from "./file.ts";
import { type Region, voxelCount, type Zyx } from "./region.ts";
import type { RowSource } from "./source.ts";
import { unpackRows } from "./unpack.ts";
import type { ValueMap } from "./value_map.ts";

/** Bytes of file rows that are in memory at a time, beside the slab. */
const ROW_BYTES = 1 << 24;

/**
 * The size of the slabs to convert or export a volume by: `chunk` deep, and as many whole chunks high and wide as
 * `memory` bytes hold; at least one.
 */
export function slabShape(shape: Zyx, chunk: Zyx, voxelBytes: number, memory: number): Zyx {
  const depth = Math.min(chunk[0], shape[0]);
  const area = Math.floor(memory / (depth * voxelBytes));
  const rows = Math.floor(area / shape[2]);
  if (rows >= shape[1]) return [depth, shape[1], shape[2]];
  if (rows >= chunk[1]) return [depth, rows - rows % chunk[1], shape[2]];
  const chunksAcross = Math.max(1, Math.floor(area / (chunk[1] * chunk[2])));
  return [depth, Math.min(chunk[1], shape[1]), Math.min(chunksAcross * chunk[2], shape[2])];
}

/** The slabs of the band of chunks that begins at slice `z`, row by row. */
export function* slabsOfBand(shape: Zyx, slab: Zyx, z: number): Generator<Region> {
  for (let y = 0; y < shape[1]; y += slab[1]) {
    for (let x = 0; x < shape[2]; x += slab[2]) {
      yield {
        start: [z, y, x],
        shape: [
          Math.min(slab[0], shape[0] - z),
          Math.min(slab[1], shape[1] - y),
          Math.min(slab[2], shape[2] - x),
        ],
      };
    }
  }
}

/** The slabs of a volume, band by band. */
export function* slabsOfVolume(shape: Zyx, slab: Zyx): Generator<Region> {
  for (let z = 0; z < shape[0]; z += slab[0]) yield* slabsOfBand(shape, slab, z);
}

/**
 * Prepares the reading of the band `z` ... `z + slab[0] - 1`. A source that goes forward only, and whose band does not
 * fit in one slab, is first decoded to the file `spill`.
 *
 * @param map what becomes of each value; unchanged unless given
 */
export async function openBand(
  source: RowSource,
  slab: Zyx,
  z: number,
  dtype: Dtype,
  spill: string,
  map?: ValueMap,
) {
  const fits = slab[1] === source.shape[1] && slab[2] === source.shape[2];
  const spilled = source.access === "random" || fits
    ? undefined
    : await spillBand(source, z, Math.min(slab[0], source.shape[0] - z), spill);
  return {
    /** Reads a slab of the band; `outs` has a dense array a component. */
    read: (region: Region, outs: readonly Voxels[]): Promise<void> =>
      readSlab(spilled ?? source, region, outs, dtype, map),
    close: () => spilled?.close(),
  };
}

function rowBytesOf(source: RowSource): number {
  return source.shape[2] * source.components * bytesPerVoxel(source.dtype);
}

/** Row ranges of at most `ROW_BYTES`. */
function* rowPieces(
  source: RowSource,
  y: number,
  rows: number,
): Generator<readonly [y: number, rows: number]> {
  const most = Math.max(1, Math.floor(ROW_BYTES / rowBytesOf(source)));
  for (let row = y; row < y + rows; row += most) yield [row, Math.min(most, y + rows - row)];
}

/** Reads a slab of a source that can read it; `outs` has a dense array a component. */
export async function readSlab(
  source: RowSource,
  slab: Region,
  outs: readonly Voxels[],
  dtype: Dtype,
  map?: ValueMap,
): Promise<void> {
  const [z, y, x] = slab.start;
  const [depth, rows, columns] = slab.shape;
  const [first] = outs;
  const rowBytes = rowBytesOf(source);
  if (first !== undefined && columns === source.shape[2] && map === undefined && isKept(source, dtype)) {
    const bytes = bytesOf(first), slice = rows * rowBytes;
    for (let index = 0; index < depth; index++) {
      await source.readRows(z + index, y, rows, bytes.subarray(index * slice, (index + 1) * slice));
    }
    return;
  }
  const buffer = new Uint8Array(Math.min(rows * rowBytes, Math.max(ROW_BYTES, rowBytes)));
  for (let index = 0; index < depth; index++) {
    for (const [row, count] of rowPieces(source, y, rows)) {
      const bytes = buffer.subarray(0, count * rowBytes);
      await source.readRows(z + index, row, count, bytes);
      const at = (index * rows + row - y) * columns;
      unpackRows({ bytes, rows: count, width: source.shape[2] }, source, [x, columns], outs, at, map);
    }
  }
}

/** Whether voxels of a type lie in the file as they do in memory. */
function isKept({ dtype: stored, components, littleEndian }: RowSource, dtype: Dtype): boolean {
  return stored === dtype && components === 1 && (littleEndian || bytesPerVoxel(dtype) === 1);
}

async function spillBand(source: RowSource, z: number, depth: number, path: string): Promise<RowSource> {
  const rowBytes = rowBytesOf(source);
  const buffer = new Uint8Array(Math.min(source.shape[1] * rowBytes, Math.max(ROW_BYTES, rowBytes)));
  const file = Deno.openSync(path, { read: true, write: true, create: true, truncate: true });
  const close = () => {
    file.close();
    removeIfExists(path);
  };
  try {
    let written = 0;
    for (let index = 0; index < depth; index++) {
      for (const [row, count] of rowPieces(source, 0, source.shape[1])) {
        const bytes = buffer.subarray(0, count * rowBytes);
        await source.readRows(z + index, row, count, bytes);
        writeExactly(file, written, bytes);
        written += bytes.length;
      }
    }
  } catch (cause) {
    close();
    throw cause;
  }
  return {
    ...source, // under its own name, for messages
    access: "random",
    // deno-lint-ignore require-await -- rejects instead of throwing, as every source
    readRows: async (slice, y, rows, out) =>
      readExactly(
        file,
        path,
        ((slice - z) * source.shape[1] + y) * rowBytes,
        out.subarray(0, rows * rowBytes),
      ),
    close,
  };
}

/** One array a component, each for the voxels of `region`, as views of `buffers`. */
export function slabViews(buffers: readonly Voxels[], region: Region): Voxels[] {
  return buffers.map((buffer) => buffer.subarray(0, voxelCount(region.shape)));
}
