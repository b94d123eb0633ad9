/** Boosting on a matrix of random bins. */
import { boost } from "../src/boosting/mod.ts";
import { loadKernels } from "../src/kernels/mod.ts";
import type { Part } from "./part.ts";
import { profileRuns, timedKernels } from "./profile.ts";
import { randomFill, trainingLabels } from "./training_data.ts";
import { COLUMNS } from "./volume_setup.ts";

export const boosting: Part = {
  name: "boosting",
  about: "AdaBoost, by one thread",
  repeat: 5,
  async run({ sizes, repeat }) {
    const { samples, poses, rounds, candidates } = sizes.boosting;
    const timed = timedKernels(await loadKernels());
    const { kernels } = timed;
    const all = poses * COLUMNS;
    const address = kernels.arena.alloc(all * samples);
    randomFill(kernels.arena.u32(address, all * samples >>> 2));
    const matrix = { samples, candidates: all, column: (i: number) => address + i * samples };
    const { seconds, shares } = await profileRuns("boost", repeat, timed, () =>
      boost(kernels, {
        matrix,
        columns: COLUMNS,
        labels: trainingLabels(samples),
        seed: 1,
        numStumps: rounds,
        numWLToExplorePerIter: candidates,
        reweightingSamplingRatio: 2,
        thresholdSearchOnWholeData: false,
      }));
    const note = `${rounds} rounds x ${candidates} candidates x ${samples} samples`;
    return [{ name: "boost", unit: "s", amount: 1, seconds, bound: 8, note }, ...shares];
  },
};
