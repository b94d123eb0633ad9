/** What the blocks of a stage leave in the work folder, told by what the workers are told. */
import { join } from "node:path";
import type { Region } from "../volume/region.ts";
import type { StageJob } from "./job.ts";
import { cellFileName } from "./refine/cells_block.ts";
import { testFeatureFileName } from "./score/test_features.ts";
import { featureFileName } from "./training/gather_block.ts";
import { sampleFileName } from "./training/samples_block.ts";

/** Arrays and files that blocks write. */
export interface BlockOutputs {
  /** Zarr arrays, of which a block writes whole chunks. */
  readonly arrays: readonly string[];
  /** The file of a block; undefined where a stage leaves none. */
  readonly fileOf?: (write: Region) => string;
  /** The folder of these files. */
  readonly folder?: string;
}

/** What each block of a stage writes. */
export function blockOutputs(job: StageJob): BlockOutputs {
  const files = (folder: string, nameOf: (write: Region) => string) =>
    folder === "" ? {} : { folder, fileOf: (write: Region) => join(folder, nameOf(write)) };
  switch (job.stage) {
    case "samples":
      return { arrays: [], ...files(job.folder, sampleFileName) };
    case "gather":
      return { arrays: [], ...files(job.folder, featureFileName) };
    case "score": {
      const { max, min, direction, orientation, features } = job;
      const arrays = [max, min, direction, orientation].filter((path) => path !== "");
      return { arrays, ...files(features, testFeatureFileName) };
    }
    case "paint":
      return { arrays: [job.positive, job.negative] };
    case "channels":
      return { arrays: [job.out] };
    case "cells":
      return { arrays: [], ...files(job.folder, cellFileName) };
    case "refine":
      return { arrays: [job.out] };
    case "bin":
    case "forest":
    case "search":
    case "export":
      return { arrays: [] };
  }
}
