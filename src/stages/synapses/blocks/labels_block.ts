/** Writes the numbers of the synapses into one block of the label volume. */
import { join } from "node:path";
import { visitRunsIn } from "../../../analysis/label_slab.ts";
import { chunkBlocks } from "../../../analysis/voxel_source.ts";
import { blockFileName } from "../../../run/block_files.ts";
import { type Region, voxelCount } from "../../../volume/region.ts";
import { openZarr, writeRegion, type ZarrVolume } from "../../../volume/zarr/mod.ts";
import type { SynapseLabelsJob } from "../../stage_jobs.ts";
import { readNumbers } from "./number_file.ts";
import { readParts } from "./part_file.ts";

/** Opens a job; what comes back writes a block and tells how many files of chunks it stored. */
export async function openSynapseLabelsJob(
  job: SynapseLabelsJob,
): Promise<(write: Region) => Promise<number>> {
  const labels = await openZarr(job.labels);
  const numbersOf = await readNumbers(job.numbers);
  return async (write) => {
    const { runs } = await readParts(join(job.folder, blockFileName(write, "parts")));
    return await writeNumbers(labels, write, runs, numbersOf(write));
  };
}

async function writeNumbers(
  labels: ZarrVolume,
  write: Region,
  runs: Int32Array,
  numbers: Uint32Array,
): Promise<number> {
  const placed = { slab: write, runs: byRow(runs, write.shape[0] * write.shape[1]) };
  let stored = 0;
  for (const region of runs.length === 0 ? [] : chunkBlocks(write, labels.shard, 0)) {
    const voxels = new Uint32Array(voxelCount(region.shape));
    let isAny = false;
    visitRunsIn(region, placed, (run, from, to) => {
      const number = numbers[runs[4 * run + 3] ?? 0] ?? 0;
      if (number === 0) return;
      voxels.fill(number, from, to);
      isAny = true;
    });
    if (!isAny) continue;
    await writeRegion(labels, region, voxels);
    stored++;
  }
  return stored;
}

/** Runs as a slab has them, from a list of row, start, end and part of each. */
function byRow(list: Int32Array, rows: number) {
  const count = list.length / 4;
  const firstOfRow = new Int32Array(rows + 1).fill(count);
  const starts = new Int32Array(count), ends = new Int32Array(count);
  for (let run = count - 1; run >= 0; run--) {
    const [row = 0, start = 0, end = 0] = list.subarray(4 * run, 4 * run + 3);
    starts[run] = start;
    ends[run] = end;
    firstOfRow[row] = run;
  }
  // rows without runs begin where the next one does
  for (let row = rows - 1; row >= 0; row--) {
    firstOfRow[row] = Math.min(firstOfRow[row] ?? count, firstOfRow[row + 1] ?? count);
  }
  return { rows, firstOfRow, starts, ends };
}
