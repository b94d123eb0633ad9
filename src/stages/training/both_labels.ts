/** Whether the training volumes have the labels that training needs. */
import { PAINTED_LABELS } from "../../config/label_values.ts";
import { zarrBytes } from "../../analysis/voxel_source.ts";
import { requireLabels } from "../input_checks.ts";
import { convertInput } from "../inputs.ts";
import { countBytes, type LabelValues } from "../label_counts.ts";
import type { RunContext } from "../../run/run_context.ts";
import { labelCounts, type TrainingVolume } from "./training_volume.ts";

/**
 * Checks that there is something to learn from.
 * @throws {UserError} where a label that training needs is in none of the training volumes
 */
export async function requireBothLabels(
  context: RunContext,
  volumes: readonly Pick<TrainingVolume, "truth" | "settings">[],
): Promise<void> {
  const counts = labelCounts(volumes);
  const names = volumes.map(({ settings: { groundTruth, groundTruthErodeRadius: radius } }) =>
    radius > 0 ? `${groundTruth}, eroded by ${radius},` : groundTruth
  );
  const [only, ...others] = volumes;
  const isLacking = counts.negative === 0 || counts.positive === 0;
  let values: LabelValues | undefined;
  if (only && others.length === 0 && isLacking && only.settings.labels === PAINTED_LABELS) {
    const { groundTruth, labels } = only.settings;
    const { volume } = await convertInput(context, groundTruth, "labels", { labels });
    values = await countBytes(zarrBytes(volume), context.signal);
  }
  requireLabels(names.join(" and "), counts, values);
  for (const [place, { truth: { list } }] of volumes.entries()) {
    if (list.counts.negative + list.counts.positive === 0) {
      requireLabels(names[place] ?? "", list.counts, undefined);
    }
  }
}
