/** Completion in fish. */
import { type Completable, firstWords, USUAL_COMMAND } from "./completions_words.ts";

/** The script. fish offers files by itself, also for values of flags. */
export function fishScript(commands: readonly Completable[]): string {
  const lines = [
    "# Completion of ccboost in fish: ccboost completions fish | source",
    "complete -c ccboost -e",
  ];
  const first = new Set(firstWords(commands));
  const wordOf = (name: string) => name.split(" ").at(-1) ?? name; // of a command of a group, as its old name
  for (const { name, summary, operands, flags } of commands) {
    if (first.has(name)) {
      lines.push(`complete -c ccboost -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`);
    }
    const others = commands.filter((other) => other.name !== name).map((other) => wordOf(other.name)).join(
      " ",
    );
    const inGroup = commands.filter((other) => other.name.startsWith(`${name} `)).map((other) =>
      wordOf(other.name)
    );
    // A configuration alone is run.
    const condition = name === USUAL_COMMAND
      ? `not __fish_use_subcommand; and not __fish_seen_subcommand_from ${others}`
      : inGroup.length > 0
      ? `__fish_seen_subcommand_from ${name}; and not __fish_seen_subcommand_from ${inGroup.join(" ")}`
      : `__fish_seen_subcommand_from ${wordOf(name)}`;
    const when = `complete -c ccboost -n ${quoted(condition)}`;
    for (const { name: flag, value, help, choices } of flags) {
      const values = choices.length > 0 ? ` -x -a ${quoted(choices.join(" "))}` : value === "" ? "" : " -r";
      lines.push(`${when} -l ${flag}${values} -d ${quoted(help)}`);
    }
    const [choices] = operands.map(({ choices }) => choices).filter((choices) => choices.length > 0);
    if (choices) lines.push(`${when} -f -a ${quoted(choices.join(" "))}`);
  }
  return `${lines.join("\n")}\n`;
}

/** A text as one word. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
