/** How the time of a run grows with the volume. */
import { voxelCount, type Zyx } from "../src/volume/region.ts";
import type { Measurement } from "./measure.ts";
import type { Part, Setting } from "./part.ts";
import { describeScorePlan, inTurn, planConfig, quotients, runConfig, runsLine } from "./runs.ts";
import { writeScoreConfig } from "./volume_setup.ts";

export const growth: Part = {
  name: "growth",
  about: "scoring a larger volume within the same memory: time a voxel over that of a small one",
  repeat: 3,
  async run(setting) {
    const { sizes, repeat } = setting;
    const small = sizes.volume.isotropic;
    const { large } = sizes;
    const ofSmall = await scoring(setting, small), ofLarge = await scoring(setting, large);
    const [smallRuns = [], largeRuns = []] = await inTurn(repeat, [ofSmall.run, ofLarge.run]);
    const ratio: Measurement = {
      name: `growth ${large.join("x")}`,
      unit: "ratio",
      amount: voxelCount(small) / voxelCount(large),
      seconds: quotients(largeRuns, smallRuns),
      lowerIsBetter: true,
      bound: 1.2,
      note: `time a voxel over that of ${small.join("x")}`,
    };
    return [runsLine(ofSmall, smallRuns), runsLine(ofLarge, largeRuns), ratio];
  },
};

async function scoring(setting: Setting, shape: Zyx) {
  const { path } = await writeScoreConfig(setting, "isotropic", shape);
  const workers = navigator.hardwareConcurrency;
  const plan = await planConfig(setting, path, workers);
  return {
    name: `score ${shape.join("x")}`,
    voxels: voxelCount(shape),
    note: `${setting.sizes.stumps} stumps, ${workers} workers, ${describeScorePlan(plan)}`,
    run: () => runConfig(setting, path, workers),
  };
}
