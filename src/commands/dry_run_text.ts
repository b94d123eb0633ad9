/** A dry run's plan as a text. */
import type { ClusterEstimate } from "../cluster/estimate.ts";
import { formatBytes, formatCount, formatDuration } from "../engine/mod.ts";
import { commandLine } from "../program_name.ts";
import type { Resources } from "../run/plan_stage.ts";
import { stageName } from "../run/stage_names.ts";
import type { PlannedTraining, PlanReport } from "../stages/run.ts";
import { alignColumns } from "./text_table.ts";

/** A dry run of this machine: time, memory and disk first, then what takes the disk, then how volumes are divided. */
export function describeDryRun(
  plan: PlanReport,
  { hours }: Pick<ClusterEstimate, "hours">,
  { memory, workers }: Pick<Resources, "memory" | "workers">,
  config: string,
): string {
  const bytes = plan.disk.reduce((sum, part) => sum + part.bytes, 0);
  const threads = workers === 1 ? "one thread" : `${workers} threads`;
  return [
    alignColumns(
      [
        ["time", `about ${formatDuration(Math.max(1, hours * 3600))}, with ${threads}`],
        ["memory", `at most ${formatBytes(memory)} (--memory)`],
        ["disk", `at most ${formatBytes(bytes)}`],
        ...labelsRow(plan.training),
      ],
      "ll",
    ),
    "",
    "The time is estimated from the speed of another machine; it may be half or twice as long.",
    "To measure it on this machine, in a minute: " +
    commandLine(["cluster", "plan", config, "--nodes", "1", "--cpus", String(workers)]),
    "",
    describePlan(plan, stageName),
  ].join("\n");
}

/** How many synapses there are to learn from, and what that means. */
function labelsRow(training: PlannedTraining | undefined): readonly (readonly [string, string])[] {
  if (training?.synapses === undefined) return [];
  const { synapses, leastSynapses: least } = training;
  const count = `${synapses} ${synapses === 1 ? "synapse" : "synapses"} to learn from`;
  if (least === undefined) return [["labels", count]];
  return [[
    "labels",
    synapses < least ? `${count}; with ${least} or more, the model finds more of them` : count,
  ]];
}

/** What it takes on disk, then a line per stage. @param nameOf what people read of a stage */
export function describePlan({ stages, disk }: PlanReport, nameOf = (name: string) => name): string {
  const head = ["stage", "voxels", "blocks", "block z,y,x", "read/write", "memory per block", "threads"];
  const rows = stages.map((
    { name, voxels, blocks, blockShape, readRatio, bytesPerWorker, workers, threads },
  ) => [
    nameOf(name),
    voxels > 0 ? formatCount(voxels) : "",
    String(blocks),
    blockShape?.join(",") ?? "",
    readRatio?.toFixed(2) ?? "",
    bytesPerWorker > 0 ? formatBytes(bytesPerWorker) : "",
    teamsText(workers, threads),
  ]);
  const total = disk.reduce((sum, { bytes }) => sum + bytes, 0);
  const files = [...disk.map(({ what, bytes }) => [formatBytes(bytes), what]), [
    formatBytes(total),
    "in all, at most",
  ]];
  return [
    "disk space",
    alignColumns(files, "rl"),
    "",
    "Large volumes are computed in blocks. read/write: voxels read per voxel written, because blocks overlap;",
    "threads of 2 x 8: two blocks at a time, eight threads on each.",
    "",
    alignColumns([head, ...rows], "lrrrrrr"),
    "",
    "dry run: nothing was written",
  ].join("\n");
}

/** `2 x 8`: two blocks side by side, eight threads on each. */
function teamsText(workers?: number, threads = workers): string {
  if (workers === undefined || threads === undefined) return "";
  const each = Math.floor(threads / workers);
  return `${workers} x ${each}${threads % workers === 0 ? "" : ` or ${each + 1}`}`;
}

/** A plan as the data of a JSON line. */
export function jsonOfPlan({ stages, disk, training }: PlanReport) {
  const { samples = null, synapses = null, leastSynapses = null } = training ?? {};
  return {
    training: { samples, synapses, leastSynapses },
    stages: stages.map(({ blockShape, readRatio, workers, ...rest }) => ({
      ...rest,
      workers: workers ?? null,
      blockShape: blockShape ?? null,
      readRatio: readRatio ?? null,
    })),
    disk: disk.map((part) => ({ ...part })),
  };
}
