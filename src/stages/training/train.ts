/** Training: from an annotated volume to a model. */
import { join } from "node:path";
import { type Model, readStumpFile, writeStumpFile } from "../../boosting/mod.ts";
import type { Settings, TrainSettings } from "../../config/settings.ts";
import { fingerprintOf } from "../../engine/mod.ts";
import { loadKernels } from "../../kernels/mod.ts";
import { THRESHOLD_STAGE, usualSmoothing, withThreshold } from "./best_threshold.ts";
import { CROSS_FIT_STAGE, foldsOf, SEEN_STAGE } from "./cross_fit.ts";
import { binFeatures, gatherFeatures } from "./gather.ts";
import { type GroundTruth, openGroundTruth } from "./ground_truth.ts";
import { openRunVolume, type RunVolume } from "../inputs.ts";
import type { FeatureList } from "../../block/feature_file.ts";
import { learn, type LearnParts, refit } from "./learn.ts";
import { openMatrix } from "./matrix.ts";
import { learntWith, loadModel, modelPath, newModel } from "../model.ts";
import { drawPool } from "./pool_poses.ts";
import { keptSynapses, withAnswers } from "./polarity_answers.ts";
import type { RunContext } from "../../run/run_context.ts";
import { findSamples, sampleSettings } from "./samples.ts";
import type { WrittenFile } from "../score/score_files.ts";
import { crossFits } from "../refine/expected.ts";
import { refineModel } from "../refine/learn.ts";
import { refineSimply } from "../refine/learn_simple.ts";
import { CELLS_STAGE } from "../refine/recorded_cells.ts";
import { saveTrainingFeatures } from "./training_features.ts";
import { paintWeights } from "./training_weights.ts";
import { once } from "../../run/once.ts";
import { removeFolder, shownPath } from "../../run/work_folder.ts";

/** Trains a model, or fits a loaded one's thresholds again, and writes it to `<outFileName>-stumps.cfg`. Returns that path. */
export async function train(given: RunContext, [configured]: readonly TrainSettings[]): Promise<string> {
  if (!configured) throw new Error("no training volume");
  const { workFolder } = given;
  const { savedStumpsPath, relearnThresholds } = given.settings;
  const learnt = relearnThresholds ? await learntWith(savedStumpsPath) : newModel(given.settings);
  const volume = await openRunVolume(given, configured, learnt);
  const truth = await openGroundTruth(given, configured, volume.raw.shape);
  const settings = given.polarity === "none"
    ? configured
    : await withAnswers(workFolder, configured, truth.components);
  const useSynapses = given.polarity === "none"
    ? configured.useSynapses
    : await keptSynapses(workFolder, configured.useSynapses, truth);
  const all = { ...given.settings, train: [{ ...settings, useSynapses }], useSynapses };
  const context = { ...given, settings: all };
  const known = all.relearnThresholds ? await loadModel(all, volume.job) : undefined;
  const dependsOn = {
    volume: volume.identity,
    truth: truth.identity,
    samples: sampleSettings(all, settings, context.polarity),
    boosting: boostingSettings(all),
    known: known ?? null,
  };
  const path = modelPath(all);
  const made = trainingFiles(all).map((file) => file.path);
  const learnModel = async () => {
    const selected = await findSamples(context, volume, truth, configured.useSynapses);
    const list: FeatureList = known
      ? { kind: "list", features: known.stumps.map(({ pose, column }) => ({ pose, column })) }
      : { kind: "pool", poses: drawPool(all) };
    const folds = known ? undefined : foldsOf(context, volume, truth, selected, list);
    const gathered = await gatherFeatures(context, volume, selected.samples, list, {
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
      const parts: LearnParts = { context, kernels, volume, selected, list, binned, matrix };
      const learned = known ? refit(parts, known) : await learn(parts, folds, checkpoint);
      matrix.close();
      return learned;
    };
    const learned = await learnFromMatrix();
    const follow = { volume, truth, dependsOn };
    const simple = () =>
      crossFits(all) && all.autoContext ? refineSimply(context, follow, learned) : undefined;
    const model = (folds ? await refineModel(context, { ...follow, folds }, learned) : await simple()) ??
      await withThreshold(context, volume, truth, learned.model, dependsOn, smoothingWithout(all, volume));
    await writeStumpFile(path, { ...model, ...labelledSize(truth, all) }, volume.job.anisotropy);
    if (all.saveTrainingWeights) await paintWeights(context, volume, selected, learned.weights, dependsOn);
    if (all.extra.saveTrainingFeatures) {
      const { stumps } = await readStumpFile(path, { anisotropy: volume.job.anisotropy });
      await saveTrainingFeatures(context, volume, selected, stumps, dependsOn);
    }
    return null;
  };
  await once(context, {
    stage: `train ${shownPath(workFolder, path)}`,
    dependsOn,
    made,
    precious: path,
    run: learnModel,
  });
  for (const stage of ["samples", "gather", THRESHOLD_STAGE, CROSS_FIT_STAGE, SEEN_STAGE, CELLS_STAGE]) {
    await removeFolder(join(workFolder, stage));
  }
  return path;
}

/** What follows the stumps where cross-fitting was wanted, but there are too few synapses for it. */
function smoothingWithout(settings: Settings, { job }: RunVolume) {
  return crossFits(settings) ? usualSmoothing(job.anisotropy) : undefined;
}

/** How large the labelled synapses are that the model learned from: what is found with it should be about as large. */
function labelledSize(
  { list: { components } }: GroundTruth,
  { useSynapses }: Settings,
): Pick<Model, "labelledVoxels"> {
  const used = components.filter(({ id }) => useSynapses.length === 0 || useSynapses.includes(id));
  const sizes = used.map(({ voxels }) => voxels).sort((a, b) => a - b);
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
