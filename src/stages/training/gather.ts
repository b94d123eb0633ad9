/** Evaluates context features at the training samples, and bins them into the matrix that boosting reads. */
import { join } from "node:path";
import { memoryPerWorker } from "../../engine/mod.ts";
import { type Region, regionEnd } from "../../volume/region.ts";
import { defaultChunk } from "../../volume/zarr/mod.ts";
import { binBytes } from "./bin_slots.ts";
import type { PlannedVolume, RunVolume } from "../inputs.ts";
import type { BinFile, BinnedMatrix, GatherJob } from "../stage_jobs.ts";
import { type FeatureList, featureSlots } from "../../block/feature_file.ts";
import { poseExtent } from "../../block/context/pose_reach.ts";
import { featureContext, gatherBytes } from "../../block/reach.ts";
import { planStageOf } from "../../run/part_plan.ts";
import { runBlocks, runSlots, type SlotTask } from "../../run/run_blocks.ts";
import type { RunContext } from "../../run/run_context.ts";
import { suffixOf, titleOf } from "../../run/volume_suffix.ts";
import { samplesOfVolume, type SampleTable, writeSamples } from "./sample_table.ts";
import { forEachVolume, type TrainingVolume } from "./training_volume.ts";
import { stageFolder } from "../../run/work_folder.ts";
import { blockOutputs } from "../block_outputs.ts";
import { blockFileName } from "../../run/block_files.ts";

/** Files of gathered blocks, in which samples have the numbers of their table. */
export interface GatheredFeatures {
  readonly folder: string;
  readonly files: readonly BinFile[];
  readonly list: FeatureList;
  readonly columns: number;
}

/** Plans the gathering of these features. @param parts disjoint regions that hold all samples; default: the volume */
export function planGather(
  context: Pick<RunContext, "resources">,
  { job, raw }: PlannedVolume,
  list: FeatureList,
  samples: number,
  parts?: readonly Region[],
) {
  const slots = featureSlots(list, job.columns.length);
  const poses = [...new Set(slots.map(({ pose }) => pose))];
  const extent = poseExtent(poses, job.anisotropy);
  const columns = new Set(slots.map(({ column }) => column));
  const sources = new Set([...columns].map((c) => job.columns[c]?.source ?? 0));
  return planStageOf(context, parts, {
    shape: raw.shape,
    chunk: defaultChunk(raw.shape, job.anisotropy),
    context: featureContext(job, poses, sources),
    bytesNeeded: (read, write, threads) => gatherBytes(job, extent, columns, samples, read, write, threads),
    isShared: true,
  });
}

/** How features are gathered. */
export interface GatherOptions {
  /** Of the stage and its folder. */
  readonly name: string;
  /** Means as f64 instead of 16-bit fixed point. */
  readonly exact: boolean;
  /** What decides the samples. */
  readonly dependsOn: unknown;
  /** As of `planGather`. */
  readonly parts?: readonly Region[] | undefined;
  /** Place of the volume in the list of training volumes, default 0. */
  readonly index?: number;
}

/** Gathers features of the samples of all volumes. */
export async function gatherAll(
  context: RunContext,
  volumes: readonly TrainingVolume[],
  samples: SampleTable,
  list: FeatureList,
  options: Omit<GatherOptions, "index">,
): Promise<GatheredFeatures> {
  const gathered = await forEachVolume(volumes, async ({ index, volume }) => {
    const own = samplesOfVolume(samples, index);
    const { files, ...others } = await gatherFeatures(context, volume, own.samples, list, {
      ...options,
      index,
    });
    const isAll = own.samples === samples;
    return { ...others, files: isAll ? files : files.map((file) => ({ ...file, placeOf: own.places })) };
  });
  const [first] = gathered;
  if (first === undefined) throw new Error("there is no training volume");
  return { ...first, files: gathered.flatMap(({ files }) => files) };
}

/** Gathers features of the samples of one volume, block by block. */
export async function gatherFeatures(
  context: RunContext,
  volume: RunVolume,
  samples: SampleTable,
  list: FeatureList,
  { name: stage, exact, dependsOn, parts, index = 0 }: GatherOptions,
): Promise<GatheredFeatures> {
  const depends = { dependsOn, list, exact };
  const name = `${stage}${suffixOf(index)}`;
  const { target: folder, generation } = await stageFolder(join(context.workFolder, name), depends);
  const samplesPath = join(folder, "selected.samples");
  await writeSamples(samplesPath, samples);
  const job: GatherJob = {
    stage: "gather",
    volume: volume.job,
    samples: samplesPath,
    features: list,
    exact,
    folder,
  };
  const finished = await runBlocks(context, {
    name,
    title: titleOf(stage, index),
    job,
    outputs: blockOutputs(job),
    plan: planGather(context, volume, list, samples.count, parts),
    dependsOn: { depends, generation },
    skip: ({ write }) => !hasSample(samples, write),
  });
  return {
    folder,
    files: finished.results.map(({ write }) => ({ path: join(folder, blockFileName(write, "features")) })),
    list,
    columns: volume.job.columns.length,
  };
}

function hasSample({ centroids, count }: SampleTable, region: Region): boolean {
  const end = regionEnd(region);
  const { start } = region;
  for (let i = 0; i < count * 3; i += 3) {
    const z = centroids[i] ?? -1, y = centroids[i + 1] ?? -1, x = centroids[i + 2] ?? -1;
    if (z >= start[0] && z < end[0] && y >= start[1] && y < end[1] && x >= start[2] && x < end[2]) {
      return true;
    }
  }
  return false;
}

/** Bins what was gathered. Bins and cuts depend on the features alone. */
export async function binFeatures(
  context: RunContext,
  gathered: GatheredFeatures,
  samples: number,
): Promise<BinnedMatrix> {
  const { memory, workers } = context.resources;
  const slots = featureSlots(gathered.list, gathered.columns).length;
  const matrix = join(gathered.folder, "matrix.bin");
  const cuts = join(gathered.folder, "cuts.bin");
  const sums = join(gathered.folder, "sums.bin");
  for (const path of [matrix, cuts, sums]) Deno.createSync(path).close();
  const budget = memoryPerWorker(memory, workers);
  const atOnce = Math.max(
    1,
    Math.min(Math.floor((budget - binBytes(0, samples)) / (samples * 4)), MOST_SLOTS),
  );
  const tasks: SlotTask[] = [];
  for (let from = 0; from < slots; from += atOnce) tasks.push({ from, to: Math.min(from + atOnce, slots) });
  const job = {
    stage: "bin",
    features: gathered.list,
    columns: gathered.columns,
    samples,
    files: gathered.files,
    matrix,
    cuts,
    sums,
  } as const;
  await runSlots(context, "bin", job, tasks);
  return { matrix, cuts, sums, candidates: slots, samples };
}

/** Slots binned at once, so that all workers have something to do. */
const MOST_SLOTS = 256;
