/** Eigenvalues of the structure tensor over a block, some slices at a time. */
import { type Kernels, share, threadsOf } from "../kernels/mod.ts";
import { growRegion, type Region, regionEnd, zipAxes, type Zyx } from "../volume/region.ts";
import {
  allocateWeights,
  computeDerivatives,
  derivativeScratchBytes,
  fillTable,
  type Orders,
  type RawBlock,
  weightBytes,
} from "./derivatives.ts";
import { reachOfScales, scaleAlongAxes } from "./gaussian.ts";
import { endsBeyond, EVERY_VOXEL, pointFor, pointsAcross } from "./grid.ts";
import type { StoredComponent } from "./row_sink.ts";
import { filteredWidth, planeBytes, roundUp16, rowBytes, STRIP_ROWS } from "./rows.ts";
import { ENTRIES, ROWS_A_PIECE, smoothAlongZLoop, smoothInSlicesLoop } from "./tensor_loops.ts";

/**
 * The products are smoothed at `rho` voxels along every axis, z included, whatever the anisotropy: so the original does (scores of its
 * models agree only then), while its gradient has the scale sigma / a along z.
 */
const RHO_ANISOTROPY = 1;

/** dx, dy, dz. */
export const GRADIENT: readonly Orders[] = [[0, 0, 1], [0, 1, 0], [1, 0, 0]];

/** Slices that are smoothed along z at once, while the rows they share are in the cache. */
const BATCH = 16;

/** Slices whose products are smoothed within them at once: enough for many threads, and no more memory than need be. */
const TOGETHER = 2;

/** Scales of a structure tensor, in x/y voxels. */
interface TensorScales {
  /** Of the gradient. */
  readonly sigma: number;
  /** Of the smoothing of its products. */
  readonly rho: number;
}

/** Scales of the products' smoothing along the axes of a grid. */
export function smoothingScales(rho: number, steps: Zyx): Zyx {
  return zipAxes((scale, step) => scale / step, scaleAlongAxes(rho, RHO_ANISOTROPY), steps);
}

/** Sizes in bytes, for output of `shape` from `productSlices` slices of products of `productRows` rows. */
function layout(shape: Zyx, productSlices: number, productRows: number, reach: Zyx) {
  const [nz, ny, nx] = shape;
  const [rz, ry, rx] = reach;
  const width = filteredWidth(nx, rx);
  const row = rowBytes(width);
  const batch = Math.min(BATCH, nz, 2 * rz + 2);
  const ringRow = rowBytes(nx);
  // slices come some at a time, of which not all may be needed yet
  const ringSlices = Math.min(2 * rz + batch + TOGETHER - 1, productSlices);
  const ringColumn = rowBytes(ringSlices * ringRow / 4);
  const stripRows = Math.min(STRIP_ROWS, ny);
  const product = productRows * row;
  const smoothed = stripRows * row;
  const sums = ENTRIES * batch * ringRow;
  return {
    width,
    row,
    batch,
    ringRow,
    ringSlices,
    ringColumn,
    ringEntry: ny * ringColumn,
    stripRows,
    product,
    products: TOGETHER * ENTRIES * product,
    ring: ENTRIES * ny * ringColumn,
    sums,
    /** Of each thread: rows smoothed along y, or sums along z and the eigenvalues of a row. */
    scratch: Math.max(smoothed, sums + 3 * planeBytes(1, nx)),
    tables: 4 * (2 * ry + ny + 2 * rx + 1 + 2 * rz + batch),
  };
}

/** Most bytes of kernel memory that {@link computeStructureTensor} uses for output of `shape` in a volume of `slices`, both of the grid. */
export function structureTensorScratchBytes(
  scales: TensorScales,
  shape: Zyx,
  anisotropy: number,
  slices: number,
  threads = 1,
  steps: Zyx = EVERY_VOXEL,
): number {
  const smoothing = smoothingScales(scales.rho, steps);
  const reach = reachOfScales(smoothing);
  const [rz, ry, rx] = reach;
  const productShape: Zyx = [shape[0] + 2 * rz, shape[1] + 2 * ry, shape[2] + 2 * rx];
  const sizes = layout(shape, Math.min(productShape[0], slices), productShape[1], reach);
  const alignment = 16 * 10;
  return sizes.products + sizes.ring + threads * sizes.scratch + sizes.tables + alignment +
    weightBytes(smoothing) +
    derivativeScratchBytes(GRADIENT, productShape, scales.sigma, anisotropy, 0, threads, steps);
}

