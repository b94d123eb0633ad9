/** The main job: train on one annotated volume, score others (docs/algorithm.md). */
import { dirname } from "node:path";
import type { Settings } from "../config/settings.ts";
import { formatSettings } from "../config/settings.ts";
import { UserError } from "../config/user_error.ts";
import { openJournal, type Reporter } from "../engine/mod.ts";
import { version } from "../version.ts";
import { train, trainingFiles } from "./train.ts";
import { scoreVolume, type WrittenFile } from "./score.ts";
import type { Resources, RunContext } from "./run_context.ts";
import { openTelemetry, type Telemetry } from "./telemetry.ts";
import { exists } from "./work_folder.ts";

export { planCcboost, type PlanReport } from "./plan_run.ts";

/** A run: what to do, and where and with what to do it. */
export interface RunOptions {
  /** What to do. */
  readonly settings: Settings;
  /** `none` trains with the signs of e3 as estimated. */
  readonly polarity: "config" | "none";
  /** Stops scoring a supervoxel when it cannot reach this score: what reaches it is exact, what does not is only known to be lower. */
  readonly leastScore?: number | undefined;
  /** What it may take of the machine. */
  readonly resources: Resources;
  /** Holds the journal and everything that a run started again goes on from. */
  readonly workFolder: string;
  /** Is told of progress. */
  readonly reporter: Reporter;
  /** Stops the run; started again, it goes on from there. */
  readonly signal?: AbortSignal | undefined;
  /** The command line, for the journal. */
  readonly command: string;
}

/** What a run has done. */
export interface RunReport {
  /** All files that the settings ask for, in the order of their making. */
  readonly files: readonly (WrittenFile & { readonly bytes: number })[];
  /** Path of the model. */
  readonly model: string;
  /** From start to end. */
  readonly seconds: number;
  /** May be removed. */
  readonly workFolder: string;
}

/**
 * Runs everything that the settings ask for and that was not done before in this work folder.
 * @throws {UserError} for what the user can mend; what is finished is kept
 */
export async function runCcboost(options: RunOptions): Promise<RunReport> {
  const { settings, workFolder, command, resources } = options;
  const begin = performance.now();
  const outFolder = dirname(settings.outFileName);
  if (!await exists(outFolder)) {
    throw new UserError(`outFileName: there is no folder ${outFolder}; make it or name another`);
  }
  if (options.leastScore !== undefined && settings.extra.saveTestingFeatures) {
    throw new UserError(
      "--early-exit leaves stumps out, but extra.saveTestingFeatures writes what every stump sees; leave one of the two out",
    );
  }
  const journal = await openJournal(workFolder);
  let telemetry: Telemetry | undefined;
  try {
    telemetry = await openTelemetry(workFolder, options.reporter, resources);
    await journal.append({
      event: "run-started",
      command,
      version,
      settings: formatSettings(settings),
      time: new Date().toISOString(),
    });
    const context: RunContext = {
      ...options,
      resources,
      journal,
      reporter: telemetry.reporter,
      telemetry,
    };
    const model = await obtainModel(context);
    const files = usesSavedModel(settings) ? [] : trainingFiles(settings);
    for (const [index, test] of settings.test.entries()) {
      files.push(...await scoreVolume(context, test, index, model));
    }
    await journal.append({ event: "run-done" });
    const sizes = await Promise.all(files.map(({ path }) => Deno.stat(path)));
    return {
      files: files.map((file, i) => ({ ...file, bytes: sizes[i]?.size ?? 0 })),
      model,
      seconds: (performance.now() - begin) / 1000,
      workFolder,
    };
  } catch (cause) {
    const error = cause instanceof Error ? cause.message : String(cause);
    await journal.append({ event: "run-failed", error });
    throw cause;
  } finally {
    await telemetry?.close();
    await journal.close();
  }
}

/** Trains, or takes the saved stumps. */
async function obtainModel(context: RunContext): Promise<string> {
  const { settings } = context;
  if (usesSavedModel(settings)) return settings.savedStumpsPath;
  if (!settings.train) {
    throw new UserError(`no train group and no savedStumpsPath: there is no model; add one of them`);
  }
  return await train(context, settings.train);
}

function usesSavedModel({ savedStumpsPath, relearnThresholds }: Settings): boolean {
  return savedStumpsPath !== "" && !relearnThresholds;
}
