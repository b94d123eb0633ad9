/** Runs of the command line, as users start them. */
import { join } from "node:path";
import type { Zyx } from "../src/volume/region.ts";
import type { Measurement } from "./measure.ts";
import type { Setting } from "./part.ts";
import { type FinishedProcess, runModule } from "./process.ts";

const CLI = new URL("../cli.ts", import.meta.url);

/** A run that ended well. */
export interface FinishedRun extends FinishedProcess {
  /** Seconds of each stage by its name, in the order in which they ended. */
  readonly stages: ReadonlyMap<string, number>;
}

/**
 * `ccboost run <config>` from start to end, in a new work folder that is removed afterwards.
 * @param flags further flags
 */
export async function runConfig(
  { folder, memory }: Pick<Setting, "folder" | "memory">,
  config: string,
  workers: number,
  flags: readonly string[] = [],
): Promise<FinishedRun> {
  const work = join(folder, "run");
  await Deno.mkdir(work);
  try {
    const finished = await runModule(CLI, ["--allow-read", `--allow-write=${folder}`], [
      "run",
      config,
      "--json",
      ...["--workers", String(workers), "--memory", String(memory)],
      ...["--work", join(work, "work"), "--set", `outFileName="${join(work, "out")}"`],
      ...flags,
    ]);
    return { ...finished, stages: stagesOf(finished.out) };
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** The plan of the stage that scores the first test volume. */
export interface ScorePlan {
  /** Shape of a block's write region. */
  readonly blockShape: Zyx;
  readonly blocks: number;
  /** Voxels read over voxels written. */
  readonly readRatio: number;
}

/** What `ccboost run <config> --dry-run` plans for the scoring. */
export async function planConfig(
  { memory }: Pick<Setting, "memory">,
  config: string,
  workers: number,
): Promise<ScorePlan> {
  const limits = ["--workers", String(workers), "--memory", String(memory)];
  const { out } = await runModule(CLI, ["--allow-read"], ["run", config, "--dry-run", "--json", ...limits]);
  const last = out.trim().split("\n").at(-1) ?? "";
  const { data } = JSON.parse(last) as { data: { stages: (ScorePlan & { name: string })[] } };
  const plan = data.stages.find(({ name }) => name === "score 0");
  if (!plan) throw new Error(`${config} plans no scoring`);
  return plan;
}

/** Stages and their seconds from the lines of `--json`; stages of the same first word are added up. */
export function stagesOf(out: string): Map<string, number> {
  const stages = new Map<string, number>();
  for (const line of out.split("\n").filter((line) => line !== "")) {
    const event = JSON.parse(line) as { event: string; stage?: string; elapsed?: number };
    if (event.event !== "stage-done" || event.stage === undefined) continue;
    const name = event.stage.split(" ")[0] ?? "";
    stages.set(name, (stages.get(name) ?? 0) + (event.elapsed ?? 0));
  }
  return stages;
}

/** The largest of the peaks that are known. */
export function largestPeak(runs: readonly FinishedProcess[]): { peakBytes?: number } {
  const known = runs.flatMap(({ peakBytes }) => peakBytes ?? []);
  return known.length > 0 ? { peakBytes: Math.max(...known) } : {};
}

/** Blocks of a plan in words. */
export function describeScorePlan({ blocks, blockShape, readRatio }: ScorePlan): string {
  const count = blocks === 1 ? "1 block" : `${blocks} blocks`;
  return `${count} of ${blockShape.join("x")}, read/write ${readRatio.toFixed(2)}`;
}

/** Runs each of several things once, and so on again: what else the machine does hits all of them. */
export async function inTurn(
  repeat: number,
  runs: readonly (() => Promise<FinishedRun>)[],
): Promise<FinishedRun[][]> {
  const finished = runs.map((): FinishedRun[] => []);
  for (let i = 0; i < repeat; i++) {
    for (const [which, run] of runs.entries()) finished[which]?.push(await run());
  }
  return finished;
}

/** Seconds of `a` over those of `b`, repetition by repetition. */
export function quotients(a: readonly FinishedRun[], b: readonly FinishedRun[]): number[] {
  return a.map((run, i) => run.seconds / (b[i]?.seconds ?? NaN));
}

/** The line of runs that score a volume. */
export function runsLine(
  { name, voxels, note }: { readonly name: string; readonly voxels: number; readonly note: string },
  runs: readonly FinishedRun[],
): Measurement {
  const seconds = runs.map((run) => run.seconds);
  return { name, unit: "voxels/s", amount: voxels, seconds, note, ...largestPeak(runs) };
}
