/** Gives a run to a cluster. */
import { join } from "node:path";
import { UserError } from "../user_error.ts";
import { readSealed, shardsFolder } from "../stages/shards/stage_plan.ts";
import { type Prepared, prepareShards, type SubmitOptions } from "../stages/shards/step.ts";
import { type Chain, chainOf } from "./chain.ts";
import { logsFolder, type Script, scriptsOf, shellScript, type TaskOptions } from "./script.ts";
import { mostArrayTasks, sbatch, scancel, squeue } from "./slurm.ts";
import { writeFileAtomic } from "../volume/file.ts";
import { sealJson } from "../engine/mod.ts";

/** How to submit. */
export interface ClusterOptions {
  readonly engine: "slurm" | "shell";
  /** Tasks a stage. */
  readonly tasks: number;
  readonly options: TaskOptions;
  /** Words that start ccboost on the machines of the cluster. */
  readonly program: readonly string[];
}

/** What was submitted. */
export interface SubmitReport {
  readonly workFolder: string;
  readonly isDone: boolean;
  readonly jobs: readonly SubmittedJob[];
  /** Path of the script that `--engine shell` wrote; empty otherwise. */
  readonly script: string;
}

/**
 * Submits what of a run is missing.
 * @throws {UserError} where jobs of an earlier submission are still at work, or the cluster does not take the jobs
 */
export async function submitRun(run: SubmitOptions, cluster: ClusterOptions): Promise<SubmitReport> {
  const { workFolder } = run;
  const { engine, tasks, options, program } = cluster;
  if (engine === "slurm") await endStuckJobs(workFolder);
  const mostTasks = engine === "slurm" ? await mostArrayTasks() : tasks;
  const prepared = await prepareShards(run);
  const chain = chainOf(run.settings, prepared, tasks);
  await Deno.mkdir(logsFolder(workFolder), { recursive: true });
  const report = { workFolder, isDone: prepared.isDone, jobs: [], script: "" };
  if (chain.length === 0) return report;
  if (engine === "shell") {
    const script = join(shardsFolder(workFolder), "run.sh");
    await writeFileAtomic(script, shellScript(chain, { program, workFolder, options }));
    return { ...report, script };
  }
  return {
    ...report,
    jobs: await submitChain(workFolder, chain, { program, workFolder, options, mostTasks }),
  };
}

async function submitChain(
  workFolder: string,
  chain: Chain,
  how: Parameters<typeof scriptsOf>[1],
): Promise<SubmittedJob[]> {
  const folder = join(shardsFolder(workFolder), "scripts");
  await Deno.mkdir(folder, { recursive: true });
  const jobs: SubmittedJob[] = [];
  let after: string[] = [];
  try {
    for (const links of chain) {
      const ids: string[] = [];
      for (const { name, stage, tasks, from, text } of links.flatMap((link) => scriptsOf(link, how))) {
        const path = join(folder, `${name}.sh`);
        await writeFileAtomic(path, text);
        const id = await sbatch(path, after);
        ids.push(id);
        jobs.push({ id, name, stage, tasks, from });
        await writeJobs(workFolder, jobs); // so that cancel knows them whatever comes
      }
      after = ids;
    }
  } catch (cause) {
    await scancel(jobs.map(({ id }) => id)); // half a chain would wait for ever
    throw cause;
  }
  return jobs;
}

/** Jobs of an earlier submission that wait for what will never be are ended. @throws {UserError} where others are at work */
async function endStuckJobs(workFolder: string): Promise<void> {
  const queued = await squeue((await readJobs(workFolder)).map(({ id }) => id));
  const isStuck = ({ state, reason }: { state: string; reason: string }) =>
    state === "PENDING" && /DependencyNeverSatisfied|requeued held|JobHeld/i.test(reason);
  const busy = [...new Set(queued.filter((job) => !isStuck(job)).map(({ id }) => id))];
  if (busy.length > 0) {
    throw new UserError(
      `${workFolder}: job${busy.length === 1 ? "" : "s"} ${busy.join(", ")} of this run still ${
        busy.length === 1 ? "is waiting or running" : "are waiting or running"
      }; see ccboost cluster status, or cancel with ccboost cluster cancel to submit again`,
    );
  }
  await scancel([...new Set(queued.map(({ id }) => id))]);
}

/** What a submission would be: nothing is written and nothing submitted. */
export function describeScripts(
  run: Pick<SubmitOptions, "settings" | "workFolder">,
  { tasks, options, program }: ClusterOptions,
  mostTasks: number,
): readonly Script[] {
  const fresh: Prepared = {
    waiting: [{ stage: "convert", title: "convert", items: tasks }],
    passed: [],
    isDone: false,
  };
  const how = { program, workFolder: run.workFolder, options, mostTasks };
  return chainOf(run.settings, fresh, tasks).flat().flatMap((link) => scriptsOf(link, how));
}

/** A submitted job or array. */
export interface SubmittedJob {
  readonly id: string;
  readonly name: string;
  readonly stage: string;
  /** Tasks; 0: one process. */
  readonly tasks: number;
  /** Shard of its first task. */
  readonly from: number;
}

const JOBS = "jobs.json";

/** Keeps the jobs of the last submission. */
async function writeJobs(workFolder: string, jobs: readonly SubmittedJob[]): Promise<void> {
  await writeFileAtomic(join(shardsFolder(workFolder), JOBS), sealJson({ jobs }));
}

/** The jobs of the last submission; none where there was none. */
export async function readJobs(workFolder: string): Promise<readonly SubmittedJob[]> {
  const kept = await readSealed(join(shardsFolder(workFolder), JOBS)) as
    | { jobs?: readonly SubmittedJob[] }
    | undefined;
  return kept?.jobs ?? [];
}
