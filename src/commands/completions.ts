/** `ccboost completions`: scripts with which a shell completes what is typed. */
import type { Call, Command, Operand } from "./command.ts";
import { operandAt } from "./command.ts";
import { bashScript } from "./completions_bash.ts";
import { fishScript } from "./completions_fish.ts";
import type { Completable } from "./completions_words.ts";
import { zshScript } from "./completions_zsh.ts";
import { COMMON_FLAGS, flagDetails } from "./flags.ts";
import { flagHelp } from "./help.ts";
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
    summary: "print a completion script for a shell",
    operands: [{ name: "shell", help: "bash, zsh or fish", choices: Object.keys(SCRIPTS) }],
    flags: [],
    description:
      "Prints a script with which the shell completes commands, flags and file names. For bash, add to ~/.bashrc:\n" +
      "  source <(ccboost completions bash)\n" +
      "For zsh, add the same with zsh to ~/.zshrc, after compinit. For fish: ccboost completions fish | source",
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

type Words = Pick<Command, "name" | "summary" | "operands" | "flags" | "flagHelp">;

/** What there is to complete: the commands, their groups and `help`, each with the flags that help texts show. */
export function completables(commands: readonly Command[]): Completable[] {
  const names = commands.map(({ name }) => name);
  const groups = [...new Set(names.filter((name) => name.includes(" ")).map(firstWord))].map(
    (group): Words => {
      const choices = names.filter((name) => name.startsWith(`${group} `)).map((name) =>
        name.slice(group.length + 1)
      );
      const summary = `commands for a ${group}: ${choices.join(", ")}`;
      return {
        name: group,
        summary,
        operands: [{ name: "command", help: "command", choices }],
        flags: [],
      };
    },
  );
  const topic: Operand = {
    name: "command",
    help: "command to explain",
    choices: [...new Set(names.map(firstWord))],
  };
  const help: Words = { name: "help", summary: "explain a command", operands: [topic], flags: [] };
  return [...commands, ...groups, help].map(({ name, summary, operands, flags, ...command }) => ({
    name,
    summary,
    operands: operands.map(({ name, choices = [] }) => ({ name, choices })),
    flags: [...flags, ...COMMON_FLAGS].filter((flag) => !flagDetails(flag).isHidden).map((flag) => {
      const { value, choices = [], isRepeatable = false } = flagDetails(flag);
      return { name: flag, value, help: flagHelp(flag, command), choices, isRepeatable };
    }),
  }));
}

function firstWord(name: string): string {
  return name.split(" ")[0] ?? name;
}
