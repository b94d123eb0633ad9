/** The labels as the page knows them: chunks of the server, and over them what was painted here and is on its way. */
import type { LabelStroke } from "../../api.ts";
import type { Point } from "../geometry.ts";
import { fill, newStroke, noteChanged, type ShownStroke } from "./shown_stroke.ts";

/** Labels of a chunk, C order, of the chunk's whole shape; `empty`: nothing is painted; undefined: it has not come. */
export type LabelVoxels = Uint32Array | "empty" | "damaged" | undefined;

/** Where chunks come from. */
export interface LabelSource {
  /** Chunks of a layer that there are, as `z/y/x`. */
  layer(z: number): Promise<ReadonlySet<string>>;
  /** Labels of a chunk; undefined where it has no file. @throws {DamagedChunk} */
  chunk(key: string): Promise<Uint32Array | undefined>;
}

/** A chunk whose file is not what was written. */
export class DamagedChunk extends Error {
  override name = "DamagedChunk";
}

export interface LabelChunks {
  readonly shape: Point;
  readonly chunkShape: Point;
  /** A chunk, which is fetched if it is not there. */
  chunk(z: number, y: number, x: number): LabelVoxels;
  /** Forgets what is wanted but not begun: the view moved on. */
  forget(): void;
  begin(value: number, over: LabelStroke["over"]): ShownStroke;
  /** Adds runs (z, y, x, length, ...) to a stroke and shows them at once. */
  paint(stroke: ShownStroke, runs: readonly number[]): void;
  /** Shows a stroke whose runs are known already. */
  show(stroke: ShownStroke): void;
  /** The server has this stroke. */
  saved(stroke: ShownStroke): void;
  /** The server refused it: what it has is shown again. */
  refused(stroke: ShownStroke): void;
  /** What this stroke showed is shown by others, which were begun after it. */
  dropped(stroke: ShownStroke): void;
  /** These chunks changed there, or all of them; what is known is shown until they have come anew. */
  renew(keys: readonly string[] | "all"): void;
  /** Calls back with the chunks that look different now, where these are known. */
  onChange(listener: (keys: readonly string[] | "all") => void): () => void;
}

const MOST_BYTES = 256 * 2 ** 20;
const MOST_FETCHES = 6;
const RETRY = 2000;

interface Entry {
  voxels: LabelVoxels;
  /** When the fetch that is under way began, in the order of what happened here; 0: none is. */
  asked: number;
}

