/** Voxels of NRRD files, raw or gzip. */
import { reasonOf, UserError } from "../../config/user_error.ts";
import { bytesPerVoxel } from "../dtype.ts";
import { fileState, openForReading, readExactly } from "../file.ts";
import { type NrrdHeader, readNrrdHeader, wrongLength } from "./header.ts";
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
    files: path === header.dataPath ? [path] : [path, header.dataPath],
    heldBytes: header.encoding === "raw" ? 0 : 2 * STORED_PART * MOST_DEFLATED,
    readRows: (z, y, rows, out) =>
      voxels.read((z * shape[1] + y) * rowBytes, out.subarray(0, rows * rowBytes)),
    finish: () => voxels.finish(),
    close: () => voxels.close(),
  };
}

/** The decoded voxels as one run of bytes. */
interface VoxelBytes {
  read(offset: number, into: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  close(): void;
}

function expectedBytes(header: NrrdHeader): number {
  const [depth, height, width] = header.shape;
  return depth * height * width * header.components * bytesPerVoxel(header.dtype);
}

function rawVoxels(header: NrrdHeader): VoxelBytes {
  const { dataPath, dataStart } = header;
  const available = (fileState(dataPath)?.bytes ?? 0) - Math.max(0, dataStart);
  const expected = expectedBytes(header);
  if (dataStart < 0 || available !== expected) throw wrongLength(dataPath, available, expected);
  const file = openForReading(dataPath);
  return {
    // deno-lint-ignore require-await -- rejects instead of throwing, as every source
    read: async (offset, into) => readExactly(file, dataPath, dataStart + offset, into),
    finish: () => Promise.resolve(),
    close: () => file.close(),
  };
}

// All that a part decodes to comes at once: small parts bound the memory.
const STORED_PART = 1 << 12;

function storedParts(file: Deno.FsFile): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull(controller) {
      const part = new Uint8Array(STORED_PART);
      const count = file.readSync(part);
      if (count === null) controller.close();
      else controller.enqueue(part.subarray(0, count));
    },
  }, { highWaterMark: 0 });
}

function gzipVoxels(header: NrrdHeader): VoxelBytes {
  const { dataPath, dataStart, decodedSkip } = header;
  const file = openForReading(dataPath);
  file.seekSync(dataStart, Deno.SeekMode.Start);
  const reader = storedParts(file).pipeThrough(new DecompressionStream("gzip")).getReader();
  let part = new Uint8Array(0);
  let consumed = -decodedSkip;

  /** The next decoded bytes, at most `most`; empty at the end. */
  async function next(most: number): Promise<Uint8Array> {
    while (part.length === 0) {
      const { done, value } = await nextPart();
      if (done) return part;
      part = value;
    }
    const taken = part.subarray(0, most);
    part = part.subarray(taken.length);
    consumed += taken.length;
    return taken;
  }

  async function nextPart() {
    try {
      return await reader.read();
    } catch (cause) {
      throw new UserError(
        `${dataPath}: damaged or truncated gzip data after ${consumed} of ${expectedBytes(header)} bytes (${
          reasonOf(cause)
        }); ` +
          `copy or save the file again`,
        { cause },
      );
    }
  }

  async function read(offset: number, into: Uint8Array): Promise<void> {
    if (offset < consumed) throw new RangeError(`${dataPath}: byte ${offset} asked for after ${consumed}`);
    while (consumed < offset) await demand(offset - consumed);
    for (let done = 0; done < into.length;) {
      const bytes = await demand(into.length - done);
      into.set(bytes, done);
      done += bytes.length;
    }
  }

  async function demand(most: number): Promise<Uint8Array> {
    const bytes = await next(most);
    if (bytes.length === 0) throw wrongLength(dataPath, consumed, expectedBytes(header));
    return bytes;
  }

  return {
    read,
    async finish() {
      const expected = expectedBytes(header);
      // To the very end, where the checksum is, but not on through what the header does not tell of.
      while (consumed <= expected && (await next(1 << 20)).length > 0);
      if (consumed !== expected) throw wrongLength(dataPath, consumed, expected);
    },
    close() {
      // That the stream had failed already was told when it was read.
      reader.cancel().catch(() => undefined);
      file.close();
    },
  };
}
