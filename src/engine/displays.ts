/** The ways to show progress: on a terminal's line, as plain lines, as JSON lines, hardly at all. */
import { formatAmount, formatDuration, formatRate, type Unit } from "./format.ts";
import type { Json } from "./journal.ts";

/** How to report: a line that redraws itself, plain lines, one JSON object a line, or only results and errors. */
export type ReportMode = "tty" | "lines" | "json" | "quiet";

/** Where to show, and how. */
export interface DisplayOptions {
  /** The form. */
  readonly mode: ReportMode;
  /** Takes text that ends in a line feed, or in tty mode a line under way and control sequences without one. */
  readonly write: (text: string) => void;
  /** Width of the terminal in characters. Default 80. */
  readonly columns?: number | (() => number) | undefined;
}

/** A stage's numbers at one moment. */
export interface StageState {
  readonly name: string;
  readonly unit: Unit;
  readonly total: number;
  readonly done: number;
  /** Units a second in this run; NaN before anything was done. */
  readonly rate: number;
  /** Seconds since the stage began in this run. */
  readonly elapsed: number;
  /** Seconds to go at this rate; NaN where the rate is unknown. */
  readonly left: number;
}

/** Kinds of text beside progress. */
export type Saying = "message" | "warning" | "result" | "error";

/** How a mode shows what happens. */
interface Display {
  /** Least milliseconds between two calls of `progress`. */
  readonly interval: number;
  /** Whether progress is one line drawn again and again, which goes when other text comes and ticks while nothing advances. */
  readonly redraws: boolean;
  begin(state: StageState): void;
  progress(state: StageState): void;
  end(state: StageState, summary: string | undefined): void;
  say(kind: Saying, text: string, data?: Json): void;
  /** Takes the progress line away. */
  clear(): void;
}

const TTY_INTERVAL = 100;
const LINES_INTERVAL = 5000;
const JSON_INTERVAL = 1000;
const BAR_WIDTH = 24;
const ERASE_LINE = "\r\x1b[K";
const PREFIX: Readonly<Record<Saying, string>> = {
  message: "",
  warning: "warning: ",
  result: "",
  error: "error: ",
};

/** The display of a mode. */
export function displayOf(options: DisplayOptions): Display {
  if (options.mode === "tty") return ttyDisplay(options);
  if (options.mode === "lines") return linesDisplay(options);
  if (options.mode === "json") return jsonDisplay(options);
  return quietDisplay(options);
}

function ttyDisplay({ write, columns = 80 }: DisplayOptions): Display {
  let drawn = false;
  const width = () => (typeof columns === "function" ? columns() : columns) - 1;
  return {
    interval: TTY_INTERVAL,
    redraws: true,
    begin: () => {},
    progress(state) {
      write(`${ERASE_LINE}${progressLine(state, width())}`);
      drawn = true;
    },
    end: (state, summary) => write(`${doneLine(state, summary, width())}\n`),
    say: (kind, text) => write(`${wrapped(`${PREFIX[kind]}${text}`, width())}\n`),
    clear() {
      if (drawn) write(ERASE_LINE);
      drawn = false;
    },
  };
}

function linesDisplay({ write }: DisplayOptions): Display {
  return {
    interval: LINES_INTERVAL,
    redraws: false,
    begin(state) {
      const resumed = state.done > 0 ? `, ${percent(state)} of it already done` : "";
      write(`${state.name}: ${formatAmount(state.total, state.unit)}${resumed}\n`);
    },
    progress: (state) => write(`${state.name}: ${[percent(state), ...speed(state)].join(", ")}\n`),
    end: (state, summary) => write(`${doneLine(state, summary)}\n`),
    say: (kind, text) => write(`${PREFIX[kind]}${text}\n`),
    clear: () => {},
  };
}

function jsonDisplay({ write }: DisplayOptions): Display {
  const line = (value: Json) => write(`${JSON.stringify(value)}\n`);
  const stage = ({ name, unit, total, done }: StageState) => ({ stage: name, unit, total, done });
  return {
    interval: JSON_INTERVAL,
    redraws: false,
    begin: (state) => line({ event: "stage-started", ...stage(state) }),
    progress: (state) => line({ event: "progress", ...stage(state), ...speedNumbers(state) }),
    end: (state, summary) =>
      line({
        event: "stage-done",
        ...stage(state),
        ...speedNumbers(state),
        ...(summary === undefined ? {} : { summary }),
      }),
    say: (kind, text, data) => line({ event: kind, text, ...(data === undefined ? {} : { data }) }),
    clear: () => {},
  };
}

function quietDisplay({ write }: DisplayOptions): Display {
  return {
    interval: Infinity,
    redraws: false,
    begin: () => {},
    progress: () => {},
    end: () => {},
    say(kind, text) {
      if (kind === "result" || kind === "error") write(`${PREFIX[kind]}${text}\n`);
    },
    clear: () => {},
  };
}

/** The fullest of several forms of the progress line that fits the width. */
function progressLine(state: StageState, width: number): string {
  const facts = speed(state);
  const head = `${state.name}  ${percent(state)}`;
  const long = ["", ...facts].join("  ");
  const spare = Math.min(BAR_WIDTH, width - head.length - long.length - 1);
  if (spare >= 6) return `${state.name} ${bar(state, spare)} ${percent(state)}${long}`;
  for (let kept = facts.length; kept > 0; kept--) {
    const line = [head, ...facts.slice(facts.length - kept)].join("  ");
    if (line.length <= width) return line;
  }
  return head.slice(0, Math.max(0, width));
}

function bar(state: StageState, width: number): string {
  const full = Math.floor(fraction(state) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

function fraction({ done, total }: StageState): number {
  return total > 0 ? Math.min(1, Math.max(0, done / total)) : 1;
}

function percent(state: StageState): string {
  return `${Math.floor(fraction(state) * 100)} %`;
}

function speed(state: StageState): string[] {
  if (!Number.isFinite(state.rate)) return [formatDuration(state.elapsed)];
  const times = [formatDuration(state.elapsed), `${formatDuration(state.left)} left`];
  return [formatRate(state.rate, state.unit), ...times];
}

function speedNumbers({ rate, elapsed, left }: StageState): Record<string, Json> {
  const number = (n: number) => Number.isFinite(n) ? n : null;
  return { rate: number(rate), elapsed: number(elapsed), left: number(left) };
}

/** Without the rate where the line would be too long. */
function doneLine(state: StageState, summary: string | undefined, width = Infinity): string {
  const facts = [
    ...(summary === undefined ? [] : [summary]),
    `${formatAmount(state.total, state.unit)} in ${formatDuration(state.elapsed)}`,
  ];
  const short = `${state.name}: ${facts.join(", ")}`;
  const long = Number.isFinite(state.rate) ? `${short}, ${formatRate(state.rate, state.unit)}` : short;
  return long.length <= width ? long : short;
}

/** Least width at which lines are broken; a narrower terminal breaks them itself. */
const LEAST_WIDTH = 40;

/** Breaks long lines between words; lines that are indented are commands or tables, and stay whole. */
export function wrapped(text: string, width: number, indent = "  "): string {
  if (width < LEAST_WIDTH) return text;
  return text.split("\n").map((line) => {
    if (line.length <= width || /^\s/.test(line)) return line;
    const lines: string[] = [];
    let current = "";
    for (const word of line.split(" ")) {
      if (current !== "" && current.length + 1 + word.length > width) {
        lines.push(current);
        current = indent + word;
      } else current = current === "" ? word : `${current} ${word}`;
    }
    return [...lines, current].join("\n");
  }).join("\n");
}
