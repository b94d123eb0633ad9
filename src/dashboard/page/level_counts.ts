/** What sliders of threshold and least size show, of counts that were made before. */
import type { SynapseLevels } from "../../stages/synapses/levels.ts";

/** Where the two sliders stand: places in the lists of thresholds and sizes. */
export interface LevelPlace {
  readonly level: number;
  readonly size: number;
}

/** Least voxels of a synapse where nothing else is said; as the command `synapses` has it. */
const USUAL_SIZE = 100;
/** From which part of all voxels on one synapse is too large to be one. */
const MERGED = 0.5;

/** The model's threshold where it is known, and the usual size. */
export function firstPlace({ thresholds, sizes }: SynapseLevels, threshold: number | null): LevelPlace {
  const level = thresholds.findIndex((one) => one >= (threshold ?? -Infinity));
  return { level: level < 0 ? Math.max(0, thresholds.length - 1) : level, size: sizes.indexOf(USUAL_SIZE) };
}

/** The last size that a slider needs: some synapse is as large at some threshold. */
export function lastSize({ sizes, largest }: SynapseLevels): number {
  const most = Math.max(1, ...largest);
  return Math.max(sizes.indexOf(USUAL_SIZE), sizes.findLastIndex((size) => size <= most));
}

/** How many synapses there are. */
export function countAt({ counts }: SynapseLevels, { level, size }: LevelPlace): number {
  return counts[level]?.[size] ?? 0;
}

/** The counts of all thresholds for one size. */
export function countsOf(levels: SynapseLevels, size: number): number[] {
  return levels.thresholds.map((_, level) => countAt(levels, { level, size }));
}

/** What looks wrong at a threshold; empty where nothing does. */
export function doubtAt(levels: SynapseLevels, place: LevelPlace): string {
  const largest = levels.largest[place.level] ?? 0, voxels = levels.voxels[place.level] ?? 0;
  return countAt(levels, place) > 1 && largest > MERGED * voxels
    ? "One of them has most of the voxels: synapses have probably merged. Raise the threshold."
    : "";
}
