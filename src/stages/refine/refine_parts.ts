/** Final scores of the parts of the training volume that have scores of the first stage, and a threshold that suits them. */
import { join } from "node:path";
import type { Refinement } from "../../boosting/mod.ts";
import type { RunContext } from "../../run/run_context.ts";
import { stageArray } from "../../run/work_folder.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import type { GroundTruth } from "../training/ground_truth.ts";
import type { CellSamples } from "./cell_samples.ts";
import type { RefineParts } from "./recorded_cells.ts";
import { refineScores } from "./refine.ts";
import { thresholdBySize } from "./size_threshold.ts";

/** What is refined. */
interface RefinedParts {
  /** The stage that scored the parts, in whose folder the final scores are kept, too. */
  readonly stage: string;
  readonly scores: ZarrVolume;
  readonly refinement: Refinement;
  /** The labelled cells, and their final scores. */
  readonly cells: CellSamples;
  readonly sums: ArrayLike<number>;
}

/**
 * The lowest threshold from `least` on with which what is found around labelled synapses is not much larger than they are.
 * @param least log-odds
 */
export async function thresholdOfParts(
  context: RunContext,
  parts: RefineParts,
  refined: RefinedParts,
  least: number,
): Promise<number> {
  const { volume: { job: { anisotropy } }, truth, folds } = parts;
  const scores = await refineParts(context, parts, refined);
  const components = usedComponents(context, truth);
  const around = { scores, components, anisotropy, within: folds.parts };
  const bySize = await thresholdBySize(around, least, context.signal);
  // thin labels may make it too high for synapses that the models have not seen
  return Math.max(least, Math.min(bySize, medianOfPositives(refined.cells, refined.sums)));
}

async function refineParts(
  context: RunContext,
  { volume, folds: { parts, chunk }, dependsOn }: RefineParts,
  { stage, scores, refinement }: RefinedParts,
): Promise<ZarrVolume> {
  const all = { dependsOn, parts, refinement };
  const { target, generation } = await stageArray(join(context.workFolder, stage, "refined.zarr"), all, {
    shape: volume.raw.shape,
    chunk,
    dtype: "float32",
  });
  for (const [k, within] of parts.entries()) {
    await refineScores(context, volume, {
      name: `${stage}-refined-${k}`,
      title: `${stage}, refined`,
      refinement,
      first: scores,
      out: target,
      within,
      dependsOn: { all, generation },
    });
  }
  return target;
}

function usedComponents({ settings: { useSynapses } }: RunContext, { list }: GroundTruth) {
  return list.components.filter(({ id }) => useSynapses.length === 0 || useSynapses.includes(id));
}

/** The median score of the positive cells. */
function medianOfPositives({ labels }: CellSamples, scores: ArrayLike<number>): number {
  const own = Float64Array.from(
    labels.entries().filter(([, label]) => label === 1).map(([i]) => scores[i] ?? 0),
  );
  return own.sort()[Math.floor(own.length / 2)] ?? 0;
}
