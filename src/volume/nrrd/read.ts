/** Voxels of NRRD files, raw or gzip. */
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { reasonOf, UserError } from "../../user_error.ts";
import { bytesPerVoxel } from "../dtype.ts";
import { fileState, openForReading, readExactly } from "../file.ts";
import { type NrrdDataFile, type NrrdHeader, readNrrdHeader, wrongLength } from "./header.ts";
import { MOST_DEFLATED } from "../limits.ts";
import type { RowSource } from "../source.ts";

/**
 * Opens an NRRD file, attached or detached.
 * @throws UserError as `readNrrdHeader`, or if the size of raw data is not what the header tells
 */
export function openNrrd(path: string): RowSource {
  const header = readNrrdHeader(path);
  const voxels = header.encoding === "raw" ? rawVoxels(header) : gzipVoxels(header);
  const rowBytes = header.shape[2] * header.components * bytesPerVoxel(header.dtype);
  const { shape, components, dtype, littleEndian, voxelSize } = header;
  return {
    path,
    shape,
    components,
    dtype,
    littleEndian,
    voxelSize,
    access: header.encoding === "raw" ? "random" : "forward",
    files: [...new Set([path, ...header.dataFiles.map((file) => file.path)])],
    heldBytes: voxels.heldBytes,
    readRows: (z, y, rows, out) =>
      voxels.read((z * shape[1] + y) * rowBytes, out.subarray(0, rows * rowBytes)),
    finish: () => voxels.finish(),
    close: () => voxels.close(),
  };
}

/** The decoded voxels as one run of bytes. */
interface VoxelBytes {
  /** Held at most while they are decoded. */
  readonly heldBytes: number;
  read(offset: number, into: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  close(): void;
}

/** What is to be known of voxels in gzip. */
type GzipVoxels = Pick<NrrdHeader, "shape" | "components" | "dtype" | "dataFiles" | "decodedSkip">;

function expectedBytes(header: GzipVoxels): number {
  const [depth, height, width] = header.shape;
  return depth * height * width * header.components * bytesPerVoxel(header.dtype);
}

function rawVoxels(header: NrrdHeader): VoxelBytes {
  const { dataFiles } = header;
  const expected = expectedBytes(header) / dataFiles.length;
  for (const { path, start } of dataFiles) {
    const available = (fileState(path)?.bytes ?? 0) - Math.max(0, start);
    if (start < 0 || available !== expected) throw wrongLength(path, available, expected);
  }
  let open: { readonly index: number; readonly file: Deno.FsFile } | undefined;
  return {
    heldBytes: 0,
    // deno-lint-ignore require-await -- rejects instead of throwing, as every source
    read: async (offset, into) => {
      for (let done = 0; done < into.length;) {
        const index = Math.floor((offset + done) / expected);
        const { path = "", start = 0 } = dataFiles[index] ?? {};
        if (open?.index !== index) {
          open?.file.close();
          open = undefined;
          open = { index, file: openForReading(path) };
        }
        const within = offset + done - index * expected;
        const part = into.subarray(done, done + expected - within);
        readExactly(open.file, path, start + within, part);
        done += part.length;
      }
    },
    finish: () => Promise.resolve(),
    close: () => open?.file.close(),
  };
}

// All that a part decodes to comes at once: small parts bound the memory.
const STORED_PART = 1 << 12;

function* storedParts(file: Deno.FsFile): Generator<Uint8Array> {
  for (;;) {
    const part = new Uint8Array(STORED_PART);
    const count = file.readSync(part);
    if (count === null) return;
    yield part.subarray(0, count);
  }
}

/** Decodes a file of gzip in order, of which there may be several members one behind the other, as bgzip and cat make it. */
function openGzip({ path, start }: NrrdDataFile, place: () => string) {
  const file = openForReading(path);
  file.seekSync(start, Deno.SeekMode.Start);
  const stream = Readable.from(storedParts(file)).pipe(createGunzip());
  const parts = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  return {
    /** The next bytes; empty at the end. */
    async next(): Promise<Uint8Array> {
      try {
        const { done, value } = await parts.next();
        return done === true ? new Uint8Array(0) : value;
      } catch (cause) {
        throw new UserError(
          `${path}: damaged or truncated gzip data after ${place()} bytes (${reasonOf(cause)}); copy or ` +
            "save the file again",
          { cause },
        );
      }
    },
    close() {
      stream.destroy();
      file.close();
    },
  };
}

/** The voxels of files of gzip, which are read in order; nothing is opened before the first. */
export function gzipVoxels(header: GzipVoxels): VoxelBytes {
  const { dataFiles, decodedSkip } = header;
  const expected = expectedBytes(header) / dataFiles.length;
  let index = 0;
  let open: ReturnType<typeof openGzip> | undefined;
  let part = new Uint8Array(0);
  /** Voxel bytes of the file in work that were handed out. */
  let consumed = -decodedSkip;
  const pathOf = () => dataFiles[index]?.path ?? "";

  /** The next decoded bytes of a file, at most `most`; empty at its end. */
  async function next(most: number): Promise<Uint8Array> {
    const { [index]: file } = dataFiles;
    if (file === undefined) return part;
    open ??= openGzip(file, () => `${consumed} of ${expected}`);
    while (part.length === 0) {
      part = new Uint8Array(await open.next());
      if (part.length === 0) return part;
    }
    const taken = part.subarray(0, most);
    part = part.subarray(taken.length);
    consumed += taken.length;
    return taken;
  }

  async function read(offset: number, into: Uint8Array): Promise<void> {
    let at = index * expected + Math.max(0, consumed);
    if (offset < at) throw new RangeError(`${pathOf()}: byte ${offset} asked for after ${at}`);
    while (at < offset) at += (await demand(offset - at)).length;
    for (let done = 0; done < into.length;) {
      const bytes = await demand(into.length - done);
      into.set(bytes, done);
      done += bytes.length;
    }
  }

  async function demand(most: number): Promise<Uint8Array> {
    if (consumed === expected) await finishFile();
    while (consumed < 0) {
      if ((await next(-consumed)).length === 0) throw wrongLength(pathOf(), consumed, expected);
    }
    const bytes = await next(Math.min(most, expected - consumed));
    if (bytes.length === 0) throw wrongLength(pathOf(), consumed, expected);
    return bytes;
  }

  /** Reads a file to the very end, where the checksum is, but not on through what the header does not tell of. */
  async function finishFile(): Promise<void> {
    while (consumed <= expected && (await next(1 << 20)).length > 0);
    if (consumed !== expected) throw wrongLength(pathOf(), consumed, expected);
    if (index + 1 >= dataFiles.length) return;
    open?.close();
    open = undefined;
    index++;
    consumed = -decodedSkip;
  }

  return {
    heldBytes: 2 * STORED_PART * MOST_DEFLATED,
    read,
    async finish() {
      const last = dataFiles.length - 1;
      do await finishFile(); while (index < last);
      await finishFile();
    },
    close: () => open?.close(),
  };
}
