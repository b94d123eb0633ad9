/** Learns from labels as a run does, but reads and computes only where something is labelled. */
import { join } from "node:path";
import type { ColumnSource } from "../block/columns.ts";
import type { Model } from "../boosting/mod.ts";
import type { TrainSettings, Xyz } from "../config/settings.ts";
import type { Kernels } from "../kernels/mod.ts";
import type { RunContext } from "../run/run_context.ts";
import { type RunVolume, volumeJob } from "../stages/inputs.ts";
import { newModel, orientationSource } from "../stages/model.ts";
import { roundedDirection } from "../stages/training/directions.ts";
import { binFeatures } from "../stages/training/gather.ts";
import { learn } from "../stages/training/learn.ts";
import { openMatrix } from "../stages/training/matrix.ts";
import { componentNormals } from "../stages/training/polarity.ts";
import { drawPool } from "../stages/training/pool_poses.ts";
import { pickSamples } from "../stages/training/sample_table.ts";
import { chooseSamples, negativeShare } from "../stages/training/samples.ts";
import type { TrainingSamples } from "../stages/training/select.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import type { LabelTruth } from "./truth.ts";
import { contextForValues } from "./live_team.ts";
import type { LearnMemory } from "./learn_memory.ts";

/** What is learned of labels. */
export interface LearnedLabels {
  /** The stumps that a run with the same settings learns, without the threshold and what else it learns from scores. */
  readonly model: Model;
  /** The direction across each component that has samples, by its number. */
  readonly normals: ReadonlyMap<number, Xyz>;
  /** The samples it was learned from. */
  readonly selected: TrainingSamples;
}

/**
 * Learns stumps.
 * @param memory what was found before
 * @param kernels of this thread, which blocks are computed with as well
 * @throws {UserError} where there are too few labels
 */
export async function learnStumps(
  given: RunContext,
  volume: RunVolume,
  truth: LabelTruth,
  train: TrainSettings,
  memory: LearnMemory,
  kernels: Kernels,
): Promise<LearnedLabels> {
  const context = { ...given, settings: { ...given.settings, train: [train] } };
  const { settings } = context;
  const volumes = [{ index: 0, volume, truth, settings: train }];
  const share = negativeShare(volumes, settings);
  const found = await memory.samples.search(context, { index: 0, volume, truth, share });
  const selected = await chooseSamples(context, volumes, [found]);
  const list = { kind: "pool", poses: drawPool(settings) } as const;
  const gathered = await memory.features.gather(context, volume, selected.samples, list);
  const { count } = selected.samples;
  const own = contextForValues(context, count * list.poses.length * gathered.columns, kernels);
  const binned = await binFeatures(own, gathered, count);
  const mark = kernels.arena.mark();
  const matrix = openMatrix(kernels, binned);
  try {
    const { model } = await learn(
      { context: own, kernels, job: volume.job, selected, list, binned, matrix },
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
