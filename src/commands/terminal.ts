/** Where a command's words go: results to standard output, all else to standard error; with `--json` all to standard output. */
import { stageName, stageSummary, withStageName } from "../run/stage_names.ts";
import { createReporter, type Reporter, type ReportMode } from "../engine/mod.ts";

/** How to report. */
interface TerminalOptions {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  /** Makes of a text what people read; JSON keeps it as it is. */
  readonly typed?: (text: string) => string;
}

/** As a shell reports a program that wrote to a closed pipe. */
const BROKEN_PIPE = 141;

const DEFAULT_COLUMNS = 80;

/** Writes a text to standard output. */
export function writeOut(text: string): void {
  writeAll(Deno.stdout, text);
}

/** Writes a text to standard error. */
export function writeError(text: string): void {
  writeAll(Deno.stderr, text);
}

/** A reporter for this terminal: a line that redraws itself where standard error is one, else plain lines. */
export function terminalReporter({ isJson, isQuiet, typed = (text) => text }: TerminalOptions): Reporter {
  const mode: ReportMode = isJson ? "json" : isQuiet ? "quiet" : Deno.stderr.isTerminal() ? "tty" : "lines";
  const reporter = createReporter({ mode, write: isJson ? writeOut : writeError, columns });
  if (isJson) return isQuiet ? withoutProgress(reporter) : reporter;
  // Results come when no stage is under way, so they need not make room for a progress line.
  return {
    ...reporter,
    stage(title, amount) {
      const stage = reporter.stage(stageName(title), amount);
      return { ...stage, done: (summary) => stage.done(stageSummary(summary ?? "") || undefined) };
    },
    message: (text) => reporter.message(typed(withStageName(text))),
    warn: (text) => reporter.warn(typed(text)),
    error: (text, data) => reporter.error(typed(text), data),
    result: (text) => writeOut(`${typed(text)}\n`),
  };
}

function withoutProgress(reporter: Reporter): Reporter {
  return { ...reporter, stage: () => ({ advance: () => {}, done: () => {} }), message: () => {} };
}

function columns(): number {
  try {
    return Deno.consoleSize().columns || DEFAULT_COLUMNS;
  } catch (cause) {
    if (cause instanceof Error) return DEFAULT_COLUMNS; // a terminal that does not tell its size
    throw cause;
  }
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let sent = 0; sent < bytes.length;) sent += stream.writeSync(bytes.subarray(sent));
  } catch (cause) {
    // Nobody reads any more, as with `| head`; finished work is in the journal.
    if (cause instanceof Deno.errors.BrokenPipe) Deno.exit(BROKEN_PIPE);
    throw cause;
  }
}
