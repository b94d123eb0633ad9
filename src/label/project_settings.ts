/** What a run is to be told to learn what a project has labelled. */
import { parseChannelName } from "../channels/mod.ts";
import { createSettings, type Settings, type SettingValues } from "../config/settings.ts";
import type { CleftPolarity } from "../config/settings_types.ts";
import type { GroundTruth } from "../stages/training/ground_truth.ts";
import { isPolarity } from "../stages/training/polarity_answers.ts";
import { UserError } from "../user_error.ts";
import type { Zyx } from "../volume/region.ts";
import { readRegion, type ZarrVolume } from "../volume/zarr/mod.ts";
import { LABEL, type LabelObject } from "./state.ts";

/** What of a stack's labels decides what is learned from. */
export interface StackLabels {
  readonly objects: readonly Pick<LabelObject, "id" | "voxels" | "polarity">[];
  readonly notVoxels: number;
}

/** Which synapses are learned from, and whether by their polarity. */
export interface UsedInStacks {
  /** Ids, of each stack. */
  readonly used: readonly (readonly number[])[];
  /** `none` while a synapse waits for its answer. */
  readonly polarity: "config" | "none";
}

/**
 * Synapses with voxels. Once each of all stacks has an answer, polarity is used, and synapses that nobody can tell are left out;
 * before, all are learned from without it.
 * @throws {UserError} where there is no synapse or no background in any stack
 */
export function usedInStacks(stacks: readonly StackLabels[]): UsedInStacks {
  const painted = stacks.map(({ objects }) => objects.filter(({ voxels }) => voxels > 0));
  const all = painted.flat();
  const isTold = ({ polarity }: Pick<LabelObject, "polarity">) => isPolarity(polarity);
  const isAnswered = all.some(isTold) && all.every(({ polarity }) => polarity !== null);
  const hasBackground = stacks.some(({ notVoxels }) => notVoxels > 0);
  if (all.length === 0 || !hasBackground) {
    const what = all.length > 0
      ? "what is no synapse"
      : hasBackground
      ? "a synapse"
      : "a synapse and what is none";
    throw new UserError(`paint ${what}, to learn from`);
  }
  const used = painted.map((own) => (isAnswered ? own.filter(isTold) : own).map(({ id }) => id));
  return { used, polarity: isAnswered ? "config" : "none" };
}

/** Whether a stack has anything to learn from. */
export function isLearnedFrom(
  used: readonly number[],
  { notVoxels }: Pick<StackLabels, "notVoxels">,
): boolean {
  return used.length > 0 || notVoxels > 0;
}

/** Told sides from which on those of other synapses are judged by them. */
const LEAST_TOLD = 3;

/** Whether enough sides are told to judge open ones by, and there are some. */
export function canJudgeSides(objects: readonly Pick<LabelObject, "voxels" | "polarity">[]): boolean {
  const painted = objects.filter(({ voxels }) => voxels > 0);
  return painted.some(({ polarity }) => polarity === null) &&
    painted.filter(({ polarity }) => isPolarity(polarity)).length >= LEAST_TOLD;
}

/**
 * The values of the labels, as the setting `labels` has them.
 * @param objects all synapses of the stack, of which there may be none to learn from: then the setting names a value that no voxel has
 */
export function labelValues(used: readonly number[], objects: readonly Pick<LabelObject, "id">[]): string {
  const unused = objects.reduce<number>((highest, { id }) => Math.max(highest, id), LABEL.first) + 1;
  return `${LABEL.not}/${used.length > 0 ? used.join(",") : unused}`;
}

/** An entry for each piece of each synapse: what its voxel nearest to its middle is labelled. */
export async function polarityEntries(
  truth: Pick<GroundTruth, "list">,
  labels: ZarrVolume,
  objects: readonly Pick<LabelObject, "id" | "polarity">[],
): Promise<CleftPolarity[]> {
  const answers = new Map(objects.map(({ id, polarity }) => [id, polarity]));
  const entries: CleftPolarity[] = [];
  for (const { position } of truth.list.components) {
    const polarity = answers.get(await labelAt(labels, position));
    const [z, y, x] = position;
    if (isPolarity(polarity)) entries.push({ pos: [x, y, z], polarity });
  }
  return entries;
}

/** What a voxel is labelled. */
export async function labelAt(labels: ZarrVolume, at: Zyx): Promise<number> {
  const voxel = new Uint32Array(1);
  await readRegion(labels, { start: at, shape: [1, 1, 1] }, voxel);
  return voxel[0] ?? 0;
}

/** The settings of a run. @param values the keys of its configuration @param folder where paths start from */
export function settingsOf(values: SettingValues, folder: string): Settings {
  return createSettings(values, { folder, isKnownChannel: (stem) => parseChannelName(stem) !== undefined });
}
