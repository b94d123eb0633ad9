/** Looks at the files of an array, each a chunk or a shard of chunks, whether they are wanted or not. */
import { join } from "node:path";
import { type Region, voxelCount, wholeRegion, zipAxes, type Zyx } from "../region.ts";
import type { ZarrVolume } from "./array.ts";
import { chunkScratch, loadChunk } from "./chunk.ts";
import { chunksOf, regionOfChunk } from "./read.ts";
import { ifThereSync } from "../../if_there.ts";

/** A chunk, or a shard, that has a file. */
interface StoredChunk {
  /** Path of the file. */
  readonly file: string;
  readonly component: number;
  /** Index on each axis. */
  readonly at: Zyx;
}

const FOLDER = "c";

/**
 * The chunk files of an array that this program wrote, in no order. Files under way, which have no name yet, are left out; so are
 * those that are no chunk of the array.
 */
export function* storedChunks(
  volume: Pick<ZarrVolume, "path" | "shape" | "shard" | "components">,
): Generator<StoredChunk> {
  const grid = zipAxes((n, c) => Math.ceil(n / c), volume.shape, volume.shard);
  for (const names of namesBelow(join(volume.path, FOLDER), 3 + (volume.components > 1 ? 1 : 0))) {
    if (!names.every((name) => /^\d+$/.test(name))) continue;
    const [z = 0, y = 0, x = 0] = names.slice(-3).map(Number);
    const component = names.length > 3 ? Number(names[0]) : 0;
    if (z >= grid[0] || y >= grid[1] || x >= grid[2] || component >= volume.components) continue;
    yield { file: join(volume.path, FOLDER, ...names), component, at: [z, y, x] };
  }
}

function* namesBelow(folder: string, depth: number): Generator<string[]> {
  // none where no chunk was written yet, or what stands there is a file
  for (const { name } of ifThereSync(() => Array.from(Deno.readDirSync(folder))) ?? []) {
    if (depth === 1) yield [name];
    else for (const rest of namesBelow(join(folder, name), depth - 1)) yield [name, ...rest];
  }
}

/** The part of a volume that a chunk's or shard's file holds. */
export function regionOfFile({ shape, shard }: Pick<ZarrVolume, "shape" | "shard">, at: Zyx): Region {
  return regionOfChunk({ shape, chunk: shard }, at);
}

/** How many files an array has. */
export function countChunks(volume: ZarrVolume): number {
  let count = 0;
  for (const _ of storedChunks(volume)) count++;
  return count;
}

/** Reads a file to its end. @throws DamagedError if it is damaged */
export async function checkChunk(volume: ZarrVolume, { component, at }: StoredChunk): Promise<void> {
  const scratch = chunkScratch(volume);
  for (const chunk of chunksOf(regionOfFile(volume, at), volume.chunk)) {
    await loadChunk(volume, component, chunk, [0, volume.chunk[0]], scratch);
  }
}

/** Which chunks of an array that this program wrote have a file. Takes one bit a chunk. */
export function chunkFiles(volume: Pick<ZarrVolume, "path" | "shape" | "shard" | "components">) {
  const grid = zipAxes((n, c) => Math.ceil(n / c), volume.shape, volume.shard);
  const placeOf = (component: number, [z, y, x]: Zyx) =>
    ((component * grid[0] + z) * grid[1] + y) * grid[2] + x;
  const bits = new Uint8Array(Math.ceil(volume.components * voxelCount(grid) / 8));
  let count = 0;
  for (const { component, at } of storedChunks(volume)) {
    const place = placeOf(component, at);
    bits[Math.floor(place / 8)] = (bits[Math.floor(place / 8)] ?? 0) | (1 << place % 8);
    count++;
  }
  return {
    count,
    has(component: number, at: Zyx): boolean {
      const place = placeOf(component, at);
      return ((bits[Math.floor(place / 8)] ?? 0) & (1 << place % 8)) !== 0;
    },
  };
}

/**
 * The chunks without a file in a part of an array, in the order of memory.
 * @param isWanted whether the region of a chunk should have been written; default: all
 */
export function* lostChunks(
  volume: ZarrVolume,
  isWanted: (region: Region) => boolean = () => true,
): Generator<StoredChunk & { readonly region: Region }> {
  if (!volume.storesAll) return;
  const grid = zipAxes((n, c) => Math.ceil(n / c), volume.shape, volume.shard);
  const files = chunkFiles(volume);
  if (files.count === volume.components * voxelCount(grid)) return;
  for (const at of chunksOf(wholeRegion(volume.shape), volume.shard)) {
    const region = regionOfFile(volume, at);
    for (let component = 0; component < volume.components; component++) {
      if (files.has(component, at) || !isWanted(region)) continue;
      const index = volume.components > 1 ? [component, ...at] : at;
      yield { file: join(volume.path, FOLDER, ...index.map(String)), component, at, region };
    }
  }
}
