/** Training volumes of which no synapse is learned from. */
import { join } from "node:path";
import type { TrainSettings } from "../../config/settings.ts";
import type { RunContext } from "../../run/run_context.ts";
import { groupOf } from "../../run/volume_suffix.ts";
import { UserError } from "../../user_error.ts";
import { answersName } from "./polarity_answers.ts";
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
    const paths = answered.map(({ path }) => path);
    const [what, verb] = paths.length === 1 ? ["the file", "leaves"] : ["the files", "leave"];
    throw new UserError(
      `${
        paths.join(" and ")
      } ${verb} out all ${count} synapses; answer for at least one on the page, or remove ${what}`,
    );
  }
  for (const { index, settings: { rawVolume, groundTruth }, count, path } of answered) {
    const all = count === 1 ? "the only synapse" : `all ${count} synapses`;
    reporter.warn(
      `${path} leaves out ${all} of ${
        groupOf(index, volumes.length)
      } (${rawVolume}); only the background in ` +
        `${groundTruth} is learned from. If that is wrong, answer for a synapse on the page, or remove the file`,
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
