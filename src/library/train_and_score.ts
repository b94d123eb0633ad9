/** Training and scoring for scripts, with the command line's defaults. */
import type { Settings } from "../config/settings.ts";
import { usualWorkFolder } from "../run/bucket_results.ts";
import { UserError } from "../user_error.ts";
import { limitsOf } from "../engine/mod.ts";
import { scoresPath } from "../stages/score/score_files.ts";
import { planCcboost, type PlanReport, runCcboost } from "../stages/run.ts";
import type { Zyx } from "../volume/region.ts";
import { bytesOfMemory, reporterOf, type WorkOptions } from "./work_options.ts";

/** How a job is done. */
export interface JobOptions extends WorkOptions {
  /**
   * Number of threads. Default: one per available processor, fewer if memory is short. 0 computes
   * blocks in the main thread, for a profiler or a debugger.
   */
  readonly workers?: number;
  /** Size of a block in voxels. Default: what fits. */
  readonly block?: Zyx;
  /** Holds what a stopped job resumes from; default `<outFileName>-work`. */
  readonly workFolder?: string;
  /** `none` trains without `ccPolarity`; default `config`. */
  readonly polarity?: "config" | "none";
  /** Skips supervoxels that cannot reach this score; scores from it on are exact. Default: all are exact. */
  readonly earlyExit?: number;
}

/** What a job has done. */
export interface JobReport {
  /** The model: path of the stump file. */
  readonly model: string;
  /** The final scores of each test volume: paths of Zarr arrays, which know what `findSynapses` needs. */
  readonly scores: readonly string[];
  /** All files that the settings ask for, in the order in which they were written, with what people read of each. */
  readonly files: readonly { readonly path: string; readonly what: string; readonly bytes: number }[];
  /** The work folder, from which a later job resumes. */
  readonly workFolder: string;
  /** From start to end. */
  readonly seconds: number;
}

/**
 * Trains on `settings.train` and ignores `settings.test`.
 *
 * @returns what was written; `model` is the path of the stump file
 * @throws {UserError} for errors that the user can fix; finished work is kept
 */
export function train(settings: Settings, options: JobOptions = {}): Promise<JobReport> {
  return runJob({ ...settings, test: [] }, "train", options);
}

/**
 * Scores every volume of `settings.test`.
 *
 * @param model path of a stump file; default that of `settings.savedStumpsPath`
 * @returns what was written: for volume `i` the scores `<outFileName>-<i>-ab-max.nrrd` and what else the settings ask for
 * @throws {UserError} for errors that the user can fix; finished work is kept
 */
export async function score(
  settings: Settings,
  model: string = settings.savedStumpsPath,
  options: JobOptions = {},
): Promise<JobReport> {
  if (model === "") {
    throw new UserError("score: no model; pass the stump file that train() returned");
  }
  return await runJob({ ...settings, savedStumpsPath: model, relearnThresholds: false }, "score", options);
}

/**
 * Trains and scores: `train` and `score` in one.
 *
 * @throws {UserError} for errors that the user can fix; finished work is kept
 */
export function run(settings: Settings, options: JobOptions = {}): Promise<JobReport> {
  return runJob(settings, "run", options);
}

/**
 * Predicts what {@linkcode run} would do: stages, blocks, memory and disk. Writes nothing.
 *
 * @throws {UserError} for errors that the user can fix, such as a volume that cannot be read
 */
export function plan(
  settings: Settings,
  options: Pick<JobOptions, "memory" | "workers" | "block"> = {},
): Promise<PlanReport> {
  return planCcboost({ settings, resources: resourcesOf(options) });
}

async function runJob(settings: Settings, command: string, options: JobOptions): Promise<JobReport> {
  const reporter = reporterOf(options.progress);
  const { chosen, warning, ...resources } = resourcesOf(options);
  if (chosen !== undefined) reporter.message(chosen);
  if (warning !== undefined) reporter.warn(warning);
  const { files, model, seconds, workFolder } = await runCcboost({
    settings,
    polarity: options.polarity ?? "config",
    leastScore: options.earlyExit,
    resources,
    workFolder: options.workFolder ?? usualWorkFolder(settings),
    reporter,
    signal: options.signal,
    command: `${command} in a script`,
  });
  const scores = settings.test.map((_, index) => scoresPath(workFolder, index));
  return { model, scores, files, workFolder, seconds };
}

function resourcesOf({ memory, workers, block }: Pick<JobOptions, "memory" | "workers" | "block">) {
  return { ...limitsOf({ memory: bytesOfMemory(memory), workers }), blockShape: block };
}
