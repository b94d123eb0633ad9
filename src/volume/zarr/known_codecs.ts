/** Codecs of an array's chunks: which there are, and which cannot be read. */
import { shorten } from "../../user_error.ts";
import { isKnownCodec, namedCodec, version2Codecs } from "./codec_rules.ts";

/** The names of the codecs of an array, in the order in which they are written, those within shards included. */
export function codecNames(fields: Readonly<Record<string, unknown>>): string[] {
  if (Array.isArray(fields["codecs"])) return fields["codecs"].flatMap(namesOf);
  const { filters, compressor } = fields;
  return version2Codecs(filters, compressor).map(({ name }) => name.replace(/^numcodecs\./, ""));
}

function namesOf(codec: unknown): string[] {
  const named = namedCodec(codec);
  if (named === undefined) return [];
  const { codecs } = named.configuration;
  return [named.name, ...(Array.isArray(codecs) ? codecs.flatMap(namesOf) : [])];
}

/** Whether a codec can be read; of version 2 they have no prefix. */
function isRead(name: string, version: 2 | 3): boolean {
  return isKnownCodec(version === 2 ? `numcodecs.${name}` : name, version);
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
    unread: `${path}: its chunks are stored with the codec ${missing.join(" and ")}, which cannot be read ` +
      "here; copy it with zstd, gzip or blosc, for example with zarr.copy in Python",
  };
}
