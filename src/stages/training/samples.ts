/** Finds and chooses the training samples of a run. */
import { join } from "node:path";
import type { Settings, TrainSettings } from "../../config/settings.ts";
import { seedSteps } from "../../supervoxels/grid.ts";
import type { Region } from "../../volume/region.ts";
import { defaultChunk } from "../../volume/zarr/mod.ts";
import type { GroundTruth } from "./ground_truth.ts";
import type { PlannedVolume, RunVolume } from "../inputs.ts";
import type { SamplesJob } from "../stage_jobs.ts";
import { writeDirections } from "./directions.ts";
import { componentNormals, matchPolarity, orientComponents, requirePolarity } from "./polarity.ts";
import { sampleBytes, supervoxelContext } from "../../block/reach.ts";
import { planStageOf } from "../../run/part_plan.ts";
import { runBlocks } from "../../run/run_blocks.ts";
import type { RunContext } from "../../run/run_context.ts";
import { concatSamples, pickSamples, readSamples, type SampleTable } from "./sample_table.ts";
import type { SampleCounts } from "./samples_block.ts";
import { selectSamples, type TrainingSamples } from "./select.ts";
import { stageFolder } from "../../run/work_folder.ts";
import { blockOutputs } from "../block_outputs.ts";
import { blockFileName } from "../../run/block_files.ts";

/** Plans the search for samples. @param parts disjoint regions that hold all of them; default: the volume */
export function planSamples(
  context: Pick<RunContext, "resources">,
  { job, raw }: PlannedVolume,
  parts?: readonly Region[],
) {
  return planStageOf(context, parts, {
    shape: raw.shape,
    chunk: defaultChunk(raw.shape, job.anisotropy),
    context: supervoxelContext(job),
    bytesNeeded: (read, write, threads) => sampleBytes(job, read, write, threads),
    isShared: true,
  });
}

/** Everything of the settings that decides which samples there are and which are kept. */
export function sampleSettings(settings: Settings, train: TrainSettings, polarity: RunContext["polarity"]) {
  return {
    borderMinDist: settings.borderMinDist,
    minPosRegionSize: settings.minPosRegionSize,
    useSynapses: settings.useSynapses,
    seed: settings.seed,
    NegSampleProportion: settings.NegSampleProportion,
    ...(settings.NegSampleProportion === "auto" ? { crossFitFolds: settings.crossFitFolds } : {}),
    PosSkipFactor: settings.PosSkipFactor,
    maxTrainingSamples: settings.maxTrainingSamples,
    appendArtificialNegatives: settings.appendArtificialNegatives,
    treatArtificialNegativesAsPositivesInResampling: settings.treatArtificialNegativesAsPositivesInResampling,
    erode: train.groundTruthErodeRadius,
    polarity: polarity === "none" ? "none" : train.ccPolarity,
  };
}

/** Labelled supervoxels, before any is chosen. */
export interface FoundSamples {
  readonly samples: SampleTable;
  /** All negatives, of which `samples` may hold a part. */
  readonly negatives: number;
}

/** Those of one block. */
export interface BlockSamples extends FoundSamples {
  readonly write: Region;
}

/**
 * Streams the training volume once and selects the samples. Results are in the order of the feature matrix.
 * @param useSynapses those whose samples are found; of these `settings.useSynapses` names the ones to learn from, which answers may change
 * without another search
 */
export async function findSamples(
  context: RunContext,
  volume: RunVolume,
  truth: GroundTruth,
  useSynapses: readonly number[],
): Promise<TrainingSamples> {
  const blocks = await searchSamples(context, volume, truth, useSynapses);
  return await chooseSamples(context, truth, joinSamples(blocks));
}

/** Several together. */
export function joinSamples(found: readonly FoundSamples[]): FoundSamples {
  return {
    samples: concatSamples(found.map(({ samples }) => samples)),
    negatives: found.reduce((sum, { negatives }) => sum + negatives, 0),
  };
}

