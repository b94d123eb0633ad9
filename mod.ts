/**
 * Finds synapses in volume electron micrographs by context cue boosting (Becker et al. 2013), as functions for scripts. The command
 * line, `cli.ts`, does the same without programming; `docs/algorithm.md` says what is computed.
 *
 * Shapes and regions are `[z, y, x]` in voxels, x fastest. What a user can cause is thrown as {@linkcode UserError}.
 *
 * @example The whole way: train, score, evaluate, list synapses
 * ```ts
 * import {
 *   convertVolume,
 *   directionSource,
 *   evaluate,
 *   findSynapses,
 *   loadSettings,
 *   openZarr,
 *   score,
 *   train,
 *   zarrBytes,
 *   zarrScores,
 * } from "./mod.ts";
 * import { writeDemo } from "./fixtures/generate.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await writeDemo(folder, { shape: [48, 64, 64], anisotropy: 1, seed: 1 });
 *
 * const settings = await loadSettings(`${folder}/demo.cfg`, { overrides: ["numStumps=30"] });
 * const { model } = await train(settings, { memory: 2 ** 30 });
 * const { workFolder } = await score(settings, model, { memory: 2 ** 30 });
 *
 * const scores = await openZarr(`${workFolder}/scores/0-max.zarr`);
 * const labels = await convertVolume(`${folder}/test-labels.tif`, `${folder}/labels.zarr`, { dtype: "uint8", anisotropy: 1 });
 * const { averagePrecision, bestF1 } = await evaluate(zarrScores(scores), zarrBytes(labels));
 * assert.ok(averagePrecision > 0.3);
 *
 * const directions = directionSource(await openZarr(`${workFolder}/scores/0-direction.zarr`));
 * const { synapses } = await findSynapses(zarrScores(scores), { threshold: bestF1.threshold, directions });
 * assert.ok(synapses.length > 0);
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @example Compare scores with ground truth
 * ```ts
 * import { arraySource, evaluate } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * const scores = arraySource("scores", Float32Array.of(0.9, 0.8, 0.3, -0.5), [1, 2, 2]);
 * const labels = arraySource("labels", Uint8Array.of(255, 0, 255, 0), [1, 2, 2]);
 * const { averagePrecision } = await evaluate(scores, labels);
 * assert.equal(averagePrecision, (1 / 1 + 2 / 3) / 2);
 * ```
 *
 * @example Judge whole synapses
 * ```ts
 * import { arraySource, evaluateSynapses } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * const scores = arraySource("scores", Float32Array.of(3, 3, 0, 0, 0, 2), [1, 1, 6]);
 * const labels = arraySource("labels", Uint8Array.of(0, 255, 255, 0, 0, 0), [1, 1, 6]);
 * const folder = await Deno.makeTempDir();
 * const found = await evaluateSynapses(scores, labels, { threshold: 1, folder });
 * assert.deepEqual([found.detected, found.missed, found.invented], [1, 0, 1]);
 * assert.deepEqual(found.inventions.map(({ position }) => position), [[0, 0, 5]]);
 * await Deno.remove(folder);
 * ```
 *
 * @module
 */
export { evaluate, type EvaluateOptions, type Evaluation } from "./src/analysis/evaluate.ts";
export type { CandidatePair } from "./src/analysis/match_pairs.ts";
export type { SynapseFigures } from "./src/analysis/synapse_figures.ts";
export type { MatchRule, SynapsePair } from "./src/analysis/synapse_match.ts";
export type { ThresholdMeasures } from "./src/analysis/threshold_measures.ts";
export type { LabelCounts } from "./src/analysis/runs.ts";
export type { Clipped } from "./src/volume/value_map.ts";
export type { BestThreshold, RankingMeasures } from "./src/analysis/score_curve.ts";
export {
  arraySink,
  arraySource,
  type RunControl,
  type VoxelSink,
  type VoxelSource,
  zarrBytes,
  zarrScores,
  zarrSink,
} from "./src/analysis/voxel_source.ts";
export {
  type AutoContext,
  type Calibration,
  type ContextSpace,
  type ContextTree,
  type Model,
  type PlattScaling,
  readStumpFile,
  type Refinement,
  type Smoothing,
  type Stump,
  type StumpFileOptions,
  writeStumpFile,
} from "./src/boosting/mod.ts";
export {
  type ChannelSource,
  type CleftPolarity,
  type ExtraSettings,
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
export { UserError } from "./src/user_error.ts";
export {
  createReporter,
  type DisplayOptions,
  type Json,
  type Reporter,
  type ReporterOptions,
  type ReportMode,
  type StageAmount,
  type StageProgress,
  type Unit,
} from "./src/engine/mod.ts";
export { type JobOptions, run, score, train } from "./src/library/job.ts";
export { createSettings, loadSettings } from "./src/library/settings.ts";
export type { RowRun } from "./src/analysis/component_table.ts";
export type { Direction, Synapse } from "./src/analysis/synapse.ts";
export { type Quartiles, summariseSynapses, type SynapseSummary } from "./src/analysis/synapse_summary.ts";
export {
  type Component,
  type ComponentOptions,
  type Components,
  findComponents,
  type Neighbours,
} from "./src/stages/components.ts";
export { type ConversionPart, type ConvertOptions, convertVolume } from "./src/stages/convert/convert.ts";
export { type DirectionSource, directionSource } from "./src/stages/synapses/directions.ts";
export {
  evaluateSynapses,
  type EvaluateSynapsesOptions,
  type SynapseEvaluation,
  type WrongSynapse,
} from "./src/stages/synapses/evaluate_synapses.ts";
export { erodeDilate, type ErodeDilateOptions } from "./src/stages/erode_dilate.ts";
export { type Exported, type ExportOptions, exportVolume } from "./src/stages/export/export.ts";
export type { ViewOptions } from "./src/stages/export/view.ts";
export type { PyramidKind } from "./src/volume/zarr/ome_metadata.ts";
export {
  planCcboost,
  type PlanReport,
  runCcboost,
  type RunOptions,
  type RunReport,
} from "./src/stages/run.ts";
export type { Resources } from "./src/run/plan_stage.ts";
export type { PlannedStage } from "./src/stages/plan_run.ts";
export type { WrittenFile } from "./src/stages/score/score_files.ts";
export { findSynapses, type SynapseOptions, type SynapseTable } from "./src/stages/synapses/synapses.ts";
export { writeSynapseCsv, writeSynapseJson } from "./src/stages/synapses/synapse_files.ts";
export { writeAnnotations } from "./src/stages/synapses/neuroglancer_annotations.ts";
export { type Fault, type VerifyOptions, type VerifyReport, verifyWorkFolder } from "./src/run/verify.ts";
export { version } from "./src/version.ts";
export type { SourceDtype } from "./src/volume/dtype.ts";
export {
  describeVolumeFile,
  type RowFormat,
  type VolumeDescription,
  type VolumeFormat,
} from "./src/volume/open.ts";
export type { Region, Zyx } from "./src/volume/region.ts";
export type { VoxelSize } from "./src/volume/voxel_size.ts";
export {
  type ChunkCodec,
  type Dtype,
  openZarr,
  readRegion,
  type Voxels,
  type ZarrVolume,
} from "./src/volume/zarr/mod.ts";

export type { FragmentJoin } from "./src/supervoxels/grid.ts";
