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
import { labelsOf } from "./labels.ts";
import { lookBefore } from "./look_before.ts";
import type { ConvertOptions } from "./options.ts";
import { adoptMoved, type Conversion, identityOf, likeness, openIfUsable } from "./moved.ts";
import {
  type BandRecord,
  type ConversionSource,
  conversionSource,
  createBandRecord,
  openBandRecord,
} from "./record.ts";
import type { SlabSource } from "./slab_source.ts";

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
