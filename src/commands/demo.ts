/** `ccboost demo`: the whole way on generated volumes. */
import { dirname, join, resolve } from "node:path";
import { writeDemo } from "../../fixtures/generate.ts";
import { zarrBytes } from "../analysis/voxel_source.ts";
import { findComponents } from "../stages/components.ts";
import { programName, typedPath } from "../program_name.ts";
import { scoresPath } from "../stages/score/score_files.ts";
import { runCcboost } from "../stages/run.ts";
import type { RunTable } from "../stages/synapses/run_synapses.ts";
import { COMPARISON_MEMORY, EVALUATION_MEMORY, SYNAPSES_MEMORY } from "../stages/synapses/memory.ts";
import type { Zyx } from "../volume/region.ts";
import { exists } from "../run/work_folder.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { evaluateFiles } from "./evaluate_files.ts";
import { keepEvaluation, runOfScores } from "./evaluate_kept.ts";
import { reportPage } from "./evaluate_outputs.ts";
import { describeEvaluation, jsonOf } from "./evaluate_text.ts";
import { memoryOf, tellDefaults } from "./resource_flags.ts";
import { runOptions } from "./run.ts";
import { describeRun, jsonOfRun } from "./run_text.ts";
import { makeFolder, openVolumeFile, withTemporaryFolder } from "./volumes.ts";

export const demoCommand: Command = {
  name: "demo",
  summary: "train and find synapses in generated volumes",
  operands: [{ name: "folder", help: "folder for the files (default demo)", isOptional: true }],
  flags: ["memory", "workers", "block"],
  description:
    "Generates two small volumes with known synapses, trains on one, scores the other, compares the\n" +
    "result with the truth and lists the synapses. Takes a few seconds to a minute; repeating it reuses\n" +
    "what is there.",
  examples: ["demo"],
  leastMemory: () => Math.max(EVALUATION_MEMORY, SYNAPSES_MEMORY),
  run: demo,
};

const SHAPE = [96, 96, 96] as const;
const TRAIN_SHAPE = [96, 160, 160] as const;
const SEED = 1;

async function demo(call: Call): Promise<void> {
  const folder = resolve(operandAt(call, 0) || "demo");
  const config = join(folder, "demo.cfg");
  await makeFolder(folder);
  // The configuration is written last, so where it is the volumes are; written anew they would count as changed.
  if (!await exists(config)) {
    call.reporter.message("generating one volume for training and one for testing");
    await writeDemo(folder, { shape: SHAPE, trainShape: TRAIN_SHAPE, anisotropy: 1, seed: SEED });
  }
  tellDefaults(call);
  const report = await runCcboost(await runOptions(call, config));
  const result = report.files.find(({ path }) => path.includes("-ab-max."));
  if (result === undefined) throw new Error("the run wrote no scores");
  const labels = join(folder, "test-labels.tif");
  const { voxels: evaluation } = await evaluateFiles(call, result.path, labels);
  const [table] = report.tables;
  if (table === undefined) throw new Error("the run listed no synapses");
  await compareForPage(call, { scores: scoresPath(report.workFolder, 0), labels, table });
  const match = matchPlaces(await centroidsIn(table.json), await placesOf(call, labels));
  call.reporter.result(
    [
      describeRun(report),
      "",
      `${result.path} compared with test-labels.tif:`,
      describeEvaluation(evaluation),
      "",
      `${match.found} of ${match.planted} planted synapses found, ${match.invented} false positives`,
      "",
      "To view it in the browser:",
      `  ${programName()} serve ${typedPath(report.workFolder)}`,
      "Or open test.tif, test-labels.tif and the scores in Fiji, 3D Slicer or ITK-SNAP, from the folder",
      `  ${typedPath(folder)}`,
      "High scores mean synapse.",
    ].join("\n"),
    { folder, run: jsonOfRun(report), evaluation: jsonOf(evaluation), synapses: match },
  );
}

/** Compares the synapses of the table with the truth, for the page; where there is too little memory for that, the page goes without. */
async function compareForPage(
  call: Call,
  { scores, labels, table: { threshold, minSize } }: {
    readonly scores: string;
    readonly labels: string;
    readonly table: RunTable;
  },
): Promise<void> {
  const run = await runOfScores(scores);
  if (run === undefined || memoryOf(call.flags) < COMPARISON_MEMORY) return;
  const settings = {
    threshold,
    raw: join(dirname(labels), "test.tif"),
    html: "", // pictures are taken for a page
    synapses: { rule: { kind: "overlap", share: 0 }, unit: "voxels", minSize },
  } as const;
  const found = await evaluateFiles(call, scores, labels, settings);
  const page = reportPage(found, { prediction: scores, labels, settings });
  await keepEvaluation(run, found, { page, labels, caution: undefined });
}

/** The middles of the synapses in a table. */
async function centroidsIn(json: string): Promise<Zyx[]> {
  const { synapses } = JSON.parse(await Deno.readTextFile(json)) as {
    synapses: readonly { readonly x: number; readonly y: number; readonly z: number }[];
  };
  return synapses.map(({ x, y, z }) => [z, y, x]);
}

/** The middles of the planted synapses. */
async function placesOf(call: Call, labels: string): Promise<readonly Zyx[]> {
  return await withTemporaryFolder(call, labels, ["places", labels], async (folder) => {
    const truth = await openVolumeFile(call, labels, folder, "uint8");
    const { components } = await findComponents(zarrBytes(truth), undefined, { signal: call.signal });
    return components.map(({ position }) => position);
  });
}

/** Voxels that a synapse that was found may be away from the one that was planted. */
const NEAR = 5;

function matchPlaces(synapses: readonly Zyx[], places: readonly Zyx[]) {
  const isNear = (a: Zyx, b: Zyx) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) <= NEAR;
  return {
    planted: places.length,
    found: places.filter((place) => synapses.some((centroid) => isNear(centroid, place))).length,
    invented: synapses.filter((centroid) => !places.some((place) => isNear(centroid, place))).length,
  };
}
