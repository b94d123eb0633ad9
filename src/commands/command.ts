/** What a command of the command line is. */
import type { Reporter } from "../engine/mod.ts";
import type { FlagName } from "./flag_table.ts";
import type { GivenFlags } from "./flags.ts";

/** One command. */
export interface Command {
  /** What is typed: one word, or two for a command of a group, such as `cluster submit`. */
  readonly name: string;
  /** A name that it had before, which still works. */
  readonly oldName?: string;
  /** A few words for the list of all commands. */
  readonly summary: string;
  /** What stands after the command's name. */
  readonly operands: readonly Operand[];
  /** Flags that it takes besides those that every command takes. */
  readonly flags: readonly FlagName[];
  /** What these flags mean to this command, in the place of what `FLAGS` says. */
  readonly flagHelp?: Readonly<Partial<Record<FlagName, string>>>;
  /** What may follow `--`, for help texts; commands without it take it as operands. */
  readonly rest?: string;
  /** Least budget of its process, bytes; 128 MiB where it is left out. */
  readonly leastMemory?: (flags: GivenFlags, operands: readonly string[]) => number | Promise<number>;
  /** Two or three lines on what it does. */
  readonly description: string;
  /** Lines to type, without the program's name. */
  readonly examples: readonly string[];
  /** @returns the exit code where it is not 0 */
  run(call: Call): Promise<number | void>;
}

/** A file, folder or number that a command takes by its place. */
export interface Operand {
  readonly name: string;
  readonly help: string;
  readonly isOptional?: boolean;
  /** Whether there may be several, of the last one. */
  readonly isRepeated?: boolean;
  /** The only values that there are. */
  readonly choices?: readonly string[];
}

/** A command with what was given to it. */
export interface Call {
  /** As many as the command has operands, less the optional ones left out. */
  readonly operands: readonly string[];
  readonly flags: GivenFlags;
  /** What follows `--`, of a command that takes it. */
  readonly rest: readonly string[];
  readonly reporter: Reporter;
  /** Aborted when the user stops the program. */
  readonly signal: AbortSignal;
  /** The line that started the program, for journals. */
  readonly line: string;
}

/** An operand by its place; empty where an optional one was left out. */
export function operandAt({ operands }: Call, place: number): string {
  return operands[place] ?? "";
}
