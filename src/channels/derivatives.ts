/** Derivatives of the Gaussian-smoothed volume over a block, slice by slice. */
import type { Arena, Kernels } from "../kernels/mod.ts";
import {
  describeRegion,
  growRegion,
  type Region,
  regionContains,
  wholeRegion,
  type Zyx,
} from "../volume/region.ts";
import { filterReach, halfKernels, kernelRadius, scaleAlongAxes } from "./gaussian.ts";
import { countBits, type Orders, planPasses } from "./passes.ts";

export type { Orders } from "./passes.ts";

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

/** Planes of derivatives of one slice: f32 `[ny, nx]` without gaps, the next plane `step` bytes after. */
export interface DerivativePlanes {
  readonly address: number;
  readonly step: number;
}

/** Slices that are filtered along z at once: they share the widening of the raw slices around them. */
const BATCH = 8;

const LINE = 64;

/** Bytes of a row of `width` floats: whole cache lines, and an odd number of them so that rows do not fall on the same cache sets. */
export function rowBytes(width: number): number {
  return (Math.ceil((width * 4) / LINE) | 1) * LINE;
}

/** Bytes of a plane `[ny, nx]` without gaps, with room for the last row to be written in whole vectors. */
export function planeBytes(ny: number, nx: number): number {
  return rowBytes(ny * nx + 16);
}

/** Floats of a row that a filter of `radius` can read for every whole group of 16 of `nx` output voxels. */
export function filteredWidth(nx: number, radius: number): number {
  return roundUp16(roundUp16(nx) + 2 * radius);
}

function roundUp16(n: number): number {
  return Math.ceil(n / 16) * 16;
}

/** Sizes in bytes, for a region of `shape` with `rows` rows of context included. */
function layout(terms: readonly Orders[], shape: Zyx, rows: number, reach: Zyx) {
  const [nz, ny, nx] = shape;
  const [rz, ry, rx] = reach;
  const width = filteredWidth(nx, rx);
  const row = rowBytes(width);
  const batch = Math.min(BATCH, nz);
  const plan = planPasses(terms);
  return {
    plan,
    batch,
    width,
    row,
    zPlane: rows * row,
    yPlane: ny * row,
    outPlane: planeBytes(ny, nx),
    sliceTable: (2 * rz + batch) * 4,
    wideTable: (2 * rz + batch) * 4,
    rowTable: (2 * ry + ny) * 4,
    columnTable: (2 * rx + 1) * 4,
    wide: (2 * rz + batch) * row,
    zPlanes: countBits(plan.zOrders) * batch * rows * row,
    yPlanes: 3 * ny * row,
    outPlanes: terms.length * planeBytes(ny, nx),
  };
}

/** Most bytes of kernel memory that {@link computeDerivatives} uses for a region of `shape`. */
export function derivativeScratchBytes(
  terms: readonly Orders[],
  shape: Zyx,
  sigma: number,
  anisotropy: number,
): number {
  const reach = filterReach(sigma, anisotropy);
  const sizes = layout(terms, shape, shape[1] + 2 * reach[1], reach);
  const tables = sizes.sliceTable + sizes.wideTable + sizes.rowTable + sizes.columnTable;
  const weights = weightBytes(sigma, anisotropy);
  const alignment = 16 * 12;
  return tables + weights + sizes.wide + sizes.zPlanes + sizes.yPlanes + sizes.outPlanes + alignment;
}

/**
 * Computes derivatives of the volume smoothed at `sigma` over `region`, slice by slice in ascending z. Beyond the volume's border
 * every filter sees the border's voxel again. The bits of a voxel do not depend on the region.
 *
 * @param terms the derivatives wanted, in ascending order of (z, y, x) orders
 * @param onSlice is given z (absolute) and the planes in the order of `terms`, valid during the call; kernel memory allocated in it must be released in it
 * @param wanted tells which slices are needed; the others are skipped
 * @throws RangeError where the raw block does not hold the region and the filter's reach around it
 */
