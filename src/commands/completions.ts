/** `ccboost completions`: scripts with which a shell asks the program what may stand where something is typed. */
import { type Call, type Command, operandAt } from "./command.ts";
import type { FlagName } from "./flag_table.ts";
import { COMMON_FLAGS, flagDetails } from "./flags.ts";
import { flagHelp } from "./help.ts";
import { UserError } from "../user_error.ts";

/** What a script asks with: the words typed are the lines of standard input. */
const ASK = "completions words";

/** Where there are no words to choose from, files are offered. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  // From 3.2 on. bash takes `--flag=value` for three words, the middle one `=`.
  bash: `# Completion of ccboost in bash: source <(ccboost completions bash)
_ccboost() {
  local program=\${COMP_WORDS[0]/#\\~\\//$HOME/} current=\${COMP_WORDS[COMP_CWORD]} words
  words=$(printf '%s\\n' "\${COMP_WORDS[@]:1:COMP_CWORD}" | "$program" ${ASK} | cut -f 1)
  [[ $current != = ]] || current=
  COMPREPLY=()
  [[ -z $words ]] || COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _ccboost ccboost`,

  // For `source` after compinit and for a file `_ccboost` in a folder of fpath.
  zsh: `#compdef ccboost
# Completion of ccboost in zsh: source <(ccboost completions zsh)
_ccboost() {
  local program=\${words[1]/#\\~\\//$HOME/} answer
  local -a offered
  answer=$(print -rl -- "\${(@)words[2,CURRENT]}" | "$program" ${ASK})
  offered=("\${(@f)answer//$'\\t'/:}")
  if [[ -n $answer ]]; then
    _describe word offered
  else
    _files
  fi
}
if [[ $funcstack[1] = _ccboost ]]; then
  _ccboost "$@"
else
  compdef _ccboost ccboost
fi`,

  fish: `# Completion of ccboost in fish: ccboost completions fish | source
complete -c ccboost -e
function __ccboost_words
  set -l words (commandline -opc) (commandline -ct)
  set -l program (string replace -r '^~/' $HOME/ -- $words[1])
  set -l offered (printf '%s\\n' $words[2..] | $program ${ASK})
  if set -q offered[1]
    printf '%s\\n' $offered
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c ccboost -f -a '(__ccboost_words)'`,
};

/** The command that completes itself and the others. */
export function completionsCommand(others: readonly Command[]): Command {
  const command: Command = {
    name: "completions",
    summary: "print a script that completes commands when you press Tab",
    operands: [{ name: "shell", help: "bash, zsh or fish", choices: Object.keys(SCRIPTS) }],
    flags: [],
    description:
      "Prints a script with which your shell completes commands, flags and file names when you press Tab.\n" +
      "For bash, add this line to ~/.bashrc:\n" +
      "  source <(ccboost completions bash)\n" +
      "For zsh, add the same line, with zsh instead of bash, to ~/.zshrc, after compinit. For fish: ccboost completions fish | source",
    examples: ["completions bash", "completions zsh", "completions fish"],
    run: async (call) => {
      const shell = operandAt(call, 0);
      if (shell === "words") await answerShell(call, [...others, command]);
      else printScript(call, shell);
    },
  };
  return command;
}

function printScript(call: Call, shell: string): void {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (!script) {
    throw new UserError(`<shell> is ${JSON.stringify(shell)}; expected ${Object.keys(SCRIPTS).join(", ")}`);
  }
  call.reporter.result(script, { shell, script });
}

async function answerShell({ reporter }: Call, commands: readonly Command[]): Promise<void> {
  const text = await new Response(Deno.stdin.readable).text();
  const words = offered(text.replace(/\n$/, "").split("\n"), commands);
  if (words.length > 0) reporter.result(words.map((word) => word.join("\t")).join("\n"), words);
}

/** A word that may be typed, and what it means. */
type Offered = readonly [word: string, about: string];

/**
 * What may stand in the place of the last word of a line; nothing where there is no choice, or a file may be meant.
 * @param line the words behind the program's name; the last one is being typed, and may be empty
 */
export function offered(line: readonly string[], commands: readonly Command[]): readonly Offered[] {
  const typed = line.filter((word) => word !== "=");
  const current = line.at(-1) === "=" ? "" : typed.pop() ?? "";
  const flags = [...commands.flatMap((command) => command.flags), ...COMMON_FLAGS];
  const valued = (word = "") => flags.find((flag) => word === `--${flag}` && flagDetails(flag).value !== "");
  const before = valued(typed.at(-1));
  if (before !== undefined) return choicesOf(flagDetails(before));
  const [, given, begun] = /^(--[\w-]+=)(.*)$/s.exec(current) ?? [];
  if (given !== undefined && begun !== undefined) {
    const flag = valued(given.slice(0, -1));
    return flag === undefined ? [] : choicesOf(flagDetails(flag)).map(([word]) => [given + word, ""]);
  }
  const operands = typed.filter((word, i) => !word.startsWith("-") && valued(typed[i - 1]) === undefined);
  const { command, place } = commandAt(operands, commands);
  if (current.startsWith("-")) return flagsOf(command);
  if (operands.length === 0) return firstWords(commands);
  if (command !== undefined) return choicesOf(command.operands[place] ?? {});
  return operands.length > 1
    ? []
    : operands[0] === "help"
    ? firstWords(commands)
    : inGroup(operands[0], commands);
}

function choicesOf({ choices = [] }: { readonly choices?: readonly string[] }): Offered[] {
  return choices.map((choice) => [choice, ""]);
}

/**
 * The command that operands name, and the place of the operand that would follow. Of `help`, and of a group without a command of it,
 * there is none. A configuration alone is run.
 */
function commandAt(operands: readonly string[], commands: readonly Command[]) {
  const [first, second] = operands;
  const named = (word: string) => commands.find(({ name, oldName }) => name === word || oldName === word);
  const own = named(`${first}`);
  if (own !== undefined) return { command: own, place: operands.length - 1 };
  if (first === undefined || first === "help" || inGroup(first, commands).length > 0) {
    return { command: named(`${first} ${second}`), place: operands.length - 2 };
  }
  return { command: named("run"), place: operands.length };
}

function flagsOf(command: Command | undefined): Offered[] {
  const names: readonly FlagName[] = [...command?.flags ?? [], ...COMMON_FLAGS];
  return names.filter((name) => !flagDetails(name).isHidden)
    .map((name) => [`--${name}`, flagHelp(name, command ?? {})]);
}

/** Words that may stand first: commands, groups and `help`. */
function firstWords(commands: readonly Command[]): Offered[] {
  const groups = new Set(commands.flatMap(({ name }) => /^(\S+) /.exec(name)?.[1] ?? []));
  return [
    ...commands.filter(({ name }) => !name.includes(" ")).map(({ name, summary }) =>
      [name, summary] as const
    ),
    ...Array.from(groups, (group) => [group, `commands for a ${group}`] as const),
    ["help", "explain a command"],
  ];
}

/** The second words of a group's commands; none of what is no group. */
function inGroup(group: string | undefined, commands: readonly Command[]): Offered[] {
  return commands.filter(({ name }) => name.startsWith(`${group} `))
    .map(({ name, summary }) => [name.slice(`${group} `.length), summary]);
}
