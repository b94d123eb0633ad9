/** Who may take how much memory while a search is under way. */
import type { Resources } from "../run/plan_stage.ts";

const MIB = 2 ** 20;

/** With less, learning finds no room for a block. */
export const LEAST_LEARNING = 352 * MIB;
/** More makes learning from a person's strokes hardly faster. */
const MOST_LEARNING = 1024 * MIB;
/** With less, a run takes several times as long. */
const LEAST_RUN = 512 * MIB;

/** What a run and the learning from strokes may take side by side. */
export interface Shares {
  readonly run: Resources;
  /** Undefined where there is too little for both: learning waits. */
  readonly learning: Resources | undefined;
}

/** Learning gets a quarter of the memory, from 352 MiB to 1 GiB, unless less than 512 MiB would be left for the run. */
export function sharesOf(resources: Resources): Shares {
  const { memory } = resources;
  const learning = Math.max(LEAST_LEARNING, Math.min(MOST_LEARNING, memory / 4));
  const run = memory - learning;
  if (run < LEAST_RUN) return { run: resources, learning: undefined };
  return { run: { ...resources, memory: run }, learning: { ...resources, memory: learning } };
}
