/** One resolution of a Zarr array as the browser reads it: files and parts of shards over HTTP, with their checksums. */
import { decompress } from "fzstd";
import * as zarr from "zarrita";
import { CHECKSUM_BYTES, withoutChecksum } from "../../volume/crc32c.ts";
import type { ArrayLevel } from "../api.ts";
import { addressOf } from "./client.ts";

/** Where chunks come from. */
interface ChunkStore {
  get(key: zarr.AbsolutePath): Promise<Uint8Array | undefined>;
  /** Of a shard the places of its chunks, or one chunk. */
  getRange(key: zarr.AbsolutePath, range: zarr.RangeQuery): Promise<Uint8Array | undefined>;
}

export type LoadedArray = zarr.Array<zarr.DataType, ChunkStore>;

/** Opens one resolution. @param cache how the browser may use what it has already */
export async function openLevel(
  level: ArrayLevel | undefined,
  storesAll: boolean,
  cache: RequestCache = "default",
): Promise<LoadedArray> {
  if (!level) throw new RangeError("there is no such level");
  useOwnCodecs();
  const path = level.path.split("/").map(encodeURIComponent).join("/");
  const address = `${location.origin}${addressOf(`/zarr/${path}`)}`;
  const read = async (key: string, range?: string) => {
    const bytes = await fetchFile(`${address}${key}`, cache, range);
    if (bytes === undefined && storesAll && key.startsWith("/c/")) throw new Absent(key);
    return bytes;
  };
  const store: ChunkStore = {
    get: (key) => read(key),
    getRange: (key, range) =>
      read(
        key,
        "suffixLength" in range
          ? `-${range.suffixLength}`
          : `${range.offset}-${range.offset + range.length - 1}`,
      ),
  };
  const open = level.version === 2 ? zarr.open.v2 : zarr.open.v3;
  return await open(store, { kind: "array" });
}

/** A chunk that should have a file has none. */
export class Absent extends Error {
  override name = "Absent";
}

/** The server could not be asked, which says nothing of the file. */
export class NotHeard extends Error {
  override name = "NotHeard";
}

/** The bytes of a file, or a range of them; undefined where there is none. @throws {NotHeard} */
async function fetchFile(
  address: string,
  cache: RequestCache,
  range: string | undefined,
): Promise<Uint8Array | undefined> {
  let answer: Response;
  try {
    answer = await fetch(address, {
      cache,
      ...(range === undefined ? {} : { headers: { range: `bytes=${range}` } }),
    });
  } catch (cause) {
    throw new NotHeard(address, { cause });
  }
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new NotHeard(`${address}: ${answer.status}`);
  try {
    return new Uint8Array(await answer.arrayBuffer());
  } catch (cause) {
    throw new NotHeard(address, { cause });
  }
}

let areCodecsOurs = false;

/** Zarrita's own decoder of zstd is a compiled library of 700 kB, and its crc32c does not compare the checksum. */
function useOwnCodecs(): void {
  if (areCodecsOurs) return;
  areCodecsOurs = true;
  setDecoder("zstd", decompress);
  setDecoder("crc32c", withoutChecksum, (bytes) => bytes + CHECKSUM_BYTES);
}

/** @param encodedSize bytes that so many become, where that is known: of the index of shards it must be */
function setDecoder(
  name: string,
  decoded: (bytes: Uint8Array) => Uint8Array,
  encodedSize?: (bytes: number) => number,
): void {
  const codec = {
    kind: "bytes_to_bytes" as const,
    encode: () => Promise.reject(new Error("this page only reads")),
    decode: (bytes: Uint8Array) => new Promise<Uint8Array>((resolve) => resolve(decoded(bytes))),
    ...(encodedSize === undefined ? {} : { computeEncodedSize: encodedSize }),
  };
  zarr.registry.set(name as "zstd", () => Promise.resolve({ fromConfig: () => codec } as never));
}
