/** Beginning a conversion, going on with one, or finding it finished. */
import { UserError } from "../../user_error.ts";
import { fileState } from "../../volume/file.ts";
import { countChunks, lostChunks } from "../../volume/zarr/check.ts";
import {
  createZarr,
  defaultChunk,
  openZarr,
  removeZarr,
  setAttributes,
  type ZarrVolume,
} from "../../volume/zarr/mod.ts";
import { shardFor } from "../../volume/zarr/shard.ts";
import { countLabels, describeMeaning, findMeaning, labelsOf } from "./labels.ts";
import { type ConvertOptions, DEFAULT_MEMORY } from "./options.ts";
import { adoptMoved, type Conversion, identityOf, likeness, openIfUsable } from "./moved.ts";
import {
  type BandRecord,
  type ConversionSource,
  conversionSource,
  createBandRecord,
  openBandRecord,
} from "./record.ts";
import type { SlabSource } from "./slab_source.ts";
import { dirname } from "node:path";
import { describeValues, labelAdvice } from "../label_counts.ts";
import { percentileRange } from "./rescale.ts";

const RECORD = "bands.jsonl";

/** What a conversion makes, as its attributes tell it. */
export function describeConversion(source: SlabSource, options: ConvertOptions) {
  const chunk = options.chunk ?? defaultChunk(source.shape, options.anisotropy);
  const codec = options.codec ?? (options.dtype === "uint8" ? "none" : "zstd");
  const { rescale } = options, labels = labelsOf(options);
  return { source: conversionSource(source, { rescale, labels }), chunk, codec };
}

/**
 * Opens what an earlier call finished or began, or begins.
 * @param isSame whether the input's voxels are those of an array that was made of it, or of one that looks like it
 */
export async function openConversion(
  source: SlabSource,
  input: string,
  outZarr: string,
  options: ConvertOptions,
  isSame: (volume: ZarrVolume) => Promise<boolean>,
): Promise<{ done: ZarrVolume } | { volume: ZarrVolume; record: BandRecord }> {
  const made = describeConversion(source, options);
  const identity = identityOf(made);
  await adoptMoved(outZarr, made, options.others ?? []);
  const done = await finishedVolume(outZarr, made, isSame);
  const [lost] = done === undefined ? [] : lostOf(done);
  if (done !== undefined && lost === undefined) return { done };
  if (lost !== undefined) options.onLost?.(lost);
  const partial = `${outZarr}.partial`;
  const recordPath = `${partial}/${RECORD}`;
  const { part } = options;
  let record = openBandRecord(recordPath, identity, part && crypto.randomUUID());
  if (part === undefined || part.from === part.to) {
    if (options.keepsOthers === true && lost === undefined && !await isOurs(outZarr, made.source)) {
      throw new UserError(
        `${outZarr}: already exists and was not converted from ${input}; choose another output, or use --overwrite to ` +
          "replace it",
      );
    }
    removeZarr(outZarr); // now, not after hours: something else there is an error
  } else if (record === undefined) {
    throw new UserError(`${input}: changed after its conversion had started; submit the run again`);
  }
  if (record === undefined) {
    const { shape, components } = source;
    const { chunk, codec } = made;
    const attributes = { ...made, ...await lookBefore(input, outZarr, options) };
    await createZarr(partial, {
      shape,
      chunk,
      shard: shardFor(shape, chunk),
      dtype: options.dtype,
      components,
      codec,
      attributes,
      storesAll: true,
    });
    record = createBandRecord(recordPath, identity);
  }
  const volume = await openZarr(partial, "any");
  return { volume, record: withoutLostBands(volume, record, options) };
}

/** The files of chunks that a finished array has lost, or the array where it does not tell which. */
function lostOf(volume: ZarrVolume): string[] {
  const { chunks } = volume.attributes;
  if (typeof chunks !== "number" || countChunks(volume) >= chunks) return [];
  const files = Array.from(lostChunks(volume), ({ file }) => file);
  return files.length > 0 ? files : [volume.path];
}

/** The bands whose chunks all have files; the others are converted again. */
function withoutLostBands(volume: ZarrVolume, record: BandRecord, options: ConvertOptions): BandRecord {
  const finished = new Map(record.finished);
  // a band is one shard deep
  for (const { file, region } of lostChunks(volume, ({ start: [z] }) => finished.has(z))) {
    finished.delete(region.start[0]);
    options.onLost?.(file);
  }
  return { ...record, finished };
}

/** Whether there is nothing at an output's place, or what an earlier conversion made of the same files. */
async function isOurs(path: string, { files }: ConversionSource): Promise<boolean> {
  if (fileState(path) === undefined) return true;
  try {
    const { source } = (await openZarr(path, "any")).attributes;
    const known = (source as Partial<ConversionSource> | undefined)?.files ?? [];
    return known.length > 0 &&
      known.map((file) => file.path).join("\n") === files.map((file) => file.path).join("\n");
  } catch (cause) {
    if (cause instanceof UserError) return false; // no array of ours, or one that cannot be read
    throw cause;
  }
}

async function finishedVolume(
  path: string,
  made: Conversion,
  isSame: (volume: ZarrVolume) => Promise<boolean>,
): Promise<ZarrVolume | undefined> {
  const volume = await openIfUsable(path);
  const how = volume === undefined ? "other" : likeness(volume, made);
  if (volume === undefined || how === "other") return undefined; // nothing there, or nothing of use: it is made anew
  if (how === "same") return volume;
  if (!await isSame(volume)) return undefined;
  // What it was made of stays, since results depend on it; next time nothing need be compared.
  return await setAttributes(volume, { ...volume.attributes, seen: made.source });
}

/**
 * Reads an input as often as that takes.
 * @returns attributes of its Zarr copy: which values become 0 and 255, or what those of labels mean
 */
async function lookBefore(input: string, outZarr: string, options: ConvertOptions): Promise<object> {
  const labels = labelsOf(options);
  if (labels !== undefined) {
    const found = await countLabels(input, reading(outZarr, options));
    const meaning = findMeaning(input, labels, found, options.mayLackNegative);
    options.onLabels?.(describeMeaning(meaning, found));
    return { labels: meaning };
  }
  const { rescale } = options;
  if (rescale === undefined) return {};
  return { rescaled: rescale === "auto" ? await percentileRange(input, reading(outZarr, options)) : rescale };
}

/** The error for labels that are not painted ones though nothing else was said: it names their values. */
export async function unexpectedLabels(
  input: string,
  outZarr: string,
  options: ConvertOptions,
  cause: UserError,
): Promise<UserError> {
  const found = await countLabels(input, reading(outZarr, options));
  return new UserError(
    `${input}: has labels other than 0 to 255: ${describeValues(found)}; expected 0 (negative), 255 ` +
      `(positive) and others that are ignored: ${labelAdvice(found)}`,
    { cause },
  );
}

function reading(outZarr: string, { memory = DEFAULT_MEMORY, signal, onRange, onPadding }: ConvertOptions) {
  Deno.mkdirSync(dirname(outZarr), { recursive: true });
  return { memory, spill: `${outZarr}.range.partial`, signal, onProgress: onRange, onPadding };
}
