/** Whether the training volumes have the labels that training needs. */
import { PAINTED_LABELS } from "../../config/label_values.ts";
import { zarrBytes } from "../../analysis/voxel_source.ts";
import { requireLabels } from "../input_checks.ts";
import { convertInput } from "../inputs.ts";
import { countBytes, type LabelValues, requirePainted } from "../label_counts.ts";
import type { RunContext } from "../../run/run_context.ts";
import { labelCounts, type TrainingVolume } from "./training_volume.ts";

type LabelledVolume = Pick<TrainingVolume, "truth" | "settings">;

/**
 * Checks that there is something to learn from.
 * @throws {UserError} where a label that training needs is in none of the training volumes, or one of these has no label at all or none of
 * one kind and values that may be meant for it
 */
export async function requireBothLabels(
  context: RunContext,
  volumes: readonly LabelledVolume[],
): Promise<void> {
  const counts = labelCounts(volumes);
  const isLacking = counts.negative === 0 || counts.positive === 0;
  if (isLacking) {
    const values = await Promise.all(volumes.map((volume) => paintedValues(context, volume)));
    requireLabels(volumes.map(nameOf), counts, values);
  }
  for (const volume of volumes) {
    const { negative, positive, ignored } = volume.truth.list.counts;
    if (negative > 0 && positive > 0 || ignored === 0) continue;
    const values = await paintedValues(context, volume);
    if (values) requirePainted(nameOf(volume), values);
    if (negative + positive === 0) requireLabels([nameOf(volume)], volume.truth.list.counts, [values]);
  }
}

function nameOf({ settings: { groundTruth, groundTruthErodeRadius: radius } }: LabelledVolume): string {
  return radius > 0 ? `${groundTruth}, eroded by ${radius},` : groundTruth;
}

/** The values of labels that were said to be painted ones. */
async function paintedValues(
  context: RunContext,
  { settings: { groundTruth, labels } }: LabelledVolume,
): Promise<LabelValues | undefined> {
  if (labels !== PAINTED_LABELS) return undefined;
  const { volume } = await convertInput(context, groundTruth, "labels", { labels });
  return await countBytes(zarrBytes(volume), context.signal);
}
