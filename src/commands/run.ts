/** `ccboost run`: train and score as a configuration says. */
import { dryRun } from "../cluster/dry_run.ts";
import { UserError } from "../user_error.ts";
import { MissingPolarityError } from "../stages/training/polarity.ts";
import { runCcboost, type RunOptions } from "../stages/run.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { loadConfiguration } from "./configuration.ts";
import { choiceOf, numberOf } from "./flag_values.ts";
import { describeDryRun, jsonOfPlan } from "./dry_run_text.ts";
import { resourcesOf, tellDefaults } from "./resource_flags.ts";
import { describeRun, jsonOfRun } from "./run_text.ts";
import { workFolderOf } from "./run_settings.ts";
import { runWithDashboard, SERVE_FLAGS } from "./serve.ts";

export const runCommand: Command = {
  name: "run",
  summary: "train on one or several volumes and score others",
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
  flagHelp: { work: "work folder (default: <outFileName>-work)" },
  description:
    "Trains a model and scores volumes, as a configuration file says. The word run may be left out.\n" +
    "Finished work is kept in the work folder: after an interruption, the same command resumes.",
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
    const { settings, resources } = options;
    const { plan, estimate } = await dryRun(settings, resources);
    call.reporter.result(describeDryRun(plan, estimate, resources, operandAt(call, 0)), {
      seconds: estimate.hours * 3600,
      memory: resources.memory,
      workers: resources.workers,
      ...jsonOfPlan(plan),
    });
    return;
  }
  if (call.flags.has("serve")) return await runWithDashboard(call, options);
  const report = await runCcboost(options).catch((cause) => {
    throw cause instanceof MissingPolarityError ? withClicking(cause, call.line) : cause;
  });
  call.reporter.result(describeRun(report), jsonOfRun(report));
}

/** The other way to answer. */
function withClicking(error: MissingPolarityError, line: string): UserError {
  return new UserError(`${error.message}\nor answer by clicking on a web page: ${line} --serve`, {
    cause: error,
  });
}

/** What a run of this configuration with the call's flags is. @throws {UserError} for all that is wrong with them */
export async function runOptions(call: Call, config: string): Promise<RunOptions> {
  const { flags, reporter, signal, line } = call;
  const resources = resourcesOf(flags);
  const polarity = choiceOf(flags, "polarity", ["config", "none"]) ?? "config";
  const settings = await loadConfiguration(config, flags);
  const workFolder = workFolderOf(flags, settings);
  const leastScore = numberOf(flags, "early-exit", { from: -MOST_SCORE, to: MOST_SCORE });
  return { settings, polarity, leastScore, resources, workFolder, reporter, signal, command: line };
}
