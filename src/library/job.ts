/** Training and scoring for scripts, with the command line's defaults. */
import { createReporter, limitsOf, type Reporter } from "../engine/mod.ts";
import type { Settings } from "../config/settings.ts";
import { UserError } from "../user_error.ts";
import { runCcboost, type RunReport } from "../stages/run.ts";

/** What training and scoring may take of the machine, and whom they tell. */
export interface JobOptions {
  /**
   * Bytes of resident memory of the whole process. Default: what suits the machine, half of its memory or 90 % of a limit, as the command line
   * chooses; 2 GiB where the script may not ask (`--allow-sys=systemMemoryInfo`).
   */
  readonly memory?: number;
  /** Threads that compute. Default: one a processor that it may use, or fewer where memory does not hold more. */
  readonly workers?: number;
  /** Holds what a job goes on from when it is started again; default `<outFileName>-work`. */
  readonly workFolder?: string;
  /** `none` trains without `ccPolarity`; default `config`. */
  readonly polarity?: "config" | "none";
  /** Is told of progress; default nobody is. */
  readonly reporter?: Reporter;
  /** Stops the job; started again, it goes on from there. */
  readonly signal?: AbortSignal;
}

/**
 * Learns from `settings.train`, and leaves `settings.test` alone.
 *
 * @returns what was written; `model` is the path of the stump file
 * @throws {UserError} for what the user can mend; what is finished is kept
 */
export function train(settings: Settings, options: JobOptions = {}): Promise<RunReport> {
  return runJob({ ...settings, test: [] }, "train", options);
}

/**
 * Scores every volume of `settings.test`.
 *
 * @param model path of a stump file; default that of `settings.savedStumpsPath`
 * @returns what was written: for volume `i` the scores `<outFileName>-<i>-ab-max.nrrd` and what else the settings ask for
 * @throws {UserError} for what the user can mend; what is finished is kept
 */
export async function score(
  settings: Settings,
  model: string = settings.savedStumpsPath,
  options: JobOptions = {},
): Promise<RunReport> {
  if (model === "") {
    throw new UserError("score: no model is given; name the stump file that train() returned");
  }
  return await runJob({ ...settings, savedStumpsPath: model, relearnThresholds: false }, "score", options);
}

/**
 * Learns and scores as the settings say.
 *
 * @throws {UserError} for what the user can mend; what is finished is kept
 */
export function run(settings: Settings, options: JobOptions = {}): Promise<RunReport> {
  return runJob(settings, "run", options);
}

function runJob(settings: Settings, command: string, options: JobOptions): Promise<RunReport> {
  const { reporter = silentReporter() } = options;
  const { memory, workers, chosen, warning } = limitsOf(options);
  if (chosen !== undefined) reporter.message(chosen);
  if (warning !== undefined) reporter.warn(warning);
  return runCcboost({
    settings,
    polarity: options.polarity ?? "config",
    resources: { memory, workers },
    workFolder: options.workFolder ?? `${settings.outFileName}-work`,
    reporter,
    signal: options.signal,
    command: `${command} of a script`,
  });
}

function silentReporter(): Reporter {
  return createReporter({ mode: "quiet", write: () => {} });
}
