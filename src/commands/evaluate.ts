/** `ccboost evaluate`: scores compared with ground truth. */
import { resolve } from "node:path";
import { writeFileAtomic } from "../engine/mod.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { describeSeen, seenInTraining } from "./learned_from.ts";
import { scoresOf } from "./scores_of.ts";
import { evaluateFiles, evaluationMemory } from "./evaluate_files.ts";
import { curvesText, reportPage } from "./evaluate_outputs.ts";
import { evaluateSettings } from "./evaluate_settings.ts";
import { VOLUME_FLAGS, volumeAt } from "./volumes.ts";
import { describeEvaluation, describeSynapses, jsonOf, jsonOfSynapses } from "./evaluate_text.ts";

export const evaluateCommand: Command = {
  name: "evaluate",
  summary: "compare scores with ground truth",
  operands: [
    { name: "prediction", help: "scores or probabilities in any format, or a run's work folder" },
    { name: "labels", help: "0 negative, 255 positive, others do not count; or as --labels-are says" },
  ],
  flags: [
    ...VOLUME_FLAGS,
    "overwrite",
    "memory",
    "work",
    "labels-are",
    "threshold",
    "synapses",
    "overlap",
    "distance",
    "min-size",
    "curves",
    "html",
    "raw",
  ],
  flagHelp: {
    threshold: "least score of a synapse (default: that of the best F1)",
    "min-size": "least voxels of a synapse (default 1)",
    work: "folder for temporary files (default: that of the prediction)",
  },
  leastMemory: evaluationMemory,
  description:
    "Compares a prediction with ground truth, voxel by voxel and exactly: every score is a threshold.\n" +
    "With --threshold, --synapses, --html or a rule for synapses also by synapse: connected voxels (26 neighbours)\n" +
    "from the threshold on, or from that of the best F1, are matched one to one with those of the ground truth, as\n" +
    "many as possible. Of two predicted as one, one is missed; of one predicted in two parts, one is a false positive.\n" +
    "Synapses that are predicted where labels are neither 0 nor 255 only do not count.\n" +
    "--channel and --time-point choose of the prediction; for labels write labels.tif#channel=1.\n" +
    "What is no Zarr becomes a temporary Zarr array beside the prediction, or in --work. Files that exist are\n" +
    "replaced with --overwrite alone.",
  examples: [
    "evaluate out-0-ab-max.nrrd test-labels.tif",
    "evaluate out-0-ab-max.nrrd test-labels.tif --html report.html --raw test.tif --min-size 100",
    "evaluate out-0-ab-max.nrrd test-labels.tif --threshold 2.5 --distance 200nm --curves curves.csv",
  ],
  run: evaluateCommandRun,
};

async function evaluateCommandRun(call: Call): Promise<void> {
  const prediction = await scoresOf(volumeAt(call, 0), "evaluate"), labels = operandAt(call, 1);
  const settings = await evaluateSettings(call, prediction, labels);
  const found = await evaluateFiles(call, prediction, labels, settings);
  const { voxels, synapses } = found;
  const seen = await seenInTraining(prediction, labels);
  const caution = seen === undefined ? undefined : describeSeen(seen);
  const written: string[] = [];
  if (settings.curves !== undefined) {
    await writeFileAtomic(settings.curves, curvesText(settings.curves, voxels));
    written.push(resolve(settings.curves));
  }
  if (settings.html !== undefined) {
    await writeFileAtomic(settings.html, reportPage(found, { prediction, labels, settings, caution }));
    written.push(resolve(settings.html));
  }
  const texts = [
    ...(caution === undefined ? [] : [caution, ""]),
    describeEvaluation(voxels),
    ...(synapses ? ["", describeSynapses(synapses, settings)] : []),
    ...(written.length > 0 ? ["", ...written.map((path) => `wrote ${path}`)] : []),
  ];
  call.reporter.result(texts.join("\n"), {
    prediction,
    labels,
    seenInTraining: seen ?? null,
    ...jsonOf(voxels),
    ...(synapses ? { bySynapse: jsonOfSynapses(synapses, settings) } : {}),
    ...(written.length > 0 ? { written } : {}),
  });
}
