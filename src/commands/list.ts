/** All commands, in the order of the help text. */
import { channelsCommand } from "./channels.ts";
import type { Command } from "./command.ts";
import { completionsCommand } from "./completions.ts";
import { componentsCommand } from "./components.ts";
import { convertCommand } from "./convert.ts";
import { demoCommand } from "./demo.ts";
import { erodeDilateCommand } from "./erode_dilate.ts";
import { evaluateCommand } from "./evaluate.ts";
import { exportCommand } from "./export.ts";
import { infoCommand } from "./info.ts";
import { labelCommand } from "./label.ts";
import { neuroglancerCommand } from "./neuroglancer.ts";
import { reportCommand } from "./report.ts";
import { planCommand } from "./plan.ts";
import { runCommand } from "./run.ts";
import { serveCommand } from "./serve.ts";
import { cancelCommand, statusCommand } from "./status.ts";
import { submitCommand } from "./submit.ts";
import { synapsesCommand } from "./synapses.ts";
import { verifyCommand } from "./verify.ts";
import { workCommand } from "./work.ts";

const WORKING: readonly Command[] = [
  runCommand,
  labelCommand,
  serveCommand,
  demoCommand,
  componentsCommand,
  synapsesCommand,
  evaluateCommand,
  reportCommand,
  convertCommand,
  infoCommand,
  exportCommand,
  neuroglancerCommand,
  channelsCommand,
  erodeDilateCommand,
  verifyCommand,
  submitCommand,
  statusCommand,
  cancelCommand,
  planCommand,
  workCommand,
];

export const COMMANDS: readonly Command[] = [...WORKING, completionsCommand(WORKING)];
