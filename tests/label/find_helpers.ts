/** What tests of finding all synapses share. */
import type { FindAll } from "../../src/label/find_all.ts";
import type { Resources } from "../../src/run/plan_stage.ts";

export const FIND_RESOURCES: Resources = { memory: 2 ** 30, workers: 2 };

/** A learner that notes what it may take. */
export function notingLearner() {
  const shared: (number | undefined)[] = [];
  return { shared, share: (given: Resources | undefined) => void shared.push(given?.memory) };
}

/** Waits for the end of a search. */
export async function ended(find: FindAll): Promise<void> {
  while (find.state().isRunning) await new Promise((done) => setTimeout(done, 20));
}
