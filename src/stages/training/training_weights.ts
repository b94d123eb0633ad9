/** `saveTrainingWeights`: two volumes in which each sample's supervoxel holds its final weight. */
import { join } from "node:path";
import { voxelSizeAttribute } from "../../volume/voxel_size.ts";
import { defaultChunk } from "../../volume/zarr/mod.ts";
import { exportWithProgress } from "../export/results.ts";
import type { RunVolume } from "../inputs.ts";
import { planSamples } from "./samples.ts";
import { runBlocks } from "../../run/run_blocks.ts";
import type { RunContext } from "../../run/run_context.ts";
import type { TrainingSamples } from "./select.ts";
import { writeWeights } from "./paint_block.ts";
import { removeFolder, stageArray } from "../../run/work_folder.ts";
import type { PaintJob } from "../stage_jobs.ts";
import { blockOutputs } from "../block_outputs.ts";

/** Paints and exports the weights of positives and of negatives. */
export async function paintWeights(
  context: RunContext,
  volume: RunVolume,
  { samples, labels }: TrainingSamples,
  weights: Float64Array,
  dependsOn: unknown,
): Promise<void> {
  const { settings, workFolder } = context;
  const { shape } = volume.raw;
  const chunk = defaultChunk(shape, volume.job.anisotropy);
  const values = join(workFolder, "training-weights.bin");
  await writeWeights(values, samples, labels, weights);
  const array = (sign: string) =>
    stageArray(join(workFolder, `weights-${sign}.zarr`), dependsOn, {
      shape,
      chunk,
      dtype: "float32",
      attributes: voxelSizeAttribute(volume.raw.voxelSize),
    });
  const positive = await array("positive");
  const negative = await array("negative");
  const job: PaintJob = {
    stage: "paint",
    volume: volume.job,
    values,
    positive: positive.target.path,
    negative: negative.target.path,
  };
  await runBlocks(context, {
    name: "weights",
    title: "training weights",
    job,
    outputs: blockOutputs(job),
    plan: planSamples(context, volume),
    dependsOn: { dependsOn, generations: [positive.generation, negative.generation] },
  });
  await exportWithProgress(context, positive.target, settings.saveTrainingWeightsPosFileName);
  await exportWithProgress(context, negative.target, settings.saveTrainingWeightsNegFileName);
  for (const path of [positive.target.path, negative.target.path, values]) await removeFolder(path);
}
