/**
 * Functions for scripts: finds synapses in electron microscopy volumes by context cue boosting (Becker et al. 2013). The command
 * line, `cli.ts`, does the same without programming. `docs/scripts.md` says how to import this module from another folder,
 * `docs/algorithm.md` what is computed.
 *
 * Shapes, regions and positions are `[z, y, x]` in voxels, x fastest; directions and everything in a configuration are `x, y, z`.
 * Errors that a user can cause are thrown as {@linkcode UserError}. Functions that take long have the options `memory`,
 * `progress` and `signal` ({@linkcode WorkOptions}).
 *
 * In the order of the work: settings, a job, its scores, the table of synapses, the comparison with ground truth; volumes of
 * other programs.
 *
 * @example The whole way: train, score, list synapses, compare
 * ```ts
 * import { convertVolume, evaluate, findSynapses, loadSettings, openZarr, score, train, writeSynapseCsv } from "./mod.ts";
 * import { writeDemo } from "./fixtures/generate.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await writeDemo(folder, { shape: [48, 64, 64], anisotropy: 1, seed: 1 });
 *
 * const settings = await loadSettings(`${folder}/demo.cfg`, { overrides: ["numStumps=30"] });
 * const { model } = await train(settings, { memory: "1GiB" });
 * const { scores: [path = ""] } = await score(settings, model, { memory: "1GiB" });
 *
 * const scores = await openZarr(path);
 * const table = await findSynapses(scores);
 * assert.ok(table.synapses.length > 0 && table.hasDirections);
 * writeSynapseCsv(`${folder}/synapses.csv`, table);
 *
 * const labels = await convertVolume(`${folder}/test-labels.tif`, `${folder}/labels.zarr`);
 * const { averagePrecision } = await evaluate(scores, labels);
 * assert.ok(averagePrecision > 0.3);
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @example Settings: from an object instead of a file
 * ```ts
 * import { createSettings, formatSettings } from "./mod.ts";
 * import { writeDemo } from "./fixtures/generate.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await writeDemo(folder, { shape: [48, 64, 64], anisotropy: 1, seed: 1 });
 * const settings = createSettings({
 *   outFileName: "out",
 *   numStumps: 300,
 *   train: { rawVolume: "train.tif", groundTruth: "train-labels.tif", ccPolarity: [] },
 *   test: [{ rawVolume: "test.tif" }],
 * }, { folder });
 * assert.match(formatSettings(settings), /numStumps = 300;/);
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @example A job: what it would take, and how far it is
 * ```ts
 * import { loadSettings, plan, train } from "./mod.ts";
 * import { writeDemo } from "./fixtures/generate.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await writeDemo(folder, { shape: [48, 64, 64], anisotropy: 1, seed: 1 });
 * const settings = await loadSettings(`${folder}/demo.cfg`, { overrides: ["numStumps=10"] });
 * const { stages } = await plan(settings, { memory: "1GiB", workers: 2 });
 * assert.ok(stages.some(({ blocks }) => blocks > 0));
 *
 * const finished = new Set<string>();
 * await train(settings, {
 *   memory: "1GiB",
 *   progress(told) {
 *     if (told.kind === "stage" && told.done === told.total) finished.add(told.stage);
 *   },
 * });
 * assert.ok(finished.size > 3);
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @example Synapses: of scores in memory
 * ```ts
 * import { arraySink, arraySource, findSynapses } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * const numbers = new Uint32Array(6);
 * const scores = arraySource("scores", Float32Array.of(3, 3, 0, 0, 0, 2), [1, 1, 6]);
 * const labels = arraySink(numbers, [1, 1, 6]);
 * const { synapses } = await findSynapses(scores, { threshold: 1, minSize: 1, labels });
 * assert.deepEqual(synapses.map(({ centroid }) => centroid), [[0, 0, 0.5], [0, 0, 5]]);
 * assert.deepEqual([...numbers], [1, 1, 0, 0, 0, 2]);
 * ```
 *
 * @example Comparison: whole synapses
 * ```ts
 * import { arraySource, evaluateSynapses } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * const scores = arraySource("scores", Float32Array.of(3, 3, 0, 0, 0, 2), [1, 1, 6]);
 * const labels = arraySource("labels", Uint8Array.of(0, 255, 255, 0, 0, 0), [1, 1, 6]);
 * const { detected, missed, falsePositives } = await evaluateSynapses(scores, labels, { threshold: 1 });
 * assert.deepEqual([detected, missed, falsePositives], [1, 0, 1]);
 * ```
 *
 * @example Volumes: read any format, write one that viewers open
 * ```ts
 * import { convertVolume, describeVolumeFile, exportVolume, readRegion } from "./mod.ts";
 * import { writeDemo } from "./fixtures/generate.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await writeDemo(folder, { shape: [48, 64, 64], anisotropy: 1, seed: 1 });
 * assert.equal((await describeVolumeFile(`${folder}/test.tif`)).format, "tiff");
 *
 * const raw = await convertVolume(`${folder}/test.tif`, `${folder}/test.zarr`);
 * const slice = new Uint8Array(64 * 64);
 * await readRegion(raw, { start: [10, 0, 0], shape: [1, 64, 64] }, slice);
 * assert.ok(new Set(slice).size > 10);
 * const { levels } = await exportVolume(raw, `${folder}/test.ome.zarr`, { voxelSize: [8, 8, 8] });
 * assert.ok(levels >= 1);
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @module
 */

