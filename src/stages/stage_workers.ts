/** How many workers a stage of blocks takes. */
import { type BlockPlan, formatBytes, leastBlockBytes, workersThatFit } from "../engine/mod.ts";
import type { Resources } from "./run_context.ts";

/**
 * All workers, or where they may be fewer, as many as the memory holds blocks for. Where it holds none, one, and planning tells what is
 * missing.
 */
export function stageWorkers(
  { memory, workers, mayUseFewer = false }: Resources,
  options: Parameters<typeof leastBlockBytes>[0],
): number {
  return mayUseFewer ? Math.max(1, workersThatFit(memory, leastBlockBytes(options), workers)) : workers;
}

/** Says that a stage takes fewer; undefined where it takes all. */
export function fewerWorkersText(
  title: string,
  { workers }: Pick<BlockPlan, "workers">,
  { memory, workers: all }: Resources,
): string | undefined {
  if (workers >= all) return undefined;
  return `${title}: ${workers} of ${all} threads, as ${formatBytes(memory)} of memory hold no more blocks`;
}
