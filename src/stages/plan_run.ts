/** What a run would do, from the headers of its inputs alone: nothing is written. */
import { distinctPose, POSE_COUNT } from "../boosting/mod.ts";
import type { Settings, TestSettings } from "../config/settings.ts";
import type { BlockPlan } from "../engine/mod.ts";
import { describeVolumeFile } from "../volume/open.ts";
import { voxelCount, type Zyx } from "../volume/region.ts";
import { defaultChunk } from "../volume/zarr/mod.ts";
import { partToScore } from "./training/best_threshold.ts";
import { columnsOf, type ColumnSource } from "./columns.ts";
import { planGather } from "./training/gather.ts";
import { slicSettings } from "./inputs.ts";
import type { VolumeJob } from "./job.ts";
import { lookAtInputs } from "./look_at_inputs.ts";
import { loadModel, modelPath, usesSavedModel } from "./model.ts";
import { drawPool } from "./training/pool_poses.ts";
import type { Resources } from "./run_context.ts";
import { planSamples } from "./training/samples.ts";
import { planScore, scoreFiles } from "./score.ts";

/** One stage of a run. */
export interface PlannedStage {
  /** What people read. */
  readonly name: string;
  /** How many there are. */
  readonly blocks: number;
  /** Shape of a block's write region. */
  readonly blockShape?: Zyx;
  /** Voxels read over voxels written. */
  readonly readRatio?: number;
  /** Bytes that the most demanding block needs. */
  readonly bytesPerWorker: number;
  /** Voxels written; 0 where a stage counts something else. */
  readonly voxels: number;
}

/** What a run would do and take. */
export interface PlanReport {
  /** In the order in which they run. */
  readonly stages: readonly PlannedStage[];
  /** What a run leaves on disk at most, before compression, and the feature matrix that it keeps while it trains. */
  readonly disk: readonly { readonly what: string; readonly bytes: number }[];
}

/** Bytes of the model file a stump. */
const STUMP_BYTES = 240;

/** Bytes a value of the matrix while it is gathered (16 bits) and binned (8 bits). */
const GATHER_BYTES = 3;

/**
 * Plans a run.
 * @throws {UserError} where an input cannot be read or the memory is too small
 */
export async function planCcboost(
  { settings, resources }: { readonly settings: Settings; readonly resources: Resources },
): Promise<PlanReport> {
  const context = { settings, resources };
  await lookAtInputs({ settings, resources, learns: !usesSavedModel(settings) });
  const stages: PlannedStage[] = [];
  const disk: { what: string; bytes: number }[] = [];
  const converted = new Set<string>();
  const convert = (path: string, voxels: number) => {
    if (converted.has(path)) return;
    converted.add(path);
    disk.push({ what: `Zarr copy of ${path}`, bytes: voxels });
    stages.push({ name: `convert ${path}`, blocks: 1, bytesPerWorker: 0, voxels });
  };
  const add = (name: string, plan: BlockPlan) => {
    const { blocks, blockShape, readRatio, bytesPerWorker } = plan;
    stages.push({
      name,
      blocks: blocks.length,
      blockShape,
      readRatio,
      bytesPerWorker,
      voxels: blocks.reduce((sum, { write }) => sum + voxelCount(write.shape), 0),
    });
  };
  if (settings.train) {
    const volume = await describeJob(context, settings.train);
    const voxels = voxelCount(volume.raw.shape);
    convert(settings.train.rawVolume, voxels);
    convert(settings.train.groundTruth, voxels);
    add("samples", planSamples(context, volume));
    const poses = drawPool(settings.seed, settings.candidatePoses);
    add("gather", planGather(context, volume, { kind: "pool", poses }, settings.maxTrainingSamples));
    const candidates = poses.length * volume.job.columns.length;
    stages.push({ name: "boost", blocks: 1, bytesPerWorker: 0, voxels: 0 });
    disk.push({
      what: "feature matrix while training, at most",
      bytes: candidates * settings.maxTrainingSamples * GATHER_BYTES,
    });
    const part = partToScore(volume.raw.shape, defaultChunk(volume.raw.shape, volume.job.anisotropy), []);
    add("threshold", planScore(context, volume, allFeatures(volume), part));
    disk.push({ what: modelPath(settings), bytes: settings.numStumps * STUMP_BYTES });
  }
  for (const [index, test] of settings.test.entries()) {
    const volume = await describeJob(context, test);
    const voxels = voxelCount(volume.raw.shape);
    convert(test.rawVolume, voxels);
    add(`score ${index}`, planScore(context, volume, await stumpsToPlan(settings, volume)));
    for (const path of scoreFiles(settings, index)) {
      disk.push({ what: path, bytes: voxels * (settings.outputPlattScaling ? 1 : 4) });
      disk.push({ what: `Zarr of ${path}, before compression`, bytes: voxels * 4 });
    }
  }
  return { stages, disk };
}

type DescribedVolume = { readonly job: VolumeJob; readonly raw: { readonly shape: Zyx } };

/** Features that scoring may need: those of the saved stumps, or any, before there is a model. */
async function stumpsToPlan(settings: Settings, volume: DescribedVolume) {
  if (settings.savedStumpsPath !== "") return (await loadModel(settings, volume.job)).stumps;
  return allFeatures(volume);
}

function allFeatures(volume: DescribedVolume) {
  return Array.from({ length: POSE_COUNT }, (_, pose) => pose)
    .filter((pose) => distinctPose(pose) === pose)
    .flatMap((pose) => volume.job.columns.map((_, column) => ({ pose, column })));
}

/** A volume's job before anything is converted; ranges of column files are not known yet and do not matter for a plan. */
async function describeJob(
  context: { readonly settings: Settings; readonly resources: Resources },
  test: TestSettings,
): Promise<DescribedVolume> {
  const { shape } = await describeVolumeFile(test.rawVolume);
  const sources: ColumnSource[] = [{ kind: "raw" }];
  for (const channel of test.otherFeatures) {
    if (channel.kind === "computed") sources.push({ kind: "computed", name: channel.stem });
    else {
      const { components } = await describeVolumeFile(channel.path);
      const ranges = Array.from({ length: components }, () => [0, 1] as const);
      sources.push({ kind: "file", path: channel.path, ranges });
    }
  }
  const anisotropy = test.zAnisotropyFactor;
  return {
    raw: { shape },
    job: {
      raw: test.rawVolume,
      anisotropy,
      slic: slicSettings(context, anisotropy, "nearest"),
      frames: test.orientEstimate,
      sources,
      columns: columnsOf(sources, anisotropy),
    },
  };
}
