/** Chunks of Zarr arrays in the browser: fetched as they are needed, kept while there is room. */
import { decompress } from "fzstd";
import * as zarr from "zarrita";
import type { ArrayInfo, ArrayLevel } from "../api.ts";
import { addressOf, bodyOf, client } from "./client.ts";
import type { KeptSlice } from "./slice.ts";

/** Voxels of a chunk, C order, of the chunk's whole shape. */
export type ChunkVoxels = ArrayLike<number | bigint> & {
  readonly byteLength: number;
  readonly length: number;
};

/** A chunk as far as it is known: `empty` was never written and holds the fill value; undefined has not come yet. */
export type KnownChunk = ChunkVoxels | "empty" | undefined;

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
  /** Forgets what is wanted but not begun: the view moved on. */
  forget(): void;
  /** Calls back whenever something came. Returns a function that ends it. */
  onChange(listener: () => void): () => void;
  /** Asks again for what was not there, while a run writes. */
  refresh(): void;
}

const MOST_BYTES = 256 * 2 ** 20;
const MOST_FETCHES = 6;
const REDRAW_INTERVAL = 30;

interface Wanted {
  readonly key: string;
  readonly level: number;
  readonly index: readonly number[];
}

type LoadedArray = zarr.Array<zarr.DataType, zarr.FetchStore>;

/** Opens an array. Nothing is fetched until a chunk is asked for. */
export function openVolume(info: ArrayInfo): Volume {
  useSmallZstd();
  const chunks = new Map<string, ChunkVoxels | "empty">();
  const layers = new Map<string, ReadonlySet<string> | "all" | "asked">();
  const wanted = new Map<string, Wanted>();
  const listeners = new Set<() => void>();
  const arrays = new Map<number, Promise<LoadedArray>>();
  const fills = new Map<number, number>();
  const slices = new Map<string, KeptSlice>();
  const failed = new Map<string, number>();
  let bytes = 0;
  let fetching = 0;
  let isTelling = false;

  const tell = () => {
    if (isTelling) return;
    isTelling = true;
    // Chunks come faster than it is worth drawing; the last one is not waited for.
    const isLast = wanted.size + fetching === 0;
    setTimeout(() => {
      isTelling = false;
      for (const listener of listeners) listener();
    }, isLast ? 0 : REDRAW_INTERVAL);
  };
  const arrayOf = (level: number): Promise<LoadedArray> => {
    const known = arrays.get(level);
    if (known) return known;
    const opened = openLevel(info.levels[level]).then((array) => {
      fills.set(level, Number(array.fillValue ?? 0));
      return array;
    });
    arrays.set(level, opened);
    opened.catch(() => arrays.delete(level));
    return opened;
  };
  const keep = (key: string, voxels: ChunkVoxels | "empty") => {
    chunks.set(key, voxels);
    bytes += voxels === "empty" ? 0 : voxels.byteLength;
    for (const [oldest, old] of chunks) {
      if (bytes <= MOST_BYTES) break;
      chunks.delete(oldest);
      bytes -= old === "empty" ? 0 : old.byteLength;
    }
  };
  const fetchNext = () => {
    while (fetching < MOST_FETCHES) {
      const next = [...wanted.values()].at(0);
      if (!next) return;
      wanted.delete(next.key);
      fetching++;
      void load(next).finally(() => {
        fetching--;
        tell();
        fetchNext();
      });
    }
  };
  const load = async ({ key, level, index }: Wanted) => {
    try {
      const array = await arrayOf(level);
      const chunk = await array.getChunk([...index]);
      keep(key, chunk.data as unknown as ChunkVoxels);
    } catch {
      failed.set(key, Date.now()); // asked for again after a while
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
        return known;
      }
      const layer = layerOf(level, component, z);
      if (layer === "asked") return undefined;
      if (layer !== "all" && !layer.has(`${y},${x}`)) return "empty";
      if (Date.now() - (failed.get(key) ?? 0) < 3000) return undefined;
      const index = info.components > 1 ? [component, z, y, x] : [z, y, x];
      wanted.set(key, { key, level, index });
      fetchNext();
      return undefined;
    },
    fillValue: (level) => fills.get(level) ?? 0,
    pending: () => wanted.size + fetching + [...layers.values()].filter((layer) => layer === "asked").length,
    forget: () => wanted.clear(),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    refresh() {
      layers.clear();
      slices.clear();
      tell();
    },
  };
}

async function openLevel(level: ArrayLevel | undefined): Promise<LoadedArray> {
  if (!level) throw new RangeError("there is no such level");
  const path = level.path.split("/").map(encodeURIComponent).join("/");
  const store = new zarr.FetchStore(`${location.origin}${addressOf(`/zarr/${path}`)}`);
  const open = level.version === 2 ? zarr.open.v2 : zarr.open.v3;
  return await open(store, { kind: "array" });
}

let isSmallZstdUsed = false;

/** Zarrita's own decoder is a compiled library of 700 kB. */
function useSmallZstd(): void {
  if (isSmallZstdUsed) return;
  isSmallZstdUsed = true;
  const codec = {
    kind: "bytes_to_bytes" as const,
    encode: () => Promise.reject(new Error("this page only reads")),
    decode: (bytes: Uint8Array) => Promise.resolve(decompress(bytes)),
  };
  zarr.registry.set("zstd", () => Promise.resolve({ fromConfig: () => codec } as never));
}
