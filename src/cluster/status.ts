/** How a sharded run goes, from its work folder and, where it may be asked, from Slurm. */
import { join } from "node:path";
import { UserError } from "../user_error.ts";
import { DEAD, timeOf } from "../engine/mod.ts";
import { doneKeys } from "../stages/shards/absorb.ts";
import { type Attempt, readAttempts } from "../stages/shards/attempts.ts";
import { itemsOf, lastPlan, readPlanOf, type ShardItem } from "../stages/shards/stage_plan.ts";
import { readProgress, requireSubmission } from "../stages/shards/submission.ts";
import { voxelCount } from "../volume/region.ts";
import { wholeChain } from "./chain.ts";
import { readJobs, type SubmittedJob } from "./submit.ts";
import { logsFolder } from "./script.ts";
import { sacctFailures, type SlurmJob, squeue } from "./slurm.ts";
import { ifThere } from "../if_there.ts";

/** A shard, or a process that works alone, that did not end well. */
export interface FailedTask {
  /** `3/64`; empty for one process. */
  readonly shard: string;
  /** Times that it failed; 0 where Slurm alone tells of it. */
  readonly times: number;
  readonly host: string;
  /** What the process said, or what Slurm calls it. */
  readonly error: string;
  /** Last lines of its log. */
  readonly lines: readonly string[];
}

/** A stage of the run. */
export interface StageStatus {
  readonly stage: string;
  /** `waiting`: for stages before it. `ready`: nobody works on it. `failed`: its jobs are gone and it is not done. */
  readonly state: "waiting" | "ready" | "working" | "done" | "failed";
  /** Blocks of the present plan; 0 of 0 where there is none. */
  readonly done: number;
  readonly blocks: number;
  /** Processes that showed themselves within the last minute, and their machines. */
  readonly working: number;
  readonly nodes: readonly string[];
  /** Voxels a second of all of them together; 0 where none works. */
  readonly rate: number;
  /** Seconds that are left at this rate; null where that is not known. */
  readonly left: number | null;
  /** Slurm's own words: `2 RUNNING, 4 PENDING (Resources)`. */
  readonly slurm: string;
  readonly failures: readonly FailedTask[];
}

/** A run. */
export interface RunStatus {
  readonly workFolder: string;
  readonly isDone: boolean;
  readonly stages: readonly StageStatus[];
  /** Why Slurm did not answer; empty where it did or was not asked. */
  readonly problem: string;
}

const LAST_LINES = 5;

/** @throws {UserError} where nothing was submitted in the folder */
export async function readStatus(workFolder: string): Promise<RunStatus> {
  const { settings } = await requireSubmission(workFolder);
  const progress = await readProgress(workFolder);
  const jobs = await readJobs(workFolder);
  const ids = jobs.map(({ id }) => id);
  const { queued, ended, problem, hasAnswered } = await askSlurm(ids);
  const now = await timeOf(workFolder);
  const order = wholeChain(settings, 1).flat();
  const isDone = progress?.isDone ?? false;
  const current = order.findIndex(({ stage }) => progress?.waiting.includes(stage));
  const stages: StageStatus[] = [];
  for (const [place, { stage, shards }] of order.entries()) {
    const own = jobs.filter((job) => job.stage === stage);
    const words = slurmWords(queued.filter(({ id }) => own.some((job) => job.id === id)));
    const isRunning = /RUNNING|COMPLETING/.test(words);
    const plan = shards > 0 ? await statusOfPlan(workFolder, stage, own, now) : NOTHING;
    const told = [...plan.failures, ...await failuresOf(workFolder, own, ended, plan.failures)];
    const isPast = isDone || (current >= 0 && place < current) ||
      (plan.blocks > 0 && plan.done === plan.blocks);
    const isWaitedFor = progress?.waiting.includes(stage) ?? false;
    const isWorking = plan.working > 0 || isRunning;
    // Only the first stage that is not done can have failed; those after it wait for it.
    const isFirst = stages.every((before) => before.state === "done");
    const isGone = hasAnswered && isFirst && !isPast && !isWorking && own.length > 0 && words === "";
    const state = isGone
      ? "failed"
      : isWorking
      ? "working"
      : isPast
      ? "done"
      : isWaitedFor
      ? "ready"
      : "waiting";
    const failures = isGone && told.length === 0 ? [await goneWithoutRecord(workFolder, own)] : told;
    stages.push({ ...plan, stage, state, slurm: words, failures });
  }
  return { workFolder, isDone, stages, problem };
}

/** What Slurm knows, as far as it may be asked and answers; the work folder tells the most. */
async function askSlurm(ids: readonly string[]) {
  if (ids.length === 0) return { queued: [], ended: [], problem: "", hasAnswered: false };
  try {
    return { queued: await squeue(ids), ended: await sacctFailures(ids), problem: "", hasAnswered: true };
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    return { queued: [], ended: [], problem: cause.message, hasAnswered: false };
  }
}

const NOTHING = {
  done: 0,
  blocks: 0,
  working: 0,
  nodes: [],
  rate: 0,
  left: null,
  failures: [] as FailedTask[],
};

