/** What a run would do, from the headers of its inputs and from labels that are read quickly: nothing is written. */
import { distinctPose, POSE_COUNT } from "../boosting/mod.ts";
import { anisotropyOf, type Settings, type TestSettings } from "../config/settings.ts";
import type { BlockPlan } from "../engine/mod.ts";
import { describeVolumeFile } from "../volume/open.ts";
import { voxelCount, type Zyx } from "../volume/region.ts";
import { defaultChunk } from "../volume/zarr/mod.ts";
import { cellShape, contextFeatures } from "../autocontext/mod.ts";
import { ENOUGH_VOXELS, partToScore, THRESHOLD_STAGE } from "./training/best_threshold.ts";
import { CROSS_FIT_STAGE, foldsBefore, SEEN_STAGE } from "./training/cross_fit.ts";
import type { ColumnSource } from "../block/columns.ts";
import { planGather } from "./training/gather.ts";
import { volumeJob } from "./inputs.ts";
import type { VolumeJob } from "../block/volume_job.ts";
import { lookAtInputs } from "./look_at_inputs.ts";
import {
  type LearntWith,
  learntWith,
  loadModel,
  modelPath,
  newModel,
  orientationSource,
  usesSavedModel,
} from "./model.ts";
import { leastSynapses } from "./training/select.ts";
import { type LabelsSeen, lookAtLabels, mostSamples } from "./training/look_at_labels.ts";
import { drawPool } from "./training/pool_poses.ts";
import { crossFits, refinementToPlan, roundsOf, settingsToPredict, trains } from "./refine/expected.ts";
import { CELLS_STAGE, MOST_CELLS } from "./refine/recorded_cells.ts";
import { planCells, planRefine } from "./refine/plan_cells.ts";
import { spacesOf } from "./refine/reach.ts";
import type { Resources } from "../run/plan_stage.ts";
import { titleOf } from "../run/volume_suffix.ts";
import { planSamples } from "./training/samples.ts";
import { blocksOf, scoreLayout } from "./export/level_arrays.ts";
import { planScore } from "./score/score.ts";
import { labelLayout, planSynapseBlocks } from "./synapses/blocks/stages.ts";
import { tableFiles } from "./synapses/run_synapses.ts";
import { bytesOfVoxel, scoreArrays, scoreFiles } from "./score/score_files.ts";

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
  /** Blocks that are computed side by side. */
  readonly workers?: number;
  /** Threads that share them. */
  readonly threads?: number;
  /** Voxels written; 0 where a stage counts something else. */
  readonly voxels: number;
}

/** What a run would do and take. */
export interface PlanReport {
  /** In the order in which they run. */
  readonly stages: readonly PlannedStage[];
  /** What it would learn from; absent where it does not train. */
  readonly training?: PlannedTraining;
  /** What a run leaves on disk at most, before compression, and the feature matrix that it keeps while it trains. */
  readonly disk: readonly { readonly what: string; readonly bytes: number }[];
}

/** What a run would learn from, as far as its labels tell beforehand. */
export interface PlannedTraining {
  /** The most samples. */
  readonly samples: number;
  /** Synapses; undefined where the labels are too large to be looked at beforehand. */
  readonly synapses: number | undefined;
  /** The least synapses for cross-fitting and what follows it; undefined where the settings want none. */
  readonly leastSynapses: number | undefined;
}

/** Bytes of the model file per stump, and of a second stage. */
const STUMP_BYTES = 240;
const SECOND_STAGE_BYTES = 30e3;

/** Bytes a value of the matrix while it is gathered (16 bits) and binned (8 bits). */
const GATHER_BYTES = 3;

/** A plan in the making. */
interface Draft {
  readonly stages: PlannedStage[];
  readonly disk: { what: string; bytes: number }[];
  readonly convert: (path: string, voxels: number) => void;
  readonly add: (name: string, plan: BlockPlan) => void;
}

/**
 * Plans a run. Stages that may or may not come, as where labels are too large to be looked at, are taken to come.
 * @throws {UserError} where an input cannot be read or the memory is too small
 */
