/** Conversion of volume files to Zarr, band by band, in bounded memory. */
import { UserError } from "../../config/user_error.ts";
import { nextTurn } from "../../engine/mod.ts";
import { allocateVoxels, bytesPerVoxel, type Voxels } from "../../volume/dtype.ts";
import { openVolume } from "../../volume/open.ts";
import { type Region, voxelCount, type Zyx } from "../../volume/region.ts";
import { slabShape, slabsOfBand, slabViews } from "../../volume/slab.ts";
import {
  createZarr,
  defaultChunk,
  openZarr,
  removeZarr,
  setAttributes,
  writeRegion,
  type ZarrVolume,
} from "../../volume/zarr/mod.ts";
import { labelMap, rescaleMap, type ValueMap, WideLabelError } from "../../volume/value_map.ts";
import { type VoxelSize, voxelSizeAttribute } from "../../volume/voxel_size.ts";
import { countChunks } from "../../volume/zarr/check.ts";
import { isUsable, requireKind, requireMemory, rescaledValues } from "./checks.ts";
import { slabsOf, type SlabSource } from "./slab_source.ts";
import {
  type BandRecord,
  conversionSource,
  createBandRecord,
  joinRanges,
  openBandRecord,
  rangeOf,
  removeBandRecords,
  type ValueRange,
} from "./record.ts";
import type { ConvertOptions } from "./options.ts";
import { labelsOf, meaningMap, meaningOf } from "./labels.ts";
import { lookBefore, unexpectedLabels } from "./look_before.ts";

const RECORD = "bands.jsonl";
export { valueRanges } from "./checks.ts";
export type { ConversionPart, ConvertOptions } from "./options.ts";

const DEFAULT_MEMORY = 128 * 2 ** 20;

/**
 * Converts a volume to the Zarr array `outZarr`. It appears when it is complete; until then the work is in
 * `<outZarr>.partial`, from where an interrupted conversion of the same file goes on. A finished one is not repeated.
 * A Zarr array that is already of the wanted kind is opened in place and `outZarr` is not made.
 *
 * The attribute `source` tells the input's files, `voxelSize` the voxel size in nm where that is known, `rescaled` which values became
 * 0 and 255 where they were, `labels` what values of labels mean where they are not painted, `chunks` how many chunks have a file; of a float32 volume the attribute `range` has the smallest and
 * largest value of each component, `[[low, high], ...]`.
 *
 * @param input a file, a folder, a pattern such as `slices/*.tif`, `file.h5:/path`, or an http(s) address of a Zarr array
 * @returns the open volume; of a part the unfinished one
 * @throws UserError if the input cannot be read, is of another kind than `options.dtype` needs, has values that are not
 *   finite, or the output cannot be written
 * @throws the signal's reason when it is aborted
 */
export async function convertVolume(
  input: string,
  outZarr: string,
  options: ConvertOptions,
): Promise<ZarrVolume> {
  const done = await withSource(input, options, (source) => convertSource(source, input, outZarr, options));
  if (done.kind === "converted") return done.value;
  return { ...done.volume, voxelSize: options.voxelSize ?? done.volume.voxelSize };
}

/** Does something with an input that has to be converted; one that is used where it is comes back open. */
async function withSource<T>(
  input: string,
  options: ConvertOptions,
  work: (source: SlabSource) => Promise<T>,
): Promise<{ kind: "in place"; volume: ZarrVolume } | { kind: "converted"; value: T }> {
  const opened = await openVolume(input, { checksAll: true });
  const isKept = options.rescale === undefined && labelsOf(options) === undefined;
  if (opened.kind === "zarr" && isKept && isUsable(opened.volume, options.dtype)) {
    return { kind: "in place", volume: opened.volume };
  }
  const source = slabsOf(opened, options.dtype);
  try {
    requireMemory(source, options.memory ?? DEFAULT_MEMORY);
    requireKind(source, input, options);
    return { kind: "converted", value: await work(source) };
  } finally {
    source.close();
  }
}

