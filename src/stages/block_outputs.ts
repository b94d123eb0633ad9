/** What the blocks of a stage leave in the work folder, told by what the workers are told. */
import type { BlockOutputs } from "../run/block_files.ts";
import type { StageJob } from "./stage_jobs.ts";

/** What each block of a stage writes. */
export function blockOutputs(job: StageJob): BlockOutputs {
  switch (job.stage) {
    case "samples":
    case "cells":
      return { arrays: [], files: { folder: job.folder, kind: job.stage } };
    case "gather":
      return { arrays: [], files: { folder: job.folder, kind: "features" } };
    case "score": {
      const { max, min, direction, orientation, features: folder } = job;
      const arrays = [max, min, direction, orientation].filter((path) => path !== "");
      return { arrays, files: folder === "" ? undefined : { folder, kind: "features" } };
    }
    case "paint":
      return { arrays: [job.positive, job.negative] };
    case "channels":
    case "refine":
      return { arrays: [job.out] };
    case "bin":
    case "forest":
    case "search":
    case "export":
      return { arrays: [] };
  }
}
