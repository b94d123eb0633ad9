/** Evaluation of files of any format, in the memory that `--memory` gives. */
import { resolve } from "node:path";
import { evaluate, type Evaluation } from "../analysis/evaluate.ts";
import { type Picture, type PicturedVolumes, takePicture } from "../analysis/report/picture.ts";
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
import type { Component } from "../stages/components.ts";
import { type Region, voxelCount, zipAxes, type Zyx } from "../volume/region.ts";
import type { Call } from "./command.ts";
import type { GivenFlags } from "./flags.ts";
import { comparesSynapses, type EvaluateSettings, type SynapseSettings } from "./evaluate_settings.ts";
import { withCompared, withImage } from "./compared_volumes.ts";
import { memoryOf } from "./resource_flags.ts";
import { interruptible, requireOneComponent, withTemporaryFolder } from "./volumes.ts";

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

/** Part of the memory beyond the least for what readers of files hold. */
const READERS_SHARE = 1 / 2;

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
  const identity = ["evaluate", resolve(prediction), resolve(labels)];
  const { region } = settings;
  return await withTemporaryFolder(call, prediction, identity, async (folder) => {
    const bytes = (memory - least) * READERS_SHARE;
    const shares = (held: number) => evaluationShares(memory - least + EVALUATION_MEMORY - held);
    const options = { folder, region, bytes, blockVoxels: shares(bytes).blockVoxels };
    return await withCompared(call, [prediction, labels], options, async (volumes) => {
      const { scores, labels: truth, heldBytes } = volumes;
      const stage = callbackStage(call.reporter, "evaluate", voxelCount(scores.shape));
      const voxels = await evaluate(scores, interruptible(truth), {
        ...shares(heldBytes),
        blockVoxels: options.blockVoxels,
        signal: call.signal,
        onProgress: stage.onShare,
        threshold: settings.threshold,
      });
      stage.done();
      if (settings.synapses === undefined) return { voxels };
      const threshold = settings.threshold ?? voxels.bestF1.threshold;
      const synapses = await compareSynapses(call, volumes, {
        ...settings.synapses,
        threshold,
        folder,
        memory: memory - heldBytes,
        blockVoxels: options.blockVoxels,
      });
      const place = (found: WrongSynapse) => placedIn(region, found);
      const placed = {
        ...synapses,
        misses: synapses.misses.map(place),
        inventions: synapses.inventions.map(place),
      };
      if (settings.html === undefined) return { voxels, synapses: placed };
      const take = (raw?: PicturedVolumes["raw"]) =>
        takePictures({ ...volumes, raw }, synapses, voxels, region);
      const pictures = settings.raw === undefined
        ? await take()
        : await withImage(call, settings.raw, options, take);
      return { voxels, synapses: placed, pictures };
    });
  });
}

/** A synapse of a part where it is in the volume. */
function placedIn<T extends Component>(region: Region | undefined, found: T): T {
  if (region === undefined) return found;
  const move = (place: Zyx) => zipAxes((a, b) => a + b, place, region.start);
  const { position, first, centroid, box } = found;
  return {
    ...found,
    position: move(position),
    first: move(first),
    centroid: move(centroid),
    box: { ...box, start: move(box.start) },
  };
}

interface CompareSynapsesSettings extends SynapseSettings {
  readonly threshold: number;
  readonly folder: string;
  /** Bytes of the whole process. */
  readonly memory: number;
  /** Voxels of a block at most. */
  readonly blockVoxels: number;
}

async function compareSynapses(
  call: Call,
  { scores, labels }: Pick<PicturedVolumes, "scores" | "labels">,
  { threshold, rule, minSize, folder, memory, blockVoxels }: CompareSynapsesSettings,
): Promise<SynapseEvaluation> {
  const stage = callbackStage(call.reporter, "comparing synapses", voxelCount(labels.shape));
  const shares = comparisonShares(memory);
  const found = await evaluateSynapses(scores, labels, {
    threshold,
    rule,
    minSize,
    folder,
    ...shares,
    blockVoxels: Math.min(shares.blockVoxels, blockVoxels),
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
  region: Region | undefined,
): Promise<SynapsePictures> {
  const finite = curve.map((point) => point.threshold).filter(Number.isFinite);
  const settings = { threshold, scoreRange: [finite.at(-1) ?? 0, finite[0] ?? 0] as const };
  const taken = async (synapses: readonly WrongSynapse[]) => {
    const pictured: PicturedWrong[] = [];
    for (const synapse of synapses.slice(0, MOST_PICTURES)) {
      pictured.push({ ...placedIn(region, synapse), picture: await takePicture(volumes, synapse, settings) });
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
