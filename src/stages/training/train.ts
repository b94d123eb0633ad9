/** Training: from an annotated volume to a model. */
import { join } from "node:path";
import {
  boost,
  fitPlatt,
  type Model,
  readStumpFile,
  refitThresholds,
  type Round,
  type Stump,
  stumpsOfRounds,
  sumOfAlphas,
  thresholdOfCut,
  UNFITTED_PLATT,
  writeStumpFile,
} from "../../boosting/mod.ts";
import type { Settings, TrainSettings } from "../../config/settings.ts";
import { createJsonSeal, fingerprint, writeFileAtomic } from "../../engine/mod.ts";
import { type Kernels, loadKernels } from "../../kernels/mod.ts";
import { findBestThreshold, THRESHOLD_STAGE } from "./best_threshold.ts";
import { binFeatures, gatherFeatures } from "./gather.ts";
import { openGroundTruth } from "./ground_truth.ts";
import { openRunVolume, type RunVolume } from "../inputs.ts";
import type { BinnedMatrix, FeatureList } from "../job.ts";
import { type OpenMatrix, openMatrix } from "./matrix.ts";
import { joinOfModel, loadModel, modelPath } from "../model.ts";
import { drawPool } from "./pool_poses.ts";
import { withAnswers } from "./polarity_answers.ts";
import type { RunContext } from "../run_context.ts";
import { findSamples, sampleSettings } from "./samples.ts";
import type { WrittenFile } from "../score.ts";
import type { TrainingSamples } from "./select.ts";
import { openStumpSearch } from "./stump_search.ts";
import { saveTrainingFeatures } from "./training_features.ts";
import { paintWeights } from "./training_weights.ts";
import { once } from "../once.ts";
import { removeFolder } from "../work_folder.ts";

/** What boosting leaves besides the model. */
interface Learned {
  readonly model: Model;
  /** Final weight of each sample. */
  readonly weights: Float64Array;
}

/** Trains a model, or fits a loaded one's thresholds again, and writes it to `<outFileName>-stumps.cfg`. Returns that path. */
export async function train(given: RunContext, configured: TrainSettings): Promise<string> {
  const { workFolder } = given;
  const { savedStumpsPath, relearnThresholds } = given.settings;
  const joins = relearnThresholds ? await joinOfModel(savedStumpsPath) : "nearest";
  const volume = await openRunVolume(given, configured, joins);
  const truth = await openGroundTruth(given, configured, volume.raw.shape);
  const settings = given.polarity === "none"
    ? configured
    : await withAnswers(workFolder, configured, truth.components);
  const all = { ...given.settings, train: settings };
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
    const selected = await findSamples(context, volume, truth);
    const list: FeatureList = known
      ? { kind: "list", features: known.stumps.map(({ pose, column }) => ({ pose, column })) }
      : { kind: "pool", poses: drawPool(all.seed, all.candidatePoses) };
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
      const parts: LearnParts = { context, kernels, volume, selected, list, binned, matrix };
      const learned = known
        ? refit(parts, known)
        : await learn(parts, join(gathered.folder, "rounds.json"), await fingerprint(dependsOn));
      matrix.close();
      return learned;
    };
    const learned = await learnFromMatrix();
    const threshold = await findBestThreshold(context, volume, truth, learned.model, dependsOn);
    const model = threshold === undefined ? learned.model : { ...learned.model, threshold };
    await writeStumpFile(path, model, volume.job.anisotropy);
    if (all.saveTrainingWeights) await paintWeights(context, volume, selected, learned.weights, dependsOn);
    if (all.extra.saveTrainingFeatures) {
      const { stumps } = await readStumpFile(path, { anisotropy: volume.job.anisotropy });
      await saveTrainingFeatures(context, volume, selected, stumps, dependsOn);
    }
    return null;
  };
  await once(context, { stage: `train ${path}`, dependsOn, made, precious: path, run: learnModel });
  for (const stage of ["samples", "gather", THRESHOLD_STAGE]) await removeFolder(join(workFolder, stage));
  return path;
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
  const { numStumps, numWLToExplorePerIter, candidatePoses, thresholdSearchOnWholeData, seed } = settings;
  const { reweightingSamplingRatio, relearnThresholds, outputPlattScaling } = settings;
  return {
    numStumps,
    numWLToExplorePerIter,
    candidatePoses,
    thresholdSearchOnWholeData,
    seed,
    reweightingSamplingRatio,
    relearnThresholds,
    outputPlattScaling,
  };
}

