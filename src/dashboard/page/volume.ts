/** Chunks of Zarr arrays in the browser: fetched as they are needed, kept while there is room. */
import { zipAxes, type Zyx } from "../../volume/region.ts";
import type { ArrayInfo, ArrayLevel } from "../api.ts";
import { Absent, type LoadedArray, NotHeard, openLevel } from "./array_level.ts";
import { bodyOf, client } from "./client.ts";
import type { KeptSlice } from "./slice_values.ts";

/** Voxels of a chunk, C order, of the chunk's whole shape. */
export type ChunkVoxels = ArrayLike<number | bigint> & {
  readonly byteLength: number;
  readonly length: number;
};

/**
 * A chunk as far as it is known: `empty` was never written and holds the fill value; `missing` has no file and should have one, or is not
 * computed yet; `damaged` is not what was written; undefined has not come yet.
 */
export type KnownChunk = ChunkVoxels | "empty" | "missing" | "damaged" | undefined;

/** An array that is looked at. */
export interface Volume {
  readonly info: ArrayInfo;
  /** Slices that were cut whole last, by plane. */
  readonly slices: Map<string, KeptSlice>;
  /** The chunk, which is fetched if it is not there; `component` for arrays with several. */
  chunk(level: number, component: number, at: readonly [number, number, number]): KnownChunk;
  /** The fill value, once a chunk was asked for. */
  fillValue(level: number): number;
  /** Chunks that are on their way. */
  pending(): number;
  /** Chunks of those looked at so far that cannot be shown. */
  faults(): { readonly damaged: number; readonly missing: number };
  /** Forgets what is wanted but not begun: the view moved on. */
  forget(): void;
  /** Calls back whenever something came. Returns a function that ends it. */
  onChange(listener: () => void): () => void;
  /** Asks again for what was not there, while a run writes. */
  refresh(): void;
  /** Chunks of the finest level, `z/y/x`, were written anew; what is known is shown until they have come. */
  renew(chunks: readonly string[]): void;
}

const MOST_BYTES = 256 * 2 ** 20;
const MOST_FETCHES = 6;
const REDRAW_INTERVAL = 30;

interface Wanted {
  readonly key: string;
  readonly level: number;
  readonly index: readonly number[];
}

