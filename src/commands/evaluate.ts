/** `ccboost evaluate`: scores compared with ground truth. */
import { resolve } from "node:path";
import { type Call, type Command, operandAt } from "./command.ts";
import { describeSeen, seenInTraining } from "./learned_from.ts";
import { scoresOf } from "./scores_of.ts";
import { evaluateFiles, evaluationMemory } from "./evaluate_files.ts";
import { curvesText, reportPage } from "./evaluate_outputs.ts";
import { evaluateSettings } from "./evaluate_settings.ts";
import { describePart } from "./flag_values.ts";
import { VOLUME_FLAGS, volumeAt } from "./volumes.ts";
import { describeEvaluation, describeSynapses, jsonOf, jsonOfSynapses } from "./evaluate_text.ts";
import { writeFileAtomic } from "../volume/file.ts";
import { commandLine } from "../program_name.ts";
import { keepEvaluation, runOfScores } from "./evaluate_kept.ts";
// not from mod.ts, which loads the server
import { stackOfTest } from "../dashboard/server/stack_of_test.ts";

export const evaluateCommand: Command = {
  name: "evaluate",
  summary: "compare scores with ground truth",
  operands: [
    { name: "prediction", help: "scores or probabilities in any format, or work folder of a run" },
    { name: "labels", help: "0 negative, 255 positive, others ignored; or see --labels-are" },
  ],
  flags: [
    ...VOLUME_FLAGS,
    "overwrite",
    "memory",
    "work",
    "labels-are",
    "region",
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
    region: "part to compare: first:end on each axis, end not included; : means all",
    threshold: "minimum score of a synapse's voxels (default: that of the best F1)",
    "min-size": "minimum size of a synapse in voxels (default 1)",
    work: "folder for temporary files (default: next to the prediction)",
  },
  leastMemory: evaluationMemory,
  description:
    "Compares scores with ground truth (labels that a person has drawn). The comparison per voxel\n" +
    "tries every score as the threshold. With --threshold, --synapses, --html, --overlap or\n" +
    "--distance, whole synapses are compared as well. A predicted synapse is a group of connected\n" +
    "voxels (26 neighbours) at or above the threshold (default: the one with the best F1, which\n" +
    "weighs missed and false voxels alike). Each is matched with at most one synapse of the ground\n" +
    "truth, so that as many as possible match. If two synapses are predicted as one, one of them is\n" +
    "missed. If one is predicted in two parts, one part is a false positive. Predicted synapses that\n" +
    "touch only ignored voxels do not count. --channel and --time-point select from the prediction;\n" +
    "for the labels, write labels.tif#channel=1. --region compares a part alone; a synapse at its\n" +
    "border counts with its voxels inside. Inputs that can only be read in order (compressed TIFF,\n" +
    "NRRD and PNG) or are on a server, and labels of other types than 8 bits, are first converted to\n" +
    "temporary Zarr arrays, next to the prediction or in --work. Existing files are replaced only\n" +
    "with --overwrite. With --html, the page of a run shows the comparison of its scores as well,\n" +
    "with links to the worst errors.",
  examples: [
    "evaluate out-0-ab-max.nrrd test-labels.tif",
    "evaluate out-0-ab-max.nrrd test-labels.tif --html report.html --raw test.tif --min-size 100",
    "evaluate out-0-ab-max.nrrd test-labels.tif --region 0:50,100:600,:",
    "evaluate out-0-ab-max.nrrd test-labels.tif --threshold 2.5 --distance 200nm --curves curves.csv",
  ],
  run: evaluateCommandRun,
};

async function evaluateCommandRun(call: Call): Promise<void> {
  const prediction = await scoresOf(volumeAt(call, 0), "evaluate"), labels = operandAt(call, 1);
  const run = await runOfScores(prediction);
  const given = await evaluateSettings(call, prediction, labels);
  const settings = { ...given, raw: given.raw ?? (given.html && run ? await stackOfTest(run) : undefined) };
  const found = await evaluateFiles(call, prediction, labels, settings);
  const { voxels, synapses } = found;
  const seen = await seenInTraining(prediction, labels);
  const { region } = settings;
  const cautions = [
    ...(seen === undefined ? [] : [describeSeen(seen)]),
    ...(region === undefined ? [] : [`Only a part of the volume was compared: ${describePart(region)}.`]),
  ];
  const caution = cautions.length > 0 ? cautions.join(" ") : undefined;
  const written: string[] = [];
  if (settings.curves !== undefined) {
    await writeFileAtomic(settings.curves, curvesText(settings.curves, voxels));
    written.push(resolve(settings.curves));
  }
  if (settings.html !== undefined) {
    const page = reportPage(found, { prediction, labels, settings, caution });
    await writeFileAtomic(settings.html, page);
    written.push(resolve(settings.html));
    if (run) await keepEvaluation(run, found, { page, labels, caution });
  }
  const texts = [
    ...(caution === undefined ? [] : [caution, ""]),
    describeEvaluation(voxels),
    ...(synapses ? ["", describeSynapses(synapses, settings)] : []),
    ...(written.length > 0 ? ["", ...written.map((path) => `wrote ${path}`)] : []),
    ...(settings.html !== undefined && run
      ? [`The page shows the comparison under Results:  ${commandLine(["serve", run.work])}`]
      : []),
  ];
  call.reporter.result(texts.join("\n"), {
    prediction,
    labels,
    seenInTraining: seen ?? null,
    ...(region === undefined ? {} : { region: { ...region } }),
    ...jsonOf(voxels),
    ...(synapses ? { bySynapse: jsonOfSynapses(synapses, settings) } : {}),
    ...(written.length > 0 ? { written } : {}),
  });
}
