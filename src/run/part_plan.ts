/** Plans stages that work on parts of a volume. */
import type { BlockPlan } from "../engine/mod.ts";
import { growRegion, type Region, voxelCount, zipAxes, type Zyx } from "../volume/region.ts";
import { planStage } from "./plan_stage.ts";
import type { RunContext } from "./run_context.ts";

/** What the plan depends on, as for a whole volume. */
export type PartPlanOptions = Parameters<typeof planStage>[1];

/** Plans a volume, or parts of it. */
export function planStageOf(
  context: Pick<RunContext, "resources">,
  parts: readonly Region[] | undefined,
  options: PartPlanOptions,
): BlockPlan {
  return parts === undefined ? planStage(context, options) : planParts(context, parts, options);
}

/** Plans each part by itself, and lists the blocks of all. Parts begin at chunks. */
export function planParts(
  context: Pick<RunContext, "resources">,
  parts: readonly Region[],
  options: PartPlanOptions,
): BlockPlan {
  const { shape, context: reach } = options;
  // around a part there is more to read than in a volume of its size
  const bytesNeeded = (_read: Zyx, write: Zyx, threads: number) =>
    options.bytesNeeded(zipAxes(Math.min, zipAxes((n, c) => n + 2 * c, write, reach), shape), write, threads);
  const beside = parts.length - 1;
  const planPart = (part: Region, workers?: number) =>
    planStage(context, { ...options, shape: part.shape, bytesNeeded }, { beside, workers });
  const [largest] = parts.toSorted((a, b) => voxelCount(b.shape) - voxelCount(a.shape));
  if (largest === undefined) throw new Error("there are no parts to plan");
  // the teams are those of all parts
  const { workers } = planPart(largest);
  const plans = parts.map((part) => ({ part, plan: planPart(part, workers) }));
  const [first] = plans;
  if (first === undefined) throw new Error("there are no parts to plan");
  const blocks = plans.flatMap(({ part, plan }) =>
    plan.blocks.map((block) => {
      const start = zipAxes((at, from) => at + from, block.write.start, part.start);
      const write: Region = { ...block.write, start };
      return { write, read: growRegion(write, reach, shape) };
    })
  ).map((block, index) => ({ ...block, index }));
  const read = blocks.reduce((sum, block) => sum + voxelCount(block.read.shape), 0);
  const written = blocks.reduce((sum, block) => sum + voxelCount(block.write.shape), 0);
  return {
    ...first.plan,
    shape,
    blocks,
    bytesPerWorker: Math.max(...plans.map(({ plan }) => plan.bytesPerWorker)),
    workers: Math.min(...plans.map(({ plan }) => plan.workers)),
    readRatio: read / written,
  };
}
