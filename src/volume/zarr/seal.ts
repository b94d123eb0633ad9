/**
 * A checksum of what an array's metadata say, kept among its attributes as `seal`. It names the attributes that it covers, so that
 * other programs may add theirs.
 */
import { checksumText, crc32c } from "../crc32c.ts";
import type { Dtype } from "../dtype.ts";
import type { Zyx } from "../region.ts";
import { namedCodec } from "./codec_rules.ts";
import { isObject, listOf, readJson } from "./json.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** What the checksum covers besides the attributes. */
interface SealedMetadata {
  readonly shape: Zyx;
  readonly components: number;
  readonly dtype: Dtype;
  readonly chunk: Zyx;
  readonly fillValue: number;
  /** Names of the axes; undefined where they have none. */
  readonly names: readonly string[] | undefined;
}

const KEY = "seal";

/** The attributes with their seal. */
export function sealAttributes(
  metadata: SealedMetadata,
  codecs: unknown,
  attributes: Attributes,
): Record<string, unknown> {
  const names = Object.keys(attributes);
  return {
    ...attributes,
    [KEY]: { attributes: names, crc32c: checksumOf(metadata, codecs, attributes, names) },
  };
}

/** The attributes without their seal. */
export function withoutSeal(attributes: Attributes): Attributes {
  const { [KEY]: _seal, ...others } = attributes;
  return others;
}

/** Whether an array's metadata have a seal, as all have that this program writes. */
export function hasSeal(path: string): boolean {
  const { attributes } = readJson(`${path}/zarr.json`);
  return isObject(attributes) && attributes[KEY] !== undefined;
}

/** False where the attributes have a seal that does not fit. */
export function isSealed(metadata: SealedMetadata, codecs: unknown, attributes: Attributes): boolean {
  const seal = attributes[KEY];
  if (seal === undefined) return true; // made by another program
  if (typeof seal !== "object" || seal === null || !("attributes" in seal) || !("crc32c" in seal)) {
    return false;
  }
  const names: unknown = seal.attributes;
  if (!Array.isArray(names)) return false;
  // seals of earlier versions do not cover the names of the axes
  return [metadata, { ...metadata, names: undefined }].some((covered) =>
    checksumOf(covered, codecs, attributes, names.map(String)) === seal.crc32c
  );
}

function checksumOf(
  { shape, components, dtype, chunk, fillValue, names: axes }: SealedMetadata,
  codecs: unknown,
  attributes: Attributes,
  names: readonly string[],
): string {
  const values = names.map((name) => [name, attributes[name] ?? null]);
  const codecNames = listOf(codecs).map((codec) => namedCodec(codec)?.name ?? "");
  const covered = [shape, components, dtype, chunk, fillValue, codecNames, values];
  const text = JSON.stringify(axes === undefined ? covered : [...covered, axes]);
  return checksumText(crc32c(new TextEncoder().encode(text)));
}
