/** Arrays as zarrita opens them, on a store that answers for the metadata from what was read and checked. */
import * as zarr from "zarrita";
import { reasonOf, UserError } from "../../user_error.ts";
import { useBoundedDecoders } from "./decoders.ts";
import { isObject } from "./json.ts";
import type { HttpStore } from "../remote/store.ts";
import type { ZarrMetadata } from "./metadata.ts";
import type { FolderStore } from "./store.ts";

/**
 * Opens an array by its metadata.
 * @param path what messages call it; they tell to check `part`
 * @param attributes of version 2, where they are in a file of their own
 * @throws UserError if zarrita cannot open it
 */
export async function openDescribed(
  path: string,
  store: Parameters<typeof describedStore>[0],
  metadata: ZarrMetadata,
  attributes: Readonly<Record<string, unknown>>,
  part: string,
): Promise<zarr.Array<zarr.DataType>> {
  useBoundedDecoders();
  const root = zarr.root(describedStore(store, metadata, attributes));
  const open = metadata.version === 3 ? zarr.open.v3 : zarr.open.v2;
  try {
    return await open(root, { kind: "array" });
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    // Nothing but the metadata was read, so whatever zarrita stumbled over is in them.
    throw new UserError(
      `${path}: not a Zarr array that can be read: ${reasonOf(cause)}; check ${part}`,
      { cause },
    );
  }
}

/**
 * The chunks of a store with these metadata, so that zarrita sees them as they were checked, and obeys where shards have their index.
 * @param attributes of version 2, where they are in a file of their own
 */
function describedStore(
  store: Pick<FolderStore | HttpStore, "get" | "getRange">,
  { version, fields }: Pick<ZarrMetadata, "version" | "fields">,
  attributes: Readonly<Record<string, unknown>> = {},
) {
  const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const described = new Map<string, Uint8Array | undefined>(
    version === 3
      ? [["/zarr.json", encode(fields)]]
      : [["/.zarray", encode(fields)], ["/.zattrs", encode(attributes)]],
  );
  const isIndexFirst = indexLocation(fields["codecs"]) === "start";
  return {
    get: async (key: zarr.AbsolutePath) => described.has(key) ? described.get(key) : await store.get(key),
    // zarrita asks for the end of a file for the index of a shard alone
    getRange: async (key: zarr.AbsolutePath, range: zarr.RangeQuery) =>
      isIndexFirst && "suffixLength" in range
        ? await store.getRange(key, { offset: 0, length: range.suffixLength })
        : await store.getRange(key, range),
  };
}

function indexLocation(codecs: unknown): unknown {
  if (!Array.isArray(codecs)) return undefined;
  const sharding: unknown = codecs.find((codec) => isObject(codec) && codec["name"] === "sharding_indexed");
  const configuration = isObject(sharding) ? sharding["configuration"] : undefined;
  return isObject(configuration) ? configuration["index_location"] : undefined;
}
