/** Volumes as OME-Zarr: the same voxels at several resolutions, for viewers. */
import { basename } from "node:path";
import { nextTurn } from "../../engine/mod.ts";
import { type ContrastCounter, createContrastCounter } from "../../volume/contrast.ts";
import { downscaleMean, downscaleMode } from "../../volume/downscale.ts";
import { allocateVoxels, bytesPerVoxel, type Voxels } from "../../volume/dtype.ts";
import { removeIfExists } from "../../volume/file.ts";
import { multiscaleAttributes, type PyramidKind } from "../../volume/zarr/ome_metadata.ts";
import { type PyramidLevel, pyramidLevels } from "../../volume/pyramid.ts";
import {
  intersectRegions,
  type Region,
  voxelCount,
  wholeRegion,
  zipAxes,
  type Zyx,
} from "../../volume/region.ts";
import { slabShape, slabsOfVolume } from "../../volume/slab.ts";
import { voxelSizeAttribute } from "../../volume/voxel_size.ts";
import { createZarr, readRegion, writeRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { removeMultiscale, requireReplaceableZarr, writeGroup } from "../../volume/zarr/group.ts";
import type { ExportView } from "./view.ts";

/** How to write the levels. */
export interface PyramidOptions {
  readonly kind: PyramidKind;
  /** Voxel size in z over voxel size in x and y, where the size is not known; default 1. */
  readonly anisotropy?: number;
  /** Of labels, the path from them to their image. */
  readonly source?: string;
  /** How many levels there must be; default as many as a view of the whole needs. */
  readonly levels?: number;
  /** Bytes for voxels in memory; at least one chunk and what it is made of is held whatever it says. */
  readonly memory: number;
  readonly signal?: AbortSignal | undefined;
  /** Voxels done and voxels in all, of all levels. */
  readonly onProgress?: (done: number, total: number) => void;
}

const GREY = "FFFFFF";
/** For scores and channels, to stand out from the grey volume below. */
const ORANGE = "FFB000";

/**
 * Writes an OME-Zarr 0.5 multiscale volume, level after level. The folder `path` appears when it is complete; a multiscale volume or
 * array that was there is replaced.
 *
 * @returns how many levels it has
 * @throws UserError if something else is at `path`, or it cannot be written
 * @throws the signal's reason when it is aborted; then there is nothing
 */
export async function exportPyramid(
  view: ExportView,
  path: string,
  options: PyramidOptions,
): Promise<number> {
  requireReplaceableZarr(path); // now, not after hours
  const partial = `${path}.partial`;
  removeMultiscale(partial);
  try {
    const levels = await writeLevels(view, partial, nameOf(path), options);
    removeMultiscale(path);
    Deno.renameSync(partial, path);
    return levels;
  } catch (cause) {
    removeIfExists(partial);
    throw cause;
  }
}

function nameOf(path: string): string {
  return basename(path).replace(/(\.ome)?\.zarr$/i, "");
}

async function writeLevels(
  view: ExportView,
  folder: string,
  name: string,
  { kind, anisotropy = 1, source, levels: count, ...control }: PyramidOptions,
): Promise<number> {
  const { voxelSize, components, start, dtype, isMask } = view;
  const spacing: Zyx = [anisotropy, 1, 1];
  const levels = pyramidLevels(view.shape, voxelSize ?? spacing, count);
  const advance = progressOf(levels, components, control);
  await writeGroup(folder, {});
  const counters = kind === "image" ? Array.from({ length: components }, createContrastCounter) : [];
  let before: ZarrVolume | undefined;
  for (const [index, level] of levels.entries()) {
    const array = await createLevel(view, `${folder}/${index}`, level, kind);
    if (before === undefined) await copyLevel(view, array, counters, control.memory, advance);
    else await downscaleLevel(before, array, level, { kind, memory: control.memory, advance });
    before = array;
  }
  const windows = counters.map((counter) => counter.window());
  const colour = dtype === "float32" ? ORANGE : GREY;
  const info = { name, kind, components, levels, voxelSize, spacing, start, windows, colour, isMask, source };
  await writeGroup(folder, multiscaleAttributes(info));
  return levels.length;
}

type Advance = (voxels: number) => Promise<void>;

function progressOf(
  levels: readonly PyramidLevel[],
  components: number,
  { signal, onProgress }: Pick<PyramidOptions, "signal" | "onProgress">,
): Advance {
  const total = components * levels.reduce((sum, { shape }) => sum + voxelCount(shape), 0);
  let done = 0;
  return async (voxels) => {
    onProgress?.(done += voxels, total);
    await nextTurn();
    signal?.throwIfAborted();
  };
}

function createLevel(
  { components, dtype, voxelSize }: ExportView,
  path: string,
  { shape, chunk, scale }: PyramidLevel,
  kind: PyramidKind,
): Promise<ZarrVolume> {
  const size = voxelSize && zipAxes((length, by) => length * by, voxelSize, scale);
  return createZarr(path, {
    shape,
    chunk,
    dtype,
    components,
    ...(kind === "labels" ? { codec: "zstd" } : {}),
    attributes: voxelSizeAttribute(size),
  });
}

async function copyLevel(
  view: ExportView,
  array: ZarrVolume,
  counters: readonly ContrastCounter[],
  memory: number,
  advance: Advance,
): Promise<void> {
  for (const region of slabsOf(array, view.voxelBytes, memory)) {
    for (const [component, voxels] of (await view.read(region)).entries()) {
      counters[component]?.add(voxels);
      await writeRegion(array, region, voxels, component);
      await advance(voxelCount(region.shape));
    }
  }
}

async function downscaleLevel(
  before: ZarrVolume,
  array: ZarrVolume,
  { factor }: PyramidLevel,
  { kind, memory, advance }: { kind: PyramidKind; memory: number; advance: Advance },
): Promise<void> {
  const downscale = kind === "image" ? downscaleMean : downscaleMode;
  const voxelBytes = bytesPerVoxel(array.dtype) * (1 + voxelCount(factor));
  let from: Voxels = new Uint8Array(0), to: Voxels = new Uint8Array(0);
  for (const region of slabsOf(array, voxelBytes, memory)) {
    const source: Region = {
      start: zipAxes((first, by) => first * by, region.start, factor),
      shape: zipAxes((length, by) => length * by, region.shape, factor),
    };
    const inside = intersectRegions(source, wholeRegion(before.shape));
    from = atLeastOf(from, before, inside);
    to = atLeastOf(to, array, region);
    for (let component = 0; component < array.components; component++) {
      const voxels = from.subarray(0, voxelCount(inside.shape));
      await readRegion(before, inside, voxels, component);
      const result = to.subarray(0, voxelCount(region.shape));
      downscale({ voxels, shape: inside.shape }, factor, result);
      await writeRegion(array, region, result, component);
      await advance(voxelCount(region.shape));
    }
  }
}

function atLeastOf(buffer: Voxels, { dtype }: ZarrVolume, { shape }: Region): Voxels {
  return buffer.length >= voxelCount(shape) ? buffer : allocateVoxels(dtype, voxelCount(shape));
}

function slabsOf({ shape, chunk }: ZarrVolume, voxelBytes: number, memory: number): Generator<Region> {
  return slabsOfVolume(shape, slabShape(shape, chunk, voxelBytes, memory));
}
