/** Scores test volumes with a model and writes the results as files. */
import { join } from "node:path";
import {
  type Calibration,
  fixedThreshold,
  type Model,
  readStumpFile,
  type Refinement,
} from "../../boosting/mod.ts";
import type { TestSettings } from "../../config/settings.ts";
import type { Dtype } from "../../volume/dtype.ts";
import { voxelSizeAttribute } from "../../volume/voxel_size.ts";
import type { Region, Zyx } from "../../volume/region.ts";
import { type ChunkCodec, defaultChunk, setAttributes, type ZarrVolume } from "../../volume/zarr/mod.ts";
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
import { type FinalScores, finalScores, refineScores } from "../refine/refine.ts";
import { runBlocks } from "../../run/run_blocks.ts";
import type { RunContext } from "../../run/run_context.ts";
import { listSynapses, type RunTable } from "../synapses/run_synapses.ts";
import { testFeaturePaths, writesWorseFrame, type WrittenFile } from "./score_files.ts";
import { assembleTestFeatures } from "./test_features.ts";
import { emptyStageFolder, type Filled, stageArray, stageFolder } from "../../run/work_folder.ts";
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
export interface PartOptions {
  /** Default: all of it. */
  readonly parts?: readonly Region[];
  /** Chunks of the array that is written. */
  readonly chunk?: Zyx;
}

/** Plans the scoring of a volume, or of parts of it that are made of whole chunks. */
export function planScore(
  context: Pick<RunContext, "resources">,
  { job, raw }: PlannedVolume,
  stumps: readonly { readonly pose: number; readonly column: number }[],
  { parts, chunk = defaultChunk(raw.shape, job.anisotropy) }: PartOptions = {},
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
      scoreBytes(job, extent, columns, read, write, threads),
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
  const chunk = defaultChunk(shape, job.anisotropy);
  const folder = join(workFolder, "scores");
  const array = (name: string, codec: ChunkCodec, dtype: Dtype = "float32", more = {}) =>
    stageArray(join(folder, `${index}-${name}.zarr`), dependsOn, {
      shape,
      chunk,
      dtype,
      codec,
      attributes: { ...attributes, ...more },
    });
  const forSynapses = { direction: `${index}-direction.zarr`, anisotropy: job.anisotropy };
  const { refinement } = final;
  const max = await array(refinement ? "first" : "max", "zstd", "float32", refinement ? {} : forSynapses);
  const min = writesWorseFrame(settings, refinement !== undefined) ? await array("min", "zstd") : undefined;
  const direction = await array("direction", "zstd-small", "uint32");
  const orientation = outputOrientationEstimate
    ? await stageArray(join(folder, `${index}-orientation.zarr`), dependsOn, {
      shape,
      chunk: orientationChunk(chunk),
      dtype: "float32",
      components: FRAME_COMPONENTS,
      attributes,
    })
    : undefined;
  const plan = planScore(context, volume, stumps);
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
    direction: direction.target.path,
    orientation: orientation?.target.path ?? "",
    features: features?.target ?? "",
  };
  const generations = [max, min, direction, orientation, features].map((filled) =>
    filled?.generation ?? null
  );
  const finished = await runBlocks(context, {
    name: `score-${index}`,
    title: `score ${index}`,
    job: scoreJob,
    outputs: blockOutputs(scoreJob),
    plan,
    dependsOn: { dependsOn, generations, blockShape: features ? plan.blockShape : null },
  });
  const refined = refinement &&
    await refine(context, volume, {
      index,
      refinement,
      scored: max,
      fingerprint: finished.fingerprint,
      forSynapses,
    });
  const results = {
    max: refined?.volume ?? max.target,
    min: min?.target,
    orientation: orientation?.target,
    first: max.target,
  };
  // the journal tells how many chunks there are, so that a lost one is missed
  await once(context, {
    stage: `chunks of score-${index}`,
    dependsOn: { print: finished.fingerprint },
    made: [max, min, direction, orientation].flatMap((filled) => filled?.target.path ?? []),
    run: () => Promise.resolve(null),
  });
  await noteThreshold(results.max, final);
  const fingerprint = refined?.fingerprint ?? finished.fingerprint;
  const written = await exportScores(context, index, results, final, fingerprint);
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
      scores: results.max,
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

async function refine(
  context: RunContext,
  volume: RunVolume,
  { index, refinement, scored, fingerprint, forSynapses }: {
    readonly index: number;
    readonly refinement: Refinement;
    readonly scored: Filled<ZarrVolume>;
    readonly fingerprint: string;
    readonly forSynapses: Record<string, unknown>;
  },
): Promise<{ volume: ZarrVolume; fingerprint: string }> {
  const { raw, job } = volume;
  const dependsOn = { scores: fingerprint, refinement };
  const { target, generation } = await stageArray(
    join(context.workFolder, "scores", `${index}-max.zarr`),
    dependsOn,
    {
      shape: raw.shape,
      chunk: defaultChunk(raw.shape, job.anisotropy),
      dtype: "float32",
      codec: "zstd",
      attributes: { ...voxelSizeAttribute(raw.voxelSize), ...forSynapses },
    },
  );
  const refined = await refineScores(context, volume, {
    name: `refine-${index}`,
    title: `refine ${index}`,
    refinement,
    first: scored.target,
    out: target,
    dependsOn: { dependsOn, generation },
  });
  await once(context, {
    stage: `chunks of refine-${index}`,
    dependsOn: { print: refined.fingerprint },
    made: [target.path],
    run: () => Promise.resolve(null),
  });
  return { volume: target, fingerprint: refined.fingerprint };
}

/** Tells what reads the scores which of them the model takes for a synapse. No score depends on it, so it is no reason to score again. */
async function noteThreshold(scores: ZarrVolume, { threshold }: Calibration): Promise<void> {
  if (scores.attributes["threshold"] === threshold) return;
  const { threshold: _before, ...attributes } = scores.attributes;
  await setAttributes(scores, threshold === undefined ? attributes : { ...attributes, threshold });
}
