/** Help texts. */
import type { Command, Operand } from "./command.ts";
import { COMMON_FLAGS, flagDetails, type FlagName, FLAGS } from "./flags.ts";
import { alignColumns } from "./text_table.ts";

const INDENT = "  ";

/** The help text of the whole program. */
export function programHelp(commands: readonly Command[]): string {
  const rows = commands.map(({ name, operands, summary }) => [usageOf(name, operands), summary] as const);
  return `ccboost finds synapses in volume electron micrographs from context cues (Becker et al. 2013).

Usage: ccboost <command> [flags]

Commands:
${alignRows([...rows, ["help [command]", "how to use a command"]])}

Flags of every command:
${flagRows(COMMON_FLAGS)}

Example:
${INDENT}ccboost demo

ccboost help <command> tells the rest.
`;
}

/** The help text of a command. */
export function commandHelp(command: Command): string {
  const { name, operands, description, flags, examples } = command;
  const parts = [
    description,
    `Usage: ccboost ${usageOf(name, operands)} [flags]${
      command.rest === undefined ? "" : ` [-- ${command.rest}]`
    }`,
    operands.length > 0
      ? `Arguments:\n${alignRows(operands.map((operand) => [bracketed(operand), operand.help]))}`
      : "",
    `Flags:\n${flagRows([...flags, ...COMMON_FLAGS])}`,
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

function bracketed({ name, isOptional }: Operand): string {
  return isOptional ? `[${name}]` : `<${name}>`;
}

function flagRows(names: readonly FlagName[]): string {
  const order = Object.keys(FLAGS);
  const shown = names.filter((name) => !flagDetails(name).isHidden)
    .toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
  return alignRows(shown.map((name) => {
    const { value, help } = flagDetails(name);
    return [value === "" ? `--${name}` : `--${name} ${value}`, help];
  }));
}

function alignRows(rows: readonly (readonly [left: string, right: string])[]): string {
  return alignColumns(rows, "ll", INDENT);
}
