/** What the blocks of a stage leave in the work folder, told by what the workers are told. */
import type { BlockOutputs } from "../run/block_files.ts";
import type { LevelArray, StageJob } from "./stage_jobs.ts";

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
      const own = [max, min, direction, orientation].filter((path) => path !== "");
      const arrays = [...own, ...levelsOf(job.levels?.max), ...levelsOf(job.levels?.min)];
      return { arrays, files: folder === "" ? undefined : { folder, kind: "features" } };
    }
    case "paint":
      return { arrays: [job.positive, job.negative] };
    case "channels":
      return { arrays: [job.out] };
    case "refine":
      return { arrays: [job.out, ...levelsOf(job.levels)] };
    case "levels":
      return { arrays: levelsOf(job.levels) };
    case "synapse-parts":
      return { arrays: [], files: { folder: job.folder, kind: "parts" } };
    case "synapse-labels":
      return { arrays: [job.labels] };
    case "bin":
    case "forest":
    case "search":
    case "export":
    case "precomputed": // shards of zeros have no file: whoever wants them counts the others
      return { arrays: [] };
  }
}

function levelsOf(levels: readonly LevelArray[] = []): Exclude<BlockOutputs["arrays"][number], string>[] {
  return levels.map(({ path, ofSource }) => ({ path, ofBlock: ofSource }));
}
