/** The entries of an integral image that hold the corners of boxes between two voxels: `assembly/boxes.ts`. */
import { type Kernels, share } from "../../kernels/mod.ts";
import { type Region, voxelCount, zipAxes, type Zyx } from "../../volume/region.ts";
import type { VolumeJob } from "../volume_job.ts";
import { halveLoop } from "./table_loops.ts";
import { halvings, LEAST_HALVED } from "./pose_reach.ts";

/** Every second entry along y and x, and along z where all such boxes lie between slices, too. A quarter or an eighth of the image. */
export interface Corners {
  readonly address: number;
  /** Entries from one row to the next. */
  readonly row: number;
  readonly slice: number;
  /** Slices of the image from one of them to the next. */
  readonly stepZ: number;
}

type Grid = Pick<VolumeJob, "anisotropy" | "gridStep">;

function cornerSteps(grid: Grid): Zyx {
  return [1 + halvings(LEAST_HALVED, grid)[0], 2, 2];
}

/** Shape of the corners from entries `first` on of the table of a region; rows are whole vectors. */
function cornersShape(shape: Zyx, steps: Zyx, first: Zyx): Zyx {
  const after = zipAxes((n, f) => n - f, shape, first);
  const [z, y, x] = zipAxes((n, step) => Math.floor(n / step) + 1, after, steps);
  return [z, y, Math.ceil(x / 4) * 4];
}

/** Bytes of the corners of a table over a region of this shape. */
export function cornersBytes(shape: Zyx, grid: Grid): number {
  return grid.gridStep === 1 ? 0 : voxelCount(cornersShape(shape, cornerSteps(grid), [0, 0, 0])) * 4 + 16;
}

/** Slices that a thread copies before it looks for more. */
const SLICES_A_PIECE = 4;

/** Copies the corners of a table to an address. */
export function copyCorners(
  kernels: Kernels,
  table: number,
  { start, shape }: Region,
  grid: Grid,
  address: number,
): Corners {
  const steps = cornerSteps(grid);
  const [stepZ] = steps;
  // boxes begin at odd voxels
  const first = zipAxes((s, step) => step === 1 ? 0 : 1 - s % 2, start, steps);
  const [slices, rows, columns] = cornersShape(shape, steps, first);
  const [, ny, nx] = shape;
  const args = {
    table,
    row: nx + 1,
    slice: (ny + 1) * (nx + 1),
    first,
    stepZ,
    columns,
    rows,
    slices,
    address,
  };
  share(kernels, halveLoop, Math.ceil(slices / SLICES_A_PIECE), { ...args, perPiece: SLICES_A_PIECE });
  return { address, row: columns, slice: columns * rows, stepZ };
}
