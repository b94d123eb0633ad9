/**
 * What the codecs of an array may say. A setting that would change voxels and is not obeyed is refused here, before a chunk is read
 * (Zarr v3 core specification, "Codecs", and zarr-specs' codec documents; numcodecs for version 2).
 */
import { registry } from "zarrita";
import { shorten, UserError } from "../../user_error.ts";
import { bytesPerVoxel, type SourceDtype } from "../dtype.ts";
import { isObject, problem } from "./json.ts";

/** A codec as metadata name it. */
interface NamedCodec {
  readonly name: string;
  readonly configuration: Readonly<Record<string, unknown>>;
}

type Kind = "array to array" | "array to bytes" | "bytes to bytes";

interface Rule {
  readonly kind: Kind;
  /** Settings that there may be. */
  readonly keys: readonly string[];
  /** In the index of a shard, whose length must be known. */
  readonly isFixedSize?: boolean;
}

/** Settings of compressors tell how to compress; what was compressed is decoded the same way whatever they say. */
const RULES: Readonly<Record<string, Rule>> = {
  transpose: { kind: "array to array", keys: ["order"] },
  delta: { kind: "array to array", keys: ["dtype", "astype"] },
  bitround: { kind: "array to array", keys: ["keepbits"] },
  fixedscaleoffset: { kind: "array to array", keys: ["scale", "offset", "dtype", "astype"] },
  scale_offset: { kind: "array to array", keys: ["scale", "offset"] },
  cast_value: { kind: "array to array", keys: ["data_type", "rounding", "out_of_range", "scalar_map"] },
  bytes: { kind: "array to bytes", keys: ["endian"], isFixedSize: true },
  sharding_indexed: {
    kind: "array to bytes",
    keys: ["chunk_shape", "codecs", "index_codecs", "index_location"],
  },
  shuffle: { kind: "bytes to bytes", keys: ["elementsize"] },
  gzip: { kind: "bytes to bytes", keys: ["level"] },
  zlib: { kind: "bytes to bytes", keys: ["level"] },
  zstd: { kind: "bytes to bytes", keys: ["level", "checksum"] },
  lz4: { kind: "bytes to bytes", keys: ["acceleration"] },
  blosc: { kind: "bytes to bytes", keys: ["cname", "clevel", "shuffle", "typesize", "blocksize"] },
  crc32c: { kind: "bytes to bytes", keys: [], isFixedSize: true },
};

/** Names with the prefix of numcodecs mean the same but for these, which are of version 3 alone. */
const ONLY_VERSION3 = ["transpose", "scale_offset", "cast_value", "bytes", "sharding_indexed", "crc32c"];

function ruleOf(name: string): Rule | undefined {
  const plain = name.replace(/^numcodecs\./, "");
  if (plain !== name && ONLY_VERSION3.includes(plain)) return undefined;
  return Object.hasOwn(RULES, plain) ? RULES[plain] : undefined;
}

/** What zarrita makes of two codecs, in version 2 alone. */
const TRANSLATED = "numcodecs.fixedscaleoffset";

/** Whether a codec can be read. @param name with the prefix of numcodecs in version 2 */
export function isKnownCodec(name: string, version: 2 | 3): boolean {
  const isDecoded = name === "sharding_indexed" || registry.has(name) ||
    (version === 2 && name === TRANSLATED);
  return isDecoded && ruleOf(name) !== undefined;
}

/** Where a chain of codecs stands, for messages, and what it encodes. */
export interface ChainPlace {
  readonly file: string;
  readonly dtype: SourceDtype;
  /** Version 2 tells the byte order in its data type, as `<u2`; undefined in version 3. */
  readonly version2Type?: string;
  /** The index of a shard: its codecs must not change its length. */
  readonly isIndex?: boolean;
}

/**
 * Chains with codecs that are not known pass, so that the array can be described; whoever reads its chunks asks `describeCodecs`.
 * @throws UserError where a chain of codecs cannot be obeyed to the letter
 */
export function requireObeyable(place: ChainPlace, chain: readonly NamedCodec[]): void {
  const { file, isIndex = false } = place;
  const version = place.version2Type === undefined ? 3 : 2;
  if (!isIndex && !chain.every(({ name }) => isKnownCodec(name, version))) return;
  let before: Kind = "array to array";
  for (const codec of chain) {
    const rule = ruleOf(codec.name);
    if (rule === undefined || (isIndex && rule.isFixedSize !== true)) {
      const known = Object.keys(RULES).filter((name) => !isIndex || RULES[name]?.isFixedSize === true);
      throw new UserError(
        `${file}: the codec ${codec.name} cannot be read${isIndex ? " in the index of a shard" : ""}; ` +
          `save it with one of ${known.join(", ")}`,
      );
    }
    const unknown = Object.keys(codec.configuration).find((key) => !rule.keys.includes(key));
    if (unknown !== undefined) {
      throw problem(file, `${unknown} of ${codec.name}`, codec.configuration[unknown], "no such setting");
    }
    if (ORDER.indexOf(rule.kind) < ORDER.indexOf(before)) {
      throw problem(
        file,
        "codecs",
        chain.map(({ name }) => name),
        `${rule.kind} (${codec.name}) before ${before}`,
      );
    }
    before = rule.kind;
    requireSettings(place, codec);
  }
  requireOnce(file, chain, (name) => name === "transpose", "one transpose");
  requireOnce(
    file,
    chain,
    (name) => ruleOf(name)?.kind === "array to bytes",
    "one codec from array to bytes",
  );
  const isSharded = chain.some(({ name }) => name === "sharding_indexed");
  if (isSharded && chain.length > 1) {
    throw problem(
      file,
      "codecs",
      chain.map(({ name }) => name),
      "sharding_indexed alone: other codecs around shards cannot be read",
    );
  }
  if (
    place.version2Type === undefined && !chain.some(({ name }) => ruleOf(name)?.kind === "array to bytes")
  ) {
    throw problem(file, "codecs", chain.map(({ name }) => name), `one from array to bytes, such as "bytes"`);
  }
}

