/**
 * A checksum of what an array's metadata say, kept among its attributes as `seal`. It names the attributes that it covers, so that
 * other programs may add theirs.
 */
import { createCrc32c } from "../crc32c.ts";
import type { Dtype } from "../dtype.ts";
import type { Zyx } from "../region.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** What the checksum covers besides the attributes. */
export interface SealedMetadata {
  readonly shape: Zyx;
  readonly components: number;
  readonly dtype: Dtype;
  readonly chunk: Zyx;
  readonly fillValue: number;
}

/** The names of a `codecs` list. */
function codecNames(codecs: unknown): string[] {
  if (!Array.isArray(codecs)) return [];
  return codecs.map((codec: unknown) =>
    typeof codec === "object" && codec !== null && "name" in codec ? String(codec.name) : ""
  );
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

/** False where the attributes have a seal that does not fit. */
export function isSealed(metadata: SealedMetadata, codecs: unknown, attributes: Attributes): boolean {
  const seal = attributes[KEY];
  if (seal === undefined) return true; // made by another program
  if (typeof seal !== "object" || seal === null || !("attributes" in seal) || !("crc32c" in seal)) {
    return false;
  }
  const names: unknown = seal.attributes;
  return Array.isArray(names) && checksumOf(metadata, codecs, attributes, names.map(String)) === seal.crc32c;
}

function checksumOf(
  { shape, components, dtype, chunk, fillValue }: SealedMetadata,
  codecs: unknown,
  attributes: Attributes,
  names: readonly string[],
): string {
  const values = names.map((name) => [name, attributes[name] ?? null]);
  const text = JSON.stringify([shape, components, dtype, chunk, fillValue, codecNames(codecs), values]);
  return createCrc32c()(new TextEncoder().encode(text)).toString(16).padStart(8, "0");
}
