/** Codecs of an array's chunks: which there are, and which cannot be read. */
import * as zarr from "zarrita";
import { shorten } from "../../config/user_error.ts";
import { isObject } from "./json.ts";

/** What a filter of version 2 is called that zarrita translates. */
const TRANSLATED = ["fixedscaleoffset"];

/** The names of the codecs of an array, in the order in which they are written, those within shards included. */
export function codecNames(fields: Readonly<Record<string, unknown>>): string[] {
  if (Array.isArray(fields["codecs"])) return fields["codecs"].flatMap(namesOf);
  const { filters, compressor } = fields;
  return [...(Array.isArray(filters) ? filters : []), compressor].flatMap((codec) =>
    isObject(codec) && codec["id"] !== undefined ? [String(codec["id"])] : []
  );
}

function namesOf(codec: unknown): string[] {
  if (!isObject(codec)) return [];
  const { name, configuration } = codec;
  const inner = isObject(configuration) && Array.isArray(configuration["codecs"])
    ? configuration["codecs"]
    : [];
  return [String(name), ...inner.flatMap(namesOf)];
}

/** Whether a codec can be read; of version 2 they have no prefix. */
function isRead(name: string, version: 2 | 3): boolean {
  const plain = name.replace(/^numcodecs\./, "");
  if (version === 2) return TRANSLATED.includes(plain) || zarr.registry.has(`numcodecs.${plain}`);
  return name === "sharding_indexed" || zarr.registry.has(name);
}

/** How an array's chunks are stored, and why they cannot be read. */
export function describeCodecs(
  path: string,
  version: 2 | 3,
  fields: Readonly<Record<string, unknown>>,
): { readonly storage: string; readonly unread?: string } {
  const names = codecNames(fields);
  const missing = [...new Set(names.filter((name) => !isRead(name, version)))].map((name) =>
    shorten(name, 40)
  );
  const listed = names.map((name) =>
    `${shorten(name, 40)}${missing.includes(shorten(name, 40)) ? " (cannot be read)" : ""}`
  );
  const storage = `codecs: ${listed.length === 0 ? "none" : listed.join(", ")}`;
  if (missing.length === 0) return { storage };
  return {
    storage,
    unread:
      `${path}: its chunks are stored with the codec ${
        missing.join(" and ")
      }, which cannot be read here; copy it with zstd, gzip ` +
      "or blosc, such as by zarr.copy in Python",
  };
}
