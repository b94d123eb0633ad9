/**
 * Finds synapses in volume electron micrographs by context cue boosting (Becker et al. 2013), as functions for scripts. The command
 * line, `cli.ts`, does the same without programming; `docs/algorithm.md` says what is computed.
 *
 * Shapes and regions are `[z, y, x]` in voxels, x fastest. What a user can cause is thrown as {@linkcode UserError}.
 *
 * @example Train and score as a configuration file says
 * ```ts ignore
 * import { createReporter, loadSettings, runCcboost } from "./mod.ts";
 *
 * const report = await runCcboost({
 *   settings: await loadSettings("config.cfg", { overrides: ["numStumps=500"] }),
 *   polarity: "config",
 *   resources: { memory: 4 * 2 ** 30, workers: navigator.hardwareConcurrency },
 *   workFolder: "work",
 *   reporter: createReporter({ mode: "lines", write: (text) => Deno.stderr.writeSync(new TextEncoder().encode(text)) }),
 *   command: "my script",
 * });
 * console.log(report.files.map(({ path }) => path));
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
 * @module
 */
import { parseChannelName } from "./src/channels/mod.ts";
import { loadSettings as loadSettingsFile, type Settings } from "./src/config/settings.ts";

export { evaluate, type EvaluateOptions, type Evaluation } from "./src/analysis/evaluate.ts";
export type { LabelCounts } from "./src/analysis/runs.ts";
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
  type Model,
  type PlattScaling,
  readStumpFile,
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
  type Settings,
  type SupervoxelSettings,
  type TestSettings,
  type TrainSettings,
  type Xyz,
} from "./src/config/settings.ts";
export { UserError } from "./src/config/user_error.ts";
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
export {
  type Component,
  type ComponentOptions,
  type Components,
  findComponents,
  type Neighbours,
} from "./src/stages/components.ts";
export { type ConversionPart, type ConvertOptions, convertVolume } from "./src/stages/convert.ts";
export { erodeDilate, type ErodeDilateOptions } from "./src/stages/erode_dilate.ts";
export { type ExportOptions, exportVolume } from "./src/stages/export.ts";
export {
  planCcboost,
  type PlanReport,
  runCcboost,
  type RunOptions,
  type RunReport,
} from "./src/stages/run.ts";
export type { Resources } from "./src/stages/run_context.ts";
export type { PlannedStage } from "./src/stages/plan_run.ts";
export type { WrittenFile } from "./src/stages/score.ts";
export { type Fault, type VerifyOptions, type VerifyReport, verifyWorkFolder } from "./src/stages/verify.ts";
export { version } from "./src/version.ts";
export type { Region, Zyx } from "./src/volume/region.ts";
export type { VoxelSize } from "./src/volume/voxel_size.ts";
export {
  type ChunkCodec,
  type Dtype,
  openZarr,
  readRegion,
  type Voxels,
  type ZarrVolume,
} from "./src/volume/zarr.ts";

/**
 * Reads and checks a configuration file.
 *
 * @param path the file's path; relative paths in it, and in overrides, start from its folder
 * @param options `overrides`: `key=value` texts put over the file's settings one after the other, such as `svox.seed=3`
 * @returns the settings with defaults filled in and absolute paths; docs/settings.md lists all keys
 * @throws {UserError} for what is wrong with the file, all of it at once
 */
export function loadSettings(
  path: string,
  options: { readonly overrides?: readonly string[] } = {},
): Promise<Settings> {
  return loadSettingsFile(path, {
    ...options,
    isKnownChannel: (stem) => parseChannelName(stem) !== undefined,
  });
}
export type { FragmentJoin } from "./src/supervoxels/grid.ts";
