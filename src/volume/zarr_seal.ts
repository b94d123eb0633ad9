/**
 * A checksum of what an array's metadata say, kept among its attributes as `seal`. It names the attributes that it covers, so that
 * other programs may add theirs.
 */
import { createCrc32c } from "./crc32c.ts";
import type { Dtype } from "./dtype.ts";
import type { Zyx } from "./region.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** What the checksum covers besides the attributes. */
export interface SealedMetadata {
  readonly shape: Zyx;
  readonly components: number;
  readonly dtype: Dtype;
  readonly chunk: Zyx;
  readonly fillValue: number;
}

const KEY = "seal";

/** The attributes with their seal. */
export function sealAttributes(metadata: SealedMetadata, attributes: Attributes): Record<string, unknown> {
  const names = Object.keys(attributes);
  return { ...attributes, [KEY]: { attributes: names, crc32c: checksumOf(metadata, attributes, names) } };
}

/** The attributes without their seal. */
export function withoutSeal(attributes: Attributes): Attributes {
  const { [KEY]: _seal, ...others } = attributes;
  return others;
}

/** False where the attributes have a seal that does not fit. */
export function isSealed(metadata: SealedMetadata, attributes: Attributes): boolean {
  const seal = attributes[KEY];
  if (seal === undefined) return true; // made by another program
  if (typeof seal !== "object" || seal === null || !("attributes" in seal) || !("crc32c" in seal)) {
    return false;
  }
  const names: unknown = seal.attributes;
  return Array.isArray(names) && checksumOf(metadata, attributes, names.map(String)) === seal.crc32c;
}

function checksumOf(
  { shape, components, dtype, chunk, fillValue }: SealedMetadata,
  attributes: Attributes,
  names: readonly string[],
): string {
  const values = names.map((name) => [name, attributes[name] ?? null]);
  const text = JSON.stringify([shape, components, dtype, chunk, fillValue, values]);
  return createCrc32c()(new TextEncoder().encode(text)).toString(16).padStart(8, "0");
}
