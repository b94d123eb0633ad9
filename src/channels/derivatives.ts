/** Derivatives of the Gaussian-smoothed volume at points of a grid over a block, some slices at a time. */
import { type Arena, type Kernels, share, threadsOf } from "../kernels/mod.ts";
import {
  describeRegion,
  growRegion,
  type Region,
  regionContains,
  wholeRegion,
  zipAxes,
  type Zyx,
} from "../volume/region.ts";
import { filterReach, halfKernels, kernelRadius, scaleAlongAxes } from "./gaussian.ts";
import { EVERY_VOXEL, pointsOf, spanOf } from "./grid.ts";
import {
  alongZLoop,
  countBits,
  inSlicesLoop,
  type Orders,
  planPasses,
  ROWS_A_PIECE,
} from "./filter_loops.ts";
import type { RowUse } from "./row_use.ts";
import { filteredWidth, planeBytes, rowBytes, STRIP_ROWS, tapOffset } from "./rows.ts";

export type { Orders } from "./filter_loops.ts";
export { filteredWidth, planeBytes, rowBytes } from "./rows.ts";

/** The raw voxels of a block, u8 in kernel memory, `[z, y, x]` without gaps. */
export interface RawBlock {
  /** Address of the first voxel. */
  readonly address: number;
  /** Where the voxels lie in the volume. */
  readonly region: Region;
  readonly volumeShape: Zyx;
  /** Voxel size in z over voxel size in x and y, >= 1. */
  readonly anisotropy: number;
}

/** Slices that are filtered along z at once: they share the widening of the raw slices around them. */
const BATCH = 8;

/** Sizes in bytes, for a region of `shape` with `rows` rows of context included. */
function layout(terms: readonly Orders[], shape: Zyx, rows: number, reach: Zyx, steps: Zyx) {
  const [nz, ny, nx] = shape;
  const [rz, ry, rx] = reach;
  const width = filteredWidth(nx, rx, steps[2]);
  const row = rowBytes(width);
  const batch = Math.min(BATCH, nz);
  const samples = 2 * rz + spanOf(batch, steps[0]);
  const plan = planPasses(terms);
  const stripRows = Math.min(STRIP_ROWS, ny);
  const yPlane = stripRows * row;
  const outPlane = planeBytes(stripRows, nx);
  return {
    plan,
    batch,
    width,
    row,
    stripRows,
    strips: Math.ceil(ny / stripRows),
    zPlane: rows * row,
    yPlane,
    outPlane,
    sliceTable: samples * 4,
    rowTable: (2 * ry + spanOf(ny, steps[1])) * 4,
    columnTable: (2 * rx + 1) * 4,
    zPlanes: countBits(plan.zOrders) * batch * rows * row,
    /** Of each thread: the table of widened rows and these along z, or planes filtered along y and x. */
    wideTable: align(samples * 4),
    scratch: align(Math.max(samples * (row + 4) + 16, 3 * yPlane + terms.length * outPlane)),
  };
}

function align(bytes: number): number {
  return Math.ceil(bytes / LINE) * LINE;
}

const LINE = 64;

/**
 * Most bytes of kernel memory that {@link computeDerivatives} uses for a region of `shape`.
 * @param useBytes of each thread, for what it does with the rows
 */
export function derivativeScratchBytes(
  terms: readonly Orders[],
  shape: Zyx,
  sigma: number,
  anisotropy: number,
  useBytes: number,
  threads = 1,
  steps: Zyx = EVERY_VOXEL,
): number {
  const reach = filterReach(sigma, anisotropy);
  const sizes = layout(terms, shape, spanOf(shape[1], steps[1]) + 2 * reach[1], reach, steps);
  const tables = sizes.sliceTable + sizes.rowTable + sizes.columnTable;
  const weights = weightBytes(scaleAlongAxes(sigma, anisotropy));
  const alignment = 16 * 12;
  return tables + weights + sizes.zPlanes + threads * (sizes.scratch + align(useBytes)) + alignment;
}

/** What is done with the rows of derivatives, and when. */
interface DerivativeUse {
  readonly rows: RowUse;
  /** Bytes of scratch of each thread that uses rows. */
  readonly bytes: number;
  /** Slices that are computed together, at most; default 8. */
  readonly together?: number;
  /** Is called in ascending order of z when all rows of some slices were used. */
  onSlices(first: number, slices: number): void;
  /** Tells which slices are needed; the others are skipped. */
  wanted?(z: number): boolean;
}

/**
 * Computes derivatives of the volume smoothed at `sigma` over `region`, some slices at a time in ascending z, and uses them row by row.
 * Beyond the volume's border every filter sees the border's voxel again. The bits of a voxel do not depend on the region.
 *
 * @param terms the derivatives wanted, in ascending order of (z, y, x) orders
 * @param region points of the grid of `steps`, see `grid.ts`; slices and rows are counted on it
 * @throws RangeError where the raw block does not hold the region and the filter's reach around it
 */
