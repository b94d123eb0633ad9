/** A store of zarrita that answers for the metadata from what was read and checked, and obeys where shards have their index. */
import type { AbsolutePath, RangeQuery } from "zarrita";
import { isObject } from "./json.ts";
import type { HttpStore } from "./http.ts";
import type { ZarrMetadata } from "./metadata.ts";
import type { FolderStore } from "./store.ts";

/**
 * The chunks of a store with these metadata, so that zarrita sees them as they were checked.
 * @param attributes of version 2, where they are in a file of their own
 */
export function describedStore(
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
    get: async (key: AbsolutePath) => described.has(key) ? described.get(key) : await store.get(key),
    // zarrita asks for the end of a file for the index of a shard alone
    getRange: async (key: AbsolutePath, range: RangeQuery) =>
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
