/** All commands, in the order of the help text. */
import { channelsCommand } from "./channels.ts";
import type { Command } from "./command.ts";
import { componentsCommand } from "./components.ts";
import { convertCommand } from "./convert.ts";
import { demoCommand } from "./demo.ts";
import { erodeDilateCommand } from "./erode_dilate.ts";
import { evaluateCommand } from "./evaluate.ts";
import { exportCommand } from "./export.ts";
import { planCommand } from "./plan.ts";
import { runCommand } from "./run.ts";
import { serveCommand } from "./serve.ts";
import { cancelCommand, statusCommand } from "./status.ts";
import { submitCommand } from "./submit.ts";
import { verifyCommand } from "./verify.ts";
import { workCommand } from "./work.ts";

export const COMMANDS: readonly Command[] = [
  runCommand,
  serveCommand,
  demoCommand,
  componentsCommand,
  evaluateCommand,
  convertCommand,
  exportCommand,
  channelsCommand,
  erodeDilateCommand,
  verifyCommand,
  submitCommand,
  statusCommand,
  cancelCommand,
  planCommand,
  workCommand,
];
