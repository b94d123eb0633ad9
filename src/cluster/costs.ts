/** What blocks cost on this machine, measured on generated volumes with the settings of a run. */
import { join } from "node:path";
import { generateFixture } from "../../fixtures/fixture.ts";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { UNFITTED_PLATT, writeStumpFile } from "../boosting/mod.ts";
import { PAINTED_LABELS } from "../config/label_values.ts";
import { anisotropyOf, type Settings, type TestSettings, type TrainSettings } from "../config/settings.ts";
import { createReporter, type JournalEvent, readJournal } from "../engine/mod.ts";
import { runCcboost } from "../stages/run.ts";
import { boostingOf, crossFits, stumpsOf } from "../stages/refine/expected.ts";
import { growRegion, type Region, voxelCount, zipAxes, type Zyx } from "../volume/region.ts";
import { defaultChunk } from "../volume/zarr/mod.ts";
import { scorePlanOf, stumpsFor, trainingPlansOf } from "./volume_plans.ts";

/** Seconds of one thread for a block: `read` for each voxel that it reads, `write` for each voxel or sample that it writes. */
export interface BlockCost {
  readonly read: number;
  readonly write: number;
}

/** What the stages of blocks cost; those of training where there is a train group. */
export interface Costs {
  readonly score: BlockCost;
  /** Scoring with one of several models alone. */
  readonly crossFit?: BlockCost | undefined;
  readonly samples?: BlockCost | undefined;
  /** `write` for each training sample. */
  readonly gather?: BlockCost | undefined;
  /** Seconds a voxel of the ground truth, to number its components. */
  readonly components?: number | undefined;
}

