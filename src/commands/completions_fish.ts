/** Completion in fish. */
import { type Completable, USUAL_COMMAND } from "./completions_words.ts";

/** The script. fish offers files by itself, also for values of flags. */
export function fishScript(commands: readonly Completable[]): string {
  const lines = [
    "# Completion of ccboost in fish: ccboost completions fish | source",
    "complete -c ccboost -e",
  ];
  for (const { name, summary, operands, flags } of commands) {
    lines.push(`complete -c ccboost -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`);
    // A configuration alone is run.
    const others = commands.filter((other) => other.name !== name).map((other) => other.name).join(" ");
    const condition = name === USUAL_COMMAND
      ? `not __fish_use_subcommand; and not __fish_seen_subcommand_from ${others}`
      : `__fish_seen_subcommand_from ${name}`;
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
