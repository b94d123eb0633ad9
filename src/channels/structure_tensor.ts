/** Eigenvalues of the structure tensor over a block, slice by slice. */
import type { Kernels } from "../kernels/mod.ts";
import { growRegion, type Region, regionEnd, type Zyx } from "../volume/region.ts";
import {
  allocateWeights,
  clampTo,
  computeDerivatives,
  derivativeScratchBytes,
  fillTable,
  filteredWidth,
  type Orders,
  planeBytes,
  type RawBlock,
  rowBytes,
  weightBytes,
} from "./derivatives.ts";
import { filterReach } from "./gaussian.ts";

/**
 * The products are smoothed at `rho` voxels along every axis, z included, whatever the anisotropy: so the original does (scores of its
 * models agree only then), while its gradient has the scale sigma / a along z.
 */
export const RHO_ANISOTROPY = 1;

/** dx, dy, dz. */
export const GRADIENT: readonly Orders[] = [[0, 0, 1], [0, 1, 0], [1, 0, 0]];

/** Entries of a symmetric matrix: xx, xy, yy, xz, yz, zz. */
const ENTRIES = 6;

/** Slices that are smoothed along z at once, while the rows they share are in the cache. */
const BATCH = 16;

/** Scales of a structure tensor, in x/y voxels. */
export interface TensorScales {
  /** Of the gradient. */
  readonly sigma: number;
  /** Of the smoothing of its products. */
  readonly rho: number;
}

/** Sizes in bytes, for output of `shape` from `productSlices` slices of products of `productRows` rows. */
function layout(shape: Zyx, productSlices: number, productRows: number, reach: Zyx) {
  const [nz, ny, nx] = shape;
  const [rz, ry, rx] = reach;
  const width = filteredWidth(nx, rx);
  const row = rowBytes(width);
  const batch = Math.min(BATCH, nz, 2 * rz + 2);
  const ringRow = rowBytes(nx);
  const ringSlices = Math.min(2 * rz + batch, productSlices);
  return {
    width,
    row,
    batch,
    ringRow,
    ringSlices,
    ringColumn: rowBytes(ringSlices * ringRow / 4),
    ringEntry: ny * rowBytes(ringSlices * ringRow / 4),
    outPlane: planeBytes(ny, nx),
    product: productRows * row,
    products: ENTRIES * productRows * row,
    smoothed: ny * row,
    ring: ENTRIES * ny * rowBytes(ringSlices * ringRow / 4),
    sums: ENTRIES * batch * ringRow,
    out: 3 * batch * planeBytes(ny, nx),
    tables: 4 * (2 * ry + ny + 2 * rx + 1 + 2 * rz + batch),
  };
}

/** Most bytes of kernel memory that {@link computeStructureTensor} uses for output of `shape` in a volume of `slices`. */
export function structureTensorScratchBytes(
  scales: TensorScales,
  shape: Zyx,
  anisotropy: number,
  slices: number,
): number {
  const reach = filterReach(scales.rho, RHO_ANISOTROPY);
  const [rz, ry, rx] = reach;
  const productShape: Zyx = [shape[0] + 2 * rz, shape[1] + 2 * ry, shape[2] + 2 * rx];
  const sizes = layout(shape, Math.min(productShape[0], slices), productShape[1], reach);
  const alignment = 16 * 10;
  return sizes.products + sizes.smoothed + sizes.ring + sizes.sums + sizes.out + sizes.tables + alignment +
    weightBytes(scales.rho, RHO_ANISOTROPY) +
    derivativeScratchBytes(GRADIENT, productShape, scales.sigma, anisotropy);
}

/**
 * Computes the three eigenvalues of the structure tensor over `out`, ascending by magnitude, slice by slice in ascending z. The
 * gradient's products exist inside the volume only; beyond its border the smoothing sees the border's product again.
 *
 * @param onSlice is given z (absolute) and the address of one f32 plane `[ny, nx]` per eigenvalue, valid during the call
 */
