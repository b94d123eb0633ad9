/** What a conversion came from, and which of its bands are done. */
import { basename, dirname, join } from "node:path";
import { UserError } from "../../user_error.ts";
import { openJson, sealJson } from "../../engine/mod.ts";
import type { SourceDtype } from "../../volume/dtype.ts";
import type { Clipped } from "../../volume/value_map.ts";
import { removeIfExists } from "../../volume/file.ts";
import { type FileIdentity, identify, identifyAll } from "../../volume/file_identity.ts";
import type { RescaleSetting } from "../../config/settings.ts";
import type { SlabSource } from "./slab_source.ts";
import { ifThereSync } from "../../if_there.ts";

/** Smallest and largest value of a component. */
export type ValueRange = readonly [low: number, high: number];

/** The attribute `source` of a converted volume: enough to see that the input is still the same. */
export interface ConversionSource {
  readonly format: string;
  readonly dtype: SourceDtype;
  readonly files: readonly FileIdentity[];
  /** What was asked for; absent where values are as in the input. */
  readonly rescale?: RescaleSetting;
  /** The channel and time point that were chosen of several; absent where there is but one. */
  readonly picked?: string;
  /** How labels were to be understood; absent where they are as in the input. */
  readonly labels?: string;
}

/** Of more files, such as slices, one identity is kept for all. */
const MOST_IDENTITIES = 4;

/** Describes the files of an input as they are now; a file of a Zarr array is its folder. */
export function conversionSource(
  { path, format, dtype, files, identity, picked }: Pick<
    SlabSource,
    "path" | "format" | "dtype" | "files" | "identity" | "picked"
  >,
  { rescale, labels }: { readonly rescale: RescaleSetting | undefined; readonly labels: string | undefined },
): ConversionSource {
  const identities = identity !== undefined
    ? [identity]
    : files.length > MOST_IDENTITIES
    ? [identifyAll(path, files)]
    : files.map(identify);
  return {
    format,
    dtype,
    files: identities,
    ...(rescale === undefined ? {} : { rescale }),
    ...(labels === undefined ? {} : { labels }),
    ...(picked === undefined ? {} : { picked }),
  };
}

/** What is known of a band that is written. */
interface FinishedBand {
  /** Of float32 volumes, one per component. */
  readonly ranges: readonly ValueRange[];
  /** Of rescaled volumes. */
  readonly clipped?: Clipped | undefined;
}

/** The bands that an earlier, interrupted conversion finished, and a place to note further ones. */
export interface BandRecord {
  readonly finished: ReadonlyMap<number, FinishedBand>;
  /** Notes that the band beginning at slice `z` is written. */
  add(z: number, band: FinishedBand): void;
}

/**
 * Opens the record `path`, with what other processes noted beside it; `undefined` where there is none, or one of another
 * conversion than `identity`.
 *
 * @param own where other processes note bands at the same time: a name for a record of this process alone
 */
export function openBandRecord(path: string, identity: string, own?: string): BandRecord | undefined {
  const main = readRecord(path, identity);
  if (main === undefined) return undefined;
  // A line cut off by a kill would swallow the next one.
  if (own === undefined && main.whole < main.bytes) Deno.truncateSync(path, main.whole);
  const finished = new Map(main.finished);
  for (const other of recordsBeside(path)) {
    for (const [z, band] of readRecord(other, identity)?.finished ?? []) finished.set(z, band);
  }
  if (own === undefined) return { finished, add: (z, band) => append(path, { z, ...band }) };
  let record: BandRecord | undefined;
  return {
    finished,
    add(z, band) {
      record ??= createBandRecord(`${path}.${own}`, identity);
      record.add(z, band);
    },
  };
}

function readRecord(path: string, identity: string) {
  const text = ifThereSync(() => Deno.readTextFileSync(path));
  if (text === undefined) return undefined;
  const end = text.lastIndexOf("\n");
  const [first, ...lines] = text.slice(0, Math.max(0, end)).split("\n");
  if (first !== identity) return undefined;
  const finished = new Map<number, FinishedBand>();
  for (const line of lines) {
    const band = openJson(line) as FinishedBand & { z: number } | undefined;
    if (band !== undefined) finished.set(band.z, band); // else it is damaged: the band is converted again
  }
  const bytesOf = (part: string) => new TextEncoder().encode(part).length;
  return { finished, whole: bytesOf(text.slice(0, end + 1)), bytes: bytesOf(text) };
}

/** The records of other processes. */
function recordsBeside(path: string): string[] {
  const folder = dirname(path), prefix = `${basename(path)}.`;
  return Array.from(Deno.readDirSync(folder)).flatMap(({ name }) =>
    name.startsWith(prefix) ? [join(folder, name)] : []
  );
}

/** Removes the records from an array that is whole, and what killed processes left under way beside them. */
export function removeBandRecords(array: string): void {
  for (const { name } of Array.from(Deno.readDirSync(array))) {
    if (/^(bands\.jsonl|band\.)/.test(name)) removeIfExists(join(array, name));
  }
}

/** Begins a record for a new conversion. */
export function createBandRecord(path: string, identity: string): BandRecord {
  Deno.writeTextFileSync(path, `${identity}\n`);
  return { finished: new Map(), add: (z, band) => append(path, { z, ...band }) };
}

function append(path: string, line: object): void {
  Deno.writeTextFileSync(path, `${sealJson(line)}\n`, { append: true });
}

/** The range that covers both, component by component. */
export function joinRanges(a: readonly ValueRange[], b: readonly ValueRange[]): ValueRange[] {
  return a.map(([low, high], component) => {
    const [otherLow, otherHigh] = b[component] ?? [low, high];
    return [Math.min(low, otherLow), Math.max(high, otherHigh)];
  });
}

/**
 * Smallest and largest of some voxels.
 * @param describe names a voxel by its index, for the error
 * @throws UserError if a value is not finite
 */
export function rangeOf(voxels: ArrayLike<number>, describe: (index: number) => string): ValueRange {
  let low = Infinity;
  let high = -Infinity;
  for (let index = 0; index < voxels.length; index++) {
    const value = voxels[index] ?? 0;
    if (value < low) low = value;
    if (value > high) high = value;
    if (!Number.isFinite(value)) {
      throw new UserError(`${describe(index)} is ${value}; expected finite values: replace it in the file`);
    }
  }
  return [low, high];
}
