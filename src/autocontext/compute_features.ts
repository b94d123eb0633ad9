/** Computes the features of the cells of a block (`cell_features.ts`). */
import type { Kernels } from "../kernels/mod.ts";
import {
  describeRegion,
  growRegion,
  type Region,
  regionContains,
  voxelCount,
  wholeRegion,
  zipAxes,
  type Zyx,
} from "../volume/region.ts";
import {
  type CellFeature,
  featureReach,
  type FeatureSettings,
  smoothingReach,
  type Source,
  windowReach,
} from "./cell_features.ts";
import { byDistance, type Group, groupsOf, listed, listedOf, type Of } from "./feature_groups.ts";
import { type CellBlock, cellBytes, smoothCells, smoothedFrom, smoothScratchBytes } from "./smooth_cells.ts";
import {
  aroundScratchBytes,
  computeAround,
  computeWindow,
  type Smoothed,
  windowScratchBytes,
} from "./surroundings.ts";

/** The cells of a block: the mean score and the mean intensity of each, f32 `[z, y, x]` without gaps in kernel memory. */
export interface FeatureBlock {
  readonly score: number;
  readonly raw: number;
  /** The cells that are there. */
  readonly read: Region;
  /** The cells whose features are wanted. */
  readonly write: Region;
  /** Cells on each axis of the whole volume. */
  readonly grid: Zyx;
}

/** Receives a feature: its index in the list, and the address of an f32 a cell of the write region, valid during the call. */
type OnFeature = (index: number, address: number) => void;

/** Places in the order of what lies around that are kept at once: all 8 would take twice the memory of anything else. */
const PLACES_AT_ONCE = 4;

/**
 * Computes features of the cells of `write`, one after the other in an order that the list does not say. Beyond the volume's border every
 * filter sees the border's cell again. The bits of a feature depend neither on the read nor on the write region.
 *
 * @param block must hold `write` grown by `featureReach(features, settings)`, clipped to the grid; it may hold more
 * @param onFeature is called once a feature; kernel memory that it allocates must be released in it
 * @throws RangeError where the block is too small or `write` reaches out of the grid
 */
export function computeFeatures(
  kernels: Kernels,
  features: readonly CellFeature[],
  settings: FeatureSettings,
  block: FeatureBlock,
  onFeature: OnFeature,
): void {
  checkRegions(features, settings, block);
  const { arena } = kernels;
  const mark = arena.mark();
  try {
    for (const group of groupsOf(features, settings)) {
      computeGroup(kernels, group, settings, block, onFeature);
      arena.release(mark);
    }
    for (const { index, feature } of listedOf(listed(features), "deviation")) {
      onFeature(index, computeDeviation(kernels, feature, settings, block));
      arena.release(mark);
    }
  } finally {
    arena.release(mark);
  }
}

/**
 * Most bytes of kernel memory that {@link computeFeatures} uses besides the block, as a function of the shapes of its read and write region,
 * in cells. Plans try thousands of shapes: so what the shapes do not change is found before.
 */
export function featureBytes(
  features: readonly CellFeature[],
  settings: FeatureSettings,
): (read: Zyx, write: Zyx) => number {
  const bytes = [
    ...groupsOf(features, settings).map((group) => groupBytes(group, settings)),
    ...listedOf(listed(features), "deviation").map(({ feature }) => deviationBytes(feature, settings)),
  ];
  return (read, write) => bytes.reduce((most, bytesOf) => Math.max(most, bytesOf(read, write)), 0);
}

function groupBytes({ sigma, offset, listed }: Group, settings: FeatureSettings) {
  const arrays = listedOf(listed, "beside").length > 0 ? 2 : 1;
  const windows = listedOf(listed, "window").map(({ feature }) => windowReach(feature.halfWidth, settings));
  const arounds = [...byDistance(listed).values()].map((same) => {
    const places = Math.min(PLACES_AT_ONCE, same.length);
    return { places, scratch: aroundScratchBytes(settings, places) };
  });
  return (read: Zyx, write: Zyx) => {
    const out = cellBytes(write);
    const grown = zipAxes((n, o) => n + 2 * o, write, offset);
    let most = Math.max(smoothScratchBytes(sigma, settings, read, grown), arrays * out);
    for (const half of windows) most = Math.max(most, out + windowScratchBytes(write, half));
    for (const { places, scratch } of arounds) most = Math.max(most, places * out + scratch);
    return cellBytes(grown) + most;
  };
}

function deviationBytes({ sigma }: Of<"deviation">, settings: FeatureSettings) {
  const [rz, ry] = smoothingReach(sigma, settings);
  return (read: Zyx, write: Zyx) => {
    const needed = zipAxes(Math.min, read, [write[0] + 2 * rz, write[1] + 2 * ry, read[2]]);
    return cellBytes(needed) + 2 * cellBytes(write) + smoothScratchBytes(sigma, settings, read, write);
  };
}

