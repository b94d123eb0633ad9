/** Scores parts of a training volume, to learn from the scores. */
import { join } from "node:path";
import type { Region, Zyx } from "../../volume/region.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import type { RunVolume } from "../inputs.ts";
import type { FixedStump } from "../../block/volume_job.ts";
import type { ScoreJob } from "../stage_jobs.ts";
import { runBlocks } from "../../run/run_blocks.ts";
import type { RunContext } from "../../run/run_context.ts";
import { planScore } from "../score/score.ts";
import { suffixOf, titleOf } from "../../run/volume_suffix.ts";
import { stageArray } from "../../run/work_folder.ts";
import { blockOutputs } from "../block_outputs.ts";

/** What is scored, and how. */
interface TrainingScores {
  /** Of the stage, and of its folder in the work folder, of the first volume. */
  readonly name: string;
  /** Place of the volume in the list of training volumes. */
  readonly index: number;
  /** What the scores depend on. */
  readonly dependsOn: unknown;
  readonly chunk: Zyx;
  /** Parts of whole chunks, each with the stumps that vote there. */
  readonly parts: readonly { readonly region: Region; readonly stumps: readonly FixedStump[] }[];
  /** Supervoxels that cannot reach it may be left; null: none may. */
  readonly leastScore: number | null;
}

/** The array of scores; nothing outside of the parts. */
export async function scoreTraining(
  context: RunContext,
  volume: RunVolume,
  { name: stage, index, dependsOn, chunk, parts, leastScore }: TrainingScores,
): Promise<ZarrVolume> {
  const { raw: { shape }, job } = volume;
  const name = `${stage}${suffixOf(index)}`;
  const { target, generation } = await stageArray(join(context.workFolder, name, "max.zarr"), dependsOn, {
    shape,
    chunk,
    dtype: "float32",
  });
  const scoreJob: ScoreJob = {
    stage: "score",
    volume: job,
    stumps: [],
    parts,
    leastScore,
    max: target.path,
    min: "",
    direction: "",
    orientation: "",
    features: "",
  };
  const regions = parts.map(({ region }) => region);
  await runBlocks(context, {
    name,
    title: titleOf(stage, index),
    job: scoreJob,
    outputs: blockOutputs(scoreJob),
    plan: planScore(context, volume, parts.flatMap(({ stumps }) => stumps), { parts: regions, chunk }),
    dependsOn: { all: dependsOn, generation },
  });
  return target;
}
