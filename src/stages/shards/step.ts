/** The steps of a sharded run that one process does alone: everything between two stages of shards. */
import { UserError } from "../../user_error.ts";
import { fingerprintOf, type Journal, openJournal, type Reporter } from "../../engine/mod.ts";
import { DamagedError } from "../../volume/damaged_error.ts";
import { convertVolume } from "../convert/convert.ts";
import { type InputFile, inputFiles } from "../input_files.ts";
import { conversionOptions, convertedPath, otherInputs } from "../inputs.ts";
import { forgetDamaged } from "../../run/lost.ts";
import { runOwnPart, type RunReport } from "../run.ts";
import type { HandedStage } from "../../run/run_context.ts";
import type { Resources } from "../../run/plan_stage.ts";
import { absorbShards, requireNoShards, type UnfinishedStage } from "./absorb.ts";
import { readAttempts } from "./attempts.ts";
import {
  type BandWork,
  blockWork,
  closePlan,
  plannedStages,
  readPlan,
  shardsFolder,
  writePlan,
} from "./stage_plan.ts";
import {
  type Progress,
  readProgress,
  readSubmission,
  requireSubmission,
  type Submission,
  writeProgress,
  writeSubmission,
} from "./submission.ts";

/** Stages that shards work on; others have little to do, or need all of a volume. */
const SHARDED = /^((samples|gather)(-\d+)?|(score|refine|synapse-parts|synapse-labels)-\d+)$/;

/** Name of the stage in which shards convert the inputs. */
export const CONVERT = "convert";

/** Name of the step between the scores of the first stage and their refinement. */
export const COLLECT = "collect";

/** Where and with what a step is done. */
interface StepOptions {
  readonly workFolder: string;
  /** Default: those of the submission. */
  readonly resources: Partial<Pick<Resources, "memory" | "workers" | "inMainThread">>;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
  /** The command line, for the journal. */
  readonly command: string;
}

/** Where the run is after a step. */
export interface StepReport extends Progress {
  /** Of a run that is done, what it wrote. */
  readonly report: RunReport;
}

/**
 * Goes on with a sharded run as far as one process can: to the next stage for shards, or to the end.
 * @throws {UserError} where shards have not done what the run waits for
 */
export async function runStep(options: StepOptions): Promise<StepReport> {
  const { workFolder, reporter, signal, command } = options;
  const { memory, workers, processes, blockShape, ...job } = await requireSubmission(workFolder);
  const before = await readProgress(workFolder);
  const { report, waiting } = await runOwnPart({
    ...job,
    resources: { memory, workers, processes, blockShape, ...options.resources },
    workFolder,
    reporter,
    signal,
    command,
  }, {
    handOver: (stage) => handOver(workFolder, stage),
    requireDone: (left) =>
      requireDone(left.filter(({ stage }) => nextOf(before?.waiting ?? []).includes(stage))),
  });
  const progress = { waiting, isDone: waiting.length === 0 };
  await writeProgress(workFolder, progress);
  return { ...progress, report };
}

/** What comes when all volumes are scored, in this order. */
const LATER = [/^refine-/, /^synapse-parts-/, /^synapse-labels-/];

/** Of stages that wait beside one another those whose turn it is. */
function nextOf(waiting: readonly string[]): readonly string[] {
  const turns = waiting.map((stage) => LATER.findIndex((later) => later.test(stage)));
  return waiting.filter((_, i) => turns[i] === Math.min(...turns));
}

async function handOver(workFolder: string, stage: HandedStage): Promise<boolean> {
  const { name, title, fingerprint, job, plan, pending } = stage;
  if (!SHARDED.test(name)) return false;
  await writePlan(workFolder, { stage: name, title, fingerprint, work: blockWork(job, plan, pending) });
  return true;
}

function requireDone(left: readonly UnfinishedStage[]): void {
  if (left.length === 0) return;
  const texts = left.map(({ title, items }) =>
    `${title}: ${items} ${items === 1 ? "block is" : "blocks are"} not done`
  );
  throw new UserError(
    `${texts.join("; ")}; see ccboost cluster status, and submit the run again to compute them`,
  );
}

/** A run to shard. */
export interface SubmitOptions extends Submission {
  readonly workFolder: string;
  readonly signal?: AbortSignal | undefined;
}

/** What there is to do. */
export interface Prepared {
  /** Stages whose shards can begin now; none where a step of one process comes first. */
  readonly waiting: readonly UnfinishedStage[];
  /** Stages whose shards are done, and behind which a step of one process comes next; none at the beginning. */
  readonly passed: readonly string[];
  readonly isDone: boolean;
}