/** How to measure. */
interface MeasureOptions {
  /** An empty folder; some MB are written there. */
  readonly folder: string;
  readonly memory: number;
  /** Voxels of all volumes that are learned from; default: those of the sample. Where samples are rare, each costs more. */
  readonly learnedVoxels?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An axis too long to shorten a chunk, in voxels: the samples have the chunks of large volumes. */
const LONG_AXIS = 4096;

/** Of fewer training samples the time of each could not be told. */
const LEAST_SAMPLES = 2000;

/**
 * Runs the stages on a generated volume of two chunks an axis, once in one block and once in eight, which read more for what they
 * write. Channels from files are left out. Takes half a minute with the default settings.
 */
export async function measureCosts(settings: Settings, options: MeasureOptions): Promise<Costs> {
  const anisotropy = anisotropyOf(settings);
  const chunk = defaultChunk([LONG_AXIS, LONG_AXIS, LONG_AXIS], anisotropy);
  const shape = zipAxes((n) => 2 * n, chunk, chunk);
  const sample: Sample = { ...options, shape, anisotropy, raw: join(options.folder, "raw.tif") };
  const { raw, labels } = generateFixture({ shape, anisotropy, seed: 1 });
  await Deno.writeFile(sample.raw, encodeTiff(raw, shape));
  const truth = join(options.folder, "labels.tif");
  await Deno.writeFile(truth, encodeTiff(labels, shape));
  const score = await measureScoring(settings, stumpsOf(settings), sample, chunk);
  const [train] = settings.train;
  if (train === undefined) return { score };
  const training = await measureTraining(settings, train, sample, truth, chunk);
  if (!crossFits(settings)) return { score, ...training };
  return {
    score,
    crossFit: await measureScoring(settings, boostingOf(settings).rounds, sample, chunk),
    ...training,
  };
}

interface Sample extends MeasureOptions {
  readonly shape: Zyx;
  readonly anisotropy: number;
  readonly raw: string;
}

/** What a block took. */
export interface Measured {
  readonly seconds: number;
  readonly read: number;
  readonly write: number;
}

async function measureScoring(
  settings: Settings,
  numStumps: number,
  sample: Sample,
  chunk: Zyx,
): Promise<BlockCost> {
  const { folder, raw, anisotropy, shape } = sample;
  const model = join(folder, `${numStumps}-stumps.cfg`);
  const test = sampleOf(settings.test[0] ?? settings.train[0], raw, anisotropy);
  await writeStumpFile(
    model,
    { stumps: stumpsFor(settings, test, numStumps), platt: UNFITTED_PLATT, join: "nearest" },
    anisotropy,
  );
  const { context } = scorePlanOf(settings, { ...sample, workers: 1, blockShape: shape }, shape, test);
  const blocks: Measured[][] = [];
  for (const [name, blockShape] of [["whole", shape], ["parts", chunk]] as const) {
    const events = await runSample(
      {
        ...plain(settings, folder, `${numStumps}-${name}`),
        train: [],
        numStumps,
        savedStumpsPath: model,
        relearnThresholds: false,
        test: [test],
      },
      sample,
      blockShape,
    );
    blocks.push(blocksOf(events, "score-0", context, shape, (write) => voxelCount(write.shape)));
  }
  return costOf(blocks);
}

async function measureTraining(
  settings: Settings,
  train: TrainSettings,
  sample: Sample,
  truth: string,
  chunk: Zyx,
): Promise<Pick<Costs, "samples" | "gather" | "components">> {
  const { folder, raw, anisotropy, shape, learnedVoxels = voxelCount(shape) } = sample;
  const test = sampleOf(train, raw, anisotropy);
  const share = Math.min(1, voxelCount(shape) / learnedVoxels);
  const maxTrainingSamples = Math.max(LEAST_SAMPLES, Math.round(share * settings.maxTrainingSamples));
  const known = {
    ...test,
    groundTruth: truth,
    labels: PAINTED_LABELS,
    groundTruthErodeRadius: 0,
    ccPolarity: [],
    useSynapses: [],
  };
  const plans = trainingPlansOf(settings, { ...sample, workers: 1, blockShape: shape }, shape, test);
  const samples: Measured[][] = [], gather: Measured[][] = [];
  let components = 0;
  for (const [name, blockShape] of [["learn", shape], ["learn-parts", chunk]] as const) {
    const short = {
      ...plain(settings, folder, name),
      numStumps: 2,
      maxTrainingSamples,
      savedStumpsPath: "",
      relearnThresholds: false,
      useSynapses: [],
    };
    const events = await runSample({ ...short, train: [known], test: [] }, sample, blockShape);
    const numbered = events.find((event) => event.event === "stage-done" && event.stage === "components");
    if (numbered?.event === "stage-done") components = numbered.seconds / voxelCount(shape);
    samples.push(
      blocksOf(events, "samples", plans.samples.context, shape, (write) => voxelCount(write.shape)),
    );
    gather.push(blocksOf(events, "gather", plans.gather.context, shape, (_write, result) => Number(result)));
  }
  return { samples: costOf(samples), gather: costOf(gather), components };
}

/** Settings of one model without a second stage, which writes nothing beside the results, in the folder. */
function plain(settings: Settings, folder: string, name: string): Settings {
  return {
    ...settings,
    outFileName: join(folder, name),
    saveTrainingWeights: false,
    outputOrientationEstimate: false,
    outputSynapses: false,
    outputPlattScaling: false,
    outputFormat: "file",
    outputFirstStage: false,
    crossFitFolds: 1,
    autoContext: false,
    smoothing: [0, 0],
    extra: { saveTrainingFeatures: false, saveTestingFeatures: false },
  };
}

function sampleOf(
  volume: TestSettings | undefined,
  rawVolume: string,
  zAnisotropyFactor: number,
): TestSettings {
  const computed = volume?.otherFeatures.filter(({ kind }) => kind === "computed") ?? [];
  const sigma = volume?.orientEstimate.kind === "computed"
    ? volume.orientEstimate
    : { kind: "model" } as const;
  return { rawVolume, zAnisotropyFactor, otherFeatures: computed, orientEstimate: sigma };
}

async function runSample(
  settings: Settings,
  { memory, signal }: Sample,
  blockShape: Zyx,
): Promise<readonly JournalEvent[]> {
  const workFolder = `${settings.outFileName}-work`;
  await runCcboost({
    settings,
    polarity: "none",
    resources: { memory, workers: 1, blockShape },
    workFolder,
    reporter: createReporter({ mode: "quiet", write: () => {} }),
    signal,
    command: "ccboost cluster plan",
  });
  return await readJournal(workFolder);
}

/** The blocks of a stage, in the order in which its one worker did them. */
function blocksOf(
  events: readonly JournalEvent[],
  stage: string,
  context: Zyx,
  shape: Zyx,
  written: (write: Region, result: unknown) => number,
): Measured[] {
  const blocks: Measured[] = [];
  for (const event of events) {
    if (event.event !== "block-done" || event.stage !== stage) continue;
    blocks.push({
      seconds: event.seconds,
      read: voxelCount(growRegion(event.write, context, shape).shape),
      write: written(event.write, event.result),
    });
  }
  return blocks;
}

/**
 * The costs of a voxel read and of one written from a run of one block and a run of several. What a worker's first block takes
 * longer than others, since code is compiled then, is left out. Where noise would make one cost negative, the other has it all.
 */
export function costOf([whole, parts]: readonly (readonly Measured[])[]): BlockCost {
  if (whole?.length !== 1 || parts === undefined || parts.length < 2) {
    throw new RangeError("one block and several are needed");
  }
  const [first, ...others] = parts;
  const usual = others.map(({ seconds }) => seconds).sort((a, b) => a - b)[others.length >> 1] ?? 0;
  const longer = Math.max(0, (first?.seconds ?? 0) - usual);
  const a = sumOf(whole), b = sumOf(parts);
  const [secondsA, secondsB] = [Math.max(0, a.seconds - longer), b.seconds - longer];
  const determinant = a.read * b.write - b.read * a.write;
  const read = (secondsA * b.write - secondsB * a.write) / determinant;
  const write = (a.read * secondsB - b.read * secondsA) / determinant;
  if (read > 0 && write > 0) return { read, write };
  return write > 0 ? { read: 0, write: secondsB / b.write } : { read: secondsB / b.read, write: 0 };
}

function sumOf(blocks: readonly Measured[]): Measured {
  const sum = (of: (block: Measured) => number) => blocks.reduce((total, block) => total + of(block), 0);
  return {
    seconds: sum(({ seconds }) => seconds),
    read: sum(({ read }) => read),
    write: sum(({ write }) => write),
  };
}
