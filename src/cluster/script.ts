/** The scripts that a scheduler runs. */
import { join } from "node:path";
import { shardsFolder } from "../stages/shards/stage_plan.ts";
import type { Chain, Link } from "./chain.ts";

/** What a task may take, and where it runs. */
export interface TaskOptions {
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  readonly time?: string | undefined;
  readonly partition?: string | undefined;
  readonly account?: string | undefined;
  /** Tasks of an array at a time. */
  readonly maxRunning?: number | undefined;
  /** Further options of sbatch, as written. */
  readonly further: readonly string[];
}

/** A script of one sbatch call. */
export interface Script extends Link {
  /** Name without extension: `score-0`, or `score-0-2` where an array is divided. */
  readonly name: string;
  /** Tasks of this call; the first has the shard `from`. */
  readonly from: number;
  readonly tasks: number;
  readonly text: string;
}

/** Part of the memory that a task asks for which ccboost is told to use: the rest is for the shell, and for what accounting adds. */
const MEMORY_SHARE = 0.9;

/** Memory of a task for which the user asks none: 2 GiB a thread, and 8 GiB for few. */
export function defaultTaskMemory(cpus: number): number {
  return Math.max(8, 2 * cpus) * 2 ** 30;
}

/** Seconds before the end of its time in which a task stops and goes back into the queue. */
const NOTICE = 60;

/** Folder of the logs of all tasks. */
export function logsFolder(workFolder: string): string {
  return join(shardsFolder(workFolder), "logs");
}

/** Bytes of `--memory` for a task. */
export function memoryOfTask(memory: number): number {
  return Math.floor(memory * MEMORY_SHARE);
}

/**
 * The scripts of a link, more than one where the cluster allows fewer tasks in an array.
 * @param program words that start ccboost
 * @param mostTasks tasks that an array may have
 */
export function scriptsOf(
  link: Link,
  { program, workFolder, options, mostTasks }: {
    readonly program: readonly string[];
    readonly workFolder: string;
    readonly options: TaskOptions;
    readonly mostTasks: number;
  },
): Script[] {
  const parts = Math.max(1, Math.ceil(link.shards / mostTasks));
  return Array.from({ length: parts }, (_, part) => {
    const from = part * mostTasks;
    const tasks = link.shards === 0 ? 0 : Math.min(mostTasks, link.shards - from);
    // not with a hyphen: samples-1 is a stage
    const name = parts > 1 ? `${link.stage}.${part}` : link.stage;
    const running = options.maxRunning && Math.max(1, Math.floor(options.maxRunning / parts));
    const text = scriptText({ link, name, from, tasks, running, program, workFolder, options });
    return { ...link, name, from, tasks, text };
  });
}

interface ScriptParts {
  readonly link: Link;
  readonly name: string;
  readonly from: number;
  readonly tasks: number;
  readonly running: number | undefined;
  readonly program: readonly string[];
  readonly workFolder: string;
  readonly options: TaskOptions;
}

function scriptText({ link, name, from, tasks, running, program, workFolder, options }: ScriptParts): string {
  const { cpus, memory, time, partition, account, further } = options;
  const isArray = link.shards > 0;
  // Slurm puts numbers in the place of % and a letter, so that one of the path itself stands twice.
  const logs = logsFolder(workFolder).replaceAll("%", "%%");
  const log = join(logs, isArray ? `${name}-%a.log` : `${name}.log`);
  const directives = [
    `--job-name=ccboost-${name}`,
    ...(isArray ? [`--array=0-${tasks - 1}${running === undefined ? "" : `%${running}`}`] : []),
    `--cpus-per-task=${cpus}`,
    `--mem=${Math.ceil(memory / 2 ** 20)}M`,
    ...(time === undefined ? [] : [`--time=${time}`]),
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(account === undefined ? [] : [`--account=${account}`]),
    `--output=${log.replaceAll(" ", "\\ ")}`,
    "--open-mode=append",
    "--requeue",
    "--kill-on-invalid-dep=yes",
    `--signal=B:USR1@${NOTICE}`,
    ...further.map(quote),
  ];
  const work = [...program, "cluster", "work", workFolder, "--stage", link.stage].map(quote);
  const shard = isArray ? [`--shard "$((${from} + SLURM_ARRAY_TASK_ID))/${link.shards}"`] : [];
  const limits = [`--memory ${memoryOfTask(memory)}`, `--workers ${cpus}`, "--quiet"];
  return `#!/bin/bash
${directives.map((directive) => `#SBATCH ${directive}`).join("\n")}

echo "\${SLURM_JOB_ID:-} on $(hostname), $(date)"
# The task's time limit is near: what is done is kept, the rest goes back to the queue.
later() {
  kill -TERM "$work" && wait "$work"
  scontrol requeue "$SLURM_JOB_ID" && sleep 60
  exit 1
}
trap later USR1
for attempt in 1 2 3; do
  ${[...work, ...shard, ...limits].join(" ")} &
  work=$!
  wait "$work"
  status=$?
  # done, needs to be fixed by somebody, or stopped on request
  case $status in 0 | 2 | 130) exit $status ;; esac
  echo "attempt $attempt ended with $status"
done
exit 1
`;
}

/** A word as a shell takes it. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A script that does a whole chain on one machine, one task after the other; other schedulers can run its lines as arrays. */
export function shellScript(
  chain: Chain,
  { program, workFolder, options }: {
    readonly program: readonly string[];
    readonly workFolder: string;
    readonly options: Pick<TaskOptions, "cpus" | "memory">;
  },
): string {
  const limits = `--memory ${memoryOfTask(options.memory)} --workers ${options.cpus}`;
  const work = (stage: string) =>
    [...program, "cluster", "work", workFolder, "--stage", stage].map(quote).join(" ");
  const lines = chain.flat().map(({ stage, shards }) =>
    shards === 0
      ? `${work(stage)} ${limits}`
      : `for shard in $(seq 0 ${shards - 1}); do ${work(stage)} --shard "$shard/${shards}" ${limits}; done`
  );
  return `#!/bin/sh
# Each line needs all lines before it; the tasks of a loop may run in any order, at the same time, on any machine.
set -e
${lines.join("\n")}
`;
}
