/** The module of the workers: computes blocks of whichever stage it is started for. */
import { join } from "node:path";
import { sealFile, serveWorker } from "../engine/mod.ts";
import { type Kernels, loadKernels } from "../kernels/mod.ts";
import { binSlots, openBinJob } from "./bin_slots.ts";
import { channelsBlock, openChannelsJob } from "./channels_block.ts";
import { featureFileName, gatherBlock, openGatherJob } from "./gather_block.ts";
import { sealFeatureFile } from "./feature_file.ts";
import type { BlockTask, SlotTask, StageJob } from "./job.ts";
import { openPaintJob, paintBlock } from "./paint_block.ts";
import { openSamplesJob, type SampleCounts, samplesBlock } from "./samples_block.ts";
import { openScoreJob, scoreBlock } from "./score_block.ts";
import { testFeatureFileName } from "./test_features.ts";

/** What a task of each stage answers. */
export type TaskResult = SampleCounts | number | null;

serveWorker<StageJob, BlockTask | SlotTask, TaskResult>({
  async init(job) {
    const kernels = await loadKernels();
    if (job.stage === "bin") {
      const opened = openBinJob(job);
      return (task) => {
        if (!("from" in task)) throw new Error("binning was given a block");
        binSlots(kernels, opened, task);
        return { result: null };
      };
    }
    const compute = await blockFunction(kernels, job);
    return async (task) => {
      if (!("write" in task)) throw new Error(`stage ${job.stage} was given no block`);
      return { result: await compute(task) };
    };
  },
});

async function blockFunction(
  kernels: Kernels,
  job: Exclude<StageJob, { stage: "bin" }>,
): Promise<(task: BlockTask) => Promise<TaskResult>> {
  switch (job.stage) {
    case "samples": {
      const opened = await openSamplesJob(job);
      return ({ read, write }) => samplesBlock(kernels, opened, read, write);
    }
    case "gather": {
      const opened = await openGatherJob(job);
      return async ({ read, write }) => {
        const samples = await gatherBlock(kernels, opened, read, write);
        sealFeatureFile(join(job.folder, featureFileName(write)), opened.slots.length);
        return samples;
      };
    }
    case "score": {
      const opened = await openScoreJob(job);
      return async ({ read, write }) => {
        await scoreBlock(kernels, opened, read, write);
        if (job.features !== "") sealFile(join(job.features, testFeatureFileName(write)));
        return null;
      };
    }
    case "channels": {
      const opened = await openChannelsJob(job);
      return async ({ read, write }) => {
        await channelsBlock(kernels, opened, read, write);
        return null;
      };
    }
    case "paint": {
      const opened = await openPaintJob(job);
      return async ({ read, write }) => {
        await paintBlock(kernels, opened, read, write);
        return null;
      };
    }
  }
}