const ORDER: readonly Kind[] = ["array to array", "array to bytes", "bytes to bytes"];

function requireOnce(
  file: string,
  chain: readonly NamedCodec[],
  isOne: (name: string) => boolean,
  expected: string,
): void {
  const names = chain.map(({ name }) => name);
  if (names.filter(isOne).length > 1) throw problem(file, "codecs", names, `at most ${expected}`);
}

function requireSettings(
  { file, dtype, version2Type }: ChainPlace,
  { name, configuration }: NamedCodec,
): void {
  const requireOne = (key: string, expected: readonly unknown[]) => {
    if (expected.includes(configuration[key])) return;
    const text = expected.filter((one) => one !== undefined).map((one) => JSON.stringify(one)).join(" or ");
    throw problem(file, `${key} of ${name}`, configuration[key], text);
  };
  const voxelBytes = bytesPerVoxel(dtype);
  const typeNames = [dtype, ...(version2Type === undefined ? [] : [version2Type]), ...numpyNames(dtype)];
  switch (name.replace(/^numcodecs\./, "")) {
    case "bytes":
      return requireOne("endian", voxelBytes === 1 ? ["little", "big", undefined] : ["little", "big"]);
    case "sharding_indexed":
      return requireOne("index_location", ["end", "start", undefined]);
    case "delta":
      requireOne("dtype", [...typeNames, undefined]);
      return requireOne("astype", [...typeNames, undefined]);
    case "shuffle":
      return requireOne("elementsize", voxelBytes === 4 ? [4, undefined] : [voxelBytes]);
    case "zstd":
      return requireOne("checksum", [true, false, undefined]);
    case "fixedscaleoffset":
      requireOne("dtype", [...typeNames, undefined]);
      return requireScaled(file, dtype, version2Type, configuration["astype"]);
  }
}

/** What NumPy calls a type; byte orders other than the array's are none of them. */
function numpyNames(dtype: SourceDtype): string[] {
  const letter = dtype.startsWith("float") ? "f" : dtype.startsWith("uint") ? "u" : "i";
  const bytes = bytesPerVoxel(dtype);
  return bytes === 1 ? [`|${letter}1`, `${letter}1`] : [`${letter}${bytes}`];
}

/** Integers of few bits that stand for floats are exact; other pairs of types are rounded in other ways by other programs. */
function requireScaled(file: string, dtype: SourceDtype, own: string | undefined, stored: unknown): void {
  const most = dtype === "float64" ? 4 : dtype === "float32" ? 2 : 0;
  const order = own?.startsWith(">") ? ">" : "<";
  const wide = [2, 4].flatMap((size) => [`${order}u${size}`, `${order}i${size}`]);
  const types = ["|u1", "|i1", "u1", "i1", "uint8", "int8", ...wide];
  const bytes = Number(/\d$/.exec(String(stored))?.[0] === "8" ? 1 : /\d$/.exec(String(stored))?.[0] ?? 1);
  if (most > 0 && typeof stored === "string" && types.includes(stored) && bytes <= most) return;
  throw problem(
    file,
    "astype of fixedscaleoffset",
    stored,
    `integers of at most ${8 * most} bits for ${dtype}`,
  );
}

/** A codec as version 3 writes it: an object, or its name alone; undefined for anything else. */
export function namedCodec(value: unknown): NamedCodec | undefined {
  if (typeof value === "string") return { name: value, configuration: {} };
  if (!isObject(value) || typeof value["name"] !== "string") return undefined;
  const configuration = value["configuration"] ?? {};
  return isObject(configuration) ? { name: value["name"], configuration } : undefined;
}

/** The codecs of an array of version 2 under the names of version 3. @returns none for what is no codec */
export function version2Codecs(filters: unknown, compressor: unknown): NamedCodec[] {
  const list: unknown[] = [
    ...(Array.isArray(filters) ? filters : []),
    ...(compressor === null ? [] : [compressor]),
  ];
  return list.flatMap((codec) => {
    if (!isObject(codec) || typeof codec["id"] !== "string") return [];
    const { id, ...configuration } = codec;
    return [{ name: id.startsWith("numcodecs.") ? id : `numcodecs.${id}`, configuration }];
  });
}

/** The names of the codecs of an array, in the order in which they are written, those within shards included. */
function codecNames(fields: Readonly<Record<string, unknown>>): string[] {
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
