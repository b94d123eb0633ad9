/** The array of labels, chunk by chunk: the last ones that were used are in memory, and what each holds is known. */
import { ifThereSync } from "../if_there.ts";
import { wholeFiles } from "../volume/file.ts";
import { discard } from "../volume/bytes.ts";
import { type Region, regionBetween, voxelCount, type Zyx } from "../volume/region.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import { chunkScratch, loadChunk, storeChunk } from "../volume/zarr/chunk.ts";
import { chunkKey, placeOfChunk } from "./runs.ts";

/** Bytes of voxels that are kept in memory. */
const KEPT_BYTES = 32 * 2 ** 20;
const LEAST_KEPT = 4;

/** Chunks that are changed and written together. */
const TOGETHER = 16;

/** The chunks of a labelling project. */
export interface LabelChunks {
  readonly volume: ZarrVolume;
  /** The voxels of a chunk, which the caller may change and give to `write`. */
  load(at: Zyx): Promise<Uint32Array<ArrayBuffer>>;
  /** Puts chunks, each once, on the disk, where all appear together at the end, and counts what they hold. Their voxels are kept here. */
  write(chunks: readonly { readonly at: Zyx; readonly voxels: Uint32Array<ArrayBuffer> }[]): Promise<void>;
  /** What of a value there is; undefined where there is nothing. */
  tally(value: number): Tally | undefined;
  /** Chunks that hold a value, in order. */
  holding(value: number): Zyx[];
  /** Chunks that hold anything, in order, and where in them. */
  painted(): { readonly at: Zyx; readonly box: Region }[];
}

/** Voxels of the chunks that were used last, of one array or of several. */
export interface ChunkCache {
  /** @param name of the chunk among those of all arrays */
  get(name: string): Uint32Array<ArrayBuffer> | undefined;
  keep(name: string, voxels: Uint32Array<ArrayBuffer>): void;
}

/** Begins without chunks. Four are kept whatever their size. */
export function createChunkCache(bytes = KEPT_BYTES): ChunkCache {
  const kept = new Map<string, Uint32Array<ArrayBuffer>>();
  let held = 0;
  const forget = (name: string, voxels: Uint32Array<ArrayBuffer>) => {
    kept.delete(name);
    held -= voxels.byteLength;
    discard(voxels);
  };
  return {
    get: (name) => kept.get(name),
    keep(name, voxels) {
      const before = kept.get(name);
      if (before && before !== voxels) forget(name, before);
      if (!kept.delete(name)) held += voxels.byteLength;
      kept.set(name, voxels);
      for (const [oldest, others] of kept) {
        if (held <= bytes || kept.size <= LEAST_KEPT) break;
        forget(oldest, others);
      }
    },
  };
}

/** Opens the chunks of an array and counts what they hold. */
export async function openLabelChunks(
  volume: ZarrVolume,
  cache: ChunkCache = createChunkCache(),
): Promise<LabelChunks> {
  const nameOf = (key: string) => `${volume.path}:${key}`;
  const tallies = new Map<string, { readonly at: Zyx; readonly tally: ChunkTally }>();
  const byValue = new Map<number, Map<string, Tally>>();
  const count = (at: Zyx, voxels: Uint32Array) => {
    const key = chunkKey(at);
    for (const value of tallies.get(key)?.tally.keys() ?? []) byValue.get(value)?.delete(key);
    const tally = tallyChunk(voxels, volume, at);
    if (tally.size > 0) tallies.set(key, { at, tally });
    else tallies.delete(key);
    for (const [value, own] of tally) {
      const known = byValue.get(value) ?? new Map<string, Tally>();
      byValue.set(value, known.set(key, own));
    }
  };
  const read = async (at: Zyx): Promise<Uint32Array<ArrayBuffer>> => {
    const bytes = await loadChunk(volume, 0, at, [0, volume.chunk[0]], chunkScratch(volume));
    const voxels = new Uint32Array(voxelCount(volume.chunk));
    if (bytes) new Uint8Array(voxels.buffer).set(bytes);
    return voxels;
  };
  for (const at of chunksOnDisk(volume)) {
    const voxels = await read(at);
    count(at, voxels);
    discard(voxels);
  }
  return {
    volume,
    async load(at) {
      const name = nameOf(chunkKey(at));
      const voxels = cache.get(name) ?? await read(at);
      cache.keep(name, voxels);
      return voxels.slice();
    },
    async write(chunks) {
      const files = wholeFiles();
      try {
        const scratch = chunkScratch(volume);
        for (const { at, voxels } of chunks) {
          scratch.set(new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength));
          storeChunk(volume, 0, at, scratch, files);
        }
        await files.complete();
      } catch (cause) {
        files.abandon();
        throw cause;
      }
      for (const { at, voxels } of chunks) {
        cache.keep(nameOf(chunkKey(at)), voxels);
        count(at, voxels);
      }
    },
    tally(value) {
      let sum: Tally | undefined;
      for (const own of byValue.get(value)?.values() ?? []) sum = addTally(sum, own);
      return sum;
    },
    holding: (value) => [...byValue.get(value)?.keys() ?? []].map(placeOfChunk).sort(inOrder),
    painted: () =>
      [...tallies.values()].map(({ at, tally }) => ({ at, box: boxOf(tally) }))
        .sort((a, b) => inOrder(a.at, b.at)),
  };
}

