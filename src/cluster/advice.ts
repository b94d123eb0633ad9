/** What would make a stage on a cluster faster. */
import type { StageEstimate } from "./stage_time.ts";

/** A sentence for the stage that takes longest. */
export function adviceFor({ stage, bottleneck, readRatio }: StageEstimate): string {
  switch (bottleneck) {
    case "CPU":
      return readRatio !== null && readRatio > 3
        ? `more --mem per task: blocks read ${readRatio.toFixed(1)} times as much as they write; then ` +
          "more nodes, or fewer stumps (numStumps)"
        : "more nodes, or fewer stumps (numStumps)";
    case "file system":
      return "a file system with more bandwidth, or more --mem per task, so that less is read twice";
    case "metadata":
      return "a file system that can create more files per second; with --max-running other users need not wait";
    case "one process":
      if (stage.startsWith("synapses")) {
        return "outputSynapses = false, and list the synapses later with the command synapses, while the cluster does other things";
      }
      return stage.startsWith("export")
        ? 'outputFormat = "ome-zarr": then the blocks write the results, on all machines'
        : "volumes that are already Zarr need no conversion; fewer rounds or candidates make boosting faster";
    case "starting jobs":
      return "use one machine: there is little to do";
  }
}
