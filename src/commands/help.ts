/** Help texts. */
import type { Command, Operand } from "./command.ts";
import { type FlagName, FLAGS } from "./flag_table.ts";
import { COMMON_FLAGS, flagDetails } from "./flags.ts";
import { wrapped } from "../engine/mod.ts";

const INDENT = "  ";
/** Characters of a line, and of its left column. */
const WIDTH = 78;
const MOST_LEFT = 30;

/** The help text of the whole program. */
export function programHelp(commands: readonly Command[]): string {
  const rows = commands.map(({ name, operands, summary }) => [usageOf(name, operands), summary] as const);
  return `ccboost finds synapses in electron microscopy volumes, by what lies on both
sides of a cleft (context cues, Becker et al. 2013).

Usage: ccboost <command> [flags]

Commands:
${alignRows([...rows, ["help [command]", "explain a command"]])}

Flags for every command:
${flagRows(COMMON_FLAGS)}

Example:
${INDENT}ccboost demo

ccboost help <command> explains a command.
`;
}

/** The help text of those commands whose names begin with a word. */
export function groupHelp(group: string, commands: readonly Command[]): string {
  const own = commands.filter(({ name }) => name.startsWith(`${group} `));
  const rows = own.map(({ name, operands, summary }) => [usageOf(name, operands), summary] as const);
  return `Usage: ccboost ${group} <command> [flags]

Commands:
${alignRows(rows)}

ccboost help ${group} <command> explains a command.
`;
}

/** The help text of a command. */
export function commandHelp(command: Command): string {
  const { name, operands, description, flags, examples } = command;
  const parts = [
    paragraph(description),
    `Usage: ccboost ${usageOf(name, operands)} ` +
    `[flags]${command.rest === undefined ? "" : ` [-- ${command.rest}]`}`,
    operands.length > 0
      ? `Arguments:\n${alignRows(operands.map((operand) => [bracketed(operand), operand.help]))}`
      : "",
    `Flags:\n${flagRows([...flags, ...COMMON_FLAGS], command)}`,
    `${examples.length === 1 ? "Example" : "Examples"}:\n${
      examples.map((line) => `${INDENT}ccboost ${line}`).join("\n")
    }`,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** A command with its operands, such as `convert <in> <out.zarr>`. */
export function usageOf(name: string, operands: readonly Operand[]): string {
  return [name, ...operands.map(bracketed)].join(" ");
}

function bracketed({ name, isOptional, isRepeated }: Operand): string {
  const text = isRepeated ? `${name} ...` : name;
  return isOptional ? `[${text}]` : `<${text}>`;
}

/** What a flag means to a command. */
export function flagHelp(name: FlagName, { flagHelp = {} }: Pick<Command, "flagHelp">): string {
  return flagHelp[name] ?? flagDetails(name).help;
}

function flagRows(names: readonly FlagName[], command: Pick<Command, "flagHelp"> = {}): string {
  const order = Object.keys(FLAGS);
  const shown = names.filter((name) => !flagDetails(name).isHidden)
    .toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
  return alignRows(shown.map((name) => {
    const { value } = flagDetails(name);
    return [value === "" ? `--${name}` : `--${name} ${value}`, flagHelp(name, command)];
  }));
}

/** Two columns within the width of a help text; what is too long on the left stands in a line of its own. */
function alignRows(rows: readonly (readonly [left: string, right: string])[]): string {
  const lefts = rows.map(([left]) => left.length).filter((length) => length <= MOST_LEFT);
  const left = Math.max(0, ...lefts);
  const space = " ".repeat(INDENT.length + left + 2);
  return rows.map(([name, help]) => {
    const text = wrapped(help, WIDTH - space.length, "").replaceAll("\n", `\n${space}`);
    return name.length <= left
      ? `${INDENT}${name.padEnd(left)}  ${text}`
      : `${INDENT}${name}\n${space}${text}`;
  }).join("\n");
}

/** A text whose lines are as long as a help text is wide; indented lines stay as they are. */
function paragraph(text: string): string {
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    const before = lines.at(-1);
    const isNew = before === undefined || /^\s/.test(before) || /^\s/.test(line);
    if (isNew) lines.push(line);
    else lines[lines.length - 1] = `${before} ${line}`;
  }
  return wrapped(lines.join("\n"), WIDTH, "");
}
