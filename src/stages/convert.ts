/** Conversion of volume files to Zarr, band by band, in bounded memory. */
import { UserError } from "../config/user_error.ts";
import { nextTurn } from "../engine/mod.ts";
import { allocateVoxels, bytesPerVoxel, type Voxels } from "../volume/dtype.ts";
import { volumeFormat } from "../volume/open.ts";
import { type Region, voxelCount, type Zyx } from "../volume/region.ts";
import { slabShape, slabsOfBand, slabViews } from "../volume/slab.ts";
import {
  type ChunkCodec,
  createZarr,
  defaultChunk,
  openZarr,
  removeZarr,
  setAttributes,
  writeRegion,
  type ZarrVolume,
} from "../volume/zarr.ts";
import { voxelSizeAttribute } from "../volume/voxel_size.ts";
import { countChunks } from "../volume/zarr_check.ts";
import { chunkMemory, rowSlabs, type SlabSource, zarrSlabs } from "./slab_source.ts";
import {
  type BandRecord,
  type ConversionSource,
  conversionSource,
  createBandRecord,
  joinRanges,
  openBandRecord,
  rangeOf,
  removeBandRecords,
  type ValueRange,
} from "./convert_record.ts";

/** How to convert a volume. */
export interface ConvertOptions {
  /**
   * `uint8`: an EM volume or ground truth; the file must be 8-bit with one component. `float32`: a channel or an
   * orientation, any number type, 1 to 9 components.
   */
  readonly dtype: "uint8" | "float32";
  /** Voxel size in z over voxel size in x and y; shapes the chunks. */
  readonly anisotropy: number;
  /** Default `defaultChunk`. */
  readonly chunk?: Zyx;
  /** Default `none` for uint8 and `zstd` for float32. */
  readonly codec?: ChunkCodec;
  /** Bytes for voxels in memory, default 128 MiB; at least one row of chunks is read at a time whatever it says. */
  readonly memory?: number;
  /** Stops the conversion; it can go on later. */
  readonly signal?: AbortSignal;
  /** Voxels done and voxels in all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Where several processes share the conversion: what this one does of it. A call without it finishes the array. */
  readonly part?: ConversionPart;
}

/** A part of a conversion. */
export interface ConversionPart {
  /** First slice of its bands. */
  readonly from: number;
  /** The slice after them. The same as `from`: the conversion is begun, which must come first. */
  readonly to: number;
  /** Told how bands may be read, and where those begin that are finished, unless the volume is ready to use. */
  readonly onBegun?: (access: "random" | "forward", finished: ReadonlySet<number>) => void;
}

const RECORD = "bands.jsonl";
const DEFAULT_MEMORY = 128 * 2 ** 20;
/** Bytes for decoding: where there is less memory for slabs, and for each byte of it. */
const HELD_AT_LEAST = 64 * 2 ** 20;
const HELD_SHARE = 4;
const CHUNK_IN_PLACE = 16 * 2 ** 20;

/**
 * Converts a TIFF, NRRD or Zarr volume to the Zarr array `outZarr`. It appears when it is complete; until then the work is in
 * `<outZarr>.partial`, from where an interrupted conversion of the same file goes on. A finished one is not repeated.
 * A Zarr array that is already of the wanted kind is opened in place and `outZarr` is not made.
 *
 * The attribute `source` tells the input's files, `voxelSize` their voxel size in nm where they tell it, `chunks` how many chunks have a file; of a float32 volume the attribute `range` has the smallest and
 * largest value of each component, `[[low, high], ...]`.
 *
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
  const format = volumeFormat(input);
  const inPlace = format === "zarr" ? await openZarr(input) : undefined;
  if (inPlace !== undefined && isUsable(inPlace, options.dtype)) return inPlace;
  const source = inPlace === undefined
    ? await rowSlabs(input, format === "nrrd" ? "nrrd" : "tiff", options.dtype)
    : zarrSlabs(inPlace);
  try {
    requireMemory(source, options.memory ?? DEFAULT_MEMORY);
    checkKind(source, options.dtype);
    return await convertSource(source, format, outZarr, options);
  } finally {
    source.close();
  }
}

/** The value ranges that a conversion left in the attributes of a volume; undefined for other volumes. */
export function valueRanges(volume: ZarrVolume): readonly ValueRange[] | undefined {
  const range = volume.attributes["range"];
  if (!Array.isArray(range) || range.length !== volume.components) return undefined;
  const isPair = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && pair[0] <= pair[1] &&
    pair.every((value) => typeof value === "number" && Number.isFinite(Math.fround(value)));
  return range.every(isPair) ? range as ValueRange[] : undefined;
}

