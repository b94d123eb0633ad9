/** Cells: boxes of a few voxels, on a grid that begins at the whole volume's first voxel. */
import type { Kernels } from "../kernels/mod.ts";
import { seedSteps, type SlicSettings } from "../supervoxels/grid.ts";
import {
  describeRegion,
  type Region,
  regionContains,
  regionEnd,
  wholeRegion,
  zipAxes,
  type Zyx,
} from "../volume/region.ts";

/** Voxels of a cell on each axis: the distances of supervoxels' seeds, rounded down to powers of two. */
export function cellShape(settings: SlicSettings): Zyx {
  const [z, y, x] = seedSteps(settings);
  return [powerOfTwoUpTo(z), powerOfTwoUpTo(y), powerOfTwoUpTo(x)];
}

function powerOfTwoUpTo(n: number): number {
  return 2 ** (31 - Math.clz32(n));
}

/** Number of cells on each axis of a volume. Those at its end may be cut off. */
export function cellGrid(volumeShape: Zyx, cell: Zyx): Zyx {
  return zipAxes(cellsIn, volumeShape, cell);
}

function cellsIn(voxels: number, cell: number): number {
  return Math.ceil(voxels / cell);
}

/** The cells that hold a voxel of a region. */
export function cellsOf(voxels: Region, cell: Zyx): Region {
  const start = zipAxes((s, c) => Math.floor(s / c), voxels.start, cell);
  return { start, shape: zipAxes((e, s) => e - s, zipAxes(cellsIn, regionEnd(voxels), cell), start) };
}

/** The voxels of a region of cells, clipped to a volume of `volumeShape`. */
export function voxelsOf(cells: Region, cell: Zyx, volumeShape: Zyx): Region {
  const start = zipAxes((s, c) => s * c, cells.start, cell);
  const end = zipAxes(Math.min, zipAxes((e, c) => e * c, regionEnd(cells), cell), volumeShape);
  return { start, shape: zipAxes((e, s) => Math.max(0, e - s), end, start) };
}

/**
 * Writes the mean of each cell's voxels: their sum in the order z, y, x in float32, times 1 over their number. Where the volume ends within
 * a cell, its mean is of the voxels that there are.
 *
 * @param voxels dense `[z, y, x]` in kernel memory: whole cells, but where the volume ends
 * @param out address for an f32 a cell, `[z, y, x]` of {@link cellsOf} the region
 * @throws RangeError where the region cuts a cell off that the volume does not
 */
export function computeCellMeans(
  { run }: Kernels,
  voxels: { readonly address: number; readonly dtype: "uint8" | "float32"; readonly region: Region },
  cell: Zyx,
  volumeShape: Zyx,
  out: number,
): void {
  const { address, dtype, region } = voxels;
  const whole = voxelsOf(cellsOf(region, cell), cell, volumeShape);
  if (!regionContains(wholeRegion(volumeShape), region) || describeRegion(whole) !== describeRegion(region)) {
    throw new RangeError(
      `voxels ${describeRegion(region)} of a volume ${volumeShape.join(" x ")} are not whole cells of ` +
        cell.join(" x "),
    );
  }
  const means = dtype === "uint8" ? run.cellMeansU8 : run.cellMeansF32;
  means(address, ...region.shape, ...cell, out);
}
