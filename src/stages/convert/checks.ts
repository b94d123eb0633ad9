/** What inputs must be for what they are used as. */
import { UserError } from "../../user_error.ts";
import type { Dtype } from "../../volume/dtype.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import type { ConvertOptions } from "./options.ts";
import type { ValueRange } from "./record.ts";
import { chunkMemory, type SlabSource } from "./slab_source.ts";

/** Bytes for decoding: where there is less memory for slabs, and for each byte of it. */
const HELD_AT_LEAST = 64 * 2 ** 20;
const HELD_SHARE = 4;
const CHUNK_IN_PLACE = 16 * 2 ** 20;

/** The value ranges that a conversion left in the attributes of a volume; undefined for other volumes. */
export function valueRanges(volume: ZarrVolume): readonly ValueRange[] | undefined {
  const range = volume.attributes["range"];
  if (!Array.isArray(range) || range.length !== volume.components) return undefined;
  const isPair = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && pair[0] <= pair[1] &&
    pair.every((value) => typeof value === "number" && Number.isFinite(Math.fround(value)));
  return range.every(isPair) ? range as ValueRange[] : undefined;
}

/** Which values of its input became 0 and 255 in a converted volume; undefined where they were not changed. */
export function rescaledValues({ attributes }: ZarrVolume): readonly [low: number, high: number] | undefined {
  const range = attributes["rescaled"];
  if (!Array.isArray(range) || range.length !== 2) return undefined;
  const [low, high] = range.map(Number);
  return low !== undefined && high !== undefined && low < high ? [low, high] : undefined;
}

/** Whether an array is used where it is. */
export function isUsable(volume: ZarrVolume, dtype: Dtype): boolean {
  if (volume.dtype !== dtype) return false;
  // Each worker would hold a whole chunk, more than plans count on.
  if (chunkMemory(volume) > CHUNK_IN_PLACE) return false;
  if (dtype === "uint8") return volume.components === 1;
  return dtype === "float32" && valueRanges(volume) !== undefined;
}

/** @throws UserError where a volume cannot become what the options say */
export function requireKind(
  { dtype, components, isPalette = false, unread }: Pick<
    SlabSource,
    "dtype" | "components" | "isPalette" | "unread"
  >,
  input: string,
  options: Pick<ConvertOptions, "dtype" | "rescale" | "labels" | "anyComponents">,
): void {
  if (unread !== undefined) throw new UserError(unread);
  if (isPalette && options.labels === undefined) {
    throw new UserError(
      `${input}: its values are positions in a colour palette; expected an image: save it as greyscale. It can be used as ` +
        "ground truth",
    );
  }
  const isKept = options.dtype === dtype && options.rescale === undefined &&
    (dtype !== "uint8" || options.anyComponents === true);
  if ((options.dtype === "float32" || isKept) && components <= 9) return;
  const isMapped = options.rescale !== undefined || options.labels !== undefined;
  if (options.dtype === "uint8" && (dtype === "uint8" || isMapped) && components === 1) return;
  const found = `${dtype} with ${components} components per voxel`;
  if (options.dtype === "float32" || components !== 1) {
    const expected = options.dtype === "uint8" ? "uint8 with 1" : "any number type with 1 to 9";
    throw new UserError(`${input}: ${found}; expected ${expected}: convert it first`);
  }
  throw new UserError(
    `${input}: ${found}; expected uint8 with 1: say which values become 0 and 255 with --rescale LOW,HIGH, or --rescale auto ` +
      `for the percentiles 0.1 and 99.9, here, as the key rescale of its group in a configuration, or as ccboost convert ${input} raw.zarr --rescale auto`,
  );
}

/** @throws UserError where reading a part of a volume takes more memory than there is */
export function requireMemory({ path, heldBytes }: SlabSource, memory: number): void {
  if (heldBytes <= Math.max(HELD_AT_LEAST, HELD_SHARE * memory)) return;
  const mebibytes = Math.ceil(heldBytes / 2 ** 20);
  throw new UserError(
    `${path}: decoding one of its strips, tiles or chunks needs ${mebibytes} MiB; use a larger --memory, or save it uncompressed ` +
      "or in smaller pieces",
  );
}