export function computeStructureTensor(
  kernels: Kernels,
  raw: RawBlock,
  scales: TensorScales,
  out: Region,
  onSlice: (z: number, planes: readonly number[]) => void,
): void {
  const { run, arena } = kernels;
  const reach = filterReach(scales.rho, RHO_ANISOTROPY);
  const [rz, ry, rx] = reach;
  const [z0, y0, x0] = out.start;
  const [, ny, nx] = out.shape;
  const products = growRegion(out, reach, raw.volumeShape);
  const [pz, py, px] = products.start;
  const [productSlices, productRows, productColumns] = products.shape;
  const lastSlice = regionEnd(products)[0] - 1;
  const end = regionEnd(out)[0];
  const sizes = layout(out.shape, productSlices, productRows, reach);
  const { width, row, batch, ringRow, ringSlices, ringColumn, ringEntry, outPlane } = sizes;

  const mark = arena.mark();
  try {
    const [weightsZ, weightsY, weightsX] = allocateWeights(arena, scales.rho, RHO_ANISOTROPY);
    const productPlanes = arena.alloc(sizes.products);
    const smoothed = arena.alloc(sizes.smoothed);
    const ring = arena.alloc(sizes.ring);
    const sums = arena.alloc(sizes.sums);
    const outPlanes = arena.alloc(sizes.out);
    const rowTable = fillTable(
      arena,
      2 * ry + ny,
      (i) => (clampTo(y0 - ry + i, raw.volumeShape[1]) - py) * row,
    );
    const columnTable = fillTable(arena, 2 * rx + 1, (i) => 4 * i);
    const ringTable = fillTable(arena, 2 * rz + batch, () => ring);
    const slot = (z: number) => ring + ((z - pz) % ringSlices) * ringRow;
    const columns = Math.ceil(nx / 16) * 16;

    const smoothAlongZ = (first: number, slices: number) => {
      const samples = 2 * rz + slices;
      arena.u32(ringTable, samples).set(
        Array.from({ length: samples }, (_, i) => slot(clampTo(first - rz + i, raw.volumeShape[0]))),
      );
      for (let y = 0; y < ny; y++) {
        for (let entry = 0; entry < ENTRIES; entry++) {
          run.filterRows(
            ringTable + 4 * rz,
            4,
            entry * ringEntry + y * ringColumn,
            0,
            slices,
            columns,
            rz,
            weightsZ,
            1,
            sums + entry * batch * ringRow,
            ringRow,
            0,
          );
        }
        for (let i = 0; i < slices; i++) {
          run.eigenvalues(
            sums + i * ringRow,
            batch * ringRow,
            nx,
            outPlanes + i * 3 * outPlane + 4 * y * nx,
            outPlane,
          );
        }
      }
      for (let i = 0; i < slices; i++) {
        const plane = outPlanes + i * 3 * outPlane;
        onSlice(first + i, [plane, plane + outPlane, plane + 2 * outPlane]);
      }
    };

    let next = z0;
    computeDerivatives(kernels, raw, scales.sigma, GRADIENT, products, (z, gradient) => {
      run.outerProducts(
        gradient.address,
        gradient.step,
        productRows,
        productColumns,
        productPlanes,
        sizes.product,
        row,
        px - (x0 - rx),
        width,
      );
      for (let entry = 0; entry < ENTRIES; entry++) {
        run.filterRows(
          rowTable + 4 * ry,
          4,
          productPlanes + entry * sizes.product,
          0,
          ny,
          width,
          ry,
          weightsY,
          1,
          smoothed,
          row,
          0,
        );
        run.filterRows(
          columnTable + 4 * rx,
          0,
          smoothed,
          row,
          ny,
          columns,
          rx,
          weightsX,
          1,
          slot(z) + entry * ringEntry,
          ringColumn,
          0,
        );
      }
      for (;;) {
        const slices = Math.min(batch, end - next);
        if (slices === 0 || Math.min(next + slices - 1 + rz, lastSlice) > z) return;
        smoothAlongZ(next, slices);
        next += slices;
      }
    });
  } finally {
    arena.release(mark);
  }
}