export function computeDerivatives(
  kernels: Kernels,
  raw: RawBlock,
  sigma: number,
  terms: readonly Orders[],
  region: Region,
  onSlice: (z: number, planes: DerivativePlanes) => void,
  wanted: (z: number) => boolean = () => true,
): void {
  const { run, arena } = kernels;
  const reach = filterReach(sigma, raw.anisotropy);
  const needed = neededRegion(raw, region, reach);
  const [rz, ry, rx] = reach;
  const [z0, y0, x0] = region.start;
  const [nz, ny, nx] = region.shape;
  const [, lowY, lowX] = needed.start;
  const [, rows, count] = needed.shape;
  const [, rawRows, rawRow] = raw.region.shape;
  const sizes = layout(terms, region.shape, rows, reach);
  const { plan, batch, width, row, zPlane, yPlane, outPlane } = sizes;

  const mark = arena.mark();
  try {
    const [weightsZ, weightsY, weightsX] = allocateWeights(arena, sigma, raw.anisotropy);
    const sliceTable = arena.alloc(sizes.sliceTable);
    const wide = arena.alloc(sizes.wide);
    const zPlanes = arena.alloc(sizes.zPlanes);
    const yPlanes = arena.alloc(sizes.yPlanes);
    const out = arena.alloc(sizes.outPlanes);
    const wideTable = fillTable(arena, 2 * rz + batch, (i) => wide + i * row);
    const rowTable = fillTable(
      arena,
      2 * ry + ny,
      (i) => (clampTo(y0 - ry + i, raw.volumeShape[1]) - lowY) * row,
    );
    const columnTable = fillTable(arena, 2 * rx + 1, (i) => 4 * i);
    const corner = (z: number) =>
      raw.address +
      ((z - raw.region.start[0]) * rawRows + lowY - raw.region.start[1]) * rawRow + lowX -
      raw.region.start[2];

    for (let first = z0; first < z0 + nz; first += batch) {
      const slices = Math.min(batch, z0 + nz - first);
      if (!anyWanted(first, slices, wanted)) continue;
      const samples = 2 * rz + slices;
      arena.u32(sliceTable, samples).set(
        Array.from({ length: samples }, (_, i) => corner(clampTo(first - rz + i, raw.volumeShape[0]))),
      );
      for (let y = 0; y < rows; y++) {
        run.widenRows(sliceTable, y * rawRow, samples, lowX - (x0 - rx), count, width, wide, row);
        run.filterRows(
          wideTable + 4 * rz,
          4,
          0,
          0,
          slices,
          width,
          rz,
          weightsZ,
          plan.zOrders,
          zPlanes + y * row,
          zPlane,
          batch * zPlane,
        );
      }
      for (let i = 0; i < slices; i++) {
        if (!wanted(first + i)) continue;
        for (const [zIndex, alongY] of plan.alongZ.entries()) {
          const plane = zPlanes + (zIndex * batch + i) * zPlane;
          run.filterRows(
            rowTable + 4 * ry,
            4,
            plane,
            0,
            ny,
            width,
            ry,
            weightsY,
            alongY.orders,
            yPlanes,
            row,
            yPlane,
          );
          for (const [yIndex, alongX] of alongY.passes.entries()) {
            run.filterRows(
              columnTable + 4 * rx,
              0,
              yPlanes + yIndex * yPlane,
              row,
              ny,
              roundUp16(nx),
              rx,
              weightsX,
              alongX.orders,
              out + alongX.firstPlane * outPlane,
              4 * nx,
              outPlane,
            );
          }
        }
        onSlice(first + i, { address: out, step: outPlane });
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

/** The raw voxels that a region depends on. Throws RangeError where the block does not hold them. */
export function neededRegion(raw: RawBlock, region: Region, reach: Zyx): Region {
  const needed = growRegion(region, reach, raw.volumeShape);
  if (!regionContains(wholeRegion(raw.volumeShape), region)) {
    throw new RangeError(
      `region ${describeRegion(region)} reaches out of the volume ${raw.volumeShape.join(" x ")}`,
    );
  }
  if (!regionContains(raw.region, needed)) {
    throw new RangeError(
      `a channel over ${describeRegion(region)} needs the raw voxels ${
        describeRegion(needed)
      }, the block holds ${describeRegion(raw.region)}`,
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

/** Allocates and fills the half kernels along z, y and x. */
export function allocateWeights(arena: Arena, sigma: number, anisotropy: number): Zyx {
  const [z, y, x] = scaleAlongAxes(sigma, anisotropy);
  const allocate = (scale: number, spacing: number) => {
    const weights = halfKernels(scale, spacing);
    const address = arena.alloc(weights.byteLength);
    arena.f32(address, weights.length).set(weights);
    return address;
  };
  return [allocate(z, anisotropy), allocate(y, 1), allocate(x, 1)];
}

/** Bytes that {@link allocateWeights} takes. */
export function weightBytes(sigma: number, anisotropy: number): number {
  const radii = scaleAlongAxes(sigma, anisotropy).map(kernelRadius);
  return radii.reduce((total, radius) => total + 12 * (radius + 1) + 16, 0);
}
