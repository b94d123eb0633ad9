/** Boosting on a matrix of random bins. */
import { boost, searchTask } from "../src/boosting/mod.ts";
import { type Kernels, loadKernels } from "../src/kernels/mod.ts";
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
    const matrix = { samples, candidates: all, column: columnOf(kernels, address, samples) };
    const pose = (place: number) => address + place * COLUMNS * samples;
    const features = { columns: COLUMNS, matrix, pose };
    const { seconds, shares } = await profileRuns("boost", repeat, timed, () =>
      boost(kernels, {
        matrix,
        columns: COLUMNS,
        search: (task) => Promise.resolve(searchTask(kernels, features, task)),
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

/** Takes a candidate's bins out of those of its pose, which lie sample by sample. */
function columnOf({ arena }: Kernels, address: number, samples: number): (candidate: number) => number {
  const out = arena.alloc(samples);
  return (candidate) => {
    const column = candidate % COLUMNS;
    const from = arena.u8(address + (candidate - column) * samples, COLUMNS * samples);
    const to = arena.u8(out, samples);
    for (let i = 0; i < samples; i++) to[i] = from[i * COLUMNS + column] ?? 0;
    return out;
  };
}
