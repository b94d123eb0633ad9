/** The volumes that a run learns from. */
import type { TrainSettings } from "../../config/settings.ts";
import { HandedOver } from "../../run/run_context.ts";
import type { Component } from "../components.ts";
import type { RunVolume } from "../inputs.ts";
import type { GroundTruth } from "./ground_truth.ts";

/** A volume with its labels. */
export interface TrainingVolume {
  /** Place in the list of training volumes. */
  readonly index: number;
  readonly volume: RunVolume;
  readonly truth: GroundTruth;
  /** With the polarities that answers tell, too, and without the synapses that they leave out. */
  readonly settings: TrainSettings;
}

/** Calls a function for each volume. What it leaves to other processes does not keep it from doing so for the next ones, too. */
export async function forEachVolume<T>(
  volumes: readonly TrainingVolume[],
  call: (volume: TrainingVolume, place: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  const waiting: string[] = [];
  for (const [place, volume] of volumes.entries()) {
    try {
      results.push(await call(volume, place));
    } catch (cause) {
      if (!(cause instanceof HandedOver)) throw cause;
      waiting.push(...cause.stages);
    }
  }
  if (waiting.length > 0) throw new HandedOver(waiting);
  return results;
}

/** How many components the volumes before each have: a component's number among those of all volumes is its own and this. */
export function numbersBefore(volumes: readonly Pick<TrainingVolume, "truth">[]): number[] {
  let before = 0;
  return volumes.map(({ truth: { list: { components } } }) => {
    const own = before;
    before += components.length;
    return own;
  });
}

/** Voxels by label, in all volumes. */
export function labelCounts(
  volumes: readonly Pick<TrainingVolume, "truth">[],
): GroundTruth["list"]["counts"] {
  const sum = (label: "negative" | "positive" | "ignored") =>
    volumes.reduce((total, { truth: { list: { counts } } }) => total + counts[label], 0);
  return { negative: sum("negative"), positive: sum("positive"), ignored: sum("ignored") };
}

/** The components that are learned from. */
export function usedComponents(
  { truth, settings: { useSynapses } }: Pick<TrainingVolume, "truth" | "settings">,
): readonly Component[] {
  const used = new Set(useSynapses);
  return truth.list.components.filter(({ id }) => used.size === 0 || used.has(id));
}

/** What sets the chance in one volume apart from that in another, odd. */
const SEED_STEP = 0x85ebca6b;

/** The seed of what is random in a volume. */
export function seedOfVolume(seed: number, index: number): number {
  return (seed + Math.imul(index, SEED_STEP)) >>> 0;
}
