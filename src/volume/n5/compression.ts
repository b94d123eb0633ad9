/** Decompression of the blocks of N5, which stops at the size that a block has. */
import { gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import * as zarr from "zarrita";
import { joinBytes } from "../bytes.ts";
import { useBoundedDecoders } from "../zarr/decoders.ts";
import type { N5Dataset } from "./metadata.ts";

/** @param length bytes that it should have; a decoder may stop at more */
type Decoder = (stored: Uint8Array, length: number) => Uint8Array | Promise<Uint8Array>;

const DECODERS: Readonly<Record<string, Decoder>> = {
  raw: (stored) => stored,
  gzip: (stored, length) => gunzipSync(stored, { maxOutputLength: length }),
  zlib: (stored, length) => inflateSync(stored, { maxOutputLength: length }),
  zstd: (stored, length) => zstdDecompressSync(stored, { maxOutputLength: length }),
  lz4: decodeLz4Frames,
  bzip2: decodeBzip2,
  blosc: (stored, length) => decodeWith("blosc", BLOSC, stored, length),
};

/** The name in `DECODERS` of a dataset's compression. */
function nameOf({ type, useZlib }: N5Dataset["compression"]): string {
  return type === "gzip" && useZlib ? "zlib" : type;
}

/** Whether blocks that are compressed so can be read. */
export function isRead(compression: N5Dataset["compression"]): boolean {
  return Object.hasOwn(DECODERS, nameOf(compression));
}

/**
 * The voxels of a block as they are stored.
 * @param length bytes that they should have
 * @throws Error where they are damaged, or more
 */
export async function decompress(
  compression: N5Dataset["compression"],
  stored: Uint8Array,
  length: number,
): Promise<Uint8Array> {
  const decoder = DECODERS[nameOf(compression)];
  if (decoder === undefined) throw new RangeError(`compressed with ${compression.type}`);
  const bytes = await decoder(stored, length);
  if (bytes.length === length) return bytes;
  throw new RangeError(`${bytes.length} bytes of voxels, expected ${length}`);
}

/** What numcodecs wants to be told; only encoding depends on it. */
const BLOSC = { cname: "lz4", clevel: 5, shuffle: 1, blocksize: 0 };

async function decodeWith(
  name: string,
  configuration: Readonly<Record<string, unknown>>,
  stored: Uint8Array,
  length: number,
): Promise<Uint8Array> {
  useBoundedDecoders();
  const entry = await zarr.registry.get(name)?.();
  if (entry === undefined) throw new TypeError(`zarrita has no codec ${name}`);
  const words = Math.ceil(length / 8); // the decoder's bound is for 8 bytes a voxel
  const codec = entry.fromConfig(configuration, {
    dataType: "uint8",
    shape: [words],
    codecs: [],
    fillValue: 0,
  });
  const bytes: unknown = await codec.decode(stored as never);
  if (bytes instanceof Uint8Array) return bytes;
  throw new TypeError(`${name} gives no bytes`);
}

/** Byte by byte, so that neither more is read than there is nor more kept than a block has; its checksums are compared. */
async function decodeBzip2(stored: Uint8Array, length: number): Promise<Uint8Array> {
  const { default: bzip2 } = await import("seek-bzip");
  const bytes = new Uint8Array(length);
  let from = 0, to = 0;
  const input = {
    readByte() {
      if (from >= stored.length) throw new RangeError("bzip2 that is cut off");
      return stored[from++] ?? 0;
    },
    read(into: Uint8Array, at: number, count: number) {
      for (let i = 0; i < count; i++) into[at + i] = input.readByte();
      return count;
    },
    eof: () => from >= stored.length,
  };
  const output = {
    writeByte(byte: number) {
      if (to >= length) throw new RangeError(`more than ${length} bytes of bzip2`);
      bytes[to++] = byte;
    },
  };
  bzip2.decode(input, output);
  return bytes.subarray(0, to);
}

const MAGIC = "LZ4Block";
const FRAME_HEADER = 21;
const METHOD_RAW = 0x10;
const METHOD_LZ4 = 0x20;

/** Frames of lz4-java's LZ4BlockOutputStream: word, method, stored and decoded length, checksum; one of length 0 is the last. */
async function decodeLz4Frames(stored: Uint8Array, length: number): Promise<Uint8Array> {
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const parts: Uint8Array[] = [];
  let left = length;
  for (let at = 0; at < stored.length;) {
    if (at + FRAME_HEADER > stored.length) throw new RangeError(`an LZ4 frame at byte ${at} is cut off`);
    if (new TextDecoder("latin1").decode(stored.subarray(at, at + 8)) !== MAGIC) {
      throw new RangeError(`no LZ4 frame at byte ${at}`);
    }
    const method = view.getUint8(at + 8) & 0xf0;
    const size = view.getUint32(at + 9, true);
    const decoded = view.getUint32(at + 13, true);
    const start = at + FRAME_HEADER;
    if (decoded === 0) break;
    if (size > stored.length - start || decoded > left) {
      throw new RangeError(`an LZ4 frame of ${size} bytes for ${decoded}, of ${left} that are left`);
    }
    const data = stored.subarray(start, start + size);
    if (method === METHOD_LZ4) {
      const sized = joinBytes([Uint8Array.of(0, 0, 0, 0), data]);
      new DataView(sized.buffer).setUint32(0, decoded, true);
      parts.push(await decodeWith("lz4", { acceleration: 1 }, sized, decoded));
    } else if (method === METHOD_RAW && size === decoded) parts.push(data);
    else throw new RangeError(`an LZ4 frame of method ${method} and ${size} bytes for ${decoded}`);
    left -= decoded;
    at = start + size;
  }
  return joinBytes(parts);
}
