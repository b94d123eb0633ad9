/** Kernels by themselves. */
import { loadKernels } from "../src/kernels/mod.ts";
import { kernelCases } from "./kernel_cases.ts";
import { measureKernel, type Measurement } from "./measure.ts";
import type { Part } from "./part.ts";

export const kernels: Part = {
  name: "kernels",
  about: "filters, eigenvalues, integral images, stump search, binning",
  repeat: 5,
  async run({ sizes, repeat }) {
    const lines: Measurement[] = [];
    for (const line of kernelCases(await loadKernels(), sizes)) {
      lines.push(await measureKernel(line, repeat, sizes.kernelSeconds));
    }
    return lines;
  },
};