async function statusOfPlan(workFolder: string, stage: string, jobs: readonly SubmittedJob[], now: number) {
  const last = await lastPlan(workFolder, stage);
  if (last === undefined) return NOTHING;
  const plan = await readPlanOf(workFolder, { stage, id: last.id });
  const attempts = await readAttempts(workFolder, plan);
  const done = doneKeys(attempts);
  const items = itemsOf(plan);
  const left = items.filter(({ key }) => !done.has(key));
  const live = attempts.filter(({ end, seen }) => end === "open" && now - seen < DEAD);
  const rate = live.reduce((sum, attempt) => sum + rateOf(attempt), 0);
  const failures = await Promise.all(
    failedShards(attempts, live).map((failed) => describeFailed(workFolder, failed, jobs)),
  );
  return {
    done: items.length - left.length,
    blocks: items.length,
    working: live.length,
    nodes: [...new Set(live.map(({ host }) => host))].sort(),
    rate,
    left: rate > 0 ? voxelsOf(left) / rate : null,
    failures: last.isOpen ? failures : [],
  };
}

function rateOf({ done, began, seen }: Attempt): number {
  const seconds = (seen - Date.parse(began)) / 1000;
  return seconds > 0 ? voxelsOf(done) / seconds : 0;
}

function voxelsOf(items: readonly Pick<ShardItem, "write">[]): number {
  return items.reduce((sum, { write }) => sum + voxelCount(write.shape), 0);
}

/** Failures of each shard that has not ended well since and that nobody works on. */
function failedShards(attempts: readonly Attempt[], live: readonly Attempt[]): Attempt[][] {
  const shards = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const name = nameOf(attempt);
    shards.set(name, attempt.end === "done" ? [] : [...shards.get(name) ?? [], attempt]);
  }
  const isLive = (name: string) => live.some((attempt) => nameOf(attempt) === name);
  return [...shards].flatMap(([name, open]) => {
    const failed = open.filter((attempt) => attempt.end !== "stopped" && !live.includes(attempt));
    return failed.length > 0 && !isLive(name) ? [failed] : [];
  });
}

function nameOf({ shard }: Attempt): string {
  return `${shard.index}/${shard.count}`;
}

async function describeFailed(
  workFolder: string,
  failed: readonly Attempt[],
  jobs: readonly SubmittedJob[],
): Promise<FailedTask> {
  const last = failed.at(-1);
  const index = last?.shard.index ?? 0;
  const job = jobs.find(({ from, tasks }) => index >= from && index < from + tasks);
  return {
    shard: last ? nameOf(last) : "",
    times: failed.length,
    host: last?.host ?? "",
    error: last?.error || "it ended unexpectedly",
    lines: job ? await lastLines(workFolder, `${job.name}-${index - job.from}`) : [],
  };
}

/** What Slurm's accounting tells besides. */
async function failuresOf(
  workFolder: string,
  jobs: readonly SubmittedJob[],
  ended: readonly SlurmJob[],
  known: readonly FailedTask[],
): Promise<FailedTask[]> {
  const found: FailedTask[] = [];
  for (const { id, task, state, reason } of ended) {
    const job = jobs.find((submitted) => submitted.id === id);
    if (job === undefined || known.some(({ shard }) => shard.startsWith(`${job.from + Number(task)}/`))) {
      continue;
    }
    const log = task === "" ? job.name : `${job.name}-${task}`;
    const shard = task === "" ? "" : String(job.from + Number(task));
    found.push({ shard, times: 0, host: reason, error: state, lines: await lastLines(workFolder, log) });
  }
  return found;
}

/** Jobs that Slurm does not know any more and that left no word: a node that died, or one that could not write its log. */
async function goneWithoutRecord(workFolder: string, jobs: readonly SubmittedJob[]): Promise<FailedTask> {
  const [first] = jobs;
  const lines = first === undefined
    ? []
    : await lastLines(workFolder, first.tasks > 0 ? `${first.name}-0` : first.name);
  const ids = jobs.map(({ id }) => id).join(", ");
  return {
    shard: "",
    times: 0,
    host: "",
    error:
      `job ${ids}: disappeared from the queue without a record of how it ended; look at its log, and submit the run again`,
    lines,
  };
}

async function lastLines(workFolder: string, log: string): Promise<string[]> {
  const text = await ifThere(() => Deno.readTextFile(join(logsFolder(workFolder), `${log}.log`)));
  return text?.trimEnd().split("\n").slice(-LAST_LINES) ?? [];
}

/** `2 RUNNING, 4 PENDING (Resources)`; tasks that wait together count as one line of squeue. */
function slurmWords(jobs: readonly SlurmJob[]): string {
  const counts = new Map<string, number>();
  for (const { task, state, reason } of jobs) {
    const words = state === "PENDING" && reason !== "" ? `${state} (${reason})` : state;
    counts.set(words, (counts.get(words) ?? 0) + tasksIn(task));
  }
  return [...counts].map(([words, count]) => `${count} ${words}`).join(", ");
}

/** Tasks in `3`, `0-7` or `1,4-5%2`. */
function tasksIn(text: string): number {
  const parts = text.replace(/%\d+$/, "").split(",");
  return parts.reduce((sum, part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return sum + to - from + 1;
  }, 0);
}
