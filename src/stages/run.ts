/** The main job: train on one annotated volume, score others (docs/algorithm.md). */
import { formatSettings, type Settings } from "../config/settings.ts";
import { UserError } from "../user_error.ts";
import { type Journal, openJournal, type Reporter } from "../engine/mod.ts";
import { canShareMemory } from "../kernels/mod.ts";
import { version } from "../version.ts";
import { DamagedError } from "../volume/damaged_error.ts";
import { explainSystemError, fileState } from "../volume/file.ts";
import { plannedFiles, requireSpace } from "./free_space.ts";
import { exists, removeUnfinishedFiles } from "../run/work_folder.ts";
import { forgetDamaged } from "../run/lost.ts";
import { lookAtInputs, requireOutputFolders } from "./look_at_inputs.ts";
import { usesSavedModel } from "./model.ts";
import { MissingPolarityError } from "./training/polarity.ts";
import { train, trainingFiles } from "./training/train.ts";
import { type RunTable, tableFiles } from "./synapses/run_synapses.ts";
import { scoreVolume } from "./score/score.ts";
import { scoreFiles, type WrittenFile } from "./score/score_files.ts";
import { requireBucket, sendResults, withLocalResults } from "../run/bucket_results.ts";
import { claimOutputs } from "../run/owner.ts";
import { HandedOver, type RunContext } from "../run/run_context.ts";
import type { Resources } from "../run/plan_stage.ts";
import { absorbShards, requireNoShards, type UnfinishedStage } from "./shards/absorb.ts";
import { closePlan } from "./shards/stage_plan.ts";
import { openTelemetry, type Telemetry } from "../run/telemetry.ts";
import { folderBytes } from "../run/verify.ts";
import { WORKER_MODULES } from "./worker_modules.ts";

export { planCcboost, type PlannedTraining, type PlanReport } from "./plan_run.ts";

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
  /** Addresses of those that were sent into a bucket; empty where results stay here. */
  readonly sent: readonly string[];
  /** Path of the model. */
  readonly model: string;
  /** From start to end. */
  readonly seconds: number;
  /** Holds what the table of synapses and the viewer read. */
  readonly workFolder: string;
  /** How many volumes were scored. */
  readonly scored: number;
  /** The synapses of each volume, where they were listed. */
  readonly tables: readonly RunTable[];
}

/**
 * Runs everything that the settings ask for and that was not done before in this work folder.
 * @throws {UserError} for what the user can fix; what is finished is kept
 */
export async function runCcboost(options: RunOptions): Promise<RunReport> {
  return (await runOwnPart(options)).report;
}

const NO_SHARING =
  "threads cannot share memory here, so each computes its own, smaller blocks in a part of the memory, and more has to be read";

/** How a run leaves stages to others. */
interface HandingOver {
  readonly handOver: RunContext["handOver"];
  /** Is told what shards have left to do; throws where the run must wait for it. */
  readonly requireDone: (left: readonly UnfinishedStage[]) => void;
}

/**
 * Runs like {@linkcode runCcboost}, as far as it goes without what it leaves to others. What others did since is taken up first.
 * @returns of a run with nothing to wait for, all that it wrote; and stages that were left to others: where there are some, it is not done
 * @throws {UserError} for what the user can fix; what is finished is kept
 */
