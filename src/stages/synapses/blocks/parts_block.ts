/** Finds the parts of synapses in one block of a volume and keeps them in a file. */
import { join } from "node:path";
import { zarrScores } from "../../../analysis/voxel_source.ts";
import { blockFileName } from "../../../run/block_files.ts";
import type { Region } from "../../../volume/region.ts";
import { openZarr } from "../../../volume/zarr/mod.ts";
import type { PartsJob } from "../../stage_jobs.ts";
import { keptDirections } from "../kept.ts";
import { writeParts } from "./part_file.ts";
import { type BlockCounts, findParts } from "./parts.ts";

/** Opens a job; what comes back computes a block. */
export async function openPartsJob(job: PartsJob): Promise<(write: Region) => Promise<BlockCounts>> {
  const volume = await openZarr(job.scores);
  const options = { ...job, scores: zarrScores(volume), directions: await keptDirections(volume) };
  return async (write) => {
    const { found, counts } = await findParts(write, options);
    await writeParts(join(job.folder, blockFileName(write, "parts")), found);
    return counts;
  };
}
