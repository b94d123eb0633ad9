/** Exports the results of a run, with progress: slabs of a large file are written by all workers at once. */
import { basename } from "node:path";
import { memoryPerWorker, movesTo, type StageProgress } from "../../engine/mod.ts";
import type { RowPlace } from "../../volume/output_file.ts";
import { describeRegion, type Region, voxelCount } from "../../volume/region.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import { type BlockTask, explainMemory, stagePool } from "../../run/run_blocks.ts";
import type { RunContext } from "../../run/run_context.ts";
import { exportVolume, isMultiscaleName } from "./export.ts";
import { exportFile, slabsOf } from "./file.ts";
import type { ExportJob, Probability } from "../stage_jobs.ts";
import { resultView } from "./slab_job.ts";
import { exportView } from "./view.ts";

/** Most bytes of a slab. */
const SLAB_BYTES = 2 ** 26;

/** Writes a volume in the format that its name ends with; scores as 8-bit probabilities where it is told how. */
export async function exportWithProgress(
  context: RunContext,
  volume: ZarrVolume,
  path: string,
  probability: Probability | null = null,
): Promise<void> {
  const { reporter, signal, resources } = context;
  const view = exportView(volume, resultView(probability));
  const total = voxelCount(view.shape);
  const progress = reporter.stage(`write ${basename(path)}`, { total, unit: "voxels" });
  const memory = Math.min(memoryPerWorker(resources.memory, resources.workers) / 2, SLAB_BYTES);
  const slabs = isMultiscaleName(path) ? [] : [...slabsOf(view, memory)];
  if (Math.min(slabs.length, resources.workers) > 1) {
    const writeSlabs = (place: RowPlace) =>
      shareSlabs(context, { stage: "export", volume: volume.path, probability, place }, slabs, progress);
    await exportFile(view, path, { memory, writeSlabs });
  } else {
    const onProgress = movesTo(progress);
    await exportVolume(volume, path, { ...resultView(probability), memory, onProgress, signal });
  }
  progress.done();
}

async function shareSlabs(
  { resources, workerModules, signal }: RunContext,
  job: ExportJob,
  slabs: readonly Region[],
  progress: StageProgress,
): Promise<void> {
  const pool = stagePool<BlockTask, null>(
    job,
    { ...resources, workerModules, workers: Math.min(resources.workers, slabs.length) },
    ({ write }) => `writing ${describeRegion(write)} of ${job.place.path}`,
  );
  try {
    await pool.run(slabs.map((slab) => ({ read: slab, write: slab })), {
      onResult: ({ write }) => progress.advance(voxelCount(write.shape)),
      signal,
    });
  } catch (cause) {
    throw explainMemory(cause);
  } finally {
    pool.close();
  }
}
