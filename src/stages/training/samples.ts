/** Finds and chooses the training samples of a run. */
import { join } from "node:path";
import type { Settings, TrainSettings } from "../../config/settings.ts";
import { seedSteps } from "../../supervoxels/grid.ts";
import type { Region } from "../../volume/region.ts";
import { defaultChunk } from "../../volume/zarr/mod.ts";
import type { PlannedVolume } from "../inputs.ts";
import type { SamplesJob } from "../stage_jobs.ts";
import { writeDirections } from "./directions.ts";
import {
  componentNormals,
  type KnownPolarity,
  matchPolarity,
  orientComponents,
  requirePolarity,
} from "./polarity.ts";
import { sampleBytes, supervoxelContext } from "../../block/reach.ts";
import { planStageOf } from "../../run/part_plan.ts";
import { runBlocks } from "../../run/run_blocks.ts";
import type { RunContext } from "../../run/run_context.ts";
import { groupOf, suffixOf, titleOf } from "../../run/volume_suffix.ts";
import { concatSamples, emptySamples, pickSamples, readSamples, type SampleTable } from "./sample_table.ts";
import type { SampleCounts } from "./samples_block.ts";
import { selectSamples, type TrainingSamples } from "./select.ts";
import { forEachVolume, numbersBefore, seedOfVolume, type TrainingVolume } from "./training_volume.ts";
import { warnOfNoPositives } from "./without_synapses.ts";
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
    useSynapses: train.useSynapses,
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
 * Streams every training volume once and selects the samples. Results are in the order of the feature matrix.
 * @param search of each volume the synapses whose samples are found; of these the volume's settings name the ones to learn from, which answers may
 * change without another search
 */
export async function findSamples(
  context: RunContext,
  volumes: readonly TrainingVolume[],
  search: readonly (readonly number[])[],
): Promise<TrainingSamples> {
  const share = negativeShare(volumes, context.settings);
  const found = await forEachVolume(
    volumes,
    async (volume, place) => joinSamples(await searchSamples(context, volume, search[place] ?? [], share)),
  );
  return await chooseSamples(context, volumes, found);
}

/** Several together. */
export function joinSamples(found: readonly FoundSamples[]): FoundSamples {
  return {
    samples: concatSamples(found.map(({ samples }) => samples)),
    negatives: found.reduce((sum, { negatives }) => sum + negatives, 0),
  };
}

/**
 * Streams a training volume once and finds the labelled supervoxels of each block.
 * @param share of the negatives that is recorded, see `negativeShare`
 */
export async function searchSamples(
  context: RunContext,
  { index, volume, truth }: Omit<TrainingVolume, "settings">,
  useSynapses: readonly number[],
  share: number,
): Promise<BlockSamples[]> {
  const { settings: { borderMinDist, seed: ofRun }, workFolder } = context;
  const seed = seedOfVolume(ofRun, index);
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
  const name = `samples${suffixOf(index)}`;
  const { target: folder, generation } = await stageFolder(join(workFolder, name), perPlan);
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
    name,
    title: titleOf("samples", index),
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

/**
 * Selects of the labelled supervoxels of all volumes those to learn from, turned by their polarity. Results are in the order of the feature matrix;
 * components have their numbers among those of all volumes.
 * @param found of each volume
 */
export async function chooseSamples(
  context: RunContext,
  volumes: readonly TrainingVolume[],
  found: readonly FoundSamples[],
): Promise<TrainingSamples> {
  const { settings, reporter } = context;
  const before = numbersBefore(volumes);
  const samplesIn = (place: number) => found[place]?.samples ?? emptySamples(0);
  if (context.polarity === "config") await keepDirections(context, volumes, samplesIn);
  const used = volumes.map((volume, place) => samplesOf(samplesIn(place), volume.settings.useSynapses));
  if (volumes.length > 1) warnOfNoPositives(context, volumes, used);
  if (context.polarity === "config") await turnByPolarity(context, volumes, used);
  const tables = volumes.map(({ index }, place) =>
    numbered(used[place] ?? emptySamples(0), index, before[place] ?? 0)
  );
  const negatives = found.reduce((sum, own) => sum + own.negatives, 0);
  const labels = volumes.length === 1
    ? "train.groundTruth"
    : "the groundTruth of all training volumes together";
  const selected = selectSamples(concatSamples(tables), negatives, settings, labels);
  reporter.message(describeSelection(selected));
  return selected;
}

/** Writes the directions across the synapses of all volumes, which people see who are asked about one of them. */
async function keepDirections(
  { settings: { seed }, workFolder }: RunContext,
  volumes: readonly TrainingVolume[],
  samplesIn: (place: number) => SampleTable,
): Promise<void> {
  for (const [place, { index, truth: { list: { components } } }] of volumes.entries()) {
    const normals = componentNormals(samplesIn(place), seedOfVolume(seed, index));
    await writeDirections(workFolder, components, normals, index);
  }
}

/** Turns the frames of all volumes' samples by the polarity of their synapses. @throws {UserError} where one has none */
async function turnByPolarity(
  { settings, reporter }: RunContext,
  volumes: readonly TrainingVolume[],
  samples: readonly SampleTable[],
): Promise<void> {
  const known: KnownPolarity[] = [];
  for (const [place, { index, truth, settings: { ccPolarity } }] of volumes.entries()) {
    const group = groupOf(index, volumes.length);
    const unmatched: string[] = [];
    const note = (entry: string) => void unmatched.push(entry);
    const matched = await matchPolarity(ccPolarity, truth.components, note, group);
    const used = new Set(samples[place]?.components.filter((id) => id > 0));
    known.push({ group, index, used, matched, components: truth.list.components, unmatched });
  }
  requirePolarity(known);
  for (const [place, { index, matched, unmatched }] of known.entries()) {
    for (const entry of unmatched) reporter.warn(`not used: ${entry}`);
    orientComponents(samples[place] ?? emptySamples(0), matched, seedOfVolume(settings.seed, index));
  }
}

/** The samples as those of a volume among several. */
function numbered(samples: SampleTable, volume: number, before: number): SampleTable {
  if (volume === 0 && before === 0) return samples;
  return {
    ...samples,
    volumes: new Uint16Array(samples.count).fill(volume),
    components: samples.components.map((id) => id === 0 ? 0 : id + before),
  };
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
 * From the volumes and the settings alone.
 */
export function negativeShare(
  volumes: readonly Pick<TrainingVolume, "volume" | "truth">[],
  settings: Pick<Settings, "maxTrainingSamples">,
): number {
  const expected = volumes.reduce((sum, { volume: { job }, truth: { list } }) => {
    const steps = seedSteps(job.slic);
    return sum + list.counts.negative / (steps[0] * steps[1] * steps[2]);
  }, 0);
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
