/** Training: from annotated volumes to a model. */
import { join } from "node:path";
import { type Model, readStumpFile, writeStumpFile } from "../../boosting/mod.ts";
import { anisotropyOf, type Settings, type TrainSettings } from "../../config/settings.ts";
import { fingerprintOf } from "../../engine/mod.ts";
import { loadKernels } from "../../kernels/mod.ts";
import { THRESHOLD_STAGE, usualSmoothing, withThreshold } from "./best_threshold.ts";
import { CROSS_FIT_STAGE, foldsOf, SEEN_STAGE } from "./cross_fit.ts";
import { binFeatures, gatherAll } from "./gather.ts";
import { requireBothLabels } from "./both_labels.ts";
import { type GroundTruth, openGroundTruth } from "./ground_truth.ts";
import { openRunVolume, type RunVolume, withSharedRanges } from "../inputs.ts";
import type { FeatureList } from "../../block/feature_file.ts";
import { learn, type Learned, type LearnParts, refit } from "./learn.ts";
import { openMatrix } from "./matrix.ts";
import { type LearntWith, learntWith, loadModel, modelPath, newModel } from "../model.ts";
import { drawPool } from "./pool_poses.ts";
import { keptSynapses, withAnswers } from "./polarity_answers.ts";
import type { RunContext } from "../../run/run_context.ts";
import { findSamples, sampleSettings } from "./samples.ts";
import type { WrittenFile } from "../score/score_files.ts";
import { crossFits } from "../refine/expected.ts";
import { refineModel } from "../refine/learn.ts";
import { refineSimply } from "../refine/learn_simple.ts";
import { CELLS_STAGE } from "../refine/recorded_cells.ts";
import type { TrainingSamples } from "./select.ts";
import { type TrainingVolume, usedComponents } from "./training_volume.ts";
import { warnOfUnknownSynapses, withoutLeftOut } from "./without_synapses.ts";
import { saveTrainingFeatures } from "./training_features.ts";
import { paintWeights } from "./training_weights.ts";
import { once } from "../../run/once.ts";
import { removeFolder, shownPath } from "../../run/work_folder.ts";

/** Trains a model, or fits a loaded one's thresholds again, and writes it to `<outFileName>-stumps.cfg`. Returns that path. */
export async function train(given: RunContext, configured: readonly TrainSettings[]): Promise<string> {
  const { workFolder } = given;
  const { savedStumpsPath, relearnThresholds } = given.settings;
  const learnt = relearnThresholds ? await learntWith(savedStumpsPath) : newModel(given.settings);
  const volumes = await openTrainingVolumes(given, configured, learnt);
  const all = { ...given.settings, train: volumes.map(({ settings }) => settings) };
  const context = { ...given, settings: all };
  const { job } = firstOf(volumes).volume;
  const known = all.relearnThresholds ? await loadModel(all, job) : undefined;
  const dependsOn = { ...dependenciesOfModel(context, volumes), known: known ?? null };
  const path = modelPath(all);
  const made = trainingFiles(all).map((file) => file.path);
  const learnModel = async () => {
    const selected = await findSamples(context, volumes, configured.map(({ useSynapses }) => useSynapses));
    const list: FeatureList = known
      ? { kind: "list", features: known.stumps.map(({ pose, column }) => ({ pose, column })) }
      : { kind: "pool", poses: drawPool(all) };
    const folds = known ? undefined : foldsOf(context, volumes, selected, list);
    const gathered = await gatherAll(context, volumes, selected.samples, list, {
      name: "gather",
      exact: false,
      dependsOn,
    });
    const binned = await binFeatures(context, gathered, selected.samples.count);
    // a function of its own, so that nothing holds the kernels' memory any more when blocks need it again
    const learnFromMatrix = async () => {
      const kernels = await loadKernels();
      const matrix = openMatrix(kernels, binned);
      const checkpoint = {
        path: (model: number) => join(gathered.folder, model === 0 ? "rounds.json" : `rounds-${model}.json`),
        fingerprint: await fingerprintOf(dependsOn),
      };
      const parts: LearnParts = {
        context,
        kernels,
        job: { ...job, frames: computedFrames(volumes) ?? job.frames },
        selected,
        list,
        binned,
        matrix,
      };
      const learned = known ? refit(parts, known) : await learn(parts, folds, checkpoint);
      matrix.close();
      return learned;
    };
    const learned = await learnFromMatrix();
    const follow = { volumes, dependsOn };
    const simple = () =>
      crossFits(all) && all.autoContext ? refineSimply(context, follow, learned) : undefined;
    const model = (folds ? await refineModel(context, follow, folds, learned) : await simple()) ??
      await withThreshold(context, volumes, learned.model, dependsOn, smoothingWithout(all));
    await writeStumpFile(path, { ...model, ...labelledSize(volumes) }, job.anisotropy);
    await writeExtras(context, firstOf(volumes).volume, { path, selected, learned, dependsOn });
    return null;
  };
  await once(context, {
    stage: `train ${shownPath(workFolder, path)}`,
    dependsOn,
    made,
    precious: path,
    run: learnModel,
  });
  await removeStageFolders(workFolder);
  return path;
}

/** Stages whose folders nobody needs when there is a model. */
const TRAINING_STAGES = [
  "samples",
  "gather",
  THRESHOLD_STAGE,
  CROSS_FIT_STAGE,
  SEEN_STAGE,
  CELLS_STAGE,
];