// Settings: what to do, from a configuration file or an object.
export { createSettings, loadSettings } from "./src/library/settings.ts";
export {
  type ChannelSource,
  type CleftPolarity,
  formatSettings,
  type OrientationSource,
  type RescaleSetting,
  type Settings,
  type SettingValue,
  type SettingValues,
  type SmoothingSetting,
  type SupervoxelSettings,
  type TestSettings,
  type TrainSettings,
  type Xyz,
} from "./src/config/settings.ts";

// Jobs: train, score, and what is left in their work folder.
export { type JobOptions, type JobReport, plan, run, score, train } from "./src/library/train_and_score.ts";
export type { Progress, WorkOptions } from "./src/library/work_options.ts";
export type { PlannedStage, PlannedTraining, PlanReport } from "./src/stages/plan_run.ts";
export { verifyWorkFolder } from "./src/library/verify.ts";
export type { Fault, VerifyReport } from "./src/run/verify.ts";

// Synapses: from scores to a table, and its files.
export { findSynapses, type FindSynapsesOptions } from "./src/library/synapses.ts";
export type { SynapseList, SynapseTable, TableReview } from "./src/stages/synapses/synapses.ts";
export type { ReviewMark } from "./src/stages/synapses/review/reviewed_plan.ts";
export type { PrecisionEstimate, ReviewProgress } from "./src/stages/synapses/review/sample.ts";
export type { Direction, Synapse } from "./src/analysis/synapse.ts";
export { type Quartiles, summariseSynapses, type SynapseSummary } from "./src/analysis/synapse_summary.ts";
export { writeSynapseCsv, writeSynapseJson } from "./src/stages/synapses/synapse_files.ts";
export { writeAnnotations } from "./src/stages/synapses/neuroglancer_annotations.ts";

// Comparison with ground truth, by voxel and by synapse; ground truth itself.
export {
  evaluate,
  type EvaluateOptions,
  evaluateSynapses,
  type EvaluateSynapsesOptions,
  type SynapseEvaluation,
  type WrongSynapse,
} from "./src/library/evaluation.ts";
export {
  type Component,
  type Components,
  erodeDilate,
  findComponents,
  type FindComponentsOptions,
} from "./src/library/ground_truth.ts";
export type { Evaluation } from "./src/analysis/evaluate.ts";
export type { BestThreshold, RankingMeasures } from "./src/analysis/score_curve.ts";
export type { ThresholdMeasures } from "./src/analysis/threshold_measures.ts";
export type { MatchRule, SynapsePair } from "./src/analysis/synapse_match.ts";

// Volumes: on disk as Zarr arrays, from and to other formats, and in memory.
export {
  type ChunkCodec,
  createZarr,
  type CreateZarrOptions,
  type Dtype,
  openZarr,
  readRegion,
  type Voxels,
  writeRegion,
  type ZarrVolume,
} from "./src/volume/zarr/mod.ts";
export { arraySink, arraySource, type VoxelSink, type VoxelSource } from "./src/analysis/voxel_source.ts";
export {
  type ConvertOptions,
  convertVolume,
  type ExportOptions,
  exportVolume,
} from "./src/library/volumes.ts";
export type { Exported } from "./src/stages/export/export.ts";
export { describeVolumeFile, type VolumeDescription, type VolumeFormat } from "./src/volume/open.ts";
export type { SourceDtype } from "./src/volume/dtype.ts";
export type { Region, Zyx } from "./src/volume/region.ts";
export type { VoxelSize } from "./src/volume/voxel_size.ts";

// Errors and the version.
export { UserError, type UserErrorCode, type UserErrorOptions } from "./src/user_error.ts";
export { version } from "./src/version.ts";
