/** HDF5 files, read in place: the library, compiled to WebAssembly, asks for the bytes it needs and never has the whole file. */
import type { Dataset, File, Group } from "h5wasm";
import { reasonOf, shorten, UserError } from "../../user_error.ts";
import { filtersOf, type Hdf5Filter } from "./filters.ts";
import { readingBytes, withinHeap } from "./heap_limit.ts";
import { mountFolder } from "./mount.ts";
import { providePlugins } from "./plugins.ts";

/** A dataset of an open file. */
export interface Hdf5Dataset {
  /** Path in the file, beginning with a slash. */
  readonly path: string;
  readonly dataset: Dataset;
}

/** A path of a file that leads into another file, or nowhere. */
export interface Hdf5Link {
  /** Path in the file. */
  readonly path: string;
  /** The other file as the link names it; undefined where the link is one within the file that leads nowhere. */
  readonly file: string | undefined;
  /** Path there. */
  readonly inner: string;
}

/** An open HDF5 file. */
export interface Hdf5File {
  /** The first part of a path that leads into another file, with what follows it, or leads nowhere; undefined where there is none. */
  findLink(path: string): Hdf5Link | undefined;
  /** All such paths, as far as the file is looked through. */
  links(): Hdf5Link[];
  /** The text of an attribute of a group; undefined where there is none. */
  attribute(group: string, name: string): string | undefined;
  /** Lets the library read another file, under the name by which this one calls it. */
  show(name: string, path: string): void;
  /** The dataset at a path; undefined where there is none. */
  find(path: string): Hdf5Dataset | undefined;
  /** The datasets of numbers with at least so many axes. */
  list(leastRank: number): Hdf5Dataset[];
  /** The filters of a dataset, in the order in which they are written; from then on the library can use them, if they can be read. */
  filters(dataset: Dataset): Hdf5Filter[];
  /** Reads a box of a dataset: its bytes in C order, little-endian whatever they are in the file. */
  read(dataset: Dataset, start: readonly number[], shape: readonly number[]): Uint8Array<ArrayBuffer>;
  /** Does something with a dataset, such as reading its attributes. @throws UserError where the library fails or the file is damaged */
  explained<T>(work: () => T): T;
  close(): void;
}

/** Objects that are looked at to find the volume, and how deep. */
const MOST_OBJECTS = 4096;
const MOST_DEPTH = 16;
type Library = typeof import("h5wasm");
type Module = Awaited<Library["ready"]>;

/** Opens an HDF5 file. @throws UserError if it is damaged */
export async function openHdf5File(path: string): Promise<Hdf5File> {
  // Loaded only for HDF5: it is large, and every worker would load it.
  const library = await import("h5wasm");
  const module = await library.ready;
  // Else a failed read prints to the terminal and gives what happened to be in memory.
  module.activate_throwing_error_handler();
  const disk = mountFolder(module);
  disk.add("file", path);
  const damaged = (reason: string, cause?: unknown) =>
    new UserError(
      `${path}: damaged or truncated HDF5, or stored in a way that cannot be read here (${reason}); copy or save the file again`,
      { cause },
    );
  const requireSound = (cause?: unknown) => {
    const fault = disk.fault();
    if (fault !== undefined) throw damaged(fault, cause);
  };
  const explained = <T>(work: () => T): T => {
    try {
      disk.begin();
      const result = work();
      requireSound(); // some of what fails is taken for what is not there
      return result;
    } catch (cause) {
      requireSound(cause);
      if (cause instanceof UserError) throw cause;
      throw damaged(firstReason(cause), cause);
    }
  };
  let file: File;
  try {
    file = explained(() => {
      const opened = new library.File(`${disk.path}/file`, "r");
      if (opened.file_id < 0n) throw new Error("it cannot be opened");
      return opened;
    });
  } catch (cause) {
    disk.close();
    throw cause;
  }
  return {
    find: (inner) =>
      explained(() => {
        const found = inner === "/" ? null : childOf(file, inner);
        if (!(found instanceof library.Dataset)) return undefined;
        void found.metadata; // where it is damaged it is told here
        return { path: inner, dataset: found };
      }),
    list: (leastRank) =>
      explained(() => {
        const found: Hdf5Dataset[] = [];
        walk(library, file, "", 0, { left: MOST_OBJECTS }, (path, child) => {
          if (child instanceof library.Dataset) found.push({ path, dataset: child });
        });
        return found.filter(({ dataset }) => isNumeric(dataset) && (dataset.shape?.length ?? 0) >= leastRank);
      }),
    findLink: (inner) => explained(() => findLink(library, file, inner, MOST_DEPTH)),
    links: () =>
      explained(() => {
        const found: Hdf5Link[] = [];
        walk(library, file, "", 0, { left: MOST_OBJECTS }, (path) => {
          const link = linkOf(library, file, path);
          if (link !== undefined) found.push(link);
        });
        return found;
      }),
    attribute: (path, name) =>
      explained(() => {
        const found = childOf(file, path);
        const value = found instanceof library.Group && Object.hasOwn(found.attrs, name)
          ? found.attrs[name]?.value
          : undefined;
        // Imaris writes texts as arrays of characters.
        return Array.isArray(value) ? value.join("") : typeof value === "string" ? value : undefined;
      }),
    show: (name, other) => disk.add(name, other),
    explained,
    filters: (dataset) =>
      explained(() => {
        const filters = filtersOf(dataset);
        providePlugins(module, filters.map(({ id }) => id));
        return filters;
      }),
    read: (dataset, start, shape) => explained(() => readBox(module, dataset, start, shape)),
    close() {
      try {
        file.close();
      } catch (cause) {
        // A damaged file may not close either; that it is damaged was told when it was read.
        if (!(cause instanceof Error)) throw cause;
      }
      disk.close();
    },
  };
}

