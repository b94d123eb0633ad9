/** The whole job on the reference data. */
import { join } from "node:path";
import { type Measurement, median } from "./measure.ts";
import type { Part } from "./part.ts";
import { type FinishedRun, largestPeak, runConfig } from "./runs.ts";
import { exists } from "../src/run/work_folder.ts";

/** Fewer stumps and candidates, for `--quick`. */
const SHORT = ["--set", "numStumps=50", "--set", "candidatePoses=100"];

const VOXELS = 2 * 512 * 1024 * 20;

export const job: Part = {
  name: "job",
  about: "train on vnc/train and score vnc/test, with the reference data",
  repeat: 3,
  async run(setting) {
    const { sizes, reference, repeat } = setting;
    const line = { name: "vnc job", unit: "s", amount: 1 } as const;
    if (sizes.name === "tiny") return [{ ...line, seconds: [], note: "skipped: not with --tiny" }];
    const config = join(reference, "configs/vnc.cfg");
    if (!await exists(config)) {
      return [{ ...line, seconds: [], note: `skipped: no reference data, ${config} is missing` }];
    }
    const isShort = sizes.name === "quick";
    const runs: FinishedRun[] = [];
    for (let i = 0; i < repeat; i++) {
      const flags = ["--polarity", "none", ...(isShort ? SHORT : [])];
      runs.push(await runConfig(setting, config, navigator.hardwareConcurrency, flags));
    }
    const seconds = runs.map((run) => run.seconds);
    const note = isShort ? "50 stumps, 1700 candidates" : `${VOXELS / 1e6} M voxels, 300 stumps`;
    return [
      { ...line, seconds, note, ...(isShort ? {} : { bound: 45 }), ...largestPeak(runs) },
      ...stageLines(runs),
    ];
  },
};

/** A line for each stage, with its share of the job's time. */
function stageLines(runs: readonly FinishedRun[]): Measurement[] {
  const total = median(runs.map((run) => run.seconds));
  return [...runs[0]?.stages.keys() ?? []].map((stage) => {
    const seconds = runs.map(({ stages }) => stages.get(stage) ?? NaN);
    return { name: `vnc ${stage}`, unit: "s", amount: 1, seconds, share: median(seconds) / total };
  });
}
