/** Decoders for what zarrita reads that stop at the size of a chunk. */
import { gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import * as zarr from "zarrita";
import { reasonOf } from "../../user_error.ts";
import { CHECKSUM_BYTES, withoutChecksum } from "../crc32c.ts";

type LoadCodec = Parameters<typeof zarr.registry.set>[1];
type CodecEntry = Awaited<ReturnType<LoadCodec>>;
type Codec = ReturnType<CodecEntry["fromConfig"]>;

/** Bytes of the widest type that a filter may make of voxels, and room for checksums. */
const WIDEST = 8;
const EXTRA = 1 << 16;

/** A name in zarrita's registry that tells that this was done. */
const DONE = "ccboost.bounded";

/**
 * Puts these decoders in the place of zarrita's own, whose output has no bound: a chunk of a few KiB can say that it is many GiB.
 * zarrita has one registry for all arrays; doing it again changes nothing.
 */
export function useBoundedDecoders(): void {
  const { registry } = zarr;
  if (registry.has(DONE)) return;
  const replace = (name: string, decoder: (limit: number, own: Codec) => Codec["decode"]) => {
    for (const key of [name, `numcodecs.${name}`]) {
      const load = registry.get(key);
      if (load !== undefined) registry.set(key, bounded(load, decoder));
    }
  };
  replace("gzip", (limit) => (bytes) => gunzipSync(bytes, { maxOutputLength: limit }));
  replace("zlib", (limit) => (bytes) => inflateSync(bytes, { maxOutputLength: limit }));
  replace("zstd", (limit) => (bytes) => zstdDecompressSync(bytes, { maxOutputLength: limit }));
  // Both begin with the decoded size: the whole of LZ4's first word, the second of Blosc's.
  replace("lz4", (limit, own) => (bytes) => own.decode(requireClaim(bytes, 0, limit)));
  replace("blosc", (limit, own) => (bytes) => own.decode(requireClaim(bytes, 4, limit)));
  registry.set("crc32c", checkedCrc32c);
  registry.set(DONE, () => Promise.reject(new Error(`${DONE} is no codec`)));
}

/** zarrita's own leaves the checksum away without a look at it. */
function checkedCrc32c(): Promise<CodecEntry> {
  const codec = {
    kind: "bytes_to_bytes" as const,
    encode: () => Promise.reject(new Error("crc32c is only read here")),
    decode: withoutChecksum,
    computeEncodedSize: (bytes: number) => bytes + CHECKSUM_BYTES,
  };
  return Promise.resolve({ kind: "bytes_to_bytes", fromConfig: () => codec });
}

function bounded(load: LoadCodec, decoder: (limit: number, own: Codec) => Codec["decode"]): LoadCodec {
  return async () => {
    const entry = await load();
    return {
      fromConfig(configuration, meta) {
        const own = entry.fromConfig(configuration, meta);
        const limit = meta.shape.reduce((product, length) => product * length, WIDEST) + EXTRA;
        return { kind: "bytes_to_bytes", encode: (bytes) => own.encode(bytes), decode: decoder(limit, own) };
      },
    };
  };
}

function requireClaim(bytes: Uint8Array, at: number, limit: number): Uint8Array {
  if (bytes.length < at + 4) throw new RangeError(`${bytes.length} bytes, too few for a header`);
  const claimed = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
  if (claimed > limit) {
    throw new RangeError(`it claims to have ${claimed} bytes, a chunk has at most ${limit}`);
  }
  return bytes;
}

/** Why a chunk could not be decoded: zarrita says which codec failed, and holds the codec's own reason. */
export function decodingReason(cause: unknown): string {
  const own = cause instanceof Error && cause.cause instanceof Error ? cause.cause : undefined;
  return own === undefined ? reasonOf(cause) : `${reasonOf(cause)}: ${reasonOf(own)}`;
}