function isUsable(volume: ZarrVolume, dtype: "uint8" | "float32"): boolean {
  if (volume.dtype !== dtype) return false;
  // Each worker would hold a whole chunk, more than plans count on.
  if (chunkMemory(volume) > CHUNK_IN_PLACE) return false;
  return dtype === "uint8" ? volume.components === 1 : valueRanges(volume) !== undefined;
}

function checkKind(source: SlabSource, dtype: "uint8" | "float32"): void {
  if (dtype === "float32" && source.components <= 9) return;
  if (dtype === "uint8" && source.dtype === "uint8" && source.components === 1) return;
  const found = `${source.dtype} with ${source.components} components a voxel`;
  const expected = dtype === "uint8" ? "uint8 with 1" : "any number type with 1 to 9";
  throw new UserError(`${source.path}: ${found}; expected ${expected}: convert it first`);
}

function requireMemory({ path, heldBytes }: SlabSource, memory: number): void {
  if (heldBytes <= Math.max(HELD_AT_LEAST, HELD_SHARE * memory)) return;
  const mebibytes = Math.ceil(heldBytes / 2 ** 20);
  throw new UserError(
    `${path}: to decode a strip, tile or chunk of it takes ${mebibytes} MiB; give a larger --memory, or save it uncompressed ` +
      "or in smaller ones",
  );
}

async function convertSource(
  source: SlabSource,
  format: string,
  outZarr: string,
  options: ConvertOptions,
): Promise<ZarrVolume> {
  const { dtype, memory = DEFAULT_MEMORY, part } = options;
  const chunk = options.chunk ?? defaultChunk(source.shape, options.anisotropy);
  const codec = options.codec ?? (dtype === "uint8" ? "none" : "zstd");
  const made = { source: conversionSource(format, source.dtype, source.files), chunk, codec };
  const identity = JSON.stringify(made);
  const attributes = { ...made, ...voxelSizeAttribute(source.voxelSize) };
  const done = await finishedVolume(outZarr, identity);
  if (done !== undefined) return done;
  const partial = `${outZarr}.partial`;
  const recordPath = `${partial}/${RECORD}`;
  let record = openBandRecord(recordPath, identity, part && crypto.randomUUID());
  if (part === undefined || part.from === part.to) {
    removeZarr(outZarr); // now, not after hours: something else there is an error
  } else if (record === undefined) {
    throw new UserError(`${source.path}: changed since its conversion was begun; submit the run again`);
  }
  if (record === undefined) {
    const { shape, components } = source;
    await createZarr(partial, { shape, chunk, dtype, components, codec, attributes });
    record = createBandRecord(recordPath, identity);
  }
  const volume = await openZarr(partial);
  const slab = slabShape(source.shape, chunk, bytesPerVoxel(dtype) * source.components, memory);
  part?.onBegun?.(source.access, new Set(record.finished.keys()));
  const ranges = await convertBands(source, volume, slab, record, options);
  if (part !== undefined) return volume;
  await source.finish();
  requireUnchanged(source, format, attributes.source);
  const chunks = countChunks(volume);
  await setAttributes(volume, { ...attributes, chunks, ...(ranges === undefined ? {} : { range: ranges }) });
  Deno.renameSync(partial, outZarr);
  removeBandRecords(outZarr); // not before: without them all would be converted again
  return openZarr(outZarr);
}

/** @throws UserError where the input's files are not what they were: what was read may be a mixture */
function requireUnchanged(source: SlabSource, format: string, before: ConversionSource): void {
  const now = conversionSource(format, source.dtype, source.files);
  if (JSON.stringify(now) === JSON.stringify(before)) return;
  throw new UserError(
    `${source.path}: changed while it was converted; wait until it is complete and start again`,
  );
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
      bandRanges = await convertBand(source, volume, slab, z, buffers, advance, signal);
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
  buffers: readonly Voxels[],
  advance: (region: Region) => void,
  signal: AbortSignal | undefined,
): Promise<ValueRange[]> {
  const band = await source.band(slab, z, `${volume.path}/band.${crypto.randomUUID()}.partial`);
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
