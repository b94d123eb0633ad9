/** A dry run's plan as a text. */
import { formatBytes, formatCount } from "../engine/mod.ts";
import type { PlanReport } from "../stages/run.ts";
import { alignColumns } from "./text_table.ts";

/** One line a stage, then what it takes on disk. */
export function describePlan({ stages, disk }: PlanReport): string {
  const head = ["stage", "voxels", "blocks", "block z,y,x", "read/write", "memory a worker", "threads"];
  const rows = stages.map((
    { name, voxels, blocks, blockShape, readRatio, bytesPerWorker, workers, threads },
  ) => [
    name,
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
  return `${alignColumns([head, ...rows], "lrrrrrr")}\n\ndisk\n${
    alignColumns(files, "rl")
  }\n\ndry run: nothing was written`;
}

/** `2 x 8`: two blocks side by side, eight threads on each. */
function teamsText(workers?: number, threads = workers): string {
  if (workers === undefined || threads === undefined) return "";
  const each = Math.floor(threads / workers);
  return `${workers} x ${each}${threads % workers === 0 ? "" : ` or ${each + 1}`}`;
}

/** A plan as the data of a JSON line. */
export function jsonOfPlan({ stages, disk }: PlanReport) {
  return {
    stages: stages.map(({ blockShape, readRatio, workers, ...rest }) => ({
      ...rest,
      workers: workers ?? null,
      blockShape: blockShape ?? null,
      readRatio: readRatio ?? null,
    })),
    disk: disk.map((part) => ({ ...part })),
  };
}
