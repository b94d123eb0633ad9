/** Supervoxels to train on, as columns of numbers, and the file that holds them. */
import { readSealedFile, writeSealedFile } from "../../engine/mod.ts";
import { joinBytes, takeApart } from "../../volume/bytes.ts";
import { DamagedError } from "../../volume/damaged_error.ts";
import { bytesOf } from "../../volume/dtype.ts";

/** Samples, one an index. A supervoxel is identified by `volumes`, `seeds` and `first`. */
export interface SampleTable {
  readonly count: number;
  /** Place of its volume in the list of training volumes; not in files, each of which is of one volume. */
  readonly volumes: Uint16Array;
  /** Index of the seed in the whole volume's grid. */
  readonly seeds: Float64Array;
  /** Index of the first voxel in the whole volume. */
  readonly first: Float64Array;
  /** Centroid: z, y, x of each, voxels. */
  readonly centroids: Int32Array;
  /** e2 and e3 of each, x, y, z each. */
  readonly frames: Float32Array;
  /** Component of a positive, from 1; 0 for a negative. */
  readonly components: Int32Array;
}

const MAGIC = 0x53424343; // "CCBS"
const SAMPLE_BYTES = 8 + 8 + 12 + 24 + 4;

/** A table of `count` samples, all zero. */
export function emptySamples(count: number): SampleTable {
  return {
    count,
    volumes: new Uint16Array(count),
    seeds: new Float64Array(count),
    first: new Float64Array(count),
    centroids: new Int32Array(count * 3),
    frames: new Float32Array(count * 6),
    components: new Int32Array(count),
  };
}

/** The samples of `table` at `indices`, in that order. */
export function pickSamples(table: SampleTable, indices: readonly number[] | Int32Array): SampleTable {
  const picked = emptySamples(indices.length);
  let to = 0;
  for (const from of indices) {
    picked.volumes[to] = table.volumes[from] ?? 0;
    picked.seeds[to] = table.seeds[from] ?? 0;
    picked.first[to] = table.first[from] ?? 0;
    picked.centroids.set(table.centroids.subarray(from * 3, from * 3 + 3), to * 3);
    picked.frames.set(table.frames.subarray(from * 6, from * 6 + 6), to * 6);
    picked.components[to] = table.components[from] ?? 0;
    to++;
  }
  return picked;
}

/** All samples of several tables, one table after the other. */
export function concatSamples(tables: readonly SampleTable[]): SampleTable {
  const all = emptySamples(tables.reduce((sum, table) => sum + table.count, 0));
  let at = 0;
  for (const table of tables) {
    all.volumes.set(table.volumes, at);
    all.seeds.set(table.seeds, at);
    all.first.set(table.first, at);
    all.centroids.set(table.centroids, at * 3);
    all.frames.set(table.frames, at * 6);
    all.components.set(table.components, at);
    at += table.count;
  }
  return all;
}

/** The samples of one volume, with the place of each in the table. */
export function samplesOfVolume(
  table: SampleTable,
  volume: number,
): { readonly samples: SampleTable; readonly places: Int32Array } {
  const places = Int32Array.from(table.volumes.keys().filter((i) => table.volumes[i] === volume));
  return { samples: places.length === table.count ? table : pickSamples(table, places), places };
}

/** Indices of the samples ordered by volume, seed, then first voxel: an order that no plan of blocks changes. */
export function canonicalOrder(table: SampleTable): number[] {
  const { volumes, seeds, first } = table;
  return Array.from({ length: table.count }, (_, i) => i).sort((a, b) =>
    ((volumes[a] ?? 0) - (volumes[b] ?? 0)) || ((seeds[a] ?? 0) - (seeds[b] ?? 0)) ||
    ((first[a] ?? 0) - (first[b] ?? 0))
  );
}

/** Writes a table whole or not at all. */
export async function writeSamples(path: string, table: SampleTable): Promise<void> {
  const head = Uint32Array.of(MAGIC, table.count);
  await writeSealedFile(path, joinBytes([head, ...parts(table)].map(bytesOf)));
}

/** @throws {DamagedError} where the file is not the table that was written */
export async function readSamples(path: string): Promise<SampleTable> {
  const bytes = await readSealedFile(path);
  const [magic, count = 0] = new Uint32Array(bytes.buffer, 0, Math.min(2, bytes.length >> 2));
  if (magic !== MAGIC || bytes.length !== 8 + count * SAMPLE_BYTES) {
    throw new DamagedError(path, "it is not a complete table of samples");
  }
  const table = emptySamples(count);
  takeApart(bytes, 8, parts(table));
  return table;
}

function parts(table: SampleTable) {
  return [table.seeds, table.first, table.centroids, table.frames, table.components];
}
