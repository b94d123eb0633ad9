/**
 * `telemetry.jsonl` in the work folder: what people watch while a run works. The journal says what is done; this file says how it
 * goes: progress within stages, training rounds, memory and CPU, what was said. No result and no resume depends on it, so its lines
 * are not waited for, and a disk that takes no more ends the recording and not the run.
 */
import { join } from "node:path";
import process from "node:process";
import type { Reporter, StageProgress } from "../engine/mod.ts";
import type { Region, Zyx } from "../volume/region.ts";

/** Name of the file in the work folder. */
export const TELEMETRY_NAME = "telemetry.jsonl";

/** How a stage divides a volume, for a map of its blocks. Shapes are `[z, y, x]` in voxels. */
export interface BlockGrid {
  readonly stage: string;
  readonly title: string;
  readonly fingerprint: string;
  readonly shape: Zyx;
  /** Shape of a write region that no border clips. */
  readonly block: Zyx;
}

/** One line. `at` is milliseconds since 1970. */
export type TelemetryEvent =
  | { readonly kind: "begin"; readonly at: number; readonly memory: number; readonly workers: number }
  | {
    readonly kind: "stage";
    readonly at: number;
    readonly title: string;
    readonly total: number;
    readonly unit: string;
    readonly done: number;
  }
  | { readonly kind: "progress"; readonly at: number; readonly title: string; readonly done: number }
  | { readonly kind: "stage-end"; readonly at: number; readonly title: string; readonly summary: string }
  | ({ readonly kind: "grid"; readonly at: number } & BlockGrid)
  | {
    readonly kind: "block-begun";
    readonly at: number;
    readonly stage: string;
    readonly start: Zyx;
  }
  | { readonly kind: "say"; readonly at: number; readonly level: SayLevel; readonly text: string }
  /** Resident bytes of the process; seconds of CPU that all its threads used so far. */
  | { readonly kind: "usage"; readonly at: number; readonly rss: number; readonly cpu: number }
  /** Round from 1, weighted error, alpha, training error. */
  | { readonly kind: "rounds"; readonly at: number; readonly rounds: readonly RoundRow[] }
  /** The training volume cannot be divided: no stage of cross-fitting comes. */
  | { readonly kind: "undivided"; readonly at: number }
  | { readonly kind: "end"; readonly at: number };

export type SayLevel = "message" | "warning" | "error" | "result";

/** Round from 1, weighted error, alpha, training error. */
export type RoundRow = readonly [round: number, weightedError: number, alpha: number, trainingError: number];

/** Records a run. */
export interface Telemetry {
  /** The run's reporter, which also records. */
  readonly reporter: Reporter;
  /** A stage of blocks begins. */
  grid(grid: BlockGrid): void;
  /** A block is handed to a worker. */
  blockBegun(stage: string, write: Region): void;
  /** A round of boosting is done. */
  round(row: RoundRow): void;
  /** The training volume cannot be divided. */
  undivided(): void;
  /** Writes what is left and stops. */
  close(): Promise<void>;
}

/** Milliseconds between two writes. */
const FLUSH_INTERVAL = 500;
/** Samples of memory and CPU come every second at first, and later so that there are about this many. */
const USAGE_SAMPLES = 2000;
const MOST_USAGE_INTERVAL = 15_000;

/** Starts recording; `reporter` goes on being told everything. */
export async function openTelemetry(
  workFolder: string,
  reporter: Reporter,
  { memory, workers }: { readonly memory: number; readonly workers: number },
): Promise<Telemetry> {
  const file = await Deno.open(join(workFolder, TELEMETRY_NAME), { append: true, create: true });
  const begin = Date.now();
  let pending: TelemetryEvent[] = [{ kind: "begin", at: begin, memory, workers }];
  let rounds: RoundRow[] = [];
  let sampled = -Infinity;
  let isOpen = true;
  const moved = new Map<string, number>();
  const add = (event: TelemetryEvent) => void (isOpen && pending.push(event));

  const collect = (isLast: boolean) => {
    const at = Date.now();
    for (const [title, done] of moved) add({ kind: "progress", at, title, done });
    moved.clear();
    if (rounds.length > 0) add({ kind: "rounds", at, rounds });
    rounds = [];
    const interval = Math.min(MOST_USAGE_INTERVAL, Math.max(1000, (at - begin) / USAGE_SAMPLES));
    if (!isLast && at - sampled < interval) return;
    sampled = at;
    const { user, system } = process.cpuUsage();
    add({ kind: "usage", at, rss: Deno.memoryUsage().rss, cpu: (user + system) / 1e6 });
  };
  let last: Promise<void> = Promise.resolve();
  const flush = (isLast = false): Promise<void> => {
    if (!isOpen) return last;
    collect(isLast);
    const text = pending.map((event) => `${JSON.stringify(event)}\n`).join("");
    pending = [];
    last = last.then(() => writeAll(file, text)).catch((cause) => {
      if (!isOpen) return;
      isOpen = false; // half a line may be there; nothing may follow it
      const reason = cause instanceof Error ? cause.message : String(cause);
      reporter.warn(`progress is no longer recorded: ${join(workFolder, TELEMETRY_NAME)}: ${reason}`);
    });
    return last;
  };
  const timer = setInterval(() => void flush(), FLUSH_INTERVAL);
  Deno.unrefTimer(timer);
  await flush();

  const say = (level: SayLevel, text: string) => add({ kind: "say", at: Date.now(), level, text });
  return {
    reporter: {
      ...reporter,
      stage(name, amount) {
        const stage = reporter.stage(name, amount);
        const { total, unit, done = 0 } = amount;
        add({ kind: "stage", at: Date.now(), title: name, total, unit, done });
        return recordedStage(stage, done, {
          moved: (sum) => void moved.set(name, sum),
          ended(sum, summary) {
            const at = Date.now();
            moved.delete(name);
            add({ kind: "progress", at, title: name, done: sum });
            add({ kind: "stage-end", at, title: name, summary });
          },
        });
      },
      message(text) {
        reporter.message(text);
        say("message", text);
      },
      warn(text) {
        reporter.warn(text);
        say("warning", text);
      },
    },
    grid: (grid) => add({ kind: "grid", at: Date.now(), ...grid }),
    blockBegun: (stage, { start }) => add({ kind: "block-begun", at: Date.now(), stage, start }),
    undivided: () => add({ kind: "undivided", at: Date.now() }),
    round: (row) => void rounds.push(row),
    async close() {
      clearInterval(timer);
      void flush(true);
      add({ kind: "end", at: Date.now() });
      await flush();
      isOpen = false;
      file.close();
    },
  };
}

function recordedStage(
  stage: StageProgress,
  before: number,
  listener: { moved(done: number): void; ended(done: number, summary: string): void },
): StageProgress {
  let done = before;
  let isEnded = false;
  return {
    advance(n) {
      stage.advance(n);
      done += n;
      listener.moved(done);
    },
    done(summary) {
      stage.done(summary);
      if (!isEnded) listener.ended(done, summary ?? "");
      isEnded = true;
    },
  };
}

async function writeAll(file: Deno.FsFile, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length;) sent += await file.write(bytes.subarray(sent));
}