interface LearnParts {
  readonly context: RunContext;
  readonly kernels: Kernels;
  readonly volume: RunVolume;
  readonly selected: TrainingSamples;
  readonly list: FeatureList;
  readonly binned: BinnedMatrix;
  readonly matrix: OpenMatrix;
}

/** Boosts; every 50 rounds the rounds so far are kept for a resume, and as `<outFileName>-backupstumps.cfg` for people. */
async function learn(parts: LearnParts, checkpointPath: string, print: string): Promise<Learned> {
  const { context, kernels, volume, selected, list, binned, matrix } = parts;
  const { settings, reporter, signal } = context;
  const { columns, slic } = volume.job;
  const table = {
    poses: list.kind === "pool" ? list.poses : [],
    columns: columns.length,
    cuts: matrix.cuts,
    quantisation: (column: number) => columns[column] ?? { low: 0, scale: 1 },
  };
  const resumeFrom = await readCheckpoint(context, checkpointPath, print);
  const progress = reporter.stage("boost", {
    total: settings.numStumps,
    unit: "rounds",
    done: resumeFrom.length,
  });
  const search = await openStumpSearch(context, binned, columns.length);
  const result = await boost(kernels, {
    matrix: matrix.matrix,
    columns: columns.length,
    labels: selected.labels,
    alwaysKeep: selected.alwaysKeep,
    seed: settings.seed,
    numStumps: settings.numStumps,
    numWLToExplorePerIter: settings.numWLToExplorePerIter,
    reweightingSamplingRatio: settings.reweightingSamplingRatio,
    thresholdSearchOnWholeData: settings.thresholdSearchOnWholeData,
    resumeFrom,
    search: search.search,
    async checkpoint(rounds) {
      const backup = { stumps: stumpsOfRounds(rounds, table), platt: UNFITTED_PLATT, join: slic.join };
      await writeStumpFile(`${settings.outFileName}-backupstumps.cfg`, backup, volume.job.anisotropy);
      await writeFileAtomic(checkpointPath, createJsonSeal().seal({ fingerprint: print, rounds }));
    },
    onRound({ round, weightedError, alpha, trainingError }) {
      if (round > resumeFrom.length) progress.advance(1);
      context.telemetry?.round([round, weightedError, alpha, trainingError]);
    },
    ...(signal ? { signal } : {}),
  }).finally(() => search.close());
  progress.done();
  const stumps = stumpsOfRounds(result.rounds, table);
  return {
    model: { stumps, platt: plattOf(settings, stumps, result.scores, selected.labels), join: slic.join },
    weights: result.weights,
  };
}

/** Keeps columns, poses, signs and weights of a known model and fits its thresholds. */
function refit({ context, kernels, volume, selected, matrix }: LearnParts, known: Model): Learned {
  const { columns, slic } = volume.job;
  const { signal } = context;
  const result = refitThresholds(kernels, {
    matrix: matrix.matrix,
    stumps: known.stumps,
    labels: selected.labels,
    ...(signal ? { signal } : {}),
  });
  const stumps: Stump[] = known.stumps.map((stump, i) => {
    const bin = result.bins[i];
    const column = columns[stump.column];
    const cut = bin === undefined ? undefined : matrix.cuts(i)[bin];
    return cut === undefined || column === undefined
      ? stump
      : { ...stump, threshold: thresholdOfCut(cut, column) };
  });
  const platt = plattOf(context.settings, stumps, result.scores, selected.labels);
  return { model: { stumps, platt, join: slic.join }, weights: result.weights };
}

function plattOf(settings: Settings, stumps: readonly Stump[], scores: Float64Array, labels: Uint8Array) {
  if (!settings.outputPlattScaling) return UNFITTED_PLATT;
  const total = sumOfAlphas(stumps);
  return fitPlatt(scores.map((score) => score / total), labels);
}

async function readCheckpoint(
  { reporter }: RunContext,
  path: string,
  print: string,
): Promise<readonly Round[]> {
  try {
    const known = createJsonSeal().open(await Deno.readTextFile(path)) as {
      fingerprint?: unknown;
      rounds?: readonly Round[];
    } | undefined;
    if (known === undefined) reporter.warn(`${path} is damaged; boosting begins again`);
    return known?.fingerprint === print && known.rounds ? known.rounds : [];
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw cause;
  }
}