/**
 * Computes the three eigenvalues of the structure tensor over `out`, ascending by magnitude, and stores what is wanted of them. The
 * gradient's products exist inside the volume only; beyond its border the smoothing sees the border's product again.
 *
 * @param out points of the grid of `steps`; products are made and smoothed there, too
 * @param onSlices is called in ascending order of z when some slices are stored
 */
export function computeStructureTensor(
  kernels: Kernels,
  raw: RawBlock,
  scales: TensorScales,
  out: Region,
  stored: readonly StoredComponent[],
  onSlices: (first: number, slices: number) => void,
  steps: Zyx = EVERY_VOXEL,
): void {
  const { arena } = kernels;
  const grid = pointsAcross(raw.volumeShape, steps);
  const smoothing = smoothingScales(scales.rho, steps);
  const reach = reachOfScales(smoothing);
  const [rz, ry, rx] = reach;
  const [z0, y0, x0] = out.start;
  const [, ny, nx] = out.shape;
  const products = growRegion(out, reach, grid);
  const [pz, py, px] = products.start;
  const [productSlices, productRows, productColumns] = products.shape;
  const lastSlice = regionEnd(products)[0] - 1;
  const end = regionEnd(out)[0];
  const sizes = layout(out.shape, productSlices, productRows, reach);
  const { width, row, batch, ringRow, ringSlices, ringColumn, ringEntry, stripRows, product } = sizes;

  const mark = arena.mark();
  try {
    const [weightsZ, weightsY, weightsX] = allocateWeights(arena, smoothing, RHO_ANISOTROPY);
    const productPlanes = arena.alloc(sizes.products);
    const ring = arena.alloc(sizes.ring);
    const scratch = arena.alloc(threadsOf(kernels) * sizes.scratch);
    const rowTable = fillTable(
      arena,
      2 * ry + ny,
      (i) => (pointFor(y0 - ry + i, raw.volumeShape[1], steps[1]) - py) * row,
    );
    const columnTable = fillTable(arena, 2 * rx + 1, (i) => 4 * i);
    const ringTable = fillTable(arena, 2 * rz + batch, () => ring);
    const slot = (z: number) => ring + ((z - pz) % ringSlices) * ringRow;
    const strips = Math.ceil(ny / stripRows);
    const ringArgs = {
      ringRow,
      ringColumn,
      ringEntry,
      columns: roundUp16(nx),
      scratch,
      scratchStep: sizes.scratch,
    };
    const inSlices = {
      ...ringArgs,
      products: productPlanes,
      product,
      row,
      width,
      ny,
      stripRows,
      strips,
      rowTable: rowTable + 4 * ry,
      columnTable: columnTable + 4 * rx,
      radiusY: ry,
      radiusX: rx,
      weightsY,
      weightsX,
    };
    const alongZ = {
      ...ringArgs,
      table: ringTable + 4 * rz,
      radius: rz,
      weights: weightsZ,
      batch,
      sumsBytes: sizes.sums,
      sink: { ny, nx, finish: "none" as const, stored },
    };

    const smoothAlongZ = (first: number, slices: number) => {
      const samples = 2 * rz + slices;
      arena.u32(ringTable, samples).set(
        Array.from(
          { length: samples },
          (_, i) => slot(pointFor(first - rz + i, raw.volumeShape[0], steps[0])),
        ),
      );
      share(kernels, smoothAlongZLoop, Math.ceil(ny / ROWS_A_PIECE), { ...alongZ, first, slices });
      onSlices(first, slices);
    };

    let next = z0;
    computeDerivatives(kernels, raw, scales.sigma, GRADIENT, products, {
      rows: {
        kind: "products",
        to: productPlanes,
        first: pz,
        slots: TOGETHER,
        plane: product,
        row,
        nx: productColumns,
        left: px - (x0 - rx),
        width,
        isBeyond: endsBeyond(raw.volumeShape[2], steps[2]),
      },
      bytes: 0,
      together: TOGETHER,
      onSlices(first, slices) {
        const places = Array.from({ length: slices }, (_, i) => ({
          products: (first + i - pz) % TOGETHER,
          ring: slot(first + i),
        }));
        share(kernels, smoothInSlicesLoop, slices * strips, { ...inSlices, places });
        const last = first + slices - 1;
        for (;;) {
          const ready = Math.min(batch, end - next);
          if (ready === 0 || Math.min(next + ready - 1 + rz, lastSlice) > last) return;
          smoothAlongZ(next, ready);
          next += ready;
        }
      },
    }, steps);
  } finally {
    arena.release(mark);
  }
}
