/** `ccboost completions`: scripts with which a shell completes what is typed. */
import type { Call, Command, Operand } from "./command.ts";
import { operandAt } from "./command.ts";
import { bashScript } from "./completions_bash.ts";
import { fishScript } from "./completions_fish.ts";
import type { Completable } from "./completions_words.ts";
import { zshScript } from "./completions_zsh.ts";
import { COMMON_FLAGS, flagDetails } from "./flags.ts";
import { UserError } from "../user_error.ts";

const SCRIPTS: Readonly<Record<string, (commands: readonly Completable[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** The command that completes itself and the others. */
export function completionsCommand(others: readonly Command[]): Command {
  const command: Command = {
    name: "completions",
    summary: "print a script for completion in a shell",
    operands: [{ name: "shell", help: "bash, zsh or fish", choices: Object.keys(SCRIPTS) }],
    flags: [],
    description:
      "Prints a script that makes a shell complete commands, flags and files. For bash, add to ~/.bashrc:\n" +
      "  source <(ccboost completions bash)\n" +
      "zsh likewise in ~/.zshrc, after compinit; fish: ccboost completions fish | source",
    examples: ["completions bash", "completions zsh", "completions fish"],
    run: (call) => printScript(call, [...others, command]),
  };
  return command;
}

function printScript(call: Call, commands: readonly Command[]): Promise<void> {
  const shell = operandAt(call, 0);
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (!script) {
    throw new UserError(`<shell> is ${JSON.stringify(shell)}; expected ${Object.keys(SCRIPTS).join(", ")}`);
  }
  const text = script(completables(commands)).trimEnd();
  call.reporter.result(text, { shell, script: text });
  return Promise.resolve();
}

/** What there is to complete: the commands and `help`, each with the flags that help texts show. */
export function completables(commands: readonly Command[]): Completable[] {
  const topic: Operand = {
    name: "command",
    help: "how to use it",
    choices: commands.map(({ name }) => name),
  };
  const help = { name: "help", summary: "how to use a command", operands: [topic], flags: [] };
  return [...commands, help].map(({ name, summary, operands, flags }) => ({
    name,
    summary,
    operands: operands.map(({ name, choices = [] }) => ({ name, choices })),
    flags: [...flags, ...COMMON_FLAGS].filter((flag) => !flagDetails(flag).isHidden).map((flag) => {
      const { value, help, choices = [], isRepeatable = false } = flagDetails(flag);
      return { name: flag, value, help, choices, isRepeatable };
    }),
  }));
}
