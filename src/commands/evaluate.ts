/** `ccboost evaluate`: scores compared with ground truth. */
import { resolve } from "node:path";
import { evaluate, type Evaluation } from "../analysis/evaluate.ts";
import { zarrBytes, zarrScores } from "../analysis/voxel_source.ts";
import { voxelCount } from "../volume/region.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { memoryOf } from "./flag_values.ts";
import { callbackStage } from "./progress.ts";
import {
  interruptible,
  openVolumeFile,
  requireOneComponent,
  usualType,
  withTemporaryFolder,
} from "./volumes.ts";

export const evaluateCommand: Command = {
  name: "evaluate",
  summary: "compare scores with ground truth",
  operands: [
    { name: "prediction", help: "scores or probabilities, in any format that can be read" },
    { name: "labels", help: "0 negative, 255 positive, others do not count" },
  ],
  flags: ["memory", "work"],
  description:
    "Compares a prediction with ground truth, voxel by voxel and exactly: every score is a threshold.\n" +
    "What is no Zarr becomes a temporary Zarr array beside the prediction, or in --work.",
  examples: ["evaluate out-0-ab-max.nrrd test-labels.tif"],
  run: evaluateCommandRun,
};

/** Least budget of an evaluation. Measured peaks: 181 to 203 MiB with the smallest blocks, 232 MiB with this budget. */
export const EVALUATION_MEMORY = 256 * 2 ** 20;
/** Bytes of the program itself, and of one voxel in work with what is not collected yet. */
const PROGRAM_BYTES = 128 * 2 ** 20;
const BYTES_A_VOXEL = 24;
const MOST_VOXELS = 1 << 22;
const MOST_COUNTERS = 1 << 27;
const LEAST_COUNTERS = 1 << 20;

async function evaluateCommandRun(call: Call): Promise<void> {
  const prediction = operandAt(call, 0), labels = operandAt(call, 1);
  const found = await evaluateFiles(call, prediction, labels);
  call.reporter.result(describeEvaluation(found), { prediction, labels, ...jsonOf(found) });
}

/** Compares two files of any format. @throws {UserError} where they cannot be compared */
export async function evaluateFiles(call: Call, prediction: string, labels: string): Promise<Evaluation> {
  const free = memoryOf(call.flags, EVALUATION_MEMORY) - PROGRAM_BYTES;
  for (const path of [prediction, labels]) await requireOneComponent(path);
  const dtype = await usualType(prediction);
  const identity = ["evaluate", resolve(prediction), resolve(labels)];
  return await withTemporaryFolder(call, prediction, identity, async (folder) => {
    const scores = await openVolumeFile(call, prediction, folder, dtype);
    const truth = await openVolumeFile(call, labels, folder, "uint8");
    const stage = callbackStage(call.reporter, "evaluate", voxelCount(scores.shape));
    const found = await evaluate(
      { ...zarrScores(scores), name: prediction },
      interruptible({ ...zarrBytes(truth), name: labels }),
      {
        memoryBytes: Math.min(MOST_COUNTERS, Math.max(LEAST_COUNTERS, free / 4)),
        blockVoxels: Math.min(MOST_VOXELS, Math.floor(free / 2 / BYTES_A_VOXEL)),
        signal: call.signal,
        onProgress: stage.onShare,
      },
    );
    stage.done();
    return found;
  });
}

/** An evaluation as people read it. */
export function describeEvaluation(found: Evaluation): string {
  const { averagePrecision, rocAuc, bestF1, bestJaccard, positives, negatives, ignored } = found;
  const best = ({ value, threshold }: Evaluation["bestF1"]) =>
    `${value.toFixed(4)}  where the score is at least ${Number(threshold.toPrecision(6))}`;
  return [
    `average precision  ${averagePrecision.toFixed(4)}`,
    `ROC AUC            ${rocAuc.toFixed(4)}`,
    `best F1            ${best(bestF1)}`,
    `best Jaccard       ${best(bestJaccard)}`,
    `voxels             ${positives} positive, ${negatives} negative, ${ignored} ignored`,
  ].join("\n");
}

/** An evaluation as the data of a JSON line. */
export function jsonOf({ bestF1, bestJaccard, ...rest }: Evaluation) {
  return { ...rest, bestF1: { ...bestF1 }, bestJaccard: { ...bestJaccard } };
}
