/** Scores test volumes with a model and writes the results as files. */
import { join } from "node:path";
import { fixedThreshold, type Model, readStumpFile, sumOfAlphas } from "../boosting/mod.ts";
import type { Settings, TestSettings } from "../config/settings.ts";
import type { Dtype } from "../volume/dtype.ts";
import { voxelSizeAttribute } from "../volume/voxel_size.ts";
import { growRegion, type Region, zipAxes, type Zyx } from "../volume/region.ts";
import { type ChunkCodec, defaultChunk, setAttributes, type ZarrVolume } from "../volume/zarr/mod.ts";
import type { BlockPlan } from "../engine/mod.ts";
import { exportWithProgress } from "./export/results.ts";
import type { Probability } from "./export/slab_job.ts";
import { openRunVolume, type PlannedVolume, type RunVolume } from "./inputs.ts";
import type { FixedStump, ScoreJob } from "./job.ts";
import { FRAME_COMPONENTS, orientationChunk } from "./orientation_block.ts";
import { joinOfModel } from "./model.ts";
import { scoreBytes, scoreContext } from "./reach.ts";
import { once } from "./once.ts";
import { planStage, runBlocks, type RunContext } from "./run_context.ts";
import { assembleTestFeatures, testFeatureFileName, type TestFeaturePaths } from "./test_features.ts";
import { emptyStageFolder, stageArray, stageFolder } from "./work_folder.ts";

/** A file that a run wrote. */
export interface WrittenFile {
  /** Where it is. */
  readonly path: string;
  /** What people read. */
  readonly what: string;
}

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

/** Plans the scoring of a volume, or of a part of it that is made of whole chunks. */
export function planScore(
  context: Pick<RunContext, "resources">,
  { job, raw }: PlannedVolume,
  stumps: readonly { readonly pose: number; readonly column: number }[],
  part?: Region,
): BlockPlan {
  const poses = [...new Set(stumps.map(({ pose }) => pose))];
  const columns = new Set(stumps.map(({ column }) => column));
  const sources = new Set([...columns].map((c) => job.columns[c]?.source ?? 0));
  const options = {
    chunk: defaultChunk(raw.shape, job.anisotropy),
    context: scoreContext(job, poses, sources),
    bytesNeeded: (read: Zyx, write: Zyx) => scoreBytes(job, poses, columns, read, write),
  };
  if (part === undefined) return planStage(context, { ...options, shape: raw.shape });
  const plan = planStage(context, {
    ...options,
    shape: part.shape,
    // around a part there is more to read than in a volume of its size
    bytesNeeded: (_read, write) =>
      options.bytesNeeded(
        zipAxes(Math.min, zipAxes((n, c) => n + 2 * c, write, options.context), raw.shape),
        write,
      ),
  });
  const blocks = plan.blocks.map((block) => {
    const write = { ...block.write, start: zipAxes((at, from) => at + from, block.write.start, part.start) };
    return { ...block, write, read: growRegion(write, options.context, raw.shape) };
  });
  return { ...plan, shape: raw.shape, blocks };
}

/** Scores test volume `index` with the model in `modelPath` and exports max, min and what else was asked for. */
export async function scoreVolume(
  context: RunContext,
  test: TestSettings,
  index: number,
  modelPath: string,
): Promise<WrittenFile[]> {
  const { settings, workFolder, leastScore = null } = context;
  const volume = await openRunVolume(context, test, await joinOfModel(modelPath));
  const { job, raw } = volume;
  const model = await readStumpFile(modelPath, {
    anisotropy: job.anisotropy,
    columns: job.columns.length,
    numStumps: settings.numStumps,
  });
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
  const max = await array("max", "zstd", "float32", forSynapses);
  const min = await array("min", "zstd-small"); // hardly ever looked at
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
    min: min.target.path,
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
    plan,
    dependsOn: { dependsOn, generations, blockShape: features ? plan.blockShape : null },
  });
  const results = { max: max.target, min: min.target, orientation: orientation?.target };
  // the journal tells how many chunks there are, so that a lost one is missed
  await once(context, {
    stage: `chunks of score-${index}`,
    dependsOn: { print: finished.fingerprint },
    made: [max, min, direction, orientation].flatMap((filled) => filled?.target.path ?? []),
    run: () => Promise.resolve(null),
  });
  await noteThreshold(max.target, model);
  const written = await exportScores(context, index, results, model, finished.fingerprint);
  if (features) {
    if (!features.isUsed) {
      const files = finished.results.map(({ write }) => join(features.target, testFeatureFileName(write)));
      assembleTestFeatures(files, stumps.length, featurePaths);
      await emptyStageFolder(features.target, Object.values(featurePaths));
    }
    written.push(
      { path: featurePaths.own, what: "features with the frames as estimated" },
      { path: featurePaths.flipped, what: "features with the flipped frames" },
      { path: featurePaths.winning, what: "features with the frames that won" },
    );
  }
  return written;
}

/** Tells what reads the scores which of them the model takes for a synapse. No score depends on it, so it is no reason to score again. */
async function noteThreshold(scores: ZarrVolume, { threshold }: Model): Promise<void> {
  if (scores.attributes["threshold"] === threshold) return;
  const { threshold: _before, ...attributes } = scores.attributes;
  await setAttributes(scores, threshold === undefined ? attributes : { ...attributes, threshold });
}

interface ScoreArrays {
  readonly max: ZarrVolume;
  readonly min: ZarrVolume;
  readonly orientation: ZarrVolume | undefined;
}

async function exportScores(
  context: RunContext,
  index: number,
  { max, min, orientation }: ScoreArrays,
  model: Model,
  print: string,
): Promise<WrittenFile[]> {
  const { settings } = context;
  const prefix = `${settings.outFileName}-${index}-`;
  const extension = settings.outputPlattScaling ? "tif" : "nrrd";
  const probability = settings.outputPlattScaling ? probabilityOf(model) : null;
  const platt = settings.outputPlattScaling ? { ...model.platt } : null;
  const written: WrittenFile[] = [];
  const write = async (volume: ZarrVolume, path: string, what: string, as: typeof probability) => {
    const run = async () => {
      await exportWithProgress(context, volume, path, as);
      return null;
    };
    await once(context, { stage: `export ${path}`, dependsOn: { print, platt }, made: [path], run });
    written.push({ path, what });
  };
  await write(max, `${prefix}ab-max.${extension}`, "the result: open this one", probability);
  await write(min, `${prefix}ab-min.${extension}`, "score of the worse frame, for experiments", probability);
  if (orientation) await write(orientation, `${prefix}-predOrient.nrrd`, "orientation, e1 e2 e3", null);
  return written;
}

/** How a model's scores become probabilities. */
export function probabilityOf({ platt, stumps }: Pick<Model, "platt" | "stumps">): Probability {
  return { platt, total: sumOfAlphas(stumps) };
}

function testFeaturePaths({ outFileName }: Settings, index: number): TestFeaturePaths {
  const prefix = `${outFileName}-${index}-`;
  return {
    own: `${prefix}-testFeaturesA.bin`,
    flipped: `${prefix}-testFeaturesB.bin`,
    winning: `${prefix}testFeatures-max.bin`,
  };
}

/** The files that `scoreVolume` writes, for plans. */
export function scoreFiles(settings: Settings, index: number): string[] {
  const extension = settings.outputPlattScaling ? "tif" : "nrrd";
  return ["max", "min"].map((name) => `${settings.outFileName}-${index}-ab-${name}.${extension}`);
}
