/** Scores test volumes with a model and writes the results as files. */
import { join } from "node:path";
import { fixedThreshold, type Model, readStumpFile } from "../../boosting/mod.ts";
import type { TestSettings } from "../../config/settings.ts";
import { voxelSizeAttribute } from "../../volume/voxel_size.ts";
import type { Region, Zyx } from "../../volume/region.ts";
import { defaultChunk } from "../../volume/zarr/mod.ts";
import type { BlockPlan } from "../../engine/mod.ts";
import { exportScores } from "./export_scores.ts";
import { openRunVolume, type PlannedVolume, type RunVolume } from "../inputs.ts";
import type { FixedStump } from "../../block/volume_job.ts";
import type { ScoreJob } from "../stage_jobs.ts";
import { FRAME_COMPONENTS, orientationChunk } from "../../block/orientation_block.ts";
import { learntWith } from "../model.ts";
import { scoreBytes, scoreContext } from "../../block/reach.ts";
import { once } from "../../run/once.ts";
import { poseExtent } from "../../block/context/pose_reach.ts";
import { planStageOf } from "../../run/part_plan.ts";
import { blocksOf, type BlocksOfScores, scoreLayout, stageScores } from "../export/level_arrays.ts";
import { type FinalScores, finalScores } from "../refine/refine.ts";
import { noteThreshold, refineVolume } from "./refine_volume.ts";
import { runBlocks } from "../../run/run_blocks.ts";
import type { RunContext } from "../../run/run_context.ts";
import { listSynapses, type RunTable } from "../synapses/run_synapses.ts";
import { testFeaturePaths, writesWorseFrame, type WrittenFile } from "./score_files.ts";
import { assembleTestFeatures } from "./test_features.ts";
import { emptyStageFolder, stageArray, stageFolder } from "../../run/work_folder.ts";
import { blockOutputs } from "../block_outputs.ts";
import { blockFileName } from "../../run/block_files.ts";

/** Stumps as the kernels compare them: thresholds as whole numbers of each column's fixed point, the sign in alpha. */
export function fixedStumps(
  { stumps }: Pick<Model, "stumps">,
  { job }: Pick<RunVolume, "job">,
): FixedStump[] {
  return stumps.map(({ pose, column, threshold, invert, alpha }) => {
    const details = job.columns[column];
    if (!details) throw new Error(`column ${column} is missing`);
    // training's thresholds lie between two whole numbers; those of others are moved there, by half a step at most of 65535
    const leastMean = Math.floor(fixedThreshold(threshold, details) + 0.5);
    return { pose, column, leastMean, alpha: invert ? -alpha : alpha };
  });
}

/** What of a volume is scored, and how. */
export interface PartOptions extends Partial<BlocksOfScores> {
  /** Default: all of it. */
  readonly parts?: readonly Region[];
}

/** Plans the scoring of a volume, or of parts of it that are made of whole chunks. */
export function planScore(
  context: Pick<RunContext, "resources">,
  { job, raw }: PlannedVolume,
  stumps: readonly { readonly pose: number; readonly column: number }[],
  { parts, chunk = defaultChunk(raw.shape, job.anisotropy), bytesBeside = () => 0 }: PartOptions = {},
): BlockPlan {
  const poses = [...new Set(stumps.map(({ pose }) => pose))];
  const extent = poseExtent(poses, job.anisotropy);
  const columns = new Set(stumps.map(({ column }) => column));
  const sources = new Set([...columns].map((c) => job.columns[c]?.source ?? 0));
  const options = {
    shape: raw.shape,
    chunk,
    context: scoreContext(job, poses, sources),
    bytesNeeded: (read: Zyx, write: Zyx, threads: number) =>
      scoreBytes(job, extent, columns, read, write, threads) + bytesBeside(write),
    isShared: true,
  };
  return planStageOf(context, parts, options);
}

/** What scoring a volume leaves. */
export interface ScoredVolume {
  readonly files: WrittenFile[];
  /** Its synapses, where they are listed. */
  readonly table: RunTable | undefined;
}

