/** Gaussian smoothing of the cells of a block, the same to the bit wherever the block begins. */
import { clampTo, fillTable, filteredWidth, rowBytes } from "../channels/derivatives.ts";
import { expMinus } from "../channels/gaussian.ts";
import type { Arena, Kernels } from "../kernels/mod.ts";
import {
  describeRegion,
  growRegion,
  intersectRegions,
  type Region,
  regionContains,
  wholeRegion,
  type Zyx,
} from "../volume/region.ts";
import { type FeatureSettings, inCells, radiusOf, smoothingReach } from "./cell_features.ts";

/** f32 cells `[z, y, x]` of a region without gaps, in kernel memory. */
export interface CellBlock {
  readonly address: number;
  readonly region: Region;
  /** Cells on each axis of the whole volume. */
  readonly grid: Zyx;
}

/** Slices of cells that are smoothed along z at once, so that they share their taps. */
const BATCH = 8;

/** Floats that kernels may write behind an array. */
export const SPILL = 16;

/** Bytes of an array of cells, with room for what kernels write behind it. */
export function cellBytes([nz, ny, nx]: Zyx): number {
  return allocated(4 * (nz * ny * nx + SPILL));
}

/** Bytes that an allocation takes. */
export function allocated(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}

/** Half a Gaussian kernel, sampled at whole cells, from the centre outwards; its sum over both sides is 1. */
function halfGaussian(sigma: number): Float32Array<ArrayBuffer> {
  const taps = Array.from(
    { length: radiusOf(sigma) },
    (_, i) => expMinus((i + 1) ** 2 / (2 * sigma * sigma)),
  );
  const sum = 1 + 2 * taps.reduce((total, tap) => total + tap, 0);
  return Float32Array.of(1 / sum, ...taps.map((tap) => tap / sum));
}

function layout(read: Zyx, target: Zyx, [rz, ry, rx]: Zyx) {
  const [, readY, readX] = read;
  const [nz, ny, nx] = target;
  const batch = Math.min(BATCH, nz);
  const row = rowBytes(filteredWidth(nx, rx) + SPILL);
  const zPlane = rz === 0 ? 0 : 4 * (Math.min(readY, ny + 2 * ry) * readX + SPILL);
  return {
    batch,
    row,
    zPlane,
    weights: 4 * (rz + 1 + ry + 1 + rx + 1),
    sliceTable: 4 * (2 * rz + batch),
    rowTable: 4 * (2 * ry + ny),
    columnTable: 4 * (2 * rx + 1),
    zPlanes: batch * zPlane,
    yPlane: ny * row,
  };
}

/** Most bytes of kernel memory that {@link smoothCells} uses, for a block of shape `read` and a target of shape `target`. */
export function smoothScratchBytes(sigma: number, settings: FeatureSettings, read: Zyx, target: Zyx): number {
  const { weights, sliceTable, rowTable, columnTable, zPlanes, yPlane } = layout(
    read,
    target,
    smoothingReach(sigma, settings),
  );
  return [weights, sliceTable, rowTable, columnTable, zPlanes, yPlane].reduce((a, b) => a + allocated(b), 0);
}

/** The cells of a volume that the smoothed ones of `target` depend on. Throws RangeError where the block does not hold them. */
export function smoothedFrom(block: CellBlock, target: Region, reach: Zyx): Region {
  const needed = growRegion(intersectRegions(target, wholeRegion(block.grid)), reach, block.grid);
  if (!regionContains(block.region, needed)) {
    throw new RangeError(
      `smoothed cells ${describeRegion(target)} need the cells ${describeRegion(needed)}, the block ` +
        `holds ${describeRegion(block.region)}`,
    );
  }
  return needed;
}

/**
 * Smooths cells. Beyond the volume's border the filter sees the border's cell again, and so does who reads the target there.
 *
 * @param sigma scale in x/y voxels
 * @param target cells wanted; may reach out of the volume, where the smoothed cells of the border are repeated
 * @param out address of {@link cellBytes} of the target's shape, f32 `[z, y, x]` without gaps
 * @throws RangeError where the block does not hold the target and the filter's reach around it
 */
