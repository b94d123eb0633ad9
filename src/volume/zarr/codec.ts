/** How the bytes of a chunk are compressed in the arrays that we write. */
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { CodecMetadata } from "zarrita";
import { namedCodec } from "./codec_rules.ts";

/**
 * - `none`: fastest; for intensities, which hardly compress.
 * - `zstd`: labels and masks; scores, constant over supervoxels of 10 voxels, become 4.2 times smaller at 115 MB/s.
 * - `zstd-small`: scores become 5.1 times smaller, at 12 MB/s. Both read at 450 MB/s.
 * - `gzip`: for readers without Zstandard.
 */
export type ChunkCodec = "none" | "zstd" | "zstd-small" | "gzip";

const LEVELS = { "zstd": 6, "zstd-small": 17, "gzip": 6 } as const;

/** The `codecs` of a Zarr v3 array: the voxels, compressed or not, and a checksum of that. */
export function codecMetadata(codec: ChunkCodec, voxelBytes: number): CodecMetadata[] {
  const bytes = { name: "bytes", configuration: voxelBytes === 1 ? {} : { endian: "little" } };
  const checksum = { name: "crc32c", configuration: {} };
  if (codec === "none") return [bytes, checksum];
  const level = LEVELS[codec];
  if (codec === "gzip") return [bytes, { name: "gzip", configuration: { level } }, checksum];
  return [bytes, { name: "zstd", configuration: { level, checksum: false } }, checksum];
}

/**
 * The codec of an array whose chunks are plain little-endian voxels, compressed or not, with a checksum or without; undefined
 * for any other chain (another compressor, byte order, transposition, sharding).
 */
export function plainCodec(
  codecs: unknown,
  voxelBytes: number,
): { readonly codec: ChunkCodec; readonly hasChecksum: boolean } | undefined {
  if (!Array.isArray(codecs)) return undefined;
  const hasChecksum = codecs.length > 1 && nameOf(codecs.at(-1)) === "crc32c";
  const [bytes, compressor, ...others]: unknown[] = hasChecksum ? codecs.slice(0, -1) : codecs;
  if (others.length > 0 || nameOf(bytes) !== "bytes") return undefined;
  if (voxelBytes > 1 && settingOf(bytes, "endian") !== "little") return undefined;
  const codec = compressor === undefined ? "none" : compressorOf(compressor);
  return codec === undefined ? undefined : { codec, hasChecksum };
}

const INDEX_CODECS = [
  { name: "bytes", configuration: { endian: "little" } },
  { name: "crc32c", configuration: {} },
] as const;

/** The `codecs` of an array whose files are shards of chunks. @param chunk its length on each axis of the array */
export function shardMetadata(chunk: readonly number[], codecs: CodecMetadata[]): CodecMetadata[] {
  const configuration = {
    chunk_shape: chunk,
    codecs,
    index_codecs: INDEX_CODECS,
    index_location: "end",
  };
  return [{ name: "sharding_indexed", configuration }];
}

/** As {@link plainCodec}, of the chunks in shards as {@link shardMetadata} tells them; undefined for any other shards. */
export function plainShards(codecs: unknown, voxelBytes: number): ReturnType<typeof plainCodec> {
  const [shards, ...others]: unknown[] = Array.isArray(codecs) ? codecs : [];
  if (others.length > 0 || nameOf(shards) !== "sharding_indexed") return undefined;
  if (JSON.stringify(settingOf(shards, "index_codecs")) !== JSON.stringify(INDEX_CODECS)) return undefined;
  if (settingOf(shards, "index_location") !== "end") return undefined;
  return plainCodec(settingOf(shards, "codecs"), voxelBytes);
}

function compressorOf(compressor: unknown): ChunkCodec | undefined {
  const name = nameOf(compressor);
  if (name === "gzip") return "gzip";
  if (name !== "zstd") return undefined;
  return settingOf(compressor, "level") === LEVELS["zstd-small"] ? "zstd-small" : "zstd";
}

function nameOf(codec: unknown): string | undefined {
  return namedCodec(codec)?.name;
}

function settingOf(codec: unknown, key: string): unknown {
  return namedCodec(codec)?.configuration[key];
}

/** The bytes of a chunk as they are stored. */
export function encodeChunk(codec: ChunkCodec, bytes: Uint8Array): Uint8Array {
  switch (codec) {
    case "none":
      return bytes;
    case "gzip":
      return gzipSync(bytes, { level: LEVELS.gzip });
    case "zstd":
    case "zstd-small": {
      // Older readers refuse frames that do not state their decoded size. The option is missing in the type only.
      const options = { params: zstdSettings(codec), pledgedSrcSize: bytes.length };
      return zstdCompressSync(bytes, options);
    }
  }
}

/** The inverse of `encodeChunk`; `length` bounds what a damaged chunk can claim. */
export function decodeChunk(codec: ChunkCodec, stored: Uint8Array, length: number): Uint8Array {
  if (codec === "none") return stored;
  if (codec === "gzip") return gunzipSync(stored, { maxOutputLength: length });
  return zstdDecompressSync(stored, { maxOutputLength: length });
}

// Runs of equal scores are 2 or 3 voxels long, so matches of 4 bytes, one voxel, must be found; the levels' own
// settings look for 5 or more. Measured on the supervoxels of `fibsem` with a random score each.
function zstdSettings(codec: "zstd" | "zstd-small"): Record<number, number> {
  return {
    [constants.ZSTD_c_compressionLevel]: LEVELS[codec],
    [constants.ZSTD_c_strategy]: codec === "zstd" ? constants.ZSTD_greedy : constants.ZSTD_btopt,
    [constants.ZSTD_c_minMatch]: 4,
    [constants.ZSTD_c_searchLog]: codec === "zstd" ? 3 : 2,
    [constants.ZSTD_c_windowLog]: 20,
    [constants.ZSTD_c_hashLog]: 17,
    [constants.ZSTD_c_chainLog]: 17,
    [constants.ZSTD_c_targetLength]: 32,
  };
}
