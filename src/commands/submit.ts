/** `ccboost cluster submit`: give a run to a cluster. */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { predicted, volumesOf } from "../cluster/dry_run.ts";
import { estimateRun } from "../cluster/estimate.ts";
import { defaultTaskMemory, memoryOfTask, type Script, type TaskOptions } from "../cluster/script.ts";
import { maySlurm, mostArrayTasks } from "../cluster/slurm.ts";
import type { ClusterSize } from "../cluster/stage_time.ts";
import { type ClusterOptions, describeScripts, type SubmitReport, submitRun } from "../cluster/submit.ts";
import { isAddress, isInBucket } from "../config/location.ts";
import type { Settings } from "../config/settings.ts";
import { inputFiles } from "../stages/input_files.ts";
import { accessTo } from "../volume/remote/access.ts";
import { UserError } from "../user_error.ts";
import { planCcboost } from "../stages/run.ts";
import type { SubmitOptions } from "../stages/shards/step.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { bytesOf, choiceOf, numberOf, textOf } from "./flag_values.ts";
import { DEFAULT_BANDWIDTH, describeEstimate, jsonOfEstimate, measuredCosts } from "./plan.ts";
import { describePlan, jsonOfPlan } from "./dry_run_text.ts";
import { runOptions } from "./run.ts";

const DEFAULT_TASKS = 8;
const DEFAULT_CPUS = 4;
const MOST = 100_000;

export const submitCommand: Command = {
  name: "cluster submit",
  oldName: "submit",
  summary: "submit a run to a Slurm cluster",
  operands: [{ name: "config", help: "configuration file" }],
  rest: "sbatch options",
  flags: [
    "engine",
    "tasks",
    "cpus",
    "mem",
    "time",
    "partition",
    "account",
    "max-running",
    "set",
    "seed",
    "block",
    "work",
    "polarity",
    "early-exit",
    "dry-run",
  ],
  flagHelp: { work: "work folder (default: <outFileName>-work)" },
  description:
    "Submits jobs that together do what ccboost run does, with the same results: convert, prepare,\n" +
    "samples, select, gather, boost, score, export. All machines must see the work folder and all files\n" +
    "under the same paths. Repeating it submits only what is missing. Further options for sbatch go to the\n" +
    "end, after two dashes: -- --qos=normal. --engine shell writes a script that runs everything on one machine; with other\n" +
    "schedulers, submit its lines yourself.",
  examples: [
    "cluster submit config.cfg --tasks 64 --cpus 16 --mem 32GiB --time 12:00:00 --partition cpu",
    "cluster submit config.cfg --dry-run",
    "cluster submit config.cfg --engine shell",
  ],
  run: submit,
};

async function submit(call: Call): Promise<void> {
  const { flags, reporter, signal } = call;
  const tasks = numberOf(flags, "tasks", { from: 1, to: MOST, isWhole: true }) ?? DEFAULT_TASKS;
  const options = taskOptions(call);
  const { settings, polarity, leastScore, workFolder, resources } = await runOptions(
    call,
    operandAt(call, 0),
  );
  const cluster: ClusterOptions = {
    engine: choiceOf(flags, "engine", ["slurm", "shell"]) ?? "slurm",
    tasks,
    options,
    program: programWords(settings),
  };
  const run: SubmitOptions = {
    settings,
    polarity,
    leastScore,
    workFolder,
    memory: memoryOfTask(options.memory),
    workers: options.cpus,
    processes: tasks,
    blockShape: resources.blockShape,
    signal,
  };
  // what cannot be read or does not fit is told before anything is queued
  const plan = await planCcboost({ settings, resources: run });
  if (flags.has("dry-run")) {
    const mostTasks = cluster.engine === "slurm" && maySlurm() ? await mostArrayTasks() : MOST;
    const scripts = describeScripts(run, cluster, mostTasks);
    const size: ClusterSize = {
      scheduler: "slurm",
      nodes: Math.min(tasks, options.maxRunning ?? tasks),
      cpus: options.cpus,
      memory: run.memory,
      bandwidth: DEFAULT_BANDWIDTH,
    };
    const volumes = await volumesOf(settings, undefined);
    const likely = await predicted(settings);
    const costs = await measuredCosts(call, likely, size, volumes, dirname(resolve(operandAt(call, 0))));
    const estimate = estimateRun(likely, costs, size, volumes);
    reporter.result(
      [
        scripts.map(describeScript).join("\n"),
        describeEstimate(estimate, costs, size),
        "",
        describePlan(plan),
      ].join("\n"),
      {
        ...jsonOfPlan(plan),
        estimate: jsonOfEstimate(estimate, costs),
        scripts: scripts.map((script) => ({ ...script })),
      },
    );
    return;
  }
  const report = await submitRun(run, cluster);
  reporter.result(describeSubmission(report), { ...report, jobs: report.jobs.map((job) => ({ ...job })) });
}

