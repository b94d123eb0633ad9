/** Files of the disk as the HDF5 library sees them: through the file system of Emscripten, which asks for the bytes it needs. */
import type { ready } from "h5wasm";
import { fileState, openForReading } from "../file.ts";
import { heapFault, type HeapFile, heapsIn, type NumberSizes, numberSizes } from "./heaps.ts";
import { HEAD_BYTES, superblockAt } from "./signature.ts";

type Module = Awaited<typeof ready>;

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
const INPUT_OUTPUT = 29;
const FOLDER_MODE = 0o40555;
const FILE_MODE = 0o100444;

/** Most readings of one call: a box of small chunks takes thousands, what goes round in a circle has no end. */
const MOST_READINGS = 1 << 22;

/** A file of the disk that the library may read. */
interface ShownFile extends HeapFile {
  readonly file: Deno.FsFile;
  readonly sizes: NumberSizes;
  /** Positions of heaps that were looked at. */
  readonly known: Set<number>;
}

/** What is watched while the library reads. */
interface Watch {
  /** Readings that the call under way may still do. */
  left: number;
  fault: string | undefined;
}

/**
 * Makes a folder of the library's file system of a name of its own, into which files can be put.
 * @param mostReadings of one call of the library
 */
export function mountFolder(module: Module, mostReadings = MOST_READINGS) {
  const system = module.FS as unknown as FileSystem;
  const folder = `/${crypto.randomUUID()}`;
  const files = new Map<string, ShownFile>();
  const watch: Watch = { left: mostReadings, fault: undefined };
  const refuse = () => {
    throw new system.ErrnoError(NOT_PERMITTED);
  };
  const folderNode = (node: Node, above: string): Node => {
    node.node_ops = {
      getattr: (own: Node) => attributesOf(own, FOLDER_MODE, 0),
      setattr: refuse,
      lookup(parent: Node, name: string) {
        const path = above + name;
        const shown = files.get(path);
        if (shown !== undefined) return fileNode(system.createNode(parent, name, FILE_MODE, 0), shown);
        if (![...files.keys()].some((key) => key.startsWith(`${path}/`))) {
          throw new system.ErrnoError(NO_ENTRY);
        }
        return folderNode(system.createNode(parent, name, FOLDER_MODE, 0), `${path}/`);
      },
      readdir: () => [".", ".."],
    };
    node.stream_ops = {};
    return node;
  };
  const fileNode = (node: Node, shown: ShownFile): Node => {
    node.node_ops = { getattr: (own: Node) => attributesOf(own, FILE_MODE, shown.size), setattr: refuse };
    node.stream_ops = { ...readingOf(system, shown, watch), write: refuse };
    return node;
  };
  system.mkdir(folder);
  system.mount({ mount: () => folderNode(system.createNode(null, "/", FOLDER_MODE, 0), "") }, {}, folder);
  return {
    /** Its path for the library. */
    path: folder,
    /** Shows a file of the disk. @param name in the folder; its parts may be parted by slashes */
    add(name: string, path: string): void {
      if (files.has(name)) return;
      const [size, file] = [fileState(path)?.bytes ?? 0, openForReading(path)];
      const at = (position: number, length: number) => {
        const bytes = new Uint8Array(Math.max(0, Math.min(length, size - position)));
        return bytes.subarray(0, readAt(file, position, bytes));
      };
      const sizes = numberSizes({ size, at }, superblockAt(at(0, HEAD_BYTES)) ?? 0);
      files.set(name, { size, file, at, sizes, known: new Set() });
    },
    /** Begins a call of the library. */
    begin: () => void (watch.left = mostReadings),
    /** What was found wrong with a file while the library read it, in words; from then on it can read nothing more. */
    fault: () => watch.fault,
    close(): void {
      system.unmount(folder);
      system.rmdir(folder);
      for (const { file } of files.values()) file.close();
    },
  };
}

function attributesOf({ id }: Node, mode: number, bytes: number) {
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
}

/** Fills `into`. @returns how many bytes there were */
function readAt(file: Deno.FsFile, position: number, into: Uint8Array): number {
  file.seekSync(position, Deno.SeekMode.Start);
  for (let done = 0; done < into.length;) {
    const count = file.readSync(into.subarray(done));
    if (count === null || count === 0) return done;
    done += count;
  }
  return into.length;
}

/** What is wrong with heaps that begin in bytes which were read. */
function faultIn(shown: ShownFile, position: number, bytes: Uint8Array): string | undefined {
  for (const at of heapsIn(bytes)) {
    if (shown.known.has(position + at)) continue;
    const fault = heapFault(shown, position + at, shown.sizes);
    if (fault !== undefined) return fault;
    shown.known.add(position + at);
  }
  return undefined;
}

function readingOf(system: FileSystem, shown: ShownFile, watch: Watch) {
  const { file, size } = shown;
  return {
    llseek(stream: { readonly position: number }, offset: number, whence: number) {
      const position = offset + (whence === 1 ? stream.position : whence === 2 ? size : 0);
      if (position < 0) throw new system.ErrnoError(INVALID);
      return position;
    },
    read(_stream: unknown, heap: Int8Array, at: number, length: number, position: number) {
      const wanted = Math.max(0, Math.min(length, size - position));
      const into = new Uint8Array(heap.buffer, heap.byteOffset + at, wanted);
      const done = readAt(file, position, into);
      if (watch.left-- <= 0) watch.fault ??= "its parts refer to each other in a cycle";
      watch.fault ??= faultIn(shown, position, into.subarray(0, done));
      if (watch.fault !== undefined) throw new system.ErrnoError(INPUT_OUTPUT);
      return done;
    },
  };
}