export function createLabelChunks(shape: Point, chunkShape: Point, source: LabelSource): LabelChunks {
  const size = chunkShape[0] * chunkShape[1] * chunkShape[2];
  const entries = new Map<string, Entry>();
  const wanted = new Set<string>();
  const layers = new Map<number, ReadonlySet<string> | "asked">();
  /** Chunks that were made since their layer was listed. */
  const made = new Set<string>();
  const listeners = new Set<(keys: readonly string[] | "all") => void>();
  let strokes: ShownStroke[] = [];
  /** Counts what happens, so that it is known which strokes a chunk that is fetched must hold. */
  let now = 1;
  let fetching = 0;
  let bytes = 0;

  const tell = (keys: readonly string[] | "all") => listeners.forEach((listener) => listener(keys));
  const isThere = (key: string) => {
    const layer = layers.get(layerOf(key));
    return layer === undefined || layer === "asked" ? undefined : layer.has(key) || made.has(key);
  };
  const entryOf = (key: string): Entry => {
    let entry = entries.get(key);
    if (!entry) entries.set(key, entry = { voxels: undefined, asked: 0 });
    return entry;
  };
  const put = (key: string, entry: Entry, voxels: LabelVoxels) => {
    bytes += sizeOf(voxels) - sizeOf(entry.voxels);
    entry.voxels = voxels;
    entries.delete(key);
    entries.set(key, entry);
    if (bytes > MOST_BYTES) makeRoom();
  };
  const makeRoom = () => {
    const unsaved = new Set(strokes.flatMap((one) => one.savedAt === Infinity ? [...one.parts.keys()] : []));
    for (const [key, { voxels, asked }] of [...entries].slice(0, -1)) {
      if (bytes <= MOST_BYTES) break;
      if (asked > 0 || unsaved.has(key)) continue;
      entries.delete(key);
      bytes -= sizeOf(voxels);
    }
  };
  const apply = (key: string, entry: Entry, stroke: ShownStroke, part: readonly number[]) => {
    if (entry.voxels === "empty") put(key, entry, new Uint32Array(size));
    if (entry.voxels instanceof Uint32Array) fill(entry.voxels, stroke, part);
  };
  /** Shows what a fetch brought, and over it what was painted and the server may not have had yet. */
  const arrive = (key: string, entry: Entry, voxels: LabelVoxels) => {
    put(key, entry, voxels);
    for (const stroke of strokes) {
      const part = stroke.parts.get(key);
      if (part && stroke.savedAt > entry.asked) apply(key, entry, stroke, part);
    }
    tell([key]);
  };
  const forgetOldStrokes = () => {
    const began = Array.from(entries.values(), ({ asked }) => asked).filter((asked) => asked > 0);
    const oldest = Math.min(Infinity, ...began);
    strokes = strokes.filter(({ savedAt }) => savedAt === Infinity || savedAt > oldest);
  };
  const load = async (key: string) => {
    const entry = entryOf(key);
    wanted.delete(key);
    fetching++;
    entry.asked = ++now;
    try {
      arrive(key, entry, await source.chunk(key) ?? "empty");
    } catch (cause) {
      if (cause instanceof DamagedChunk) arrive(key, entry, "damaged");
      else later(key); // the server is away, which the page says
    }
    entry.asked = 0;
    fetching--;
    forgetOldStrokes();
    fetchNext();
  };
  const later = (key: string) =>
    setTimeout(() => {
      wanted.add(key);
      fetchNext();
    }, RETRY);
  const fetchNext = () => {
    for (const key of wanted) {
      if (fetching >= MOST_FETCHES) return;
      if (entryOf(key).asked === 0) void load(key);
    }
  };
  const want = (key: string) => {
    wanted.add(key);
    fetchNext();
  };
  /** A chunk that is painted on, which is fetched if it is not there. */
  const askedEntry = (key: string): Entry => {
    const entry = entryOf(key);
    if (entry.voxels === undefined) {
      if (isThere(key) === false) put(key, entry, "empty");
      else if (entry.asked === 0) want(key);
    }
    return entry;
  };
  const askLayer = async (z: number) => {
    layers.set(z, "asked");
    try {
      layers.set(z, await source.layer(z));
    } catch {
      await new Promise((done) => setTimeout(done, RETRY)); // the server is away, which the page says
      layers.delete(z);
    }
    tell("all");
  };

  return {
    shape,
    chunkShape,
    chunk(z, y, x) {
      const key = `${z}/${y}/${x}`;
      const known = entries.get(key);
      if (known?.voxels !== undefined) return known.voxels;
      if (!layers.has(z)) void askLayer(z);
      const there = isThere(key);
      if (there === false && !known) return "empty";
      if (there && !known?.asked) want(key);
      return undefined;
    },
    forget() {
      for (const key of wanted) {
        if (entries.get(key)?.voxels === undefined && !strokes.some(({ parts }) => parts.has(key))) {
          wanted.delete(key);
        }
      }
    },
    begin(value, over) {
      const stroke = newStroke(value, over);
      strokes.push(stroke);
      return stroke;
    },
    paint(stroke, runs) {
      const touched = new Set<string>();
      forRuns(runs, chunkShape, (key, first, length) => {
        let part = stroke.parts.get(key);
        if (!part) stroke.parts.set(key, part = []);
        part.push(first, length);
        touched.add(key);
        const entry = askedEntry(key);
        if (entry.voxels === "empty") put(key, entry, new Uint32Array(size));
        noteChanged(
          stroke,
          key,
          entry.voxels instanceof Uint32Array ? entry.voxels : undefined,
          first,
          length,
        );
        apply(key, entry, stroke, [first, length]);
      });
      tell([...touched]);
    },
    show(stroke) {
      strokes.push(stroke);
      for (const [key, part] of stroke.parts) apply(key, askedEntry(key), stroke, part);
      tell([...stroke.parts.keys()]);
    },
    saved(stroke) {
      stroke.savedAt = ++now;
      for (const key of stroke.parts.keys()) made.add(key);
      forgetOldStrokes();
    },
    refused(stroke) {
      strokes = strokes.filter((other) => other !== stroke);
      this.renew([...stroke.parts.keys()]);
    },
    dropped(stroke) {
      strokes = strokes.filter((other) => other !== stroke);
    },
    renew(keys) {
      if (keys === "all") layers.clear();
      else for (const key of keys) made.add(key);
      for (const key of keys === "all" ? entries.keys() : keys) if (entries.has(key)) wanted.add(key);
      fetchNext();
      tell("all");
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function layerOf(key: string): number {
  return Number(key.slice(0, key.indexOf("/")));
}

function sizeOf(voxels: LabelVoxels): number {
  return voxels instanceof Uint32Array ? voxels.byteLength : 0;
}

/** Divides runs (z, y, x, length, ...) at the borders of chunks. */
export function forRuns(
  runs: readonly number[],
  [cz, cy, cx]: Point,
  take: (key: string, first: number, length: number) => void,
): void {
  for (let i = 0; i < runs.length; i += 4) {
    const [z, y] = [runs[i] ?? 0, runs[i + 1] ?? 0];
    const row = `${Math.floor(z / cz)}/${Math.floor(y / cy)}`;
    const first = ((z % cz) * cy + y % cy) * cx;
    const stop = (runs[i + 2] ?? 0) + (runs[i + 3] ?? 0);
    for (let x = runs[i + 2] ?? 0; x < stop;) {
      const end = Math.min(stop, (Math.floor(x / cx) + 1) * cx);
      take(`${row}/${Math.floor(x / cx)}`, first + x % cx, end - x);
      x = end;
    }
  }
}
