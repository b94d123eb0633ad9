/** Kernels on data of the size that a block gives them. */
import { planeBytes } from "../src/channels/derivatives.ts";
import { binColumn } from "../src/boosting/mod.ts";
import { drawRoundSamples } from "../src/boosting/round_samples.ts";
import { createSampleState } from "../src/boosting/sample_state.ts";
import type { Kernels } from "../src/kernels/mod.ts";
import { filterCases } from "./filter_cases.ts";
import type { KernelCase } from "./measure.ts";
import type { Sizes } from "./sizes.ts";
import { randomFill, trainingLabels } from "./training_data.ts";
import { COLUMNS } from "./volume_setup.ts";

/** All cases; what they allocate stays allocated. */
export function kernelCases(kernels: Kernels, sizes: Sizes): KernelCase[] {
  return [
    ...filterCases(kernels, sizes),
    eigenvalueCase(kernels, sizes),
    integrationCase(kernels, sizes),
    histogramCase(kernels, sizes),
    binningCase(kernels, sizes),
  ];
}

/** Symmetric matrices of small random integers. */
function eigenvalueCase({ run, arena }: Kernels, { planes: [, ny, nx] }: Sizes): KernelCase {
  const step = planeBytes(ny, nx);
  const input = arena.alloc(6 * step);
  const out = arena.alloc(3 * step);
  const words = arena.u32(input, 6 * step / 4);
  randomFill(words);
  const floats = arena.f32(input, words.length);
  for (const [i, word] of words.entries()) floats[i] = word % 512 - 256;
  return {
    name: "eigenvalues",
    unit: "matrices/s",
    amount: ny * nx,
    run: () => run.eigenvalues(input, step, ny * nx, out, step),
  };
}

/** An integral image of as many slices as there are planes. */
function integrationCase({ run, arena }: Kernels, { planes: [nz, ny, nx] }: Sizes): KernelCase {
  const plane = arena.alloc(planeBytes(ny, nx));
  const floats = arena.f32(plane, ny * nx);
  for (let i = 0; i < floats.length; i++) floats[i] = i * 37 % 256;
  const quantised = arena.alloc(ny * nx * 2);
  const sums = arena.alloc(nx * 4);
  const slice = 4 * (ny + 1) * (nx + 1);
  const table = arena.alloc((nz + 1) * slice);
  arena.u8(table, slice).fill(0);
  return {
    name: "integral image",
    unit: "voxels/s",
    amount: nz * ny * nx,
    run() {
      for (let z = 0; z < nz; z++) {
        const at = table + z * slice;
        run.quantise(plane, ny * nx, 0, 243, 62316, quantised);
        run.sumStrips(quantised, ny, nx, ny, sums);
        run.integrateStrip(quantised, at, at + slice, nx, 0, ny, sums);
      }
    },
  };
}

/** The search of a round's best stump: a weighted histogram of each column of a pose at the round's samples. */
function histogramCase(kernels: Kernels, { boosting: { samples } }: Sizes): KernelCase {
  const { run, arena } = kernels;
  const state = createSampleState(kernels, trainingLabels(samples));
  const round = drawRoundSamples(kernels, state, { seed: 1, round: 0, ratio: 2 });
  const bins = arena.alloc(COLUMNS * samples + 4);
  randomFill(arena.u32(bins, COLUMNS * samples >> 2));
  const codes = arena.alloc(8 * COLUMNS);
  const scratch = arena.alloc(1024 * COLUMNS + 16);
  const { entries, count, positive, total } = round;
  return {
    name: "stump search",
    unit: "samples/s",
    amount: COLUMNS * count,
    run: () => run.searchPose(bins, COLUMNS, entries, count, positive, total, 0, codes, scratch),
  };
}

/** Binning of a feature by quantile. */
function binningCase(kernels: Kernels, { boosting: { samples } }: Sizes): KernelCase {
  const { arena } = kernels;
  const values = arena.alloc(2 * samples + 4);
  const bins = arena.alloc(samples);
  randomFill(arena.u32(values, samples >> 1));
  return {
    name: "binning",
    unit: "samples/s",
    amount: samples,
    run: () => void binColumn(kernels, values, samples, bins),
  };
}
