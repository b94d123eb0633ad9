/** Learns stumps from the feature matrix: models of all samples, or of the folds of the training volumes. */
import {
  boost,
  fitPlatt,
  type Model,
  refitThresholds,
  type Round,
  roundsPerModel,
  type Stump,
  stumpsOfRounds,
  sumOfAlphas,
  thresholdOfCut,
  UNFITTED_PLATT,
  writeStumpFile,
} from "../../boosting/mod.ts";
import type { Settings } from "../../config/settings.ts";
import { openJson, sealJson } from "../../engine/mod.ts";
import type { Kernels } from "../../kernels/mod.ts";
import type { VolumeJob } from "../../block/volume_job.ts";
import type { BinnedMatrix } from "../stage_jobs.ts";
import type { FeatureList } from "../../block/feature_file.ts";
import type { RunContext } from "../../run/run_context.ts";
import type { Folds } from "./folds.ts";
import type { OpenMatrix } from "./matrix.ts";
import type { TrainingSamples } from "./select.ts";
import { openStumpSearch, type StumpSearch } from "./stump_search.ts";
import { writeFileAtomic } from "../../volume/file.ts";
import { ifThere } from "../../if_there.ts";

/** What boosting leaves. */
export interface Learned {
  readonly model: Model;
  /** The stumps of each model, with their own weights. */
  readonly ofModels: readonly (readonly Stump[])[];
  /** Final weight of each sample; of several models the mean. */
  readonly weights: Float64Array;
}

/** What is learned from. */
export interface LearnParts {
  readonly context: RunContext;
  readonly kernels: Kernels;
  /** What is computed of the training volumes, the same of each. */
  readonly job: Pick<VolumeJob, "columns" | "slic" | "anisotropy" | "gridStep" | "frames">;
  readonly selected: TrainingSamples;
  readonly list: FeatureList;
  readonly binned: BinnedMatrix;
  readonly matrix: OpenMatrix;
}

/** Where the rounds so far are kept for a resume. */
interface Checkpoint {
  /** Path of a file for the model with this number, from 0. */
  readonly path: (model: number) => string;
  /** What the rounds depend on. */
  readonly fingerprint: string;
}

/**
 * Boosts a model for each fold, or as many from all samples where there are no folds: their mean is better than one. The model that is returned
 * is the mean: all stumps, the weights divided by the number of models.
 */
export async function learn(
  parts: LearnParts,
  folds: Pick<Folds, "labels"> | undefined,
  checkpoint: Checkpoint,
): Promise<Learned> {
  const { context: { settings }, selected, job } = parts;
  const { join } = job.slic;
  const labels = folds?.labels ?? Array.from({ length: settings.crossFitFolds }, () => selected.labels);
  const models = await learnModels(parts, labels, checkpoint);
  const meanOf = (values: readonly Float64Array[]) =>
    Float64Array.from(
      selected.labels,
      (_, i) => values.reduce((sum, own) => sum + (own[i] ?? 0) / values.length, 0),
    );
  const weights = meanOf(models.map((model) => model.weights));
  const mean = meanModel(models.map(({ stumps }) => stumps), join);
  const platt = folds ? UNFITTED_PLATT : plattOf(
    settings,
    mean.stumps,
    meanOf(models.map(({ scores }) => scores)),
    selected.labels,
  );
  return {
    model: { ...mean, platt, ...sigmaOf(job), gridStep: job.gridStep },
    ofModels: models.map(({ stumps }) => stumps),
    weights,
  };
}

/** The scale of the orientation, where it was computed. */
function sigmaOf({ frames }: LearnParts["job"]): Pick<Model, "orientSigma"> {
  return frames.kind === "computed" ? { orientSigma: frames.sigma } : {};
}

function meanModel(models: readonly (readonly Stump[])[], join: Model["join"]): Model {
  const [only] = models;
  if (only && models.length === 1) return { stumps: only, platt: UNFITTED_PLATT, join };
  const stumps = models.flatMap((own) =>
    own.map((stump) => ({ ...stump, alpha: stump.alpha / models.length }))
  );
  return { stumps, platt: UNFITTED_PLATT, join, models: models.map(({ length }) => length) };
}

interface LearnedModel {
  readonly stumps: readonly Stump[];
  /** Of each sample. */
  readonly scores: Float64Array;
  readonly weights: Float64Array;
}

