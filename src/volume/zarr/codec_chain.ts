/** The chain of codecs of a Zarr v3 array: its form, and the chunks inside its shards. */
import { type ChainPlace, namedCodec, requireObeyable } from "./codec_rules.ts";
import { isObject, problem } from "./json.ts";

/** Most chunks of a shard: its index has 16 bytes for each. */
const MAX_INNER_CHUNKS = 2 ** 22;

/** Checks a chain of codecs; returns the shape of the chunks inside a shard. */
export function checkCodecs(
  place: ChainPlace,
  codecs: unknown,
  chunk: readonly number[],
): readonly number[] | undefined {
  const { file, dtype } = place;
  if (!Array.isArray(codecs) || codecs.length === 0) {
    throw problem(file, "codecs", codecs, "a list of codecs");
  }
  const chain = codecs.map((codec) => {
    const named = namedCodec(codec);
    if (named !== undefined) return named;
    throw problem(file, "codecs", codec, `{ "name": ..., "configuration": { ... } }`);
  });
  let inner: readonly number[] | undefined;
  for (const { name, configuration } of chain) {
    if (name === "transpose") checkOrder(file, configuration["order"], chunk.length);
    if (name !== "sharding_indexed") continue;
    inner = checkLengths(file, "chunk_shape of sharding", configuration["chunk_shape"], chunk.length);
    const counts = inner.map((length, axis) => (chunk[axis] ?? 0) / length);
    const perShard = counts.reduce((product, count) => product * count, 1);
    if (!counts.every(isLength) || perShard > MAX_INNER_CHUNKS) {
      throw problem(
        file,
        "chunk_shape of sharding",
        inner,
        `to divide [${chunk}] in at most ${MAX_INNER_CHUNKS}`,
      );
    }
    if (!isNested(configuration["codecs"])) checkCodecs({ file, dtype }, configuration["codecs"], inner);
    else throw problem(file, "codecs of sharding", "sharding_indexed", "no shards inside shards");
    checkCodecs({ file, dtype: "uint64", isIndex: true }, configuration["index_codecs"], [...counts, 2]);
  }
  requireObeyable(place, chain);
  return inner;
}

function isNested(codecs: unknown): boolean {
  return Array.isArray(codecs) &&
    codecs.some((codec) => isObject(codec) && codec["name"] === "sharding_indexed");
}

function checkOrder(file: string, order: unknown, rank: number): void {
  const isPermutation = Array.isArray(order) && order.length === rank && new Set(order).size === rank &&
    order.every((axis) => Number.isSafeInteger(axis) && axis >= 0 && axis < rank);
  if (isPermutation || order === "C" || order === "F") return;
  throw problem(file, "order of transpose", order, `a permutation of ${rank} axes`);
}

/** The same metadata with every codec as an object. */
export function plainForm(fields: Record<string, unknown>): Record<string, unknown> {
  const plain = (codecs: unknown): unknown[] =>
    (Array.isArray(codecs) ? codecs : []).flatMap((codec) => {
      const named = namedCodec(codec);
      if (named === undefined) return [];
      const { name, configuration } = named;
      if (name !== "sharding_indexed") return [{ name, configuration }];
      const { codecs: inner, index_codecs: index, ...others } = configuration;
      return [{ name, configuration: { ...others, codecs: plain(inner), index_codecs: plain(index) } }];
    });
  return { ...fields, codecs: plain(fields["codecs"]) };
}

/** @throws UserError where a value is no list of lengths, one per axis */
export function checkLengths(
  file: string,
  key: string,
  value: unknown,
  rank: number,
  what?: string,
): readonly number[] {
  if (Array.isArray(value) && value.length === rank && value.every(isLength)) return value;
  throw problem(file, key, value, `${rank} whole numbers from 1`, what);
}

/** Whether a value is a whole number from 1. */
export function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}
