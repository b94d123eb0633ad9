/** Learns from labels as a run does, but reads and computes only where something is labelled. */
import { join } from "node:path";
import type { FeatureList } from "../block/feature_file.ts";
import type { ColumnSource } from "../block/columns.ts";
import type { Model } from "../boosting/mod.ts";
import type { TrainSettings, Xyz } from "../config/settings.ts";
import type { Kernels } from "../kernels/mod.ts";
import type { RunContext } from "../run/run_context.ts";
import { suffixOf } from "../run/volume_suffix.ts";
import { type RunVolume, volumeJob } from "../stages/inputs.ts";
import { newModel, orientationSource } from "../stages/model.ts";
import { roundedDirection } from "../stages/training/directions.ts";
import type { BinFile } from "../stages/stage_jobs.ts";
import { binFeatures, type GatheredFeatures } from "../stages/training/gather.ts";
import { learn } from "../stages/training/learn.ts";
import { openMatrix } from "../stages/training/matrix.ts";
import { componentNormals } from "../stages/training/polarity.ts";
import { drawPool } from "../stages/training/pool_poses.ts";
import { pickSamples, samplesOfVolume, type SampleTable } from "../stages/training/sample_table.ts";
import { chooseSamples, type FoundSamples, negativeShare } from "../stages/training/samples.ts";
import type { TrainingSamples } from "../stages/training/select.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import type { LabelTruth } from "./truth.ts";
import { contextForValues } from "./live_team.ts";
import type { LearnMemory } from "./learn_memory.ts";

/** A stack to learn from. */
export interface LearnStack {
  readonly volume: RunVolume;
  readonly truth: LabelTruth;
  readonly settings: TrainSettings;
  /** What was found in it before. */
  readonly memory: LearnMemory;
}

/** What is learned of labels. */
export interface LearnedLabels {
  /** The stumps that a run with the same settings learns, without the threshold and what else it learns from scores. */
  readonly model: Model;
  /** The direction across each component that has samples, by its number among those of all stacks. */
  readonly normals: ReadonlyMap<number, Xyz>;
  /** The samples it was learned from. */
  readonly selected: TrainingSamples;
}

/**
 * Learns stumps from all stacks together.
 * @param stacks in the order in which a run has them as training volumes
 * @param kernels of this thread, which blocks are computed with as well
 * @throws {UserError} where there are too few labels
 */
export async function learnStumps(
  given: RunContext,
  stacks: readonly LearnStack[],
  kernels: Kernels,
): Promise<LearnedLabels> {
  const context = {
    ...given,
    settings: { ...given.settings, train: stacks.map(({ settings }) => settings) },
  };
  const { settings } = context;
  const volumes = stacks.map((stack, index) => ({ ...stack, index }));
  const share = negativeShare(volumes, settings);
  const found: FoundSamples[] = [];
  for (const stack of volumes) found.push(await stack.memory.samples.search(context, { ...stack, share }));
  const selected = await chooseSamples(context, volumes, found);
  const list = { kind: "pool", poses: drawPool(settings) } as const;
  const gathered = await gatherOfStacks(context, stacks, selected.samples, list, "features");
  const { count } = selected.samples;
  const own = contextForValues(context, count * list.poses.length * gathered.columns, kernels);
  const binned = await binFeatures(own, gathered, count);
  const mark = kernels.arena.mark();
  const matrix = openMatrix(kernels, binned);
  try {
    const { job } = stacks[0]?.volume ?? noStack();
    const { model } = await learn(
      { context: own, kernels, job, selected, list, binned, matrix },
      undefined,
      {
        path: (number) => join(gathered.folder, `rounds-${number}.json`),
        fingerprint: "",
      },
    );
    return { model, normals: normalsOf(selected, settings.seed), selected };
  } finally {
    matrix.close();
    kernels.arena.release(mark);
  }
}

/**
 * The features of samples of all stacks.
 * @param which of what each stack remembers they are among
 */
export async function gatherOfStacks(
  context: RunContext,
  stacks: readonly Pick<LearnStack, "volume" | "memory">[],
  samples: SampleTable,
  list: FeatureList & { readonly kind: "pool" },
  which: "features" | "sides",
): Promise<GatheredFeatures> {
  const gathered: GatheredFeatures[] = [];
  for (const [index, { volume, memory }] of stacks.entries()) {
    const own = samplesOfVolume(samples, index);
    const workFolder = join(context.workFolder, `stack${suffixOf(index)}`);
    const { files, ...others } = await memory[which].gather(
      index === 0 ? context : { ...context, workFolder },
      volume,
      own.samples,
      list,
    );
    gathered.push({ ...others, files: files.map((file) => placedIn(own.places, file)) });
  }
  const [first = noStack()] = gathered;
  return { ...first, files: gathered.flatMap(({ files }) => files) };
}

/** A file of features of one stack's samples, as one of those of all. @param all the place among these of each */
function placedIn(all: Int32Array, { places, ...file }: BinFile): BinFile {
  return places ? { ...file, places: places.map((place) => place < 0 ? place : all[place] ?? -1) } : file;
}

function noStack(): never {
  throw new Error("there is no stack to learn from");
}

/**
 * A stack as a run opens it, without what a run asks of files that it does not know: on a large stack that alone takes longer than an
 * answer may.
 * @param raw Zarr of 8 bits
 */
export function openStack(
  context: Pick<RunContext, "settings">,
  train: TrainSettings,
  raw: ZarrVolume,
): RunVolume {
  const learnt = newModel(context.settings);
  const sources: ColumnSource[] = [{ kind: "raw" }];
  for (const channel of train.otherFeatures) {
    if (channel.kind === "computed") sources.push({ kind: "computed", name: channel.stem });
  }
  const frames = orientationSource(train.orientEstimate, learnt);
  return { job: volumeJob(context, train, learnt, { raw: raw.path, sources, frames }), raw, identity: null };
}

function normalsOf({ samples, labels }: TrainingSamples, seed: number): Map<number, Xyz> {
  const positives = pickSamples(samples, [...labels.keys()].filter((i) => labels[i] === 1));
  return new Map(
    [...componentNormals(positives, seed)].map(([id, { normal }]) => [id, roundedDirection(normal)]),
  );
}