/** What a conversion makes, as its attributes tell it. */
function describeConversion(source: SlabSource, options: ConvertOptions) {
  const chunk = options.chunk ?? defaultChunk(source.shape, options.anisotropy);
  const codec = options.codec ?? (options.dtype === "uint8" ? "none" : "zstd");
  const { rescale } = options, labels = labelsOf(options);
  return { source: conversionSource(source, { rescale, labels }), chunk, codec };
}

function slabOf(
  source: SlabSource,
  { chunk, dtype }: ZarrVolume,
  { memory = DEFAULT_MEMORY }: ConvertOptions,
): Zyx {
  return slabShape(source.shape, chunk, bytesPerVoxel(dtype) * source.components, memory);
}

/** What becomes of the values of an input in a conversion that was begun. */
function mapOf(
  source: SlabSource,
  input: string,
  volume: ZarrVolume,
  { labels }: ConvertOptions,
): ValueMap | undefined {
  const meaning = meaningOf(volume);
  if (meaning !== undefined) return meaningMap(meaning);
  const range = rescaledValues(volume);
  if (range !== undefined) return rescaleMap(input, ...range);
  return labels !== undefined && source.dtype !== "uint8" ? labelMap(input) : undefined;
}

/** Opens what an earlier call finished or began, or begins. */
async function openConversion(
  source: SlabSource,
  input: string,
  outZarr: string,
  options: ConvertOptions,
): Promise<{ done: ZarrVolume } | { volume: ZarrVolume; record: BandRecord }> {
  const made = describeConversion(source, options);
  const identity = JSON.stringify(made);
  const done = await finishedVolume(outZarr, identity);
  if (done !== undefined) return { done };
  const partial = `${outZarr}.partial`;
  const recordPath = `${partial}/${RECORD}`;
  const { part } = options;
  let record = openBandRecord(recordPath, identity, part && crypto.randomUUID());
  if (part === undefined || part.from === part.to) {
    removeZarr(outZarr); // now, not after hours: something else there is an error
  } else if (record === undefined) {
    throw new UserError(`${input}: changed since its conversion was begun; submit the run again`);
  }
  if (record === undefined) {
    const { shape, components } = source;
    const { chunk, codec } = made;
    const attributes = { ...made, ...await lookBefore(input, outZarr, options) };
    await createZarr(partial, { shape, chunk, dtype: options.dtype, components, codec, attributes });
    record = createBandRecord(recordPath, identity);
  }
  return { volume: await openZarr(partial), record };
}

async function convertSource(
  source: SlabSource,
  input: string,
  outZarr: string,
  options: ConvertOptions,
): Promise<ZarrVolume> {
  const voxelSize = options.voxelSize ?? source.voxelSize;
  const begun = await openConversion(source, input, outZarr, options);
  if ("done" in begun) return await withVoxelSize(begun.done, voxelSize);
  const { volume, record } = begun;
  const { part } = options;
  part?.onBegun?.(source.access, new Set(record.finished.keys()));
  const range = rescaledValues(volume);
  const meaning = meaningOf(volume);
  if (range !== undefined) options.onRescale?.(...range);
  const map = mapOf(source, input, volume, options);
  let ranges: readonly ValueRange[] | undefined;
  try {
    ranges = await convertBands(source, volume, slabOf(source, volume, options), record, map, options);
  } catch (cause) {
    if (cause instanceof WideLabelError) throw await unexpectedLabels(input, outZarr, options, cause);
    throw cause;
  }
  if (part !== undefined) return volume;
  await source.finish();
  const made = describeConversion(source, options);
  if (JSON.stringify(made.source) !== JSON.stringify(volume.attributes["source"])) {
    // What was read may be a mixture.
    throw new UserError(
      `${input}: changed while it was converted; wait until it is complete and start again`,
    );
  }
  const attributes = {
    ...made,
    ...voxelSizeAttribute(voxelSize),
    ...(range === undefined ? {} : { rescaled: range }),
    ...(meaning === undefined ? {} : { labels: meaning }),
    chunks: countChunks(volume),
    ...(ranges === undefined ? {} : { range: ranges }),
  };
  await setAttributes(volume, attributes);
  Deno.renameSync(volume.path, outZarr);
  removeBandRecords(outZarr); // not before: without them all would be converted again
  return openZarr(outZarr);
}

