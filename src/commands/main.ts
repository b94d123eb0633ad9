/** Runs a command line: finds the command, runs it, and turns what happens into an exit code. */
import { nearestName } from "../config/nearest_name.ts";
import { UserError } from "../user_error.ts";
import { asTyped, commandLine } from "../program_name.ts";
import { MissingPolarityError } from "../stages/training/polarity.ts";
import { version } from "../version.ts";
import type { Json, Reporter } from "../engine/mod.ts";
import { explainSystemError } from "../volume/file.ts";
import type { Call, Command } from "./command.ts";
import { textOf } from "./flag_values.ts";
import { COMMON_FLAGS, divideArguments, type DividedArguments, requireKnownFlags } from "./flags.ts";
import { commandHelp, groupHelp, programHelp, usageOf } from "./help.ts";
import { COMMANDS } from "./list.ts";
import { LEAST_MEMORY, memoryOf, resourcesOf, warnOfMemory } from "./resource_flags.ts";
import { terminalReporter, writeError, writeOut } from "./terminal.ts";

/** How the program ends. */
const EXIT = {
  ok: 0,
  internalFailure: 1,
  userError: 2,
  /** As a shell reports a program that Ctrl-C ended. */
  stopped: 130,
} as const;

const PROGRAM = "ccboost";

/**
 * Runs the program with these arguments.
 * @returns the exit code: 0 done, 1 an internal error, 2 an error of the user, 130 stopped
 */
export async function main(args: readonly string[]): Promise<number> {
  const isDebug = args.includes("--debug");
  const reporter = terminalReporter({
    isJson: args.includes("--json"),
    isQuiet: args.includes("--quiet"),
    typed,
  });
  const failWith = (error: unknown): number => {
    reporter.close();
    const isUserError = error instanceof UserError;
    reporter.error(isUserError ? error.message : internalMessage(error, isDebug), failureData(error));
    if (isDebug) writeError(`${describeFailure(error)}\n`);
    return isUserError ? EXIT.userError : EXIT.internalFailure;
  };
  try {
    const divided = divideArguments(args);
    const { command, operands: given } = findCommand([...divided.operands, ...divided.rest]);
    const rest = command?.rest === undefined ? [] : divided.rest;
    const operands = given.slice(0, given.length - rest.length);
    const helped = helpText(command, operands, divided);
    if (helped !== undefined) {
      writeOut(typed(helped));
      return EXIT.ok;
    }
    if (command === undefined) throw new Error("a command without a name was not turned into help");
    requireKnownFlags(divided, [...command.flags, ...COMMON_FLAGS], command.name);
    requireOperands(command, operands);
    resourcesOf(divided.flags, 1); // a wrong value is told before any work
    const least = await command.leastMemory?.(divided.flags, operands) ?? 0;
    memoryOf(divided.flags, Math.max(LEAST_MEMORY, least));
    warnOfMemory(divided.flags, reporter);
    const line = commandLine(args);
    return await withStopSignals(reporter, async (signal) => {
      const call: Call = { operands, flags: divided.flags, rest, reporter, signal, line };
      try {
        const code = await command.run(call);
        reporter.close();
        return code ?? EXIT.ok;
      } catch (error) {
        if (!signal.aborted) return failWith(explainSystemError(error, placeOf(call)));
        reporter.close();
        const said = "stopped; finished work is kept. Run the same command again to resume";
        reporter.error(said, { kind: "stopped", command: line });
        if (isDebug) writeError(`${describeFailure(error)}\n`);
        return EXIT.stopped;
      }
    });
  } catch (error) {
    return failWith(error);
  }
}

/** A text with the program as the user types it. */
function typed(text: string): string {
  return asTyped(text, COMMANDS.map(({ name }) => name.split(" ")[0] ?? name));
}

/** Where a command writes, for failures of the disk that name no file. */
function placeOf({ flags, operands }: Call): string {
  return textOf(flags, "work") ?? textOf(flags, "out") ?? operands.at(-1) ?? ".";
}

/** The command that the first operand names; a configuration file alone is run. */
function findCommand(
  given: readonly string[],
): { command: Command | undefined; operands: readonly string[] } {
  const [first, ...rest] = given;
  if (first === undefined || first === "help") return { command: undefined, operands: given };
  if (isGroup(first)) return findInGroup(first, rest);
  const named = commandNamed(first);
  if (named) return { command: named, operands: rest };
  const run = commandNamed("run");
  if (run && looksLikeFile(first)) return { command: run, operands: given };
  throw unknownCommand(first);
}