/** Opens an array. Nothing is fetched until a chunk is asked for. */
export function openVolume(info: ArrayInfo): Volume {
  const chunks = new Map<string, ChunkVoxels | "empty">();
  const layers = new Map<string, ReadonlySet<string> | "all" | "asked">();
  const wanted = new Map<string, Wanted>();
  const loading = new Set<string>();
  const listeners = new Set<() => void>();
  const arrays = new Map<number, Promise<LoadedArray>>();
  const fills = new Map<number, number>();
  const slices = new Map<string, KeptSlice>();
  const failed = new Map<string, number>();
  const damaged = new Set<string>();
  const missing = new Set<string>();
  /** Written anew, and not asked for since. */
  const stale = new Set<string>();
  let bytes = 0;
  let isTelling = false;

  const tell = () => {
    if (isTelling) return;
    isTelling = true;
    // Chunks come faster than it is worth drawing; the last one is not waited for.
    const isLast = wanted.size + loading.size === 0;
    setTimeout(() => {
      isTelling = false;
      for (const listener of listeners) listener();
    }, isLast ? 0 : REDRAW_INTERVAL);
  };
  const arrayOf = (level: number): Promise<LoadedArray> => {
    const known = arrays.get(level);
    if (known) return known;
    const opened = openLevel(info.levels[level], info.storesAll).then((array) => {
      fills.set(level, Number(array.fillValue ?? 0));
      return array;
    });
    arrays.set(level, opened);
    opened.catch(() => arrays.delete(level));
    return opened;
  };
  const keep = (key: string, voxels: ChunkVoxels | "empty") => {
    const before = chunks.get(key) ?? "empty";
    if (chunks.delete(key)) slices.clear(); // they were cut from what it was before
    chunks.set(key, voxels);
    bytes += (voxels === "empty" ? 0 : voxels.byteLength) - (before === "empty" ? 0 : before.byteLength);
    for (const [oldest, old] of chunks) {
      if (bytes <= MOST_BYTES) break;
      chunks.delete(oldest);
      bytes -= old === "empty" ? 0 : old.byteLength;
    }
  };
  const fetchNext = () => {
    while (loading.size < MOST_FETCHES) {
      const next = [...wanted.values()].at(0);
      if (!next) return;
      wanted.delete(next.key);
      stale.delete(next.key);
      loading.add(next.key);
      void load(next).finally(() => {
        loading.delete(next.key);
        tell();
        fetchNext();
      });
    }
  };
  const want = (level: number, component: number, at: readonly number[]) => {
    const key = [level, component, ...at].join(" ");
    if (loading.has(key)) return;
    wanted.set(key, { key, level, index: info.components > 1 ? [component, ...at] : at });
    fetchNext();
  };
  const load = async ({ key, level, index }: Wanted) => {
    try {
      const array = await arrayOf(level);
      const voxels = (await array.getChunk([...index])).data as unknown as ChunkVoxels;
      const [z = 0, y = 0, x = 0] = array.chunks.slice(-3);
      if (voxels.length === z * y * x) keep(key, voxels);
      else damaged.add(key);
    } catch (cause) {
      if (cause instanceof Absent) missing.add(key);
      else if (cause instanceof NotHeard) failed.set(key, Date.now()); // asked for again after a while
      else damaged.add(key);
    }
  };
  /** Which chunks of a layer there are; asks the server once for all of them. */
  const layerOf = (level: number, component: number, z: number): ReadonlySet<string> | "all" | "asked" => {
    const key = `${level} ${component} ${z}`;
    const known = layers.get(key);
    if (known) return known;
    layers.set(key, "asked");
    void (async () => {
      try {
        await arrayOf(level);
        const query = {
          path: info.levels[level]?.path ?? "",
          layer: String(z),
          ...(info.components > 1 ? { component: String(component) } : {}),
        };
        const { chunks: there } = await bodyOf(await client.api.chunks.$get({ query }));
        layers.set(key, there ? new Set(there.map((at) => at.join())) : "all");
      } catch {
        layers.delete(key); // asked for again with the next drawing
      }
      tell();
    })();
    return "asked";
  };
  return {
    info,
    slices,
    chunk(level, component, [z, y, x]) {
      const key = `${level} ${component} ${z} ${y} ${x}`;
      const known = chunks.get(key);
      if (known) {
        if (known !== "empty") { // the most recently used is the last to go
          chunks.delete(key);
          chunks.set(key, known);
        }
        if (stale.has(key)) want(level, component, [z, y, x]);
        return known;
      }
      if (damaged.has(key)) return "damaged";
      if (missing.has(key)) return "missing";
      const [fileZ, fileY, fileX] = fileOf(info.levels[level], [z, y, x]);
      const layer = layerOf(level, component, fileZ);
      if (layer === "asked") return undefined;
      if (layer !== "all" && !layer.has(`${fileY},${fileX}`)) {
        if (!info.storesAll) return "empty";
        missing.add(key);
        return "missing";
      }
      if (Date.now() - (failed.get(key) ?? 0) < 3000) return undefined;
      want(level, component, [z, y, x]);
      return undefined;
    },
    fillValue: (level) => fills.get(level) ?? 0,
    pending: () =>
      wanted.size + loading.size + [...layers.values()].filter((layer) => layer === "asked").length,
    faults: () => ({ damaged: damaged.size, missing: missing.size }),
    forget: () => wanted.clear(),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    refresh() {
      layers.clear();
      slices.clear();
      missing.clear();
      damaged.clear();
      tell();
    },
    renew(keys) {
      for (const one of keys) {
        const key = `0 0 ${one.replaceAll("/", " ")}`;
        stale.add(key);
        missing.delete(key);
        damaged.delete(key);
        layers.delete(key.slice(0, key.indexOf(" ", 4)));
      }
      slices.clear();
      tell();
    },
  };
}

/** Which file, on each axis, holds a chunk. */
function fileOf(level: ArrayLevel | undefined, at: readonly [number, number, number]): Zyx {
  const { chunk, shard } = level ?? { chunk: ONE, shard: ONE };
  return zipAxes((index, n) => Math.floor(index / n), at, zipAxes((s, c) => s / c, shard, chunk));
}

const ONE: Zyx = [1, 1, 1];