export async function planCcboost(
  { settings, resources }: { readonly settings: Settings; readonly resources: Resources },
): Promise<PlanReport> {
  const context = { settings, resources };
  await lookAtInputs({ settings, resources, learns: !usesSavedModel(settings) });
  const draft = emptyDraft();
  const training = trains(settings) ? await planTraining(context, draft) : undefined;
  for (const [index, test] of settings.test.entries()) await planTest(context, test, index, draft);
  return { stages: draft.stages, disk: draft.disk, ...(training ? { training } : {}) };
}

function emptyDraft(): Draft {
  const stages: PlannedStage[] = [];
  const disk: { what: string; bytes: number }[] = [];
  const converted = new Set<string>();
  return {
    stages,
    disk,
    convert(path, voxels) {
      if (converted.has(path)) return;
      converted.add(path);
      disk.push({ what: `copy of ${path} as Zarr`, bytes: voxels });
      stages.push({ name: `convert ${path}`, blocks: 1, bytesPerWorker: 0, voxels });
    },
    add(name, { blocks, blockShape, readRatio, bytesPerWorker, workers: most, threads }) {
      const voxels = blocks.reduce((sum, { write }) => sum + voxelCount(write.shape), 0);
      const workers = Math.min(most, blocks.length);
      const size = { blocks: blocks.length, blockShape, readRatio, bytesPerWorker, workers, threads };
      stages.push({ name, ...size, voxels });
    },
  };
}

type PlanContext = Parameters<typeof planCcboost>[0];

/** A training volume as far as it is known beforehand. */
interface PlannedTrainingVolume extends DescribedVolume {
  readonly index: number;
  /** What its labels say, where they were looked at. */
  readonly seen: LabelsSeen | undefined;
  /** Its share of the voxels of all. */
  readonly share: number;
}

async function planTraining(context: PlanContext, draft: Draft): Promise<PlannedTraining> {
  const { settings, resources } = context;
  const { stages, disk, convert, add } = draft;
  const described: DescribedVolume[] = [];
  for (const volume of settings.train) described.push(await describeJob(context, volume));
  const all = described.reduce((sum, { raw: { shape } }) => sum + voxelCount(shape), 0);
  const volumes: PlannedTrainingVolume[] = [];
  for (const [index, train] of settings.train.entries()) {
    const volume = described[index];
    if (volume === undefined) continue;
    const voxels = voxelCount(volume.raw.shape);
    convert(train.rawVolume, voxels);
    convert(train.groundTruth, voxels);
    const seen = await lookAtLabels(settings, train, resources.memory);
    volumes.push({ ...volume, index, seen, share: voxels / all });
  }
  const seen = sumOfSeen(volumes);
  const samplesIn = (some: readonly PlannedTrainingVolume[], own: LabelsSeen | undefined) =>
    mostSamples(settings, some.map(({ job, raw }) => ({ slic: job.slic, shape: raw.shape })), own, seen);
  const samples = samplesIn(volumes, seen);
  const least = crossFits(settings) ? leastSynapses(settings.crossFitFolds) : undefined;
  const isDivided = least !== undefined && !(seen && seen.synapses < least);
  const hasSecondStage = isDivided || least !== undefined && settings.autoContext;
  for (const volume of volumes) add(titleOf("samples", volume.index), planSamples(context, volume));
  const poses = drawPool(settings);
  for (const volume of volumes) {
    const own = Math.min(samples, samplesIn([volume], seen && volume.seen));
    add(titleOf("gather", volume.index), planGather(context, volume, { kind: "pool", poses }, own));
  }
  const candidates = poses.length * (volumes[0]?.job.columns.length ?? 0);
  stages.push({ name: "boost", blocks: 1, bytesPerWorker: 0, voxels: 0 });
  disk.push({ what: "table of features, only during training", bytes: candidates * samples * GATHER_BYTES });
  if (hasSecondStage) planSecondStage(context, volumes, draft, isDivided);
  else {
    for (const volume of volumes) {
      const { raw: { shape }, job } = volume;
      const part = partToScore(
        shape,
        defaultChunk(shape, job.anisotropy),
        [],
        ENOUGH_VOXELS / volumes.length,
      );
      const plan = planScore(context, volume, allFeatures(volume), { parts: [part] });
      add(titleOf(THRESHOLD_STAGE, volume.index), plan);
    }
  }
  const second = hasSecondStage && settings.autoContext ? SECOND_STAGE_BYTES : 0;
  disk.push({ what: modelPath(settings), bytes: roundsOf(settings) * STUMP_BYTES + second });
  return { samples, synapses: seen?.synapses, leastSynapses: least };
}