/** Scores test volume `index` with the model in `modelPath`, exports the final score and what else was asked for, and lists the synapses. */
export async function scoreVolume(
  context: RunContext,
  test: TestSettings,
  index: number,
  modelPath: string,
): Promise<ScoredVolume> {
  const { settings, workFolder } = context;
  const volume = await openRunVolume(context, test, await learntWith(modelPath));
  const { job, raw } = volume;
  const model = await readStumpFile(modelPath, {
    anisotropy: job.anisotropy,
    columns: job.columns.length,
    numStumps: settings.numStumps,
  });
  const final = finalScores(model, settings);
  const leastScore = leastScoreOf(context, final);
  const stumps = fixedStumps(model, volume);
  const { saveTestingFeatures } = settings.extra;
  const { outputOrientationEstimate } = settings;
  const early = leastScore === null ? {} : { leastScore };
  const dependsOn = {
    volume: volume.identity,
    stumps,
    saveTestingFeatures,
    outputOrientationEstimate,
    ...early,
  };
  const attributes = voxelSizeAttribute(raw.voxelSize);
  const { shape } = raw;
  const layout = scoreLayout(settings, raw, job.anisotropy);
  const { chunk, shard } = layout;
  const folder = join(workFolder, "scores");
  const scores = (name: string, isResult: boolean, more = {}) =>
    stageScores(context, `${index}-${name}`, {
      dependsOn,
      layout,
      isResult,
      shape,
      attributes: { ...attributes, ...more },
    });
  const forSynapses = { direction: `${index}-direction.zarr`, anisotropy: job.anisotropy, ...early };
  const { refinement } = final;
  const max =
    await (refinement ? scores("first", settings.outputFirstStage) : scores("max", true, forSynapses));
  const min = writesWorseFrame(settings, refinement !== undefined) ? await scores("min", true) : undefined;
  const direction = await stageArray(join(folder, `${index}-direction.zarr`), dependsOn, {
    shape,
    chunk,
    shard,
    dtype: "uint32",
    codec: "zstd-small",
    attributes,
  });
  const orientation = outputOrientationEstimate
    ? await stageArray(join(folder, `${index}-orientation.zarr`), dependsOn, {
      shape,
      chunk: orientationChunk(chunk),
      dtype: "float32",
      components: FRAME_COMPONENTS,
      attributes,
    })
    : undefined;
  const filled = [max, direction, ...(min ? [min] : [])].map(({ target }) => target);
  const plan = planScore(context, volume, stumps, blocksOf(layout, filled));
  const featurePaths = testFeaturePaths(settings, index);
  const features = saveTestingFeatures
    ? await stageFolder(
      join(folder, `${index}-features`),
      { dependsOn, blockShape: plan.blockShape },
      Object.values(featurePaths),
    )
    : undefined;
  const scoreJob: ScoreJob = {
    stage: "score",
    volume: job,
    stumps,
    leastScore,
    max: max.target.path,
    min: min?.target.path ?? "",
    levels: { max: max.levels, min: min?.levels ?? [] },
    direction: direction.target.path,
    orientation: orientation?.target.path ?? "",
    features: features?.target ?? "",
  };
  const generations = [
    ...[max, min, direction, orientation, features].map((filled) => filled?.generation ?? null),
    ...max.generations,
    ...min?.generations ?? [],
  ];
  const finished = await runBlocks(context, {
    name: `score-${index}`,
    title: `score ${index}`,
    job: scoreJob,
    outputs: blockOutputs(scoreJob),
    plan,
    dependsOn: { dependsOn, generations, blockShape: features ? plan.blockShape : null },
  });
  const refined = refinement &&
    await refineVolume(context, volume, {
      index,
      refinement,
      scored: max.target,
      fingerprint: finished.fingerprint,
      layout,
      attributes: { ...attributes, ...forSynapses },
    });
  const results = { max: refined?.scores ?? max, min, orientation: orientation?.target, first: max };
  // the journal tells how many chunks there are, so that a lost one is missed
  await once(context, {
    stage: `chunks of score-${index}`,
    dependsOn: { print: finished.fingerprint },
    made: [
      ...[max, min, direction, orientation].flatMap((filled) => filled?.target.path ?? []),
      ...[...max.levels, ...min?.levels ?? []].map(({ path }) => path),
    ],
    run: () => Promise.resolve(null),
  });
  await noteThreshold(results.max.target, final);
  const fingerprint = refined?.fingerprint ?? finished.fingerprint;
  const written = await exportScores(context, index, results, {
    final,
    fingerprint,
    layout,
    anisotropy: job.anisotropy,
    voxelSize: raw.voxelSize,
  });
  if (features) {
    if (!features.isUsed) {
      const files = finished.results.map(({ write }) =>
        join(features.target, blockFileName(write, "features"))
      );
      assembleTestFeatures(files, stumps.length, featurePaths);
      await emptyStageFolder(features.target, Object.values(featurePaths));
    }
    written.push(
      { path: featurePaths.own, what: "features with the estimated frames" },
      { path: featurePaths.flipped, what: "features with the flipped frames" },
      { path: featurePaths.winning, what: "features with the frames that won" },
    );
  }
  const table = settings.outputSynapses
    ? await listSynapses(context, {
      index,
      scores: results.max.target,
      threshold: final.threshold,
      leastScore,
      anisotropy: job.anisotropy,
      voxelSize: raw.voxelSize,
      labelledVoxels: model.labelledVoxels,
      dependsOn: { scores: fingerprint, directions: finished.fingerprint },
    })
    : undefined;
  if (table) {
    written.push(
      { path: table.csv, what: "the table of synapses" },
      { path: table.json, what: "the same with a summary" },
    );
  }
  return { files: written, table };
}

/** Below which score a supervoxel may be skipped; where the surroundings of scores matter, none may. */
function leastScoreOf({ leastScore, reporter }: RunContext, { refinement }: FinalScores): number | null {
  if (leastScore === undefined || refinement === undefined) return leastScore ?? null;
  reporter.warn(
    "--early-exit is ignored, because the second stage or smoothing needs every score; to use it, set autoContext = false and smoothing = 0",
  );
  return null;
}
