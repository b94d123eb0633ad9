/** What would make a stage on a cluster faster. */
import type { StageEstimate } from "./stage_time.ts";

/** A sentence for the stage that takes longest. */
export function adviceFor({ stage, bottleneck, readRatio }: StageEstimate): string {
  switch (bottleneck) {
    case "CPU":
      return readRatio !== null && readRatio > 3
        ? `more --mem a task: blocks read ${
          readRatio.toFixed(1)
        } times what they write; then more nodes, or fewer stumps (numStumps)`
        : "more nodes, or fewer stumps (numStumps)";
    case "file system":
      return "a file system with more bandwidth, or more --mem a task, so that less is read twice";
    case "metadata":
      return "a file system that makes more files a second; --max-running keeps others from waiting";
    case "one process":
      return stage.startsWith("export")
        ? "outputPlattScaling = true writes a quarter of the bytes; the scores in the work folder (Zarr) can be used as they are"
        : "a volume that is Zarr already needs no conversion; fewer rounds or candidates make boosting shorter";
    case "start of jobs":
      return "one machine: the work is small";
  }
}