function checkRegions(
  features: readonly CellFeature[],
  settings: FeatureSettings,
  { read, write, grid }: FeatureBlock,
): void {
  if (!regionContains(wholeRegion(grid), write)) {
    throw new RangeError(`cells ${describeRegion(write)} reach out of the grid ${grid.join(" x ")}`);
  }
  const needed = growRegion(write, featureReach(features, settings), grid);
  if (!regionContains(read, needed)) {
    throw new RangeError(
      `features of the cells ${describeRegion(write)} need the cells ${describeRegion(needed)}, the ` +
        `block holds ${describeRegion(read)}`,
    );
  }
}

function computeGroup(
  kernels: Kernels,
  { of, sigma, offset, listed }: Group,
  settings: FeatureSettings,
  block: FeatureBlock,
  onFeature: OnFeature,
): void {
  const { run, arena } = kernels;
  const { write } = block;
  const [nz, ny, nx] = write.shape;
  const target: Region = {
    start: zipAxes((s, o) => s - o, write.start, offset),
    shape: zipAxes((n, o) => n + 2 * o, write.shape, offset),
  };
  const address = arena.alloc(cellBytes(target.shape));
  smoothCells(kernels, blockOf(block, of), sigma, settings, target, address);
  const rowStep = 4 * target.shape[2];
  const sliceStep = rowStep * target.shape[1];
  const from = address + offset[0] * sliceStep + offset[1] * rowStep + offset[2] * 4;
  const smoothed: Smoothed = { from, sliceStep, rowStep };

  const mark = arena.mark();
  const allocate = () => arena.alloc(cellBytes(write.shape));
  for (const { index } of listedOf(listed, "smooth")) {
    const out = allocate();
    run.copyCells(from, sliceStep, rowStep, nz, ny, nx, out);
    onFeature(index, out);
    arena.release(mark);
  }
  for (const [cells, pair] of Map.groupBy(listedOf(listed, "beside"), ({ feature }) => feature.cells)) {
    const outs = { larger: allocate(), smaller: allocate() };
    const step = cells * sliceStep;
    run.compareTwo(from, -step, step, sliceStep, rowStep, nz, ny, nx, outs.larger, outs.smaller);
    for (const { index, feature } of pair) onFeature(index, outs[feature.take]);
    arena.release(mark);
  }
  for (const { index, feature } of listedOf(listed, "window")) {
    const out = allocate();
    computeWindow(kernels, smoothed, windowReach(feature.halfWidth, settings), write.shape, out);
    onFeature(index, out);
    arena.release(mark);
  }
  for (const [distance, same] of byDistance(listed)) {
    for (let first = 0; first < same.length; first += PLACES_AT_ONCE) {
      const some = same.slice(first, first + PLACES_AT_ONCE);
      const places = some.map(({ feature }) => feature.place);
      const outs = some.map(allocate);
      computeAround(kernels, smoothed, distance, places, settings, write.shape, outs);
      for (const [i, { index }] of some.entries()) onFeature(index, outs[i] ?? 0);
      arena.release(mark);
    }
  }
}

function blockOf({ score, raw, read, grid }: FeatureBlock, of: Source): CellBlock {
  return { address: of === "score" ? score : raw, region: read, grid };
}

/** The standard deviation of a source around each cell of the write region; returns its address. */
function computeDeviation(
  kernels: Kernels,
  { of, sigma }: Of<"deviation">,
  settings: FeatureSettings,
  block: FeatureBlock,
): number {
  const { run, arena } = kernels;
  const { write, grid } = block;
  const source = blockOf(block, of);
  const mean = arena.alloc(cellBytes(write.shape));
  const result = arena.alloc(cellBytes(write.shape));
  smoothCells(kernels, source, sigma, settings, write, mean);

  const [, readY, readX] = block.read.shape;
  const needed = smoothedFrom(source, write, smoothingReach(sigma, settings));
  // Whole rows, so that a slice of them is one piece.
  const region: Region = {
    start: [needed.start[0], needed.start[1], block.read.start[2]],
    shape: [needed.shape[0], needed.shape[1], readX],
  };
  const slice = region.shape[1] * readX;
  const squared = arena.alloc(cellBytes(region.shape));
  for (let z = 0; z < region.shape[0]; z++) {
    const [readZ, ry] = [region.start[0] + z - block.read.start[0], region.start[1] - block.read.start[1]];
    run.squares(source.address + 4 * (readZ * readY + ry) * readX, slice, squared + 4 * z * slice);
  }
  smoothCells(kernels, { address: squared, region, grid }, sigma, settings, write, result);
  run.deviations(result, mean, voxelCount(write.shape), result);
  return result;
}
