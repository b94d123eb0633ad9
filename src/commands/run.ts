/** `ccboost run`: train and score as a configuration says. */
import { basename, dirname } from "node:path";
import { loadSettings } from "../config/settings.ts";
import { formatBytes, formatDuration } from "../engine/mod.ts";
import { planCcboost, runCcboost, type RunOptions, type RunReport } from "../stages/run.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { choiceOf, numberOf } from "./flag_values.ts";
import { describePlan, jsonOfPlan } from "./plan_text.ts";
import { resourcesOf, tellDefaults } from "./resource_flags.ts";
import { settingsOptions, workFolderOf } from "./run_settings.ts";
import { runWithDashboard, SERVE_FLAGS } from "./serve.ts";
import { alignColumns } from "./text_table.ts";

export const runCommand: Command = {
  name: "run",
  summary: "train on one volume and score others",
  operands: [{ name: "config", help: "configuration file" }],
  flags: [
    "set",
    "seed",
    "memory",
    "workers",
    "block",
    "work",
    "polarity",
    "rescale",
    "voxel-size",
    "early-exit",
    "dry-run",
    ...SERVE_FLAGS,
    "serve",
  ],
  description:
    "Trains and scores as a configuration says; ccboost <config> does the same. Work in progress is in\n" +
    "--work, by default <outFileName>-work: a stopped run goes on from there, finished work is not repeated.",
  examples: [
    "run config.cfg",
    "run config.cfg --memory 8GiB --set numStumps=500",
    "run config.cfg --dry-run",
  ],
  run,
};

/** No sum of alphas comes near. */
const MOST_SCORE = 1e9;

async function run(call: Call): Promise<void> {
  const options = await runOptions(call, operandAt(call, 0));
  tellDefaults(call);
  if (call.flags.has("dry-run")) {
    const plan = await planCcboost(options);
    call.reporter.result(describePlan(plan), jsonOfPlan(plan));
    return;
  }
  const report = call.flags.has("serve") ? await runWithDashboard(call, options) : await runCcboost(options);
  call.reporter.result(describeRun(report), jsonOfRun(report));
}

/** What a run of this configuration with the call's flags is. @throws {UserError} for all that is wrong with them */
export async function runOptions(call: Call, config: string): Promise<RunOptions> {
  const { flags, reporter, signal, line } = call;
  const resources = resourcesOf(flags);
  const polarity = choiceOf(flags, "polarity", ["config", "none"]) ?? "config";
  const settings = await loadSettings(config, settingsOptions(flags));
  const workFolder = workFolderOf(flags, settings);
  const leastScore = numberOf(flags, "early-exit", { from: -MOST_SCORE, to: MOST_SCORE });
  return { settings, polarity, leastScore, resources, workFolder, reporter, signal, command: line };
}

/** What a run wrote: a line for each file, and one that sums up. */
export function describeRun({ files, seconds, workFolder }: RunReport): string {
  const table = alignColumns(files.map(({ path, what, bytes }) => [path, formatBytes(bytes), what]), "lrl");
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const names = files.map(({ path }) => basename(path)).join(", ");
  const folders = [...new Set(files.map(({ path }) => dirname(path)))].join(" and ");
  const what = files.length === 0 ? "wrote nothing" : `wrote ${names} (${formatBytes(bytes)}) to ${folders}`;
  return [
    ...(files.length > 0 ? [table] : []),
    `${what} in ${formatDuration(seconds)}; ${workFolder} may be removed`,
  ].join("\n");
}

/** A run's report as the data of a JSON line. */
export function jsonOfRun({ files, ...rest }: RunReport) {
  return { ...rest, files: files.map((file) => ({ ...file })) };
}