/**
 * Changes chunks, some at a time.
 * @param change takes the voxels of one
 * @returns their keys
 */
export async function changeChunks<Part extends { readonly at: Zyx }>(
  chunks: LabelChunks,
  parts: readonly Part[],
  change: (part: Part, voxels: Uint32Array) => void | Promise<void>,
): Promise<string[]> {
  for (let from = 0; from < parts.length; from += TOGETHER) {
    const changed = [];
    for (const part of parts.slice(from, from + TOGETHER)) {
      const voxels = await chunks.load(part.at);
      await change(part, voxels);
      changed.push({ at: part.at, voxels });
    }
    await chunks.write(changed);
  }
  return parts.map(({ at }) => chunkKey(at));
}

function inOrder(a: Zyx, b: Zyx): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** The smallest region that holds all that a chunk holds, which is something. */
function boxOf(tally: ChunkTally): Region {
  const all = [...tally.values()].reduce(addTally);
  return regionBetween(all.begin, all.end);
}

/** The chunks of an array that have a file. */
export function* chunksOnDisk({ path }: ZarrVolume): Generator<Zyx> {
  for (const z of numbersIn(`${path}/c`)) {
    for (const y of numbersIn(`${path}/c/${z}`)) {
      for (const x of numbersIn(`${path}/c/${z}/${y}`)) yield [z, y, x];
    }
  }
}

function numbersIn(folder: string): number[] {
  const entries = ifThereSync(() => [...Deno.readDirSync(folder)]) ?? [];
  return entries.flatMap(({ name }) => /^\d{1,9}$/.test(name) ? [Number(name)] : []);
}

/** Voxels of one value. */
interface Tally {
  readonly voxels: number;
  /** Sums of their positions. */
  readonly sum: Zyx;
  readonly begin: Zyx;
  /** One more than the last on each axis. */
  readonly end: Zyx;
}

/** By value; without 0. */
type ChunkTally = ReadonlyMap<number, Tally>;

/** Counts what a chunk holds. */
function tallyChunk(
  voxels: Uint32Array,
  { chunk, shape }: { readonly chunk: Zyx; readonly shape: Zyx },
  at: Zyx,
): ChunkTally {
  const tally = new Map<number, Tally>();
  const [z0, y0, x0] = [at[0] * chunk[0], at[1] * chunk[1], at[2] * chunk[2]];
  const depth = Math.min(chunk[0], shape[0] - z0);
  const height = Math.min(chunk[1], shape[1] - y0);
  const width = Math.min(chunk[2], shape[2] - x0);
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const row = (z * chunk[1] + y) * chunk[2];
      for (let x = 0; x < width;) {
        const value = voxels[row + x] ?? 0;
        let end = x + 1;
        while (end < width && voxels[row + end] === value) end++;
        if (value !== 0) {
          tally.set(value, addTally(tally.get(value), tallyOfRun(z0 + z, y0 + y, x0 + x, end - x)));
        }
        x = end;
      }
    }
  }
  return tally;
}

function tallyOfRun(z: number, y: number, x: number, length: number): Tally {
  return {
    voxels: length,
    sum: [z * length, y * length, x * length + length * (length - 1) / 2],
    begin: [z, y, x],
    end: [z + 1, y + 1, x + length],
  };
}

/** Two together. */
function addTally(a: Tally | undefined, b: Tally): Tally {
  if (a === undefined) return b;
  return {
    voxels: a.voxels + b.voxels,
    sum: [a.sum[0] + b.sum[0], a.sum[1] + b.sum[1], a.sum[2] + b.sum[2]],
    begin: [
      Math.min(a.begin[0], b.begin[0]),
      Math.min(a.begin[1], b.begin[1]),
      Math.min(a.begin[2], b.begin[2]),
    ],
    end: [Math.max(a.end[0], b.end[0]), Math.max(a.end[1], b.end[1]), Math.max(a.end[2], b.end[2])],
  };
}