/** A finished volume whose voxel size is told anew; nothing else of it changes. */
async function withVoxelSize(volume: ZarrVolume, voxelSize: VoxelSize | undefined): Promise<ZarrVolume> {
  if (voxelSize?.join() === volume.voxelSize?.join()) return volume;
  const { voxelSize: _before, ...attributes } = volume.attributes;
  return await setAttributes(volume, { ...attributes, ...voxelSizeAttribute(voxelSize) });
}

async function finishedVolume(path: string, identity: string): Promise<ZarrVolume | undefined> {
  try {
    const volume = await openZarr(path);
    const { source, chunk, codec } = volume.attributes;
    return JSON.stringify({ source, chunk, codec }) === identity ? volume : undefined;
  } catch (cause) {
    if (cause instanceof UserError) return undefined; // nothing there, or nothing of use: it is made anew
    throw cause;
  }
}

/** Converts the bands that the record lacks; returns the ranges of all components where they are wanted. */
async function convertBands(
  source: SlabSource,
  volume: ZarrVolume,
  slab: Zyx,
  record: BandRecord,
  map: ValueMap | undefined,
  { signal, onProgress, part }: ConvertOptions,
): Promise<readonly ValueRange[] | undefined> {
  const { from = 0, to = source.shape[0] } = part ?? {};
  const total = voxelCount([to - from, source.shape[1], source.shape[2]]);
  const buffers = Array.from(
    { length: source.components },
    () => allocateVoxels(volume.dtype, voxelCount(slab)),
  );
  let ranges: readonly ValueRange[] | undefined;
  let done = 0;
  onProgress?.(0, total);
  for (let z = from; z < to; z += slab[0]) {
    signal?.throwIfAborted();
    const advance = (region: Region) => onProgress?.(done += voxelCount(region.shape), total);
    let bandRanges = record.finished.get(z);
    if (bandRanges === undefined) {
      bandRanges = await convertBand(source, volume, slab, z, { buffers, map, advance, signal });
      record.add(z, bandRanges);
    } else {
      advance({
        start: [z, 0, 0],
        shape: [Math.min(slab[0], source.shape[0] - z), source.shape[1], source.shape[2]],
      });
    }
    ranges = ranges === undefined ? bandRanges : joinRanges(ranges, bandRanges);
  }
  return volume.dtype === "float32" ? ranges : undefined;
}

async function convertBand(
  source: SlabSource,
  volume: ZarrVolume,
  slab: Zyx,
  z: number,
  { buffers, map, advance, signal }: {
    readonly buffers: readonly Voxels[];
    readonly map: ValueMap | undefined;
    readonly advance: (region: Region) => void;
    readonly signal: AbortSignal | undefined;
  },
): Promise<ValueRange[]> {
  const band = await source.band(slab, z, `${volume.path}/band.${crypto.randomUUID()}.partial`, map);
  let ranges: ValueRange[] = [];
  try {
    for (const region of slabsOfBand(source.shape, slab, z)) {
      await nextTurn();
      signal?.throwIfAborted();
      const outs = slabViews(buffers, region);
      await band.read(region, outs);
      if (volume.dtype === "float32") {
        const found = outs.map((out, component) => rangeOf(out, voxelNamer(source.path, region, component)));
        ranges = ranges.length === 0 ? found : joinRanges(ranges, found);
      }
      for (const [component, out] of outs.entries()) await writeRegion(volume, region, out, component);
      advance(region);
    }
  } finally {
    band.close();
  }
  return ranges;
}

function voxelNamer(path: string, { start, shape }: Region, component: number): (index: number) => string {
  return (index) => {
    const x = start[2] + index % shape[2];
    const y = start[1] + Math.floor(index / shape[2]) % shape[1];
    const z = start[0] + Math.floor(index / (shape[1] * shape[2]));
    return `${path}: component ${component} of voxel x ${x}, y ${y}, z ${z}`;
  };
}