export function computeDerivatives(
  kernels: Kernels,
  raw: RawBlock,
  sigma: number,
  terms: readonly Orders[],
  region: Region,
  { rows: use, bytes: useBytes, together = BATCH, onSlices, wanted = () => true }: DerivativeUse,
  steps: Zyx = EVERY_VOXEL,
): void {
  const { arena } = kernels;
  const threads = threadsOf(kernels);
  const reach = filterReach(sigma, raw.anisotropy);
  const needed = neededRegion(raw, region, reach, steps);
  const [rz, ry, rx] = reach;
  const [stepZ, stepY, stepX] = steps;
  const [z0] = region.start;
  const [, y0, x0] = zipAxes((s, step) => s * step, region.start, steps);
  const [nz, ny, nx] = region.shape;
  const [, lowY, lowX] = needed.start;
  const [, rows, count] = needed.shape;
  const [, rawRows, rawRow] = raw.region.shape;
  const sizes = layout(terms, region.shape, rows, reach, steps);
  const { plan, batch, width, row, stripRows, strips, zPlane, yPlane, outPlane, scratch: scratchStep } =
    sizes;

  const mark = arena.mark();
  try {
    const scales = scaleAlongAxes(sigma, raw.anisotropy);
    const [weightsZ, weightsY, weightsX] = allocateWeights(arena, scales, raw.anisotropy);
    const sliceTable = arena.alloc(sizes.sliceTable);
    const zPlanes = arena.alloc(sizes.zPlanes);
    const scratch = arena.alloc(threads * scratchStep);
    const useScratch = arena.alloc(threads * align(useBytes));
    const rowTable = fillTable(
      arena,
      2 * ry + spanOf(ny, stepY),
      (i) => (clampTo(y0 - ry + i, raw.volumeShape[1]) - lowY) * row,
    );
    const columnTable = fillTable(arena, 2 * rx + 1, (i) => tapOffset(i, width, stepX));
    const corner = (z: number) =>
      raw.address +
      ((z - raw.region.start[0]) * rawRows + lowY - raw.region.start[1]) * rawRow + lowX -
      raw.region.start[2];
    const shared = { width, row, zPlane, batch, scratch, scratchStep, rows, steps };
    const alongZ = {
      ...shared,
      sliceTable,
      rawRow,
      left: lowX - (x0 - rx),
      count,
      radius: rz,
      weights: weightsZ,
      orders: plan.zOrders,
      zPlanes,
      tableBytes: sizes.wideTable,
    };
    const inSlices = {
      ...shared,
      zPlanes,
      ny,
      nx,
      stripRows,
      strips,
      yPlane,
      outPlane,
      rowTable: rowTable + 4 * ry,
      columnTable: columnTable + 4 * rx,
      radiusY: ry,
      radiusX: rx,
      weightsY,
      weightsX,
      alongZ: plan.alongZ,
      use,
      useScratch,
      useStep: align(useBytes),
    };

    for (let first = z0; first < z0 + nz; first += batch) {
      const slices = Math.min(batch, z0 + nz - first);
      if (!anyWanted(first, slices, wanted)) continue;
      const samples = 2 * rz + spanOf(slices, stepZ);
      const lowest = first * stepZ - rz;
      arena.u32(sliceTable, samples).set(
        Array.from({ length: samples }, (_, i) => corner(clampTo(lowest + i, raw.volumeShape[0]))),
      );
      share(kernels, alongZLoop, Math.ceil(rows / ROWS_A_PIECE), { ...alongZ, slices });
      for (let from = 0; from < slices; from += together) {
        const some = Math.min(together, slices - from);
        const places = Array.from({ length: some }, (_, i) => from + i).filter((i) => wanted(first + i));
        share(kernels, inSlicesLoop, places.length * strips, { ...inSlices, first, places });
        onSlices(first + from, some);
      }
    }
  } finally {
    arena.release(mark);
  }
}

function anyWanted(first: number, count: number, wanted: (z: number) => boolean): boolean {
  for (let z = first; z < first + count; z++) if (wanted(z)) return true;
  return false;
}

/** The raw voxels that points of a grid depend on. Throws RangeError where the block does not hold them. */
export function neededRegion(raw: RawBlock, region: Region, reach: Zyx, steps: Zyx = EVERY_VOXEL): Region {
  const spanned: Region = {
    start: zipAxes((s, step) => s * step, region.start, steps),
    shape: zipAxes(spanOf, region.shape, steps),
  };
  const needed = growRegion(spanned, reach, raw.volumeShape);
  if (!regionContains(pointsOf(wholeRegion(raw.volumeShape), steps), region)) {
    throw new RangeError(
      `region ${describeRegion(region)} reaches out of the volume ${raw.volumeShape.join(" x ")}`,
    );
  }
  if (!regionContains(raw.region, needed)) {
    throw new RangeError(
      `a channel over ${describeRegion(region)} needs the raw voxels ${describeRegion(needed)}, the ` +
        `block holds ${describeRegion(raw.region)}`,
    );
  }
  return needed;
}

/** The nearest index inside an axis of `size` voxels: how the border's voxel continues. */
export function clampTo(index: number, size: number): number {
  return Math.min(Math.max(index, 0), size - 1);
}

/** Allocates and fills a table of u32 addresses. */
export function fillTable(arena: Arena, length: number, entry: (i: number) => number): number {
  const table = arena.alloc(4 * length);
  arena.u32(table, length).set(Array.from({ length }, (_, i) => entry(i)));
  return table;
}

/** Allocates and fills the half kernels of these scales along z, y and x. */
export function allocateWeights(arena: Arena, [z, y, x]: Zyx, anisotropy: number): Zyx {
  const allocate = (scale: number, spacing: number) => {
    const weights = halfKernels(scale, spacing);
    const address = arena.alloc(weights.byteLength);
    arena.f32(address, weights.length).set(weights);
    return address;
  };
  return [allocate(z, anisotropy), allocate(y, 1), allocate(x, 1)];
}

/** Bytes that {@link allocateWeights} takes. */
export function weightBytes(scales: Zyx): number {
  const radii = scales.map(kernelRadius);
  return radii.reduce((total, radius) => total + 12 * (radius + 1) + 16, 0);
}