/** Removes the folders of stages, also of volumes that an earlier run learned from and this one does not. */
async function removeStageFolders(workFolder: string): Promise<void> {
  const isStage = (name: string) => TRAINING_STAGES.includes(name.replace(/-\d+$/, ""));
  const names = Array.from(Deno.readDirSync(workFolder), ({ name }) => name);
  for (const name of names.filter(isStage)) await removeFolder(join(workFolder, name));
}

/** Brings the training volumes and their labels into Zarr, and takes up answers about their synapses. */
async function openTrainingVolumes(
  context: RunContext,
  configured: readonly TrainSettings[],
  learnt: LearntWith,
): Promise<TrainingVolume[]> {
  const opened: RunVolume[] = [];
  for (const settings of configured) opened.push(await openRunVolume(context, settings, learnt));
  const volumes: TrainingVolume[] = [];
  for (const [index, volume] of withSharedRanges(opened).entries()) {
    const given = configured[index];
    if (given === undefined) continue;
    const truth = await openGroundTruth(context, given, volume.raw.shape, index);
    volumes.push({ index, volume, truth, settings: await withAllAnswers(context, given, truth, index) });
  }
  await requireBothLabels(context, volumes);
  warnOfUnknownSynapses(context, configured, volumes);
  return withoutLeftOut(context, configured, volumes);
}

/** The settings of a volume with what was answered about its synapses. */
async function withAllAnswers(
  { workFolder, polarity }: RunContext,
  given: TrainSettings,
  truth: GroundTruth,
  index: number,
): Promise<TrainSettings> {
  if (polarity === "none") return given;
  const answered = await withAnswers(workFolder, given, truth.components, index);
  return { ...answered, useSynapses: await keptSynapses(workFolder, given.useSynapses, truth, index) };
}

function firstOf(volumes: readonly TrainingVolume[]): TrainingVolume {
  const [first] = volumes;
  if (first === undefined) throw new Error("there is no training volume");
  return first;
}

/** How directions are computed, which the settings have alike for all volumes that have none from files. */
function computedFrames(volumes: readonly TrainingVolume[]) {
  return volumes.map(({ volume: { job } }) => job.frames).find(({ kind }) => kind === "computed");
}

/** What a model depends on; further volumes follow where there are several. */
function dependenciesOfModel({ settings, polarity }: RunContext, volumes: readonly TrainingVolume[]) {
  const [first, ...others] = volumes.map(({ volume, truth, settings: own }) => ({
    volume: volume.identity,
    truth: truth.identity,
    samples: sampleSettings(settings, own, polarity),
  }));
  const boosting = boostingSettings(settings);
  return { ...first, boosting, ...(others.length > 0 ? { others } : {}) };
}

/** What the settings want beside the model; with one training volume only. */
async function writeExtras(
  context: RunContext,
  volume: RunVolume,
  { path, selected, learned, dependsOn }: {
    /** The model. */
    readonly path: string;
    readonly selected: TrainingSamples;
    readonly learned: Learned;
    readonly dependsOn: unknown;
  },
): Promise<void> {
  const { saveTrainingWeights, extra } = context.settings;
  if (saveTrainingWeights) await paintWeights(context, volume, selected, learned.weights, dependsOn);
  if (extra.saveTrainingFeatures) {
    const { stumps } = await readStumpFile(path, { anisotropy: volume.job.anisotropy });
    await saveTrainingFeatures(context, volume, selected, stumps, dependsOn);
  }
}

/** What follows the stumps where cross-fitting was wanted, but there are too few synapses for it. */
function smoothingWithout(settings: Settings) {
  return crossFits(settings) ? usualSmoothing(anisotropyOf(settings)) : undefined;
}

/** How large the labelled synapses are that the model learned from: what is found with it should be about as large. */
function labelledSize(volumes: readonly TrainingVolume[]): Pick<Model, "labelledVoxels"> {
  const sizes = volumes.flatMap(usedComponents).map(({ voxels }) => voxels).sort((a, b) => a - b);
  const median = sizes[Math.floor(sizes.length / 2)];
  return median === undefined ? {} : { labelledVoxels: median };
}

/** The files that training leaves, besides backups. */
export function trainingFiles(settings: Settings): WrittenFile[] {
  const { outFileName, saveTrainingWeights, extra } = settings;
  const files = [{ path: modelPath(settings), what: "the model" }];
  if (saveTrainingWeights) {
    files.push(
      { path: settings.saveTrainingWeightsPosFileName, what: "final weights of the positives" },
      { path: settings.saveTrainingWeightsNegFileName, what: "final weights of the negatives" },
    );
  }
  if (extra.saveTrainingFeatures) {
    files.push(
      { path: `${outFileName}-trainPosFeats.bin`, what: "features of the positives" },
      { path: `${outFileName}-trainNegFeats.bin`, what: "features of the negatives" },
    );
  }
  return files;
}

function boostingSettings(settings: Settings) {
  const { numStumps, numWLToExplorePerIter, candidatePoses, largestBox, largestAngle } = settings;
  const { thresholdSearchOnWholeData, seed } = settings;
  const { reweightingSamplingRatio, relearnThresholds, outputPlattScaling, crossFitFolds, autoContext } =
    settings;
  return {
    numStumps,
    numWLToExplorePerIter,
    candidatePoses,
    largestBox,
    largestAngle,
    thresholdSearchOnWholeData,
    seed,
    reweightingSamplingRatio,
    relearnThresholds,
    outputPlattScaling,
    crossFitFolds,
    autoContext,
  };
}
