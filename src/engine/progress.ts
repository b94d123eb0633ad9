/** What a run tells its user: stages with their progress, messages, warnings, the result. */
import { displayOf, type DisplayOptions, type Saying, type StageState } from "./displays.ts";
import type { Unit } from "./format.ts";
import type { Json } from "./journal.ts";

/** Where and how a reporter writes. */
export interface ReporterOptions extends DisplayOptions {
  /** Milliseconds of a clock that never goes back. Default `performance.now`. */
  readonly now?: (() => number) | undefined;
  /** Calls a function again and again until the returned function is called. Default: an interval that ends with the process. */
  readonly every?: ((milliseconds: number, f: () => void) => () => void) | undefined;
}

/** How much a stage has to do. */
export interface StageAmount {
  /** All there is to do, finished work included. */
  readonly total: number;
  /** What is counted. */
  readonly unit: Unit;
  /** Part of `total` that an earlier run did; it does not count for the rate. Default 0. */
  readonly done?: number | undefined;
}

/** A stage under way. */
export interface StageProgress {
  /** Adds `n` units of finished work. */
  advance(n: number): void;
  /** Ends the stage; the summary stands behind its name. Has no effect the second time. */
  done(summary?: string): void;
}

/** Reports what a run does. */
export interface Reporter {
  /** Begins a stage. Of several under way the one begun last is shown. */
  stage(name: string, amount: StageAmount): StageProgress;
  /** Tells what was found or decided. */
  message(text: string): void;
  /** Tells what the user should look at. */
  warn(text: string): void;
  /** What the run was for; `data` is what the JSON line holds. Shown in every mode. */
  result(text: string, data?: Json): void;
  /** Why the run ended early; `data` is what the JSON line holds. Shown in every mode. */
  error(text: string, data?: Json): void;
  /** Leaves the cursor on an empty line and stops redrawing. */
  close(): void;
}

/** Makes a reporter. */
export function createReporter(options: ReporterOptions): Reporter {
  const now = options.now ?? (() => performance.now());
  const every = options.every ?? unrefInterval;
  const display = displayOf(options);
  const active: { state(): StageState }[] = [];
  let shown = -Infinity;
  let stopTicks: (() => void) | undefined;

  const show = () => {
    const stage = active.at(-1);
    if (!stage || now() - shown < display.interval) return;
    shown = now();
    display.progress(stage.state());
  };
  const clear = () => {
    display.clear();
    if (display.redraws) shown = -Infinity;
  };
  const say = (kind: Saying, text: string, data?: Json) => {
    clear();
    display.say(kind, text, data);
    if (display.redraws) show();
  };
  const close = () => {
    stopTicks?.();
    stopTicks = undefined;
    active.length = 0;
    clear();
  };

  return {
    stage(name, { total, unit, done: resumed = 0 }) {
      const begin = now();
      let done = resumed;
      const stage = { state: () => stateAt(name, unit, total, done, resumed, (now() - begin) / 1000) };
      active.push(stage);
      clear();
      display.begin(stage.state());
      if (display.redraws) show();
      else shown = begin;
      if (display.redraws) stopTicks ??= every(1000, show);
      return {
        advance(n) {
          done += n;
          if (active.at(-1) === stage) show();
        },
        done(summary) {
          const place = active.indexOf(stage);
          if (place < 0) return;
          active.splice(place, 1);
          clear();
          display.end(stage.state(), summary);
          if (active.length > 0) return;
          stopTicks?.();
          stopTicks = undefined;
        },
      };
    },
    message: (text) => say("message", text),
    warn: (text) => say("warning", text),
    result: (text, data) => say("result", text, data),
    error: (text, data) => say("error", text, data),
    close,
  };
}

function stateAt(
  name: string,
  unit: Unit,
  total: number,
  done: number,
  resumed: number,
  elapsed: number,
): StageState {
  const rate = done > resumed && elapsed > 0 ? (done - resumed) / elapsed : NaN;
  return { name, unit, total, done, rate, elapsed, left: Math.max(0, total - done) / rate };
}

function unrefInterval(milliseconds: number, f: () => void): () => void {
  const timer = setInterval(f, milliseconds);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}
