/** What a shell completes. */

/** A flag of a command. */
export interface CompletableFlag {
  /** Without the dashes. */
  readonly name: string;
  /** What stands for its value in help texts; empty where it takes none. */
  readonly value: string;
  readonly help: string;
  /** The only values that there are; where there are none listed, a file may be meant. */
  readonly choices: readonly string[];
  readonly isRepeatable: boolean;
}

/** A command with its arguments. */
export interface Completable {
  readonly name: string;
  readonly summary: string;
  readonly operands: readonly { readonly name: string; readonly choices: readonly string[] }[];
  readonly flags: readonly CompletableFlag[];
}

/** A configuration alone is run: `ccboost config.cfg` is `ccboost run config.cfg`. */
export const USUAL_COMMAND = "run";

/** All flags of all commands, each once. */
export function allFlags(commands: readonly Completable[]): CompletableFlag[] {
  return [...new Map(commands.flatMap(({ flags }) => flags).map((flag) => [flag.name, flag])).values()];
}

/** Words that may stand first. */
export function firstWords(commands: readonly Completable[]): string[] {
  return commands.map(({ name }) => name).filter((name) => !name.includes(" "));
}

/** Words that are followed by a command of a group. */
export function groupsOf(commands: readonly Completable[]): string[] {
  return firstWords(commands).filter((word) => commands.some(({ name }) => name.startsWith(`${word} `)));
}

/** A text as one word of bash and zsh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
