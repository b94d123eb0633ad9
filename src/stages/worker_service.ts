/** What workers do: tasks of whichever stage they are started for. */
import type { FoundStump, SearchTask } from "../boosting/mod.ts";
import { explainSystemError } from "../volume/file.ts";
import type { Handler, WorkerService } from "../engine/mod.ts";
import { type Kernels, type LeaderSeat, loadKernels, loadTeam, withBeats } from "../kernels/mod.ts";
import { binSlots, openBinJob } from "./training/bin_slots.ts";
import { channelsBlock, openChannelsJob } from "./channels_block.ts";
import { openLevelsJob } from "./export/levels_block.ts";
import { openPrecomputedJob } from "./export/precomputed_block.ts";
import { openExportJob } from "./export/slab_job.ts";
import { gatherBlock, openGatherJob } from "./training/gather_block.ts";
import type { BlockTask, SlotTask } from "../run/run_blocks.ts";
import type { StageJob } from "./stage_jobs.ts";
import { openPaintJob, paintBlock } from "./training/paint_block.ts";
import { openSamplesJob, type SampleCounts, samplesBlock } from "./training/samples_block.ts";
import { cellsBlock, openCellsJob } from "./refine/cells_block.ts";
import { type ForestTask, type LearnedForest, openForestJob } from "./refine/forest_task.ts";
import { openRefineJob, refineBlock } from "./refine/refine_block.ts";
import { openScoreJob, scoreBlock } from "./score/score_block.ts";
import type { BlockCounts } from "./synapses/blocks/parts.ts";
import { openPartsJob } from "./synapses/blocks/parts_block.ts";
import { openSynapseLabelsJob } from "./synapses/blocks/labels_block.ts";
import { openSearchJob } from "./training/stump_search.ts";

/** What a task of each stage answers. */
type TaskResult = SampleCounts | BlockCounts | FoundStump | LearnedForest | number | null;

/** A task of each stage. */
type StageTask = BlockTask | SlotTask | SearchTask | ForestTask;

/** What a worker does; also done in the main thread, for a profiler or a debugger. */
export const service = serviceWith((seat) => seat === undefined ? loadKernels() : loadTeam(seat));

/** The same with other kernels. @param load is called for every job */
export function serviceWith(
  load: (seat: LeaderSeat | undefined) => Promise<Kernels>,
): WorkerService<StageJob, StageTask, TaskResult> {
  return { init: async (job, beat, seat) => await openTasks(job, beat, await load(seat)) };
}

async function openTasks(
  job: StageJob,
  beat: () => void,
  loaded: Kernels,
): Promise<Handler<StageTask, TaskResult>> {
  const kernels = { ...loaded, run: withBeats(loaded.run, beat) };
  if (job.stage === "bin") {
    const opened = openBinJob(job);
    return (task) => {
      if (!("from" in task)) throw new Error("binning was given a block");
      try {
        binSlots(kernels, opened, task);
      } catch (cause) {
        throw explainSystemError(cause, job.matrix);
      }
      return { result: null };
    };
  }
  if (job.stage === "search") {
    const { search } = openSearchJob(kernels, job);
    return (task) => {
      if (!("poses" in task)) throw new Error("a search was given no poses");
      return { result: search(task) };
    };
  }
  if (job.stage === "forest") {
    const learn = await openForestJob(kernels, job);
    return (task) => {
      if (!("fold" in task)) throw new Error("the second stage was given no fold");
      return { result: learn(task) };
    };
  }
  const folder = outputFolder(job);
  const compute = await blockFunction(kernels, job);
  return async (task) => {
    if (!("write" in task)) throw new Error(`stage ${job.stage} was given no block`);
    try {
      return { result: await compute(task) ?? null };
    } catch (cause) {
      throw explainSystemError(cause, folder);
    }
  };
}

/** A job of blocks. */
type VolumeStageJob = Exclude<StageJob, { stage: "bin" | "search" | "forest" }>;

/** Where a job writes, to name in an error that names nothing. */
function outputFolder(job: VolumeStageJob): string {
  switch (job.stage) {
    case "samples":
    case "gather":
    case "cells":
    case "precomputed":
    case "synapse-parts":
      return job.folder;
    case "synapse-labels":
      return job.labels;
    case "refine":
      return job.out;
    case "score":
      return job.features === "" ? job.max : job.features;
    case "channels":
      return job.out;
    case "paint":
      return job.positive;
    case "export":
      return job.place.path;
    case "levels":
      return job.levels[0]?.path ?? job.volume;
  }
}

async function blockFunction(
  kernels: Kernels,
  job: VolumeStageJob,
): Promise<(task: BlockTask) => Promise<TaskResult | void>> {
  switch (job.stage) {
    case "samples": {
      const opened = await openSamplesJob(job);
      return ({ read, write }) => samplesBlock(kernels, opened, read, write);
    }
    case "gather": {
      const opened = await openGatherJob(job);
      return ({ read, write }) => gatherBlock(kernels, opened, read, write);
    }
    case "score": {
      const opened = await openScoreJob(job);
      return ({ read, write }) => scoreBlock(kernels, opened, read, write);
    }
    case "channels": {
      const opened = await openChannelsJob(job);
      return ({ read, write }) => channelsBlock(kernels, opened, read, write);
    }
    case "export": {
      const writeSlab = await openExportJob(job);
      return ({ write }) => writeSlab(write);
    }
    case "levels": {
      const writeBlock = await openLevelsJob(job);
      return ({ write }) => writeBlock(write);
    }
    case "precomputed": {
      const writeShard = await openPrecomputedJob(job);
      return ({ write }) => writeShard(write);
    }
    case "synapse-parts": {
      const find = await openPartsJob(job);
      return ({ write }) => find(write);
    }
    case "synapse-labels": {
      const writeNumbers = await openSynapseLabelsJob(job);
      return ({ write }) => writeNumbers(write);
    }
    case "cells": {
      const opened = await openCellsJob(job);
      return ({ write }) => cellsBlock(kernels, opened, write);
    }
    case "refine": {
      const opened = await openRefineJob(job);
      return ({ write }) => refineBlock(kernels, opened, write);
    }
    case "paint": {
      const opened = await openPaintJob(job);
      return ({ read, write }) => paintBlock(kernels, opened, read, write);
    }
  }
}