/** A command of a group; the group's name alone asks for its help. */
function findInGroup(group: string, [word, ...rest]: readonly string[]) {
  if (word === undefined) return { command: undefined, operands: ["help", group] };
  const command = commandNamed(`${group} ${word}`);
  if (command === undefined) throw unknownCommand(`${group} ${word}`);
  return { command, operands: rest };
}

function commandNamed(name: string): Command | undefined {
  return COMMANDS.find((command) => command.name === name || command.oldName === name);
}

/** Whether a word begins the names of several commands. */
function isGroup(word: string): boolean {
  return COMMANDS.some(({ name }) => name.startsWith(`${word} `));
}

function looksLikeFile(text: string): boolean {
  return /[./\\]/.test(text);
}

function unknownCommand(name: string): UserError {
  const known = COMMANDS.flatMap((command) => [command.name, command.oldName ?? command.name]);
  const nearest = nearestName(name, [...known, "help"]);
  const meant = nearest && (commandNamed(nearest)?.name ?? nearest);
  const advice = meant ? `did you mean ${PROGRAM} ${meant}?` : `see ${PROGRAM} help`;
  return new UserError(`unknown command ${JSON.stringify(name)}; ${advice}`);
}

/** What `help`, `--help`, `--version` or a line without a command prints; undefined where a command is to run. */
function helpText(
  command: Command | undefined,
  operands: readonly string[],
  divided: DividedArguments,
): string | undefined {
  const { flags } = divided;
  if (command === undefined) requireKnownFlags(divided, COMMON_FLAGS, "help");
  if (flags.has("version")) return `${PROGRAM} ${version}\n`;
  if (command !== undefined) return flags.has("help") ? commandHelp(command) : undefined;
  const [, topic, second] = operands;
  if (topic === undefined || topic === "help") return programHelp(COMMANDS);
  if (isGroup(topic) && second === undefined) return groupHelp(topic, COMMANDS);
  const name = isGroup(topic) ? `${topic} ${second}` : topic;
  const about = commandNamed(name);
  if (about === undefined) throw unknownCommand(name);
  return commandHelp(about);
}

function requireOperands({ name, operands }: Command, given: readonly string[]): void {
  const usage = `${PROGRAM} ${usageOf(name, operands)}`;
  const missing = operands.find((operand, place) => !operand.isOptional && place >= given.length);
  if (missing) throw new UserError(`<${missing.name}> is missing; usage: ${usage}`);
  const extra = given[operands.length];
  if (extra === undefined || operands.at(-1)?.isRepeated) return;
  throw new UserError(`unexpected argument ${JSON.stringify(extra)}; usage: ${usage}`);
}

/** What a JSON line tells of a failure besides its text. */
function failureData(error: unknown): Json {
  if (!(error instanceof UserError)) return { kind: "internal" };
  const missing = [error, error.cause].find((one) => one instanceof MissingPolarityError);
  if (missing === undefined) return { kind: "user" };
  const components = missing.components.map(({ volume, id, voxels, position: [z, y, x] }) => ({
    volume,
    id,
    voxels,
    pos: [x, y, z],
  }));
  return { kind: "missing-polarity", components };
}

function internalMessage(error: unknown, isDebug: boolean): string {
  const message = error instanceof Error ? error.message : String(error);
  const advice = isDebug ? "" : "; run it again with --debug for details, and report this bug";
  return `internal error: ${message}${advice}`;
}

/** An error with its stack and its causes. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by: ${describeFailure(error.cause)}`;
}

const STOPPED = 130;

/** Runs work with a signal that is aborted by SIGINT or SIGTERM: the first stops it in an orderly way, the second at once. */
async function withStopSignals<T>(
  reporter: Pick<Reporter, "message">,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) Deno.exit(STOPPED);
    reporter.message("stopping, within 5 seconds; press Ctrl-C again to stop immediately");
    controller.abort();
  };
  // Windows knows no SIGTERM.
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const name of signals) Deno.addSignalListener(name, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of signals) Deno.removeSignalListener(name, stop);
  }
}
