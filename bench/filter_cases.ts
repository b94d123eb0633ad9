/** Smoothing passes along each axis, on rows laid out as the channels lay them out. */
import {
  allocateWeights,
  clampTo,
  fillTable,
  filteredWidth,
  planeBytes,
  rowBytes,
} from "../src/channels/derivatives.ts";
import type { Kernels } from "../src/kernels/mod.ts";
import { voxelCount } from "../src/volume/region.ts";
import type { KernelCase } from "./measure.ts";
import type { Sizes } from "./sizes.ts";
import { randomFill } from "./training_data.ts";

/** Scales whose kernels have 4, 10 and 20 taps on either side. */
const SIGMAS = [1, 2.5, 5] as const;

/** Slices that are smoothed along z at once. */
const BATCH = 16;

const SMOOTHING = 1;

/** A pass along x, y and z at each scale. */
export function filterCases(kernels: Kernels, { planes }: Pick<Sizes, "planes">): KernelCase[] {
  const { arena } = kernels;
  const [nz, ny, nx] = planes;
  const row = rowBytes(filteredWidth(nx, 4 * Math.max(...SIGMAS)));
  const input = arena.alloc(nz * ny * row);
  randomFloats(arena.u32(input, nz * ny * row / 4));
  const out = arena.alloc(Math.max(planeBytes(ny, row / 4), BATCH * row));
  return SIGMAS.flatMap((sigma) => {
    const radius = 4 * sigma;
    const [weights] = allocateWeights(arena, [sigma, sigma, sigma], 1);
    const pass = passes(kernels, { radius, weights, input, out, row }, planes);
    return ([2, 1, 0] as const).map((axis) => ({
      name: `smooth ${"zyx"[axis]} radius ${radius}`,
      unit: "voxels/s",
      amount: voxelCount(planes),
      run: pass[axis],
    }));
  });
}

/** Replaces random bits by floats from 0 to 255. */
function randomFloats(words: Uint32Array): void {
  randomFill(words);
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  for (const [i, word] of words.entries()) floats[i] = word % 256;
}

interface Rows {
  readonly radius: number;
  readonly weights: number;
  readonly input: number;
  readonly out: number;
  /** Bytes from one row to the next. */
  readonly row: number;
}

type Passes = readonly [z: () => void, y: () => void, x: () => void];

function passes(
  { run, arena }: Kernels,
  { radius, weights, input, out, row }: Rows,
  [nz, ny, nx]: Sizes["planes"],
): Passes {
  const columns = Math.ceil(nx / 16) * 16;
  const xTable = fillTable(arena, 2 * radius + 1, (i) => 4 * i);
  const yTable = fillTable(arena, 2 * radius + ny, (i) => clampTo(i - radius, ny) * row);
  const zTable = fillTable(arena, 2 * radius + nz, (i) => clampTo(i - radius, nz) * row);
  const z = () => {
    for (let y = 0; y < ny; y++) { // the slices of a row lie together
      for (let first = 0; first < nz; first += BATCH) {
        const slices = Math.min(BATCH, nz - first);
        const table = zTable + 4 * (radius + first);
        run.filterRows(
          table,
          4,
          input + y * nz * row,
          0,
          slices,
          columns,
          radius,
          weights,
          SMOOTHING,
          out,
          row,
          0,
        );
      }
    }
  };
  const y = () => {
    for (let slice = 0; slice < nz; slice++) {
      const plane = input + slice * ny * row;
      run.filterRows(yTable + 4 * radius, 4, plane, 0, ny, columns, radius, weights, SMOOTHING, out, row, 0);
    }
  };
  const x = () => {
    for (let slice = 0; slice < nz; slice++) {
      const plane = input + slice * ny * row;
      run.filterRows(
        xTable + 4 * radius,
        0,
        plane,
        row,
        ny,
        columns,
        radius,
        weights,
        SMOOTHING,
        out,
        4 * nx,
        0,
      );
    }
  };
  return [z, y, x];
}