/** What the labels of all volumes say; undefined where those of one were not looked at. */
function sumOfSeen(volumes: readonly PlannedTrainingVolume[]): LabelsSeen | undefined {
  let sum: LabelsSeen = { synapses: 0, positive: 0, negative: 0 };
  for (const { seen } of volumes) {
    if (seen === undefined) return undefined;
    sum = {
      synapses: sum.synapses + seen.synapses,
      positive: sum.positive + seen.positive,
      negative: sum.negative + seen.negative,
    };
  }
  return sum;
}

/** What follows the first stage. What is scored where models are not cross-fitted lies around the synapses, and is no more than this. */
function planSecondStage(
  context: PlanContext,
  volumes: readonly PlannedTrainingVolume[],
  { stages, disk, add }: Draft,
  isDivided: boolean,
): void {
  const { settings } = context;
  const spaces = spacesOf(anisotropyOf(settings));
  const planned = volumes.map((volume) => ({
    volume,
    folds: foldsBefore(settings, volume.raw.shape, volume.job.anisotropy, volume.share),
  }));
  for (const { volume, folds } of planned) {
    const name = titleOf(isDivided ? CROSS_FIT_STAGE : SEEN_STAGE, volume.index);
    add(name, planScore(context, volume, allFeatures(volume), folds));
  }
  for (const { volume: { index, raw: { shape }, job: { anisotropy, slic } }, folds } of planned) {
    const plan = planCells(context, { shape, anisotropy, cell: cellShape(slic), spaces }, folds);
    add(titleOf(CELLS_STAGE, index), plan);
  }
  if (settings.autoContext) {
    const forests = isDivided ? settings.crossFitFolds + 1 : 1;
    stages.push({ name: "second stage", blocks: forests, bytesPerWorker: 0, voxels: 0 });
  }
  const scored = planned.flatMap(({ folds }) => folds.parts)
    .reduce((sum, part) => sum + voxelCount(part.shape), 0);
  const cellBytes = 2 * MOST_CELLS * (1 + contextFeatures(spaces).length) * 4; // block by block, then in one file
  disk.push({
    what: volumes.length === 1
      ? "scores of the training volume, only during training"
      : "scores of the training volumes, only during training",
    bytes: scored * 4 + cellBytes,
  });
}

async function planTest(
  { settings: given, resources }: PlanContext,
  test: TestSettings,
  index: number,
  { disk, convert, add }: Draft,
): Promise<void> {
  const settings = await settingsToPredict(given, test.zAnisotropyFactor);
  const context = { settings, resources };
  const { savedStumpsPath } = settings;
  const learnt = savedStumpsPath === "" ? newModel(settings) : await learntWith(savedStumpsPath);
  const volume = await describeJob(context, test, learnt);
  const { raw: { shape }, job: { anisotropy, slic } } = volume;
  const voxels = voxelCount(shape);
  convert(test.rawVolume, voxels);
  const blocks = blocksOf(scoreLayout(settings, { shape }, anisotropy));
  add(`score ${index}`, planScore(context, volume, await stumpsToPlan(settings, volume), blocks));
  const refinement = refinementToPlan(settings, anisotropy);
  if (refinement) {
    add(
      `refine ${index}`,
      planRefine(context, { shape, anisotropy, cell: cellShape(slic) }, refinement, blocks),
    );
  }
  for (const path of scoreFiles(settings, index)) {
    disk.push({ what: path, bytes: voxels * bytesOfVoxel(path, settings) });
  }
  if (settings.outputSynapses) {
    const plan = planSynapseBlocks(context, shape, labelLayout(shape, anisotropy).shard);
    add(`synapses ${index}`, plan);
    add(`synapse labels ${index}`, plan);
    disk.push({ what: `${tableFiles(settings, index).labels}, uncompressed`, bytes: voxels * 4 });
  }
  for (const name of scoreArrays(settings, index)) {
    disk.push({ what: `${name} in the work folder`, bytes: voxels * 4 });
  }
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
  learnt: LearntWith = newModel(context.settings),
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
  const frames = orientationSource(test.orientEstimate, learnt);
  const job = volumeJob(context, test, learnt, { raw: test.rawVolume, sources, frames });
  return { raw: { shape }, job };
}
