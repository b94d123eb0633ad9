/** How arguments are divided into flags and operands. */
import { parseArgs } from "node:util";
import { nearestName } from "../config/nearest_name.ts";
import { UserError } from "../user_error.ts";
import { type Flag, type FlagName, FLAGS } from "./flag_table.ts";

/** Flags that every command takes. */
export const COMMON_FLAGS: readonly FlagName[] = ["json", "quiet", "help", "version", "debug"];

/** The flags of a command line with their values, in the order given; a flag without a value has an empty one. */
export type GivenFlags = ReadonlyMap<FlagName, readonly string[]>;

/** Arguments divided into flags and the rest, nothing checked against a command yet. */
export interface DividedArguments {
  readonly operands: readonly string[];
  readonly flags: GivenFlags;
  /** As written, such as `--memroy`. */
  readonly unknown: readonly string[];
  /** What follows `--`. */
  readonly rest: readonly string[];
}

const SHORT: Readonly<Record<string, FlagName>> = { h: "help" };

/** Details of a flag as of any other. */
export function flagDetails(name: FlagName): Flag {
  return FLAGS[name];
}

/**
 * Divides arguments. Flags may stand anywhere; what follows `--` is no flag.
 * @throws {UserError} where a flag lacks its value or has one that it does not take
 */
export function divideArguments(args: readonly string[]): DividedArguments {
  const names = Object.keys(FLAGS).filter(isFlagName);
  const options = Object.fromEntries(names.map((name) => [name, {
    type: flagDetails(name).value === "" ? "boolean" as const : "string" as const,
  }]));
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const operands: string[] = [];
  const end = tokens.find((token) => token.kind === "option-terminator")?.index ?? args.length;
  const flags = new Map<FlagName, string[]>();
  const unknown: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional" && token.index < end) operands.push(token.value);
    if (token.kind !== "option") continue;
    const name = token.rawName.startsWith("--") ? token.name : SHORT[token.name];
    if (name === undefined || !isFlagName(name)) {
      unknown.push(token.rawName);
      continue;
    }
    // A flag where a value should be is a value forgotten; `--set=--x` can still be written.
    const isForgotten = !token.inlineValue && token.value?.startsWith("--");
    checkValue(name, token.rawName, isForgotten ? undefined : token.value);
    const value = token.value ?? "";
    const given = flags.get(name);
    if (given && flagDetails(name).isRepeatable) given.push(value);
    else flags.set(name, [value]);
  }
  return { operands, flags, unknown, rest: args.slice(end + 1) };
}

function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(FLAGS, name);
}

function checkValue(name: FlagName, rawName: string, found: string | undefined): void {
  const { value, example } = flagDetails(name);
  if (value === "" && found !== undefined) {
    throw new UserError(`${rawName} takes no value, but has ${JSON.stringify(found)}; remove the value`);
  }
  if (value !== "" && (found === undefined || found === "")) {
    throw new UserError(`${rawName} needs a value, for example --${name} ${example}`);
  }
}

/**
 * @param taken flags that the command takes
 * @param command how messages call it
 * @throws {UserError} for the first flag that it does not take
 */
export function requireKnownFlags(
  { flags, unknown }: DividedArguments,
  taken: readonly FlagName[],
  command: string,
): void {
  const [misspelt] = unknown;
  if (misspelt !== undefined) {
    const visible = taken.filter((name) => !flagDetails(name).isHidden);
    const nearest = nearestName(misspelt.replace(/^-+/, ""), visible);
    const advice = nearest ? `did you mean --${nearest}?` : `see ccboost help ${command}`;
    throw new UserError(`unknown flag ${misspelt}; ${advice}`);
  }
  for (const name of flags.keys()) {
    if (taken.includes(name)) continue;
    throw new UserError(`ccboost ${command} does not take --${name}; see ccboost help ${command}`);
  }
}
