/** From the points of a grid to voxels: what the threads of a team share of it. */
import type { SharedLoop } from "../kernels/mod.ts";
import type { Region, Zyx } from "../volume/region.ts";

/** Rows of voxels that a thread interpolates before it looks for more. */
export const INTERPOLATION_STRIP = 64;

interface Interpolate {
  /** Points (u16) of the grid, `[z, y, x]` without gaps, and where they are. */
  readonly points: number;
  readonly grid: Region;
  readonly steps: Zyx;
  /** Slices of voxels, u16 without gaps, go here. */
  readonly out: number;
  /** The first one, absolute, and the rows and columns of each. */
  readonly z: number;
  readonly region: Region;
  readonly limit: number;
  readonly scratch: number;
  readonly scratchStep: number;
}

/** Bytes of scratch of a thread. */
export function interpolationBytes([, , points]: Zyx, columns: number): number {
  const rows = INTERPOLATION_STRIP / 2 + 4;
  return Math.ceil((points * 4 * (rows + 1) + columns * 2 + 256) / 16) * 16;
}

/** Interpolates a strip of a slice per piece. Along y and x the grid has every second voxel. */
export const interpolateLoop: SharedLoop<Interpolate> = {
  name: "interpolate",
  piece({ run }, args, piece, thread) {
    const { grid, region, steps: [step], scratchStep } = args;
    const [gridZ, gridY, gridX] = grid.start;
    const [depth, rows, count] = grid.shape;
    const [, y0, x0] = region.start;
    const [, ny, nx] = region.shape;
    const strips = Math.ceil(ny / INTERPOLATION_STRIP);
    const slice = Math.floor(piece / strips);
    const y = y0 + (piece % strips) * INTERPOLATION_STRIP;
    const height = Math.min(INTERPOLATION_STRIP, y0 + ny - y);
    // rows of points, and what is on either side of them in z
    const low = Math.floor(y / 2) - 1;
    const high = Math.min(Math.floor((y + height - 1) / 2) + 2, gridY + rows - 1);
    const z = args.z + slice;
    const at = Math.floor(z / step);
    const pointsAt = (place: number) => {
      const inside = Math.min(Math.max(place - gridZ, 0), depth - 1); // or the slice is not looked at
      return args.points + (inside * rows + low - gridY) * count * 2;
    };
    const scratch = args.scratch + thread * scratchStep;
    const between = z % step !== 0;
    const wide = (high - low + 1) * count;
    run.interpolateSlices(
      pointsAt(at - 1),
      pointsAt(at),
      pointsAt(at + 1),
      pointsAt(at + 2),
      between,
      wide,
      scratch,
    );
    const row = scratch + Math.ceil((wide * 4 + 32) / 16) * 16;
    const out = args.out + (slice * ny + y - y0) * nx * 2;
    run.interpolateRows(scratch, low, count, gridX, y, height, x0, nx, args.limit, row, out);
  },
};
