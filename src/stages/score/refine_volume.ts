/** The final scores of a volume, where those of the stumps are refined. */
import type { Calibration, Refinement } from "../../boosting/mod.ts";
import { setAttributes, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { once } from "../../run/once.ts";
import type { RunContext } from "../../run/run_context.ts";
import { blocksOf, type FilledScores, type ScoreLayout, stageScores } from "../export/level_arrays.ts";
import type { RunVolume } from "../inputs.ts";
import { refineScores } from "../refine/refine.ts";

/** Refines the scores of a volume. */
export async function refineVolume(
  context: RunContext,
  volume: RunVolume,
  { index, refinement, scored, fingerprint, layout, attributes }: {
    readonly index: number;
    readonly refinement: Refinement;
    readonly scored: ZarrVolume;
    /** Of the stage that scored. */
    readonly fingerprint: string;
    readonly layout: ScoreLayout;
    readonly attributes: Readonly<Record<string, unknown>>;
  },
): Promise<{ readonly scores: FilledScores; readonly fingerprint: string }> {
  const dependsOn = { scores: fingerprint, refinement };
  const { shape } = volume.raw;
  const options = { dependsOn, layout, isResult: true, shape, attributes };
  const scores = await stageScores(context, `${index}-max`, options);
  const { target, generation, levels, generations } = scores;
  const refined = await refineScores(context, volume, {
    name: `refine-${index}`,
    title: `refine ${index}`,
    refinement,
    first: scored,
    out: target,
    ...(levels.length > 0 ? { levels } : {}),
    blocks: blocksOf(layout, [target]),
    dependsOn: { dependsOn, generation, ...(levels.length > 0 ? { generations } : {}) },
  });
  await once(context, {
    stage: `chunks of refine-${index}`,
    dependsOn: { print: refined.fingerprint },
    made: [target.path, ...levels.map(({ path }) => path)],
    run: () => Promise.resolve(null),
  });
  return { scores, fingerprint: refined.fingerprint };
}

/** Tells what reads the scores which of them the model takes for a synapse. No score depends on it, so it is no reason to score again. */
export async function noteThreshold(scores: ZarrVolume, { threshold }: Calibration): Promise<void> {
  if (scores.attributes["threshold"] === threshold) return;
  const { threshold: _before, ...attributes } = scores.attributes;
  await setAttributes(scores, threshold === undefined ? attributes : { ...attributes, threshold });
}
