/** `ccboost demo`: the whole way on generated volumes. */
import { join, resolve } from "node:path";
import { writeDemo } from "../../fixtures/generate.ts";
import { runCcboost } from "../stages/run.ts";
import { exists } from "../stages/work_folder.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { evaluateFiles, EVALUATION_MEMORY } from "./evaluate_files.ts";
import { describeEvaluation, jsonOf } from "./evaluate_text.ts";
import { memoryOf } from "./flag_values.ts";
import { describeRun, jsonOfRun, runOptions } from "./run.ts";
import { makeFolder } from "./volumes.ts";

export const demoCommand: Command = {
  name: "demo",
  summary: "learn and find synapses in generated volumes",
  operands: [{ name: "folder", help: "where the files go (default demo)", isOptional: true }],
  flags: ["memory", "workers", "block"],
  description:
    "Generates two small volumes with known synapses, trains on one, scores the other and compares the\n" +
    "result with the truth. Takes a few seconds to a minute; a second time it uses what is there.",
  examples: ["demo"],
  run: demo,
};

const SHAPE = [96, 96, 96] as const;
const SEED = 1;

async function demo(call: Call): Promise<void> {
  const folder = resolve(operandAt(call, 0) || "demo");
  const config = join(folder, "demo.cfg");
  memoryOf(call.flags, EVALUATION_MEMORY); // told before the run, not after it
  await makeFolder(folder);
  // The configuration is written last, so where it is the volumes are; written anew they would count as changed.
  if (!await exists(config)) {
    call.reporter.message("generating a volume to learn from and one to find synapses in");
    await writeDemo(folder, { shape: SHAPE, anisotropy: 1, seed: SEED });
  }
  const report = await runCcboost(await runOptions(call, config));
  const result = report.files.find(({ path }) => path.includes("-ab-max."));
  if (result === undefined) throw new Error("the run wrote no scores");
  const { voxels: evaluation } = await evaluateFiles(call, result.path, join(folder, "test-labels.tif"));
  call.reporter.result(
    [
      describeRun(report),
      "",
      `${result.path} against test-labels.tif:`,
      describeEvaluation(evaluation),
      "",
      "To see it, open test.tif, test-labels.tif and the file above, in the folder",
      `  ${folder}`,
      "in Fiji (drag them in), 3D Slicer or ITK-SNAP. High scores are synapses.",
    ].join("\n"),
    { folder, run: jsonOfRun(report), evaluation: jsonOf(evaluation) },
  );
}