function taskOptions({ flags, rest }: Call): TaskOptions {
  const strange = rest.find((option) => !option.startsWith("-") || /[\r\n]/.test(option));
  if (strange !== undefined) {
    throw new UserError(
      `${JSON.stringify(strange)} after -- is not an sbatch option; write each option as one word, such ` +
        "as --qos=normal",
    );
  }
  const cpus = numberOf(flags, "cpus", { from: 1, to: 1024, isWhole: true }) ?? DEFAULT_CPUS;
  return {
    cpus,
    memory: bytesOf(flags, "mem") ?? defaultTaskMemory(cpus),
    time: wordOf(textOf(flags, "time"), "time", /^[\d:-]+$/),
    partition: wordOf(textOf(flags, "partition"), "partition", /^[\w.,-]+$/),
    account: wordOf(textOf(flags, "account"), "account", /^[\w.-]+$/),
    maxRunning: numberOf(flags, "max-running", { from: 1, to: MOST, isWhole: true }),
    further: rest,
  };
}

/** @throws {UserError} where a value would be more than one word of a script */
function wordOf(text: string | undefined, name: string, form: RegExp): string | undefined {
  if (text === undefined || form.test(text)) return text;
  throw new UserError(`--${name} is ${JSON.stringify(text)}; expected a value for sbatch`);
}

/** Variables that a task looks at. */
const TASK_VARIABLES =
  "SLURM_ARRAY_JOB_ID,SLURM_ARRAY_TASK_ID,SLURM_JOB_ID,JOB_COMPLETION_INDEX,AWS_BATCH_JOB_ARRAY_INDEX";

/** Words that start this program on another machine that has the same files, and reaches the same servers. */
function programWords(settings: Settings): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  return [
    ...[Deno.execPath(), "run", "--no-prompt", "--allow-read", "--allow-write"],
    ...["--allow-sys=hostname,statfs", `--allow-env=${TASK_VARIABLES}`],
    ...serverPermissions(settings),
    fileURLToPath(Deno.mainModule),
  ];
}

/** Variables that say where copies of what is in buckets are kept. */
const CACHE_VARIABLES = "XDG_CACHE_HOME,CCBOOST_CACHE,CCBOOST_CACHE_MIB";

/** Values are not among them, such as keys: tasks have the environment of whoever submits. */
function serverPermissions(settings: Settings): string[] {
  const addresses = [...inputFiles(settings).map(({ path }) => path), settings.outFileName].filter(isAddress);
  const permissions = addresses.flatMap((address) => accessTo(address).permissions);
  if (addresses.some(isInBucket)) permissions.push(`--allow-env=${CACHE_VARIABLES}`);
  return [...new Set(permissions)];
}

function describeScript({ name, text }: Script): string {
  return `# ${name}.sh\n${text}`;
}

function describeSubmission({ isDone, jobs, script, workFolder }: SubmitReport): string {
  if (isDone) return `${workFolder}: everything is done; nothing was submitted`;
  if (script !== "") return `wrote ${script}; run it with sh`;
  const lines = jobs.map(({ id, name, tasks }) => `${id}  ${name}${tasks > 0 ? `, ${tasks} tasks` : ""}`);
  return [...lines, `submitted; to see its state: ccboost cluster status ${workFolder}`].join("\n");
}
