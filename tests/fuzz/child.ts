/**
 * Reads inputs one after the other and tells of each, a line of JSON. A process of its own, which whoever started it may kill.
 * Arguments: seed, first input, end, budget in MiB, the folder that an earlier child which was killed left behind, and the only kind of inputs that are read; both may be empty.
 */
import { existsSync } from "node:fs";
import { inputOf } from "./inputs.ts";
import { type Reading, readInput } from "./read_input.ts";
import { type Kind, KINDS, makeSeeds } from "./seeds.ts";

/** What became of an input. */
export interface Report {
  readonly index: number;
  readonly kind: Kind;
  /** `folder`: where the child works; `begin`: the reader is about to be called. */
  readonly event: "folder" | "begin" | "read" | "rejected" | "crash" | "over-budget";
  readonly text?: string;
}

/** Longest and most lines of an error for users; a configuration may have many problems. */
const LONGEST = 2000;
const LINES: Readonly<Record<Kind, number>> = {
  config: 32,
  stumps: 2,
  tiff: 2,
  nrrd: 2,
  zarr: 2,
  hdf5: 2,
  mrc: 2,
  png: 2,
  n5: 2,
  precomputed: 2,
  nifti: 2,
  dm: 2,
};

const encoder = new TextEncoder();

function tell(report: Report): void {
  Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(report)}\n`));
}

/** Largest resident memory that this process had, bytes. */
function peakMemory(): number {
  try {
    const kilobytes = /VmHWM:\s*(\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
  return Deno.memoryUsage().rss; // not Linux
}

/** What is wrong with a message, if anything. */
function faultOf(message: string, kind: Kind): string | undefined {
  const lines = message.split("\n");
  if (lines.length > LINES[kind]) return `a message of ${lines.length} lines`;
  if (lines.some((line) => line.length > LONGEST)) return "a message that is too long";
  return /^\s+at .*:\d+:\d+/m.test(message) ? "a message with a stack trace" : undefined;
}

/** Mostly without writing, which takes several times as long. */
function readingOf(index: number): Reading {
  const turn = Math.floor(index / KINDS.length) % 16;
  return turn === 0 ? "whole" : turn === 8 ? "slabs" : "rows";
}

/** A folder in memory, where there is one: what is written to a disk is waited for. */
function makeFolder(): string {
  const prefix = "ccboost-fuzz-";
  try {
    return Deno.makeTempDirSync({ prefix, dir: "/dev/shm" });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    return Deno.makeTempDirSync({ prefix });
  }
}

async function main(): Promise<void> {
  const [seed = 0, first = 0, end = 0, budget = 512] = Deno.args.slice(0, 4).map(Number);
  const left = Deno.args[4] ?? "";
  if (left !== "" && existsSync(left)) Deno.removeSync(left, { recursive: true });
  const folder = makeFolder();
  tell({ index: first, kind: "config", event: "folder", text: folder });
  try {
    await readAll(folder, { seed, first, end, budget }, Deno.args[5] ?? "");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

async function readAll(
  folder: string,
  { seed, first, end, budget }: Readonly<Record<"seed" | "first" | "end" | "budget", number>>,
  only: string,
): Promise<void> {
  Deno.mkdirSync(`${folder}/seeds`);
  const seeds = await makeSeeds(`${folder}/seeds`);
  for (let index = first; index < end; index++) {
    if (only !== "" && KINDS[index % KINDS.length] !== only) continue;
    const input = inputOf(seeds, seed, index);
    const { kind, main } = input.seed;
    const place = `${folder}/${index}`;
    Deno.mkdirSync(place);
    for (const [name, bytes] of input.files) {
      Deno.mkdirSync(`${place}/${name}`.replace(/[^/]*$/, ""), { recursive: true });
      Deno.writeFileSync(`${place}/${name}`, bytes);
    }
    tell({ index, kind, event: "begin" });
    try {
      const text = await readInput(input.seed, `${place}/${main}`, `${place}/out`, readingOf(index));
      const fault = faultOf(text, kind);
      if (fault !== undefined) {
        tell({ index, kind, event: "crash", text: `${fault}: ${text.slice(0, LONGEST)}` });
      } else {tell({
          index,
          kind,
          event: text === "read" ? "read" : "rejected",
          text: text.slice(0, LONGEST),
        });}
    } catch (error) {
      tell({
        index,
        kind,
        event: "crash",
        text: error instanceof Error ? error.stack ?? error.message : String(error),
      });
    }
    const peak = peakMemory();
    if (peak > budget * 2 ** 20) {
      tell({ index, kind, event: "over-budget", text: `${Math.round(peak / 2 ** 20)} MiB` });
      return;
    }
    Deno.removeSync(place, { recursive: true });
  }
}

await main();