export async function runOwnPart(
  options: RunOptions,
  handing?: HandingOver,
): Promise<{ readonly report: RunReport; readonly waiting: readonly string[] }> {
  const { settings: given, workFolder, command, resources } = options;
  const settings = withLocalResults(given, workFolder);
  const bucket = settings === given ? undefined : given.outFileName;
  const begin = performance.now();
  if (options.leastScore !== undefined && settings.extra.saveTestingFeatures) {
    throw new UserError(
      "--early-exit skips stumps, but extra.saveTestingFeatures writes the features of every stump; use only one of them",
    );
  }
  await requireOutputFolders(settings, workFolder);
  const look = () => lookAtInputs({ settings, resources, learns: !usesSavedModel(settings) });
  const isNew = !await exists(workFolder);
  if (isNew) await look(); // what is wrong leaves nothing behind
  const journal = await openJournal(workFolder);
  let telemetry: Telemetry | undefined;
  try {
    await requireNoShards(workFolder);
    const left = await absorbShards(workFolder, journal);
    handing?.requireDone(left);
    telemetry = await openTelemetry(workFolder, options.reporter, resources);
    if (resources.workers > 1 && !canShareMemory()) telemetry.reporter.warn(NO_SHARING);
    await journal.append({
      event: "run-started",
      command,
      version,
      settings: formatSettings(given),
      time: new Date().toISOString(),
    });
    if (!isNew) await look(); // whoever looks on is told
    if (journal.staleOwner !== undefined) {
      options.reporter.message(`${journal.staleOwner} was killed; resuming`);
      removeUnfinishedFiles(workFolder, settings.outFileName);
    }
    await claimOutputs(settings, runOutputs(settings), workFolder, journal.events);
    if (bucket !== undefined) await requireBucket({ settings, journal }, bucket, runOutputs(settings));
    await requireSpace(await plannedFiles(settings, workFolder));
    const { model, files, tables, waiting } = await runStages({
      ...options,
      settings,
      handOver: handing?.handOver,
      resources,
      workerModules: WORKER_MODULES,
      journal,
      reporter: telemetry.reporter,
      telemetry,
    });
    const shared = { settings, journal, reporter: telemetry.reporter, signal: options.signal };
    const isSent = bucket !== undefined && waiting.length === 0;
    const paths = [...files.map(({ path }) => path), ...tables.map(({ labels }) => labels)];
    const sent = isSent ? await sendResults(shared, bucket, paths) : [];
    if (waiting.length === 0) {
      await journal.append({ event: "run-done" });
      for (const { stage } of left) await closePlan(workFolder, stage); // of other settings: nobody wants it
    }
    const report = {
      files: files.map((file) => ({ ...file, bytes: bytesAt(file.path) })),
      model,
      seconds: (performance.now() - begin) / 1000,
      workFolder,
      sent,
      scored: settings.test.length,
      tables,
    };
    return { report, waiting };
  } catch (cause) {
    const explained = explainSystemError(cause, workFolder);
    await noteFailure(journal, explained, options.signal);
    throw explained;
  } finally {
    await telemetry?.close();
    await journal.close();
  }
}

/** Bytes of a file, or of all in a folder. */
function bytesAt(path: string): number {
  const state = fileState(path);
  return state?.isDirectory ? folderBytes(path) : state?.bytes ?? 0;
}

/** How many damaged files a run mends before it gives up: where there are more, the disk needs a look. */
const MOST_DAMAGED = 20;

/** Does what is not done yet and not for others. A damaged file of the work folder is told and computed again. */
async function runStages(
  context: RunContext,
): Promise<{ model: string; files: WrittenFile[]; tables: RunTable[]; waiting: string[] }> {
  const { settings, reporter } = context;
  for (let mended = 0;; mended++) {
    try {
      const model = await obtainModel(context);
      const files = usesSavedModel(settings) ? [] : trainingFiles(settings);
      const tables: RunTable[] = [];
      const waiting: string[] = [];
      for (const [index, test] of settings.test.entries()) {
        try {
          const scored = await scoreVolume(context, test, index, model);
          files.push(...scored.files);
          if (scored.table) tables.push(scored.table);
        } catch (cause) {
          if (!(cause instanceof HandedOver)) throw cause;
          waiting.push(...cause.stages); // others can work on all volumes at a time
        }
      }
      return { model, files, tables, waiting };
    } catch (cause) {
      if (cause instanceof HandedOver) {
        return { model: "", files: [], tables: [], waiting: [...cause.stages] };
      }
      if (!(cause instanceof DamagedError) || mended === MOST_DAMAGED) throw cause;
      if (!await forgetDamaged(context, cause)) throw cause;
      reporter.warn(`${cause.file} is damaged (${cause.found}); it is computed again`);
    }
  }
}

/** Journals why a run ended. Where even that fails, as on a full disk, the reason itself is what the user must see. */
async function noteFailure(journal: Journal, cause: unknown, signal: AbortSignal | undefined): Promise<void> {
  const error = cause instanceof Error ? cause.message : String(cause);
  const reason = signal?.aborted ? "stopped" : cause instanceof MissingPolarityError ? "polarity" : undefined;
  try {
    const questions = cause instanceof MissingPolarityError ? { questions: cause.components.length } : {};
    await journal.append({
      event: "run-failed",
      error,
      ...(reason === undefined ? {} : { reason }),
      ...questions,
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

/** Trains, or takes the saved stumps. */
async function obtainModel(context: RunContext): Promise<string> {
  const { settings } = context;
  if (usesSavedModel(settings)) return settings.savedStumpsPath;
  if (settings.train.length === 0) {
    throw new UserError(`no model: add a train group or savedStumpsPath`);
  }
  return await train(context, settings.train);
}

/** Paths of the model, and of what is written of every test volume. */
function runOutputs(settings: Settings): string[] {
  const training = usesSavedModel(settings) || settings.train.length === 0 ? [] : trainingFiles(settings);
  return [
    ...training.map(({ path }) => path),
    ...settings.test.flatMap((_, index) => [
      ...scoreFiles(settings, index),
      ...(settings.outputSynapses ? Object.values(tableFiles(settings, index)) : []),
    ]),
  ];
}
