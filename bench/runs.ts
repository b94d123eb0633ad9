/** Runs of the command line, as users start them. */
import { join } from "node:path";
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
