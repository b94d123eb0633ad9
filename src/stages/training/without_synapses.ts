/** Training volumes of which no synapse is learned from. */
import { join } from "node:path";
import type { Settings, TrainSettings } from "../../config/settings.ts";
import type { RunContext } from "../../run/run_context.ts";
import { commandLine } from "../../program_name.ts";
import { groupOf } from "../../run/volume_suffix.ts";
import { UserError } from "../../user_error.ts";
import { answersName } from "./polarity_answers.ts";
import type { SampleTable } from "./sample_table.ts";
import { type TrainingVolume, usedComponents } from "./training_volume.ts";

/**
 * The volumes, of which those that have synapses but none to learn from have no positive voxels: only their background counts. Says of
 * which ones answers leave out all synapses.
 * @param configured their settings, without answers
 * @throws {UserError} where they leave out those of all volumes
 */
export function withoutLeftOut(
  { workFolder, reporter }: RunContext,
  configured: readonly TrainSettings[],
  volumes: readonly TrainingVolume[],
): TrainingVolume[] {
  const isLeftOut = (volume: TrainingVolume) => usedComponents(volume).length === 0;
  const answered = volumes.filter(isLeftOut).map(({ index, truth, settings }) => {
    const count = usedComponents({ truth, settings: configured[index] ?? settings }).length;
    return { index, settings, count, path: join(workFolder, answersName(index)) };
  }).filter(({ count }) => count > 0);
  if (answered.length > 0 && volumes.every(isLeftOut)) {
    const count = answered.reduce((sum, own) => sum + own.count, 0);
    const paths = answered.map(({ path }) => path).join(" and ");
    const [what, verb] = answered.length === 1 ? ["the file", "leaves"] : ["the files", "leave"];
    throw new UserError(
      `${paths} ${verb} out all ${count} synapses; answer for at least one on the page, or remove ${what}`,
    );
  }
  for (const { index, settings: { rawVolume, groundTruth }, count, path } of answered) {
    const all = count === 1 ? "the only synapse" : `all ${count} synapses`;
    const group = groupOf(index, volumes.length);
    reporter.warn(
      `${path} leaves out ${all} of ${group} (${rawVolume}); only the background in ${groundTruth} ` +
        `is learned from. If that is wrong, answer for a synapse on the page, or remove the file`,
    );
  }
  return volumes.map((volume) => {
    const { truth, truth: { list } } = volume;
    if (!isLeftOut(volume) || list.components.length === 0) return volume;
    const { negative, positive, ignored } = list.counts;
    const counts = { negative, positive: 0, ignored: ignored + positive };
    return { ...volume, truth: { ...truth, list: { ...list, counts } } };
  });
}

/** Warns of numbers in `useSynapses` that no synapse has, as where labels were changed. */
export function warnOfUnknownSynapses(
  { reporter }: Pick<RunContext, "reporter">,
  configured: readonly TrainSettings[],
  volumes: readonly TrainingVolume[],
): void {
  for (const { index, truth: { list: { components } }, settings: { groundTruth } } of volumes) {
    const known = new Set(components.map(({ id }) => id));
    const unknown = configured[index]?.useSynapses.filter((id) => id > 0 && !known.has(id)) ?? [];
    if (unknown.length === 0) continue;
    const key = `${groupOf(index, volumes.length)}.useSynapses`;
    const numbers = unknown.join(" or ");
    reporter.warn(
      `${key}: there is no synapse ${numbers} in ${groundTruth}, which has ${components.length}, numbered ` +
        `from 1; ${commandLine(["components"])} lists them`,
    );
  }
}

/** Warns of those of several volumes whose labelled synapses give no sample. @param used samples of each */
export function warnOfNoPositives(
  { settings, reporter }: Pick<RunContext, "settings" | "reporter">,
  volumes: readonly TrainingVolume[],
  used: readonly SampleTable[],
): void {
  for (const [place, volume] of volumes.entries()) {
    if (used[place]?.components.some((id) => id > 0)) continue;
    const reason = whyNoPositives(settings, volume);
    if (reason === undefined) continue;
    const name = `${groupOf(volume.index, volumes.length)} (${volume.settings.rawVolume})`;
    reporter.warn(`only the background of ${name} is learned from: ${reason}, or check the labels`);
  }
}

/** Why a volume has no positive samples and what to do; undefined where it has no labels of synapses, or none are wanted. */
function whyNoPositives(
  { minPosRegionSize }: Pick<Settings, "minPosRegionSize">,
  volume: TrainingVolume,
): string | undefined {
  const { truth: { list }, settings: { groundTruthErodeRadius: radius } } = volume;
  const { length } = usedComponents(volume);
  if (length > 0) {
    const which = length === 1 ? "its synapse has no" : `none of its ${length} synapses has a`;
    return `${which} positive sample, which is a supervoxel farther than borderMinDist from the border with 90 % of its ` +
      "voxels in the synapse. Lower borderMinDist or groundTruthErodeRadius";
  }
  if (list.components.length > 0) return undefined;
  if (list.dropped > 0) return `no synapse has ${minPosRegionSize} voxels or more. Lower minPosRegionSize`;
  if (radius === 0 || list.counts.ignored === 0) return undefined;
  return `no synapse is left when the labels are eroded by ${radius}. Lower groundTruthErodeRadius`;
}