async function learnModels(
  parts: LearnParts,
  labels: readonly Uint8Array[],
  checkpoint: Checkpoint,
): Promise<LearnedModel[]> {
  const { context, kernels, job, binned } = parts;
  const { settings } = context;
  const numStumps = roundsPerModel(settings.numStumps, settings.crossFitFolds);
  const before = await Promise.all(
    labels.map((_, k) => readCheckpoint(context, checkpoint.path(k), checkpoint.fingerprint)),
  );
  const progress = context.reporter.stage("boost", {
    total: numStumps * labels.length,
    unit: "rounds",
    done: before.reduce((sum, { length }) => sum + length, 0),
  });
  const search = openStumpSearch(context, binned, job.columns.length, kernels);
  const models: LearnedModel[] = [];
  try {
    for (const [k, own] of labels.entries()) {
      const earlier = models.map(({ stumps }) => stumps);
      const result = await boostOne({ ...parts, search, labels: own, model: k, numStumps }, before[k] ?? [], {
        async onCheckpoint(rounds, stumps) {
          await writeStumpFile(
            `${settings.outFileName}-backupstumps.cfg`,
            meanModel([...earlier, stumps], job.slic.join),
            job.anisotropy,
          );
          const { fingerprint } = checkpoint;
          await writeFileAtomic(checkpoint.path(k), sealJson({ fingerprint, rounds }));
        },
        onRound({ round, weightedError, alpha, trainingError }) {
          if (round > (before[k] ?? []).length) progress.advance(1);
          context.telemetry?.round([k * numStumps + round, weightedError, alpha, trainingError]);
        },
      });
      models.push(result);
    }
  } finally {
    search.close();
  }
  progress.done();
  return models;
}

interface OneModel extends LearnParts {
  readonly search: StumpSearch;
  readonly labels: Uint8Array;
  /** Number of the model, from 0. */
  readonly model: number;
  /** Its rounds. */
  readonly numStumps: number;
}

/** What sets the chance of one model apart from that of the next. */
const SEED_STEP = 0x9e3779b1;

interface Told {
  onCheckpoint(rounds: readonly Round[], stumps: readonly Stump[]): Promise<void>;
  readonly onRound: NonNullable<Parameters<typeof boost>[1]["onRound"]>;
}

/** Boosts; every 50 rounds the rounds so far are kept for a resume, and as `<outFileName>-backupstumps.cfg` for people. */
async function boostOne(
  { context, kernels, job, selected, list, matrix, search, labels, model, numStumps }: OneModel,
  resumeFrom: readonly Round[],
  told: Told,
) {
  const { settings, signal } = context;
  const { columns } = job;
  const table = {
    poses: list.kind === "pool" ? list.poses : [],
    columns: columns.length,
    cuts: matrix.cuts,
    quantisation: (column: number) => columns[column] ?? { low: 0, scale: 1 },
  };
  const result = await boost(kernels, {
    matrix: matrix.matrix,
    columns: columns.length,
    labels,
    alwaysKeep: selected.alwaysKeep,
    seed: (settings.seed + Math.imul(model, SEED_STEP)) >>> 0,
    numStumps,
    numWLToExplorePerIter: settings.numWLToExplorePerIter,
    reweightingSamplingRatio: settings.reweightingSamplingRatio,
    thresholdSearchOnWholeData: settings.thresholdSearchOnWholeData,
    resumeFrom,
    search: search.search,
    checkpoint: (rounds) => told.onCheckpoint(rounds, stumpsOfRounds(rounds, table)),
    onRound: told.onRound,
    signal,
  });
  return { stumps: stumpsOfRounds(result.rounds, table), scores: result.scores, weights: result.weights };
}

/** Keeps columns, poses, signs and weights of a known model and fits its thresholds. */
export function refit({ context, kernels, job, selected, matrix }: LearnParts, known: Model): Learned {
  const { columns, slic } = job;
  const { signal } = context;
  const result = refitThresholds(kernels, {
    matrix: matrix.matrix,
    stumps: known.stumps,
    labels: selected.labels,
    signal,
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
  return {
    model: { stumps, platt, join: slic.join, ...sigmaOf(job) },
    ofModels: [stumps],
    weights: result.weights,
  };
}

function plattOf(settings: Settings, stumps: readonly Stump[], scores: Float64Array, labels: Uint8Array) {
  if (!settings.outputPlattScaling) return UNFITTED_PLATT;
  const total = sumOfAlphas(stumps);
  return fitPlatt(scores.map((score) => score / total), labels);
}

async function readCheckpoint(
  { reporter }: RunContext,
  path: string,
  fingerprint: string,
): Promise<readonly Round[]> {
  const text = await ifThere(() => Deno.readTextFile(path));
  if (text === undefined) return [];
  const known = openJson(text) as { fingerprint?: unknown; rounds?: readonly Round[] } | undefined;
  if (known === undefined) reporter.warn(`${path} is damaged; boosting starts again`);
  return known?.fingerprint === fingerprint && known.rounds ? known.rounds : [];
}
