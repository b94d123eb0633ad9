/** How the time of a run falls with workers. */
import { voxelCount } from "../src/volume/region.ts";
import type { Measurement } from "./measure.ts";
import type { Part } from "./part.ts";
import {
  describeScorePlan,
  type FinishedRun,
  inTurn,
  planConfig,
  quotients,
  runConfig,
  runsLine,
} from "./runs.ts";
import { writeScoreConfig } from "./volume_setup.ts";

/**
 * Two workers share the memory, so their blocks are smaller and more is read for what is written. Hence two ratios: with the blocks of
 * two workers in both runs, which shows how well they work side by side, and with the blocks that each would have.
 */
export const workers: Part = {
  name: "workers",
  about: "scoring with two workers over one",
  repeat: 3,
  async run(setting) {
    const { sizes, repeat } = setting;
    const shape = sizes.shared;
    const { path } = await writeScoreConfig(setting, "isotropic", shape);
    const onePlan = await planConfig(setting, path, 1), twoPlan = await planConfig(setting, path, 2);
    const blocks = ["--block", twoPlan.blockShape.join(",")];
    const [one = [], oneAlike = [], two = []] = await inTurn(repeat, [
      () => runConfig(setting, path, 1),
      () => runConfig(setting, path, 1, blocks),
      () => runConfig(setting, path, 2, blocks),
    ]);
    const what = `scoring ${shape.join(" x ")}, ${sizes.stumps} stumps`;
    const line = (name: string, plan: typeof onePlan, runs: readonly FinishedRun[]) =>
      runsLine({ name, voxels: voxelCount(shape), note: `${what}, ${describeScorePlan(plan)}` }, runs);
    const ratio = (name: string, over: readonly FinishedRun[]): Measurement => ({
      name: `workers 2 over 1, ${name}`,
      unit: "ratio",
      amount: 1,
      seconds: quotients(over, two),
    });
    return [
      line("1 worker", onePlan, one),
      line("1 worker, blocks of 2", twoPlan, oneAlike),
      line("2 workers", twoPlan, two),
      { ...ratio("same blocks", oneAlike), bound: 1.8 },
      ratio("same memory", one),
    ];
  },
};
