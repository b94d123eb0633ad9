/** HDF5 files, read in place: the library, compiled to WebAssembly, asks for the bytes it needs and never has the whole file. */
import type { Dataset, File, Group } from "h5wasm";
import { reasonOf, shorten, UserError } from "../../config/user_error.ts";
import { fileState, openForReading } from "../file.ts";

/** A dataset of an open file. */
export interface Hdf5Dataset {
  /** Path in the file, beginning with a slash. */
  readonly path: string;
  readonly dataset: Dataset;
}

/** An open HDF5 file. */
export interface Hdf5File {
  /** The dataset at a path; undefined where there is none. */
  find(path: string): Hdf5Dataset | undefined;
  /** The datasets of numbers with at least so many axes. */
  list(leastRank: number): Hdf5Dataset[];
  /** Reads a box of a dataset: its bytes in C order, little-endian whatever they are in the file. */
  read(dataset: Dataset, start: readonly number[], shape: readonly number[]): Uint8Array<ArrayBuffer>;
  close(): void;
}

/** Objects that are looked at to find the volume, and how deep. */
const MOST_OBJECTS = 4096;
const MOST_DEPTH = 16;
/** Where a signature may be: at the beginning, or after a block of another program's, such as MATLAB's. */
const SIGNATURES = [0, 512, 1024, 2048];
const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether a file that begins with these bytes is HDF5. */
export function isHdf5Header(head: Uint8Array): boolean {
  return SIGNATURES.some((at) => SIGNATURE.every((byte, index) => head[at + index] === byte));
}

type Library = typeof import("h5wasm");
type Module = Awaited<Library["ready"]>;

/** Opens an HDF5 file. @throws UserError if it is damaged */
export async function openHdf5File(path: string): Promise<Hdf5File> {
  // Loaded only for HDF5: it is large, and every worker would load it.
  const library = await import("h5wasm");
  const module = await library.ready;
  // Else a failed read prints to the terminal and gives what happened to be in memory.
  module.activate_throwing_error_handler();
  const disk = mountFile(path, module);
  const explained = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      if (cause instanceof UserError) throw cause;
      throw new UserError(
        `${path}: damaged or truncated HDF5, or stored in a way that cannot be read here (${
          firstReason(cause)
        }); copy or save the file again`,
        { cause },
      );
    }
  };
  let file: File;
  try {
    file = explained(() => {
      const opened = new library.File(disk.name, "r");
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
        return found instanceof library.Dataset ? { path: inner, dataset: found } : undefined;
      }),
    list: (leastRank) =>
      explained(() => {
        const found: Hdf5Dataset[] = [];
        walk(library, file, "", 0, { left: MOST_OBJECTS }, found);
        return found.filter(({ dataset }) => isNumeric(dataset) && (dataset.shape?.length ?? 0) >= leastRank);
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
  found: Hdf5Dataset[],
): void {
  if (depth > MOST_DEPTH) return;
  for (const name of group.keys()) {
    if (count.left-- <= 0) return;
    const path = `${above}/${name}`;
    const child = childOf(group, name);
    if (child instanceof library.Dataset) found.push({ path, dataset: child });
    else if (child instanceof library.Group) walk(library, child, path, depth + 1, count, found);
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
  { file_id: id, path, metadata }: Dataset,
  start: readonly number[],
  shape: readonly number[],
): Uint8Array<ArrayBuffer> {
  const bytes = shape.reduce((product, length) => product * length, metadata.size);
  const place = module._malloc(bytes);
  if (place === 0) throw new RangeError(`no memory for ${bytes} bytes`);
  try {
    const ones = shape.map(() => 1n);
    const status = module.get_dataset_data(
      id,
      path,
      shape.map(BigInt),
      start.map(BigInt),
      ones,
      BigInt(place),
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
  if (filter !== undefined) return `${filter}: repack it with gzip, for example by h5repack -f GZIP=6`;
  const reasons = Array.from(text.matchAll(/^\s*#\d+: .*?\(\): (.*)$/gm), ([, reason = ""]) => reason);
  return shorten(reasons.at(-1) ?? reasonOf(cause), 160);
}

/** A node of Emscripten's file system, as far as it is used here. */
interface Node {
  readonly id: number;
  node_ops: object;
  stream_ops: object;
}

/** What Emscripten's file system has that h5wasm's types leave out. */
interface FileSystem {
  createNode(parent: Node | null, name: string, mode: number, device: number): Node;
  mkdir(path: string): void;
  rmdir(path: string): void;
  mount(type: { mount(): Node }, options: object, path: string): void;
  unmount(path: string): void;
  readonly ErrnoError: new (code: number) => Error;
}

const NO_ENTRY = 44;
const INVALID = 28;
const NOT_PERMITTED = 63;
const FOLDER_MODE = 0o40555;
const FILE_MODE = 0o100444;

/** Shows the library one file of the disk, for reading, under a name of its own. */
function mountFile(path: string, module: Module): { name: string; close(): void } {
  const system = module.FS as unknown as FileSystem;
  const size = fileState(path)?.bytes ?? 0;
  const file = openForReading(path);
  const folder = `/${crypto.randomUUID()}`;
  const attributes = ({ id }: Node, mode: number, bytes: number) => {
    const epoch = new Date(0);
    return {
      dev: 1,
      ino: id,
      mode,
      nlink: 1,
      uid: 0,
      gid: 0,
      rdev: 0,
      size: bytes,
      atime: epoch,
      mtime: epoch,
      ctime: epoch,
      blksize: 4096,
      blocks: Math.ceil(bytes / 4096),
    };
  };
  const refuse = () => {
    throw new system.ErrnoError(NOT_PERMITTED);
  };
  const streamOperations = {
    llseek(stream: { readonly position: number }, offset: number, whence: number) {
      const position = offset + (whence === 1 ? stream.position : whence === 2 ? size : 0);
      if (position < 0) throw new system.ErrnoError(INVALID);
      return position;
    },
    read(_stream: unknown, heap: Int8Array, at: number, length: number, position: number) {
      const wanted = Math.max(0, Math.min(length, size - position));
      const into = new Uint8Array(heap.buffer, heap.byteOffset + at, wanted);
      file.seekSync(position, Deno.SeekMode.Start);
      for (let done = 0; done < wanted;) {
        const count = file.readSync(into.subarray(done));
        if (count === null || count === 0) return done;
        done += count;
      }
      return wanted;
    },
    write: refuse,
  };
  const root = {
    getattr: (node: Node) => attributes(node, FOLDER_MODE, 0),
    setattr: refuse,
    lookup(parent: Node, name: string) {
      if (name !== "file") throw new system.ErrnoError(NO_ENTRY);
      const node = system.createNode(parent, name, FILE_MODE, 0);
      node.node_ops = { getattr: (own: Node) => attributes(own, FILE_MODE, size), setattr: refuse };
      node.stream_ops = streamOperations;
      return node;
    },
    readdir: () => [".", "..", "file"],
  };
  system.mkdir(folder);
  system.mount(
    {
      mount() {
        const node = system.createNode(null, "/", FOLDER_MODE, 0);
        node.node_ops = root;
        node.stream_ops = {};
        return node;
      },
    },
    {},
    folder,
  );
  return {
    name: `${folder}/file`,
    close() {
      system.unmount(folder);
      system.rmdir(folder);
      file.close();
    },
  };
}
