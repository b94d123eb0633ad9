/** `ccboost cluster work`: a part of a run that many processes share. */
import { resolve } from "node:path";
import { UserError } from "../user_error.ts";
import { waitForOwner } from "../engine/mod.ts";
import type { Shard } from "../stages/shards/deal.ts";
import { runShard } from "../stages/shards/run_shard.ts";
import { COLLECT, runStep } from "../stages/shards/step.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { textOf } from "./flag_values.ts";
import type { GivenFlags } from "./flags.ts";
import { namedResources } from "./resource_flags.ts";
import { describeRun, jsonOfRun } from "./run_text.ts";

/** Variables in which schedulers tell a task its number. */
const INDEX_VARIABLES = ["SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX"];

/** Stages that one process does alone: each goes on to the next stage for shards, or to the end. */
const ALONE = ["prepare", "select", "boost", COLLECT, "export", "join", "finish"];
const SHARDED = /^(convert|(samples|gather|score|refine|synapse-parts|synapse-labels)(-\d{1,4})?)$/;
const MOST_SHARDS = 1_000_000;

export const workCommand: Command = {
  name: "cluster work",
  oldName: "work",
  summary: "compute one part of a submitted run",
  operands: [{ name: "folder", help: "work folder prepared by submit" }],
  flags: ["stage", "shard", "memory", "workers"],
  description:
    "The scripts that cluster submit writes call this; you need not call it yourself. It computes one\n" +
    "part (shard) of a stage: convert, samples, samples-1 ..., gather ..., score-0 ..., refine-0 ...,\n" +
    "synapse-parts-0 ..., synapse-labels-0 ... Or it takes\n" +
    `one of the steps between stages, which have no parts: ${ALONE.join(", ")}.\n` +
    "Finished blocks are not repeated; the results are those of ccboost run. With --shard auto/N the\n" +
    `scheduler says which part, in one of: ${INDEX_VARIABLES.join(", ")}.`,
  examples: [
    "cluster work out-work --stage gather --shard 3/64",
    "cluster work out-work --stage gather --shard auto/64",
    "cluster work out-work --stage boost",
  ],
  run: work,
};

async function work(call: Call): Promise<void> {
  const { flags, reporter, signal } = call;
  const workFolder = resolve(operandAt(call, 0));
  const stage = textOf(flags, "stage") ?? "";
  const resources = namedResources(flags);
  if (ALONE.includes(stage)) {
    if (flags.has("shard")) throw new UserError(`--stage ${stage} needs only one process; remove --shard`);
    await waitForOwner(workFolder, signal);
    const { isDone, waiting, report } = await runStep({
      workFolder,
      resources,
      reporter,
      signal,
      command: call.line,
    });
    if (isDone) reporter.result(describeRun(report), jsonOfRun(report));
    else reporter.result(`ready: ${waiting.join(", ")}`, { waiting: [...waiting] });
    return;
  }
  if (!SHARDED.test(stage)) {
    const names =
      "convert, samples, gather, samples-1, score-0, refine-0, synapse-parts-0, synapse-labels-0 (and so on), " +
      ALONE.join(", ");
    throw new UserError(
      stage === ""
        ? `--stage is missing; give one of ${names}`
        : `--stage is ${JSON.stringify(stage)}; expected one of ${names}`,
    );
  }
  const name = /^(score|refine|synapse-parts|synapse-labels)$/.test(stage) ? `${stage}-0` : stage;
  const shard = shardOf(flags);
  const report = await runShard({
    workFolder,
    stage: name,
    shard,
    resources,
    reporter,
    signal,
    job: jobName(),
  });
  const { computed, before } = report;
  const text = `${name}, shard ${shard.index}/${shard.count}: ${computed} done now, ${before} before`;
  reporter.result(text, { ...report });
}

/** @throws {UserError} where the flag is missing or wrong */
function shardOf(flags: GivenFlags): Shard {
  const text = textOf(flags, "shard") ?? "";
  const [, which = "", of = "0"] = /^(\d{1,7}|auto)\/(\d{1,7})$/.exec(text) ?? [];
  const count = Number(of);
  const index = which === "auto" ? taskIndex() : Number(which);
  if (which !== "" && count >= 1 && count <= MOST_SHARDS && index < count) return { index, count };
  const found = text === "" ? "--shard is missing" : `--shard is ${JSON.stringify(text)}`;
  throw new UserError(
    `${found}; expected a number from 0 and the number of shards, such as 0/64, or auto/64` +
      (which === "auto" && index >= count ? ` and a task number below ${count}, not ${index}` : ""),
  );
}

/** @throws {UserError} where no scheduler tells the number, or the permissions do not allow to ask for it */
function taskIndex(): number {
  for (const name of INDEX_VARIABLES) {
    const value = variable(name);
    if (value !== undefined && /^\d{1,7}$/.test(value)) return Number(value);
  }
  throw new UserError(
    `--shard auto needs a task number in ${INDEX_VARIABLES.join(", ")}, and the permission ` +
      `--allow-env=${INDEX_VARIABLES.join(",")}; or give the number, such as --shard 0/64`,
  );
}

/** The scheduler's name for this process; empty without one. */
function jobName(): string {
  const [array, task] = [variable("SLURM_ARRAY_JOB_ID"), variable("SLURM_ARRAY_TASK_ID")];
  if (array !== undefined && task !== undefined) return `${array}_${task}`;
  return variable("SLURM_JOB_ID") ?? "";
}

function variable(name: string): string | undefined {
  // asked first, or Deno would ask its user
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return undefined;
  return Deno.env.get(name);
}
