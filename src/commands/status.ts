/** `ccboost cluster status` and `ccboost cluster cancel`: follow and end what was submitted to a cluster. */
import { resolve } from "node:path";
import { readJobs } from "../cluster/submit.ts";
import { scancel, squeue } from "../cluster/slurm.ts";
import { type FailedTask, readStatus, type RunStatus, type StageStatus } from "../cluster/status.ts";
import { formatDuration, formatRate } from "../engine/mod.ts";
import { requireSubmission } from "../stages/shards/submission.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { alignColumns } from "./text_table.ts";

const folder = [{ name: "folder", help: "work folder of a submitted run" }];

export const statusCommand: Command = {
  name: "cluster status",
  oldName: "status",
  summary: "show the state of a submitted run",
  operands: folder,
  flags: [],
  description:
    "Lists the stages of a submitted run: blocks, machines, speed, the states of the Slurm tasks, and\n" +
    "the last log lines of failed tasks.",
  examples: ["cluster status out-work"],
  async run(call) {
    const status = await readStatus(resolve(operandAt(call, 0)));
    if (status.problem !== "") call.reporter.warn(status.problem);
    call.reporter.result(describeStatus(status), jsonOfStatus(status));
  },
};

export const cancelCommand: Command = {
  name: "cluster cancel",
  oldName: "cancel",
  summary: "cancel the jobs of a submitted run",
  operands: folder,
  flags: [],
  description: "Cancels all jobs of a submitted run. Finished work is kept; ccboost cluster submit resumes.",
  examples: ["cluster cancel out-work"],
  run: cancel,
};

async function cancel(call: Call): Promise<void> {
  const workFolder = resolve(operandAt(call, 0));
  await requireSubmission(workFolder);
  const jobs = await readJobs(workFolder);
  const alive = [...new Set((await squeue(jobs.map(({ id }) => id))).map(({ id }) => id))];
  await scancel(alive);
  const text = alive.length === 0 ? "no jobs were waiting or running" : `cancelled job ${alive.join(", ")}`;
  call.reporter.result(text, { jobs: alive });
}

function describeStatus({ stages, isDone, workFolder }: RunStatus): string {
  const head = ["stage", "state", "blocks", "machines", "speed", "left", "Slurm"];
  const table = alignColumns([head, ...stages.map(rowOf)], "llrrrrl");
  const failures = stages.flatMap(({ stage, failures }) =>
    failures.map((failure) => describeFailure(stage, failure))
  );
  const end = isDone ? [`${workFolder}: everything is done`] : [];
  return [table, ...failures, ...end].join("\n");
}

function rowOf({ stage, state, done, blocks, nodes, rate, left, slurm }: StageStatus): string[] {
  return [
    stage,
    state,
    blocks > 0 ? `${done}/${blocks}` : "",
    nodes.length > 3 ? `${nodes.length}` : nodes.join(" "),
    rate > 0 ? formatRate(rate, "voxels") : "",
    left === null ? "" : formatDuration(left),
    slurm,
  ];
}

function describeFailure(stage: string, { shard, times, host, error, lines }: FailedTask): string {
  const what = shard === "" ? stage : `${stage}, shard ${shard}`;
  const often = times > 1 ? ` ${times} times` : "";
  const where = host === "" ? "" : ` on ${host}`;
  return [`${what} failed${often}${where}: ${error}`, ...lines.map((line) => `    ${line}`)].join("\n");
}

function jsonOfStatus({ stages, ...rest }: RunStatus) {
  return {
    ...rest,
    stages: stages.map(({ failures, nodes, ...stage }) => ({
      ...stage,
      nodes: [...nodes],
      failures: failures.map((failure) => ({ ...failure, lines: [...failure.lines] })),
    })),
  };
}