/** @param left soft links that may follow one another */
function findLink(library: Library, file: File, inner: string, left: number): Hdf5Link | undefined {
  const parts = inner.split("/").filter((part) => part !== "");
  for (let end = 1; end <= parts.length; end++) {
    const link = linkOf(library, file, `/${parts.slice(0, end).join("/")}`);
    if (link === undefined) continue;
    const whole = { ...link, inner: [link.inner.replace(/\/+$/, ""), ...parts.slice(end)].join("/") };
    if (link.file !== undefined || left === 0) return whole;
    // What a soft link leads to may be a link into another file.
    const target = link.inner.startsWith("/")
      ? whole.inner
      : [...parts.slice(0, end - 1), whole.inner].join("/");
    const next = findLink(library, file, target, left - 1);
    return next?.file === undefined ? whole : next;
  }
  return undefined;
}

function linkOf(library: Library, file: File, path: string): Hdf5Link | undefined {
  const found = childOf(file, path);
  if (found instanceof library.ExternalLink) return { path, file: found.filename, inner: found.obj_path };
  if (found instanceof library.BrokenSoftLink) return { path, file: undefined, inner: found.target };
  return undefined;
}

function childOf(group: Group, path: string) {
  try {
    return group.get(path);
  } catch (cause) {
    // The library's way to say that there is nothing of this name.
    if (cause instanceof Error) return null;
    throw cause;
  }
}

function walk(
  library: Library,
  group: Group,
  above: string,
  depth: number,
  count: { left: number },
  visit: (path: string, child: ReturnType<Group["get"]>) => void,
): void {
  if (depth > MOST_DEPTH) return;
  for (const name of group.keys()) {
    if (count.left-- <= 0) return;
    const path = `${above}/${name}`;
    const child = childOf(group, name);
    visit(path, child);
    if (child instanceof library.Group) walk(library, child, path, depth + 1, count, visit);
  }
}

/** HDF5's numbers of the classes of integers, floats and enumerations, as which h5py stores booleans. */
const INTEGER = 0;
const FLOAT = 1;
const ENUMERATION = 8;

function isNumeric({ metadata: { type } }: Dataset): boolean {
  return type === INTEGER || type === FLOAT || type === ENUMERATION;
}

function readBox(
  module: Module,
  dataset: Dataset,
  start: readonly number[],
  shape: readonly number[],
): Uint8Array<ArrayBuffer> {
  const { file_id: id, path, metadata } = dataset;
  const bytes = shape.reduce((product, length) => product * length, metadata.size);
  const place = module._malloc(bytes);
  if (place === 0) throw new RangeError(`no memory for ${bytes} bytes`);
  try {
    const ones = shape.map(() => 1n);
    const status = withinHeap(
      module,
      readingBytes(dataset, bytes),
      () => module.get_dataset_data(id, path, shape.map(BigInt), start.map(BigInt), ones, BigInt(place)),
    );
    if (status < 0) throw new Error("a box of it cannot be read");
    return module.HEAPU8.slice(place, place + bytes) as Uint8Array<ArrayBuffer>;
  } finally {
    module._free(place);
  }
}

/** What the library says went wrong, of its many lines the last that has a reason. */
function firstReason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const filter = /required filter '([^']{1,40})' is not registered/.exec(text)?.[0];
  if (filter !== undefined) return `${filter}: repack it with gzip, for example with h5repack -f GZIP=6`;
  // A plug-in calls what the library was built without, such as what prints an error.
  if (text.includes("resolved is not a function")) {
    return "a filter fails: repack it with gzip, for example with h5repack -f GZIP=6";
  }
  const reasons = Array.from(text.matchAll(/^\s*#\d+: .*?\(\): (.*)$/gm), ([, reason = ""]) => reason);
  return shorten(reasons.at(-1) ?? reasonOf(cause), 160);
}