/**
 * Prepares a work folder for shards, or one that was prepared before for what is missing there.
 * @throws {UserError} where a run or shards work in the folder, or an input cannot be read
 */
export async function prepareShards({ workFolder, signal, ...submission }: SubmitOptions): Promise<Prepared> {
  const journal = await openJournal(workFolder);
  try {
    await requireNoShards(workFolder);
    await Deno.mkdir(shardsFolder(workFolder), { recursive: true });
    const isMended = await forgetWhatShardsFoundDamaged(workFolder, journal);
    const left = await absorbShards(workFolder, journal);
    const known = await readSubmission(workFolder);
    const isSame = known !== undefined && await isSameJob(known, submission);
    // the run was planned for so many processes; with another number its blocks would have another shape
    const processes = isSame ? known.processes : submission.processes;
    await writeSubmission(workFolder, { ...submission, processes });
    const conversion = await planConversion({ ...submission, workFolder, signal });
    if (conversion > 0) {
      await writeProgress(workFolder, { waiting: [CONVERT], isDone: false });
      return { waiting: [{ stage: CONVERT, title: CONVERT, items: conversion }], passed: [], isDone: false };
    }
    const progress = await readProgress(workFolder);
    if (!isSame || isMended || progress === undefined) {
      // whatever the folder holds, a step finds out what of it can be used
      await writeProgress(workFolder, { waiting: [], isDone: false });
      return { waiting: [], passed: [], isDone: false };
    }
    const waiting = left.filter(({ stage }) => progress.waiting.includes(stage));
    return { waiting, passed: waiting.length > 0 ? [] : progress.waiting, isDone: progress.isDone };
  } finally {
    await journal.close();
  }
}

/** What a shard cannot do, since others may need the file: to have computed again what is damaged. */
async function forgetWhatShardsFoundDamaged(workFolder: string, journal: Journal): Promise<boolean> {
  let isMended = false;
  for (const stage of await plannedStages(workFolder)) {
    const plan = await readPlan(workFolder, stage);
    const attempts = plan === undefined ? [] : await readAttempts(workFolder, plan);
    for (const file of new Set(attempts.map(({ damaged }) => damaged).filter((path) => path !== ""))) {
      const damage = new DamagedError(file, "a shard found that it is damaged");
      if (await forgetDamaged({ workFolder, journal }, damage)) isMended = true;
    }
  }
  return isMended;
}

/** Whether two submissions ask for the same results. */
async function isSameJob(known: Submission, submission: Submission): Promise<boolean> {
  const printOf = ({ settings, polarity, leastScore }: Submission) =>
    fingerprintOf({ settings, polarity, leastScore: leastScore ?? null });
  return await printOf(known) === await printOf(submission);
}

/** Begins the conversion of inputs that need one, and plans their bands. Returns how many there are. */
async function planConversion({ workFolder, signal, ...submission }: SubmitOptions): Promise<number> {
  const { settings, memory, workers } = submission;
  const inputs: InputFile[] = [];
  const bands: BandWork["bands"][number][] = [];
  for (const file of inputFiles(settings)) {
    const out = await convertedPath(workFolder, file.path, file.kind, file);
    let begun: { readonly access: "random" | "forward"; readonly finished: ReadonlySet<number> } | undefined;
    const { shape, shard } = await convertVolume(file.path, out, {
      ...conversionOptions({ settings, resources: { memory, workers }, signal }, file.kind, file),
      others: await otherInputs({ settings, workFolder }),
      part: { from: 0, to: 0, onBegun: (access, finished) => begun = { access, finished } },
    });
    if (begun === undefined) continue; // ready to use
    const { access, finished } = begun;
    const isWhole = finished.size === Math.ceil(shape[0] / shard[0]);
    // to reach a band of a compressed file everything before it must be read, so its bands stay together
    const depth = access === "random" ? Math.min(shard[0], shape[0]) : shape[0];
    for (let z = 0; z < shape[0]; z += depth) {
      if (isWhole || (access === "random" && finished.has(z))) continue;
      const write = { start: [z, 0, 0], shape: [Math.min(depth, shape[0] - z), shape[1], shape[2]] } as const;
      bands.push({ input: inputs.length, write });
    }
    inputs.push(file);
  }
  if (bands.length === 0) await closePlan(workFolder, CONVERT);
  else {
    const fingerprint = await fingerprintOf({ inputs });
    await writePlan(workFolder, {
      stage: CONVERT,
      title: CONVERT,
      fingerprint,
      work: { kind: "bands", inputs, bands },
    });
  }
  return bands.length;
}
