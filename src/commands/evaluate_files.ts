/** Evaluation of files of any format, in the memory that `--memory` gives. */
import { resolve } from "node:path";
import { evaluate, type Evaluation } from "../analysis/evaluate.ts";
import { type Picture, type PicturedVolumes, takePicture } from "../analysis/report/picture.ts";
import { zarrScores } from "../analysis/voxel_source.ts";
import { callbackStage } from "../engine/mod.ts";
import {
  evaluateSynapses,
  type SynapseEvaluation,
  type WrongSynapse,
} from "../stages/synapses/evaluate_synapses.ts";
import {
  COMPARISON_MEMORY,
  comparisonShares,
  EVALUATION_MEMORY,
  evaluationShares,
} from "../stages/synapses/memory.ts";
import { voxelCount } from "../volume/region.ts";
import type { Call } from "./command.ts";
import type { GivenFlags } from "./flags.ts";
import { comparesSynapses, type EvaluateSettings, type SynapseSettings } from "./evaluate_settings.ts";
import { openLabels } from "./open_labels.ts";
import { memoryOf } from "./resource_flags.ts";
import {
  interruptible,
  openVolumeFile,
  requireOneComponent,
  usualType,
  withTemporaryFolder,
} from "./volumes.ts";

/** What was found. */
export interface FilesEvaluation {
  readonly voxels: Evaluation;
  readonly synapses?: SynapseEvaluation;
  /** Of the worst synapses, where a page is asked for. */
  readonly pictures?: SynapsePictures;
}

/** Pictures of wrong synapses, the worst first. */
interface SynapsePictures {
  readonly misses: readonly PicturedWrong[];
  readonly inventions: readonly PicturedWrong[];
}

/** A wrong synapse with its picture. */
interface PicturedWrong extends WrongSynapse {
  readonly picture: Picture;
}

/** Pictures of missed synapses, and of false positives. */
const MOST_PICTURES = 12;

/** Least budget of a comparison. */
export function evaluationMemory(flags: GivenFlags): number {
  return comparesSynapses(flags) ? COMPARISON_MEMORY : EVALUATION_MEMORY;
}

/** Compares two files of any format. @throws {UserError} where they cannot be compared */
export async function evaluateFiles(
  call: Call,
  prediction: string,
  labels: string,
  settings: EvaluateSettings = {},
): Promise<FilesEvaluation> {
  const least = settings.synapses ? COMPARISON_MEMORY : EVALUATION_MEMORY;
  const memory = memoryOf(call.flags, least);
  for (const path of [prediction, labels]) await requireOneComponent(path);
  const dtype = await usualType(prediction);
  const identity = ["evaluate", resolve(prediction), resolve(labels)];
  return await withTemporaryFolder(call, prediction, identity, async (folder) => {
    const scores = { ...zarrScores(await openVolumeFile(call, prediction, folder, dtype)), name: prediction };
    const truth = await openLabels(call, labels, folder);
    const stage = callbackStage(call.reporter, "evaluate", voxelCount(scores.shape));
    const voxels = await evaluate(scores, interruptible(truth), {
      ...evaluationShares(memory - least + EVALUATION_MEMORY),
      signal: call.signal,
      onProgress: stage.onShare,
      threshold: settings.threshold,
    });
    stage.done();
    if (settings.synapses === undefined) return { voxels };
    const threshold = settings.threshold ?? voxels.bestF1.threshold;
    const synapses = await compareSynapses(call, { scores, labels: truth }, {
      ...settings.synapses,
      threshold,
      folder,
      memory,
    });
    if (settings.html === undefined) return { voxels, synapses };
    const raw = settings.raw === undefined
      ? undefined
      : zarrScores(await openVolumeFile(call, settings.raw, folder, await usualType(settings.raw)));
    const volumes = { scores, labels: truth, raw };
    return { voxels, synapses, pictures: await takePictures(volumes, synapses, voxels) };
  });
}

interface CompareSynapsesSettings extends SynapseSettings {
  readonly threshold: number;
  readonly folder: string;
  /** Bytes of the whole process. */
  readonly memory: number;
}

async function compareSynapses(
  call: Call,
  { scores, labels }: Pick<PicturedVolumes, "scores" | "labels">,
  { threshold, rule, minSize, folder, memory }: CompareSynapsesSettings,
): Promise<SynapseEvaluation> {
  const stage = callbackStage(call.reporter, "comparing synapses", voxelCount(labels.shape));
  const found = await evaluateSynapses(scores, labels, {
    threshold,
    rule,
    minSize,
    folder,
    ...comparisonShares(memory),
    signal: call.signal,
    onProgress: stage.onShare,
  });
  stage.done();
  return found;
}

/** The largest missed synapses, and the false positives with the highest scores. */
async function takePictures(
  volumes: PicturedVolumes,
  { threshold, misses, inventions }: SynapseEvaluation,
  { curve }: Evaluation,
): Promise<SynapsePictures> {
  const finite = curve.map((point) => point.threshold).filter(Number.isFinite);
  const settings = { threshold, scoreRange: [finite.at(-1) ?? 0, finite[0] ?? 0] as const };
  const taken = async (synapses: readonly WrongSynapse[]) => {
    const pictured: PicturedWrong[] = [];
    for (const synapse of synapses.slice(0, MOST_PICTURES)) {
      pictured.push({ ...synapse, picture: await takePicture(volumes, synapse, settings) });
    }
    return pictured;
  };
  const bySize = misses.toSorted((a, b) => b.voxels - a.voxels || a.id - b.id);
  // Infinite peaks are equal, and their difference is not a number.
  const byScore = inventions.toSorted((a, b) =>
    a.peakScore < b.peakScore ? 1 : a.peakScore > b.peakScore ? -1 : b.voxels - a.voxels || a.id - b.id
  );
  return { misses: await taken(bySize), inventions: await taken(byScore) };
}
