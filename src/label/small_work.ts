/** Work that is done before workers for it have started. */
import type { RunContext } from "../run/run_context.ts";
import { type Region, voxelCount } from "../volume/region.ts";

/** Voxels to search, and values to compute, that take about as long as workers need to start. */
const FEW_VOXELS = 2 ** 18;
const FEW_VALUES = 2 ** 23;

/** The context for work in so many voxels: of few, in this thread alone. No result depends on it. */
export function contextFor(context: RunContext, regions: readonly Region[]): RunContext {
  return regions.reduce((sum, { shape }) => sum + voxelCount(shape), 0) < FEW_VOXELS
    ? inThisThread(context)
    : context;
}

/** The context for work on so many values. */
export function contextForValues(context: RunContext, values: number): RunContext {
  return values < FEW_VALUES ? inThisThread(context) : context;
}

function inThisThread(context: RunContext): RunContext {
  return { ...context, resources: { ...context.resources, workers: 1, inMainThread: true } };
}
