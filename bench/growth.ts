/** How the time of a run grows with the volume, and how it falls with workers. */
import { voxelCount, type Zyx } from "../src/volume/region.ts";
import type { Measurement } from "./measure.ts";
import type { Part } from "./part.ts";
import { type FinishedRun, largestPeak, runConfig } from "./runs.ts";
import { writeScoreConfig } from "./volume_setup.ts";

const seconds = (runs: readonly FinishedRun[]) => runs.map((run) => run.seconds);

/** `a` over `b`, repetition by repetition: each pair ran one after the other, so that what else the machine does hits both. */
function quotients(a: readonly FinishedRun[], b: readonly FinishedRun[]): number[] {
  return a.map((run, i) => run.seconds / (b[i]?.seconds ?? NaN));
}

/** Runs both in turn. */
async function inTurn(
  repeat: number,
  a: () => Promise<FinishedRun>,
  b: () => Promise<FinishedRun>,
): Promise<[FinishedRun[], FinishedRun[]]> {
  const runs: [FinishedRun[], FinishedRun[]] = [[], []];
  for (let i = 0; i < repeat; i++) {
    runs[0].push(await a());
    runs[1].push(await b());
  }
  return runs;
}

export const growth: Part = {
  name: "growth",
  about: "scoring a larger volume within the same memory: time a voxel over that of a small one",
  repeat: 3,
  async run(setting) {
    const { sizes, repeat } = setting;
    const score = async (shape: Zyx) => {
      const { path } = await writeScoreConfig(setting, "isotropic", shape);
      return () => runConfig(setting, path, navigator.hardwareConcurrency);
    };
    const small = sizes.volume.isotropic;
    const { large } = sizes;
    const [smallRuns, largeRuns] = await inTurn(repeat, await score(small), await score(large));
    const line = (shape: Zyx, runs: readonly FinishedRun[]): Measurement => ({
      name: `score ${shape.join("x")}`,
      unit: "voxels/s",
      amount: voxelCount(shape),
      seconds: seconds(runs),
      note: `${sizes.stumps} stumps, ${navigator.hardwareConcurrency} workers`,
      ...largestPeak(runs),
    });
    return [line(small, smallRuns), line(large, largeRuns), {
      name: `growth ${large.join("x")}`,
      unit: "ratio",
      amount: voxelCount(small) / voxelCount(large),
      seconds: quotients(largeRuns, smallRuns),
      lowerIsBetter: true,
      bound: 1.2,
      note: `time a voxel over that of ${small.join("x")}`,
    }];
  },
};

export const workers: Part = {
  name: "workers",
  about: "scoring with two workers over one",
  repeat: 3,
  async run(setting) {
    const shape = setting.sizes.volume.isotropic;
    const { path } = await writeScoreConfig(setting, "isotropic", shape);
    const run = (count: number) => () => runConfig(setting, path, count);
    const [one, two] = await inTurn(setting.repeat, run(1), run(2));
    const line = (name: string, runs: readonly FinishedRun[]): Measurement => ({
      name,
      unit: "voxels/s",
      amount: voxelCount(shape),
      seconds: seconds(runs),
      note: `scoring ${shape.join(" x ")}, ${setting.sizes.stumps} stumps`,
      ...largestPeak(runs),
    });
    return [line("1 worker", one), line("2 workers", two), {
      name: "workers 2 over 1",
      unit: "ratio",
      amount: 1,
      seconds: quotients(one, two),
      bound: 1.8,
    }];
  },
};