export function smoothCells(
  kernels: Kernels,
  block: CellBlock,
  sigma: number,
  settings: FeatureSettings,
  target: Region,
  out: number,
): void {
  const { run, arena } = kernels;
  const reach = smoothingReach(sigma, settings);
  const [rz, ry, rx] = reach;
  const inner = intersectRegions(target, wholeRegion(block.grid));
  const needed = smoothedFrom(block, target, reach);
  const [z0, y0, x0] = inner.start;
  const [nz, ny, nx] = inner.shape;
  const [, lowY, lowX] = needed.start;
  const [, rows, count] = needed.shape;
  const [, blockY, blockX] = block.region.shape;
  const [padZ, padY, padX] = [z0 - target.start[0], y0 - target.start[1], x0 - target.start[2]];
  const [, targetY, targetX] = target.shape;
  const width = nx + 2 * rx;
  const plane = 4 * targetY * targetX;

  const mark = arena.mark();
  try {
    const sizes = layout(block.region.shape, inner.shape, reach);
    const { batch, row, zPlane } = sizes;
    const [weightsZ, weightsY, weightsX] = allocateWeights(arena, sigma, settings);
    const zPlanes = arena.alloc(sizes.zPlanes);
    const yPlane = arena.alloc(sizes.yPlane);
    const sliceTable = arena.alloc(sizes.sliceTable);
    const rowTable = fillTable(
      arena,
      2 * ry + ny,
      (i) => (clampTo(y0 - ry + i, block.grid[1]) - lowY) * 4 * blockX,
    );
    const columnTable = fillTable(arena, 2 * rx + 1, (i) => 4 * i);
    /** Address of the first needed row of a slice of the block. */
    const sliceAt = (z: number) =>
      block.address +
      4 * (((z - block.region.start[0]) * blockY + lowY - block.region.start[1]) * blockX);

    for (let first = z0; first < z0 + nz; first += batch) {
      const slices = Math.min(batch, z0 + nz - first);
      if (rz > 0) {
        const samples = 2 * rz + slices;
        arena.u32(sliceTable, samples).set(
          Array.from({ length: samples }, (_, i) => sliceAt(clampTo(first - rz + i, block.grid[0]))),
        );
        const centre = sliceTable + 4 * rz;
        run.filterRows(centre, 4, 0, 0, slices, rows * blockX, rz, weightsZ, 1, zPlanes, zPlane, 0);
      }
      for (let i = 0; i < slices; i++) {
        const from = (rz > 0 ? zPlanes + i * zPlane : sliceAt(first + i)) +
          4 * (lowX - block.region.start[2]);
        const left = lowX - (x0 - rx);
        run.filterRows(
          rowTable + 4 * ry,
          4,
          from,
          0,
          ny,
          count,
          ry,
          weightsY,
          1,
          yPlane + 4 * left,
          row,
          0,
        );
        run.repeatRowEnds(yPlane, row, ny, left, count, width);
        const to = out + (first - z0 + i + padZ) * plane;
        const at = to + 4 * (padY * targetX + padX);
        run.filterRows(columnTable + 4 * rx, 0, yPlane, row, ny, nx, rx, weightsX, 1, at, 4 * targetX, 0);
        run.repeatRowEnds(to + 4 * padY * targetX, 4 * targetX, ny, padX, nx, targetX);
      }
    }
    // Last, because filtered rows spill into what follows them.
    for (let z = padZ; z < padZ + nz; z++) repeatEnds(arena, out + z * plane, 4 * targetX, padY, ny, targetY);
    repeatEnds(arena, out, plane, padZ, nz, target.shape[0]);
  } finally {
    arena.release(mark);
  }
}

/** Repeats the first and the last of `count` pieces of `bytes` bytes, which begin behind `before` pieces, in an array of `size`. */
function repeatEnds(
  arena: Arena,
  address: number,
  bytes: number,
  before: number,
  count: number,
  size: number,
): void {
  const all = arena.u8(address, size * bytes);
  const copy = (from: number, to: number) => all.copyWithin(to * bytes, from * bytes, (from + 1) * bytes);
  for (let i = 0; i < before; i++) copy(before, i);
  for (let i = before + count; i < size; i++) copy(before + count - 1, i);
}

function allocateWeights(arena: Arena, sigma: number, settings: FeatureSettings): Zyx {
  const kernels = inCells(sigma, settings).map(halfGaussian);
  const [z = 0, y = 0] = kernels.map(({ byteLength }) => byteLength);
  const address = arena.alloc(kernels.reduce((bytes, { byteLength }) => bytes + byteLength, 0));
  arena.f32(address, kernels.reduce((length, kernel) => length + kernel.length, 0))
    .set(kernels.flatMap((kernel) => [...kernel]));
  return [address, address + z, address + z + y];
}