/** Streams the training volume once and finds the labelled supervoxels of each block. */
export async function searchSamples(
  context: RunContext,
  volume: RunVolume,
  truth: GroundTruth,
  useSynapses: readonly number[],
): Promise<BlockSamples[]> {
  const { settings, workFolder } = context;
  const share = negativeShare(volume, truth, settings);
  const { seed, borderMinDist } = settings;
  const dependsOn = {
    volume: volume.identity,
    truth: truth.identity,
    share,
    seed,
    borderMinDist,
    useSynapses,
  };
  const plan = planSamples(context, volume, truth.labelled);
  // counts of blocks are added up, which blocks of another shape from an earlier run would overlap
  const perPlan = { dependsOn, blockShape: plan.blockShape };
  const { target: folder, generation } = await stageFolder(join(workFolder, "samples"), perPlan);
  const job: SamplesJob = {
    stage: "samples",
    volume: volume.job,
    labels: truth.labels.path,
    components: truth.components.path,
    useComponents: useSynapses,
    borderMinDist,
    seed,
    negativeShare: share,
    folder,
  };
  const finished = await runBlocks(context, {
    name: "samples",
    title: "samples",
    job,
    outputs: blockOutputs(job),
    plan,
    dependsOn: { perPlan, generation },
  });
  const blocks: BlockSamples[] = [];
  for (const { write, result } of finished.results) {
    const samples = await readSamples(join(folder, blockFileName(write, "samples")));
    blocks.push({ write, samples, negatives: (result as SampleCounts).negatives });
  }
  return blocks;
}

/** Selects of the labelled supervoxels those to learn from, turned by their polarity. Results are in the order of the feature matrix. */
export async function chooseSamples(
  context: RunContext,
  truth: GroundTruth,
  { samples: all, negatives }: FoundSamples,
): Promise<TrainingSamples> {
  const { settings, workFolder } = context;
  const { seed } = settings;
  const found = samplesOf(all, settings.useSynapses);
  if (context.polarity === "config" && context.settings.train[0]) {
    await writeDirections(workFolder, truth.list.components, componentNormals(all, seed));
    const unmatched: string[] = [];
    const { ccPolarity } = context.settings.train[0];
    const matched = await matchPolarity(ccPolarity, truth.components, (entry) => void unmatched.push(entry));
    const used = new Set(found.components.filter((id) => id > 0));
    requirePolarity(used, matched, truth.list.components, unmatched);
    for (const entry of unmatched) context.reporter.warn(`not used: ${entry}`);
    orientComponents(found, matched, seed);
  }
  const selected = selectSamples(found, negatives, settings);
  context.reporter.message(describeSelection(selected));
  return selected;
}

/** The negatives, and the positives of these synapses; of all where none is named. */
function samplesOf(all: SampleTable, synapses: readonly number[]): SampleTable {
  if (synapses.length === 0) return all;
  const used = new Set(synapses);
  const isUsed = (i: number) => all.components[i] === 0 || used.has(all.components[i] ?? 0);
  return pickSamples(all, Array.from({ length: all.count }, (_, i) => i).filter(isUsed));
}

/**
 * Share of the negatives to record, so that the files stay small where a stack has tens of millions: three times as many as can be kept.
 * From the volume and the settings alone.
 */
export function negativeShare({ job }: RunVolume, { list }: GroundTruth, settings: Settings): number {
  const steps = seedSteps(job.slic);
  const expected = list.counts.negative / (steps[0] * steps[1] * steps[2]);
  return Math.min(1, (3 * settings.maxTrainingSamples) / Math.max(1, expected));
}

function describeSelection({ counts }: TrainingSamples): string {
  const part = (kept: number, found: number) => kept === found ? `${kept}` : `${kept} of ${found}`;
  const artificial = counts.artificialNegatives > 0
    ? `, ${counts.artificialNegatives} artificial negatives`
    : "";
  return `training on ${part(counts.positives, counts.positivesFound)} positives and ` +
    `${
      part(counts.negatives, counts.negativesFound)
    } negatives${artificial} (samples in synapses and elsewhere)`;
}
