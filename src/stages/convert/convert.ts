/** Conversion of volume files to Zarr, band by band, in bounded memory. */
import { UserError } from "../../user_error.ts";
import { nextTurn } from "../../engine/mod.ts";
import { allocateVoxels, bytesPerVoxel, type Voxels } from "../../volume/dtype.ts";
import { openVolume } from "../../volume/open.ts";
import { type Region, voxelCount, type Zyx } from "../../volume/region.ts";
import { slabShape, slabsOfBand, slabViews } from "../../volume/slab.ts";
import { openZarr, setAttributes, writeRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { type Clipped, labelMap, rescaleMap, type ValueMap, WideLabelError } from "../../volume/value_map.ts";
import { type VoxelSize, voxelSizeAttribute } from "../../volume/voxel_size.ts";
import { countChunks } from "../../volume/zarr/check.ts";
import { isUsable, requireKind, requireMemory, rescaledValues } from "./checks.ts";
import { croppedSlabs, slabsOf, type SlabSource } from "./slab_source.ts";
import { type BandRecord, joinRanges, rangeOf, removeBandRecords, type ValueRange } from "./record.ts";
import { type ConvertOptions, DEFAULT_MEMORY } from "./options.ts";
import { describeConversion, openConversion, unexpectedLabels } from "./begin.ts";
import { hasSameVoxels, likeness } from "./moved.ts";
import { labelsOf, meaningMap, meaningOf } from "./labels.ts";

export { valueRanges } from "./checks.ts";
export type { ConvertOptions } from "./options.ts";

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
  const whole = slabsOf(opened, options.dtype, options.memory);
  const source = options.region === undefined ? whole : croppedSlabs(whole, options.region);
  try {
    requireMemory(source, options.memory ?? DEFAULT_MEMORY);
    requireKind(source, input, options);
    return { kind: "converted", value: await work(source) };
  } finally {
    source.close();
  }
}

function slabOf(
  source: SlabSource,
  { shard, dtype }: ZarrVolume,
  { memory = DEFAULT_MEMORY }: ConvertOptions,
): Zyx {
  return slabShape(source.shape, shard, bytesPerVoxel(dtype) * source.components, memory);
}

/** What becomes of the values of an input in a conversion that was begun. */
function mapOf(
  source: SlabSource,
  input: string,
  volume: ZarrVolume,
  { labels }: ConvertOptions,
  clipped: Clipped,
): ValueMap | undefined {
  const meaning = meaningOf(volume);
  if (meaning !== undefined) return meaningMap(meaning);
  const range = rescaledValues(volume);
  if (range !== undefined) return rescaleMap(input, ...range, clipped);
  return labels !== undefined && source.dtype !== "uint8" ? labelMap(input) : undefined;
}

async function convertSource(
  source: SlabSource,
  input: string,
  outZarr: string,
  options: ConvertOptions,
): Promise<ZarrVolume> {
  const voxelSize = options.voxelSize ?? source.voxelSize;
  const begun = await openConversion(source, input, outZarr, options, (volume) => {
    options.onCompare?.();
    const { memory = DEFAULT_MEMORY, signal } = options;
    const map = mapOf(source, input, volume, options, { below: 0, above: 0 });
    return hasSameVoxels(input, volume, { memory, map, signal });
  });
  if ("done" in begun) return await withVoxelSize(begun.done, voxelSize);
  const { volume, record } = begun;
  const { part } = options;
  part?.onBegun?.(source.access, new Set(record.finished.keys()));
  const range = rescaledValues(volume);
  const meaning = meaningOf(volume);
  if (range !== undefined) options.onRescale?.(...range);
  const counter: Clipped = { below: 0, above: 0 };
  const map = mapOf(source, input, volume, options, counter);
  const slab = slabOf(source, volume, options);
  let converted: Awaited<ReturnType<typeof convertBands>>;
  try {
    converted = await convertBands(source, volume, slab, record, { map, counter }, options);
  } catch (cause) {
    if (cause instanceof WideLabelError) throw await unexpectedLabels(input, outZarr, options, cause);
    throw cause;
  }
  const { ranges, clipped } = converted;
  if (part !== undefined) return volume;
  await source.finish();
  // auto clips what it should
  if (range !== undefined && options.rescale !== "auto") {
    options.onClipped?.(clipped, voxelCount(source.shape));
  }
  const forbidden = source.forbidden?.() ?? 0;
  if (forbidden > 0) options.onForbidden?.(forbidden);
  const made = describeConversion(source, options);
  if (likeness(volume, made) !== "same") {
    // What was read may be a mixture.
    throw new UserError(`${input}: changed during the conversion; wait until it is complete and start again`);
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
  return openZarr(outZarr, "any");
}

/** A finished volume whose voxel size is told anew; nothing else of it changes. */
async function withVoxelSize(volume: ZarrVolume, voxelSize: VoxelSize | undefined): Promise<ZarrVolume> {
  if (voxelSize?.join() === volume.voxelSize?.join()) return volume;
  const { voxelSize: _before, ...attributes } = volume.attributes;
  return await setAttributes(volume, { ...attributes, ...voxelSizeAttribute(voxelSize) });
}

/** Converts the bands that the record lacks; returns the ranges of all components where they are wanted, and what was clipped. */
async function convertBands(
  source: SlabSource,
  volume: ZarrVolume,
  slab: Zyx,
  record: BandRecord,
  { map, counter }: { readonly map: ValueMap | undefined; readonly counter: Clipped },
  { signal, onProgress, part }: ConvertOptions,
): Promise<{ readonly ranges: readonly ValueRange[] | undefined; readonly clipped: Clipped }> {
  const { from = 0, to = source.shape[0] } = part ?? {};
  const total = voxelCount([to - from, source.shape[1], source.shape[2]]);
  const buffers = Array.from(
    { length: source.components },
    () => allocateVoxels(volume.dtype, voxelCount(slab)),
  );
  let ranges: readonly ValueRange[] | undefined;
  const clipped: Clipped = { below: 0, above: 0 };
  let done = 0;
  onProgress?.(0, total);
  for (let z = from; z < to; z += slab[0]) {
    signal?.throwIfAborted();
    const advance = (region: Region) => onProgress?.(done += voxelCount(region.shape), total);
    let band = record.finished.get(z);
    if (band === undefined) {
      Object.assign(counter, { below: 0, above: 0 });
      const found = await convertBand(source, volume, slab, z, { buffers, map, advance, signal });
      band = { ranges: found, ...(rescaledValues(volume) === undefined ? {} : { clipped: { ...counter } }) };
      record.add(z, band);
    } else {
      advance({
        start: [z, 0, 0],
        shape: [Math.min(slab[0], source.shape[0] - z), source.shape[1], source.shape[2]],
      });
    }
    ranges = ranges === undefined ? band.ranges : joinRanges(ranges, band.ranges);
    clipped.below += band.clipped?.below ?? 0;
    clipped.above += band.clipped?.above ?? 0;
  }
  return { ranges: volume.dtype === "float32" ? ranges : undefined, clipped };
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
        const found = outs.map((out, component) =>
          rangeOf(out as Float32Array, voxelNamer(source.path, region, component))
        );
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
