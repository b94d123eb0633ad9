/** The kernels for `deno bench --allow-read`. Its times are those of one run; `deno task bench` prints voxels per second. */
import { loadKernels } from "../src/kernels/mod.ts";
import { kernelCases } from "./kernel_cases.ts";
import { NORMAL } from "./sizes.ts";

for (const { name, amount, unit, run } of kernelCases(await loadKernels(), NORMAL)) {
  Deno.bench(`${name} (${amount} ${unit.split("/")[0]})`, { group: name.split(" ")[0] ?? name }, run);
}
