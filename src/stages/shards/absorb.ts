/** Brings what shards did into the run's own journal, which is the one record that runs go by. */
import { UserError } from "../../user_error.ts";
import type { Journal } from "../../engine/mod.ts";
import { type Attempt, liveAttempts, readAttempts } from "./attempts.ts";
import {
  closePlan,
  itemsOf,
  keyOf,
  plannedStages,
  readPlan,
  type StagePlan,
  withoutDone,
  writePlan,
} from "./stage_plan.ts";

/** What is left of a stage. */
export interface LeftOver {
  readonly stage: string;
  readonly title: string;
  /** Blocks, or bands of a conversion. */
  readonly items: number;
}

/** Keys of the items that the attempts finished. */
export function doneKeys(attempts: readonly Attempt[]): Set<string> {
  return new Set(
    attempts.flatMap(({ done }) =>
      done.map(({ write, result }) =>
        keyOf(
          write,
          typeof result === "object" && result !== null && "input" in result ? Number(result["input"]) : 0,
        )
      )
    ),
  );
}

/**
 * Appends the finished blocks of every open plan to the journal. A plan that is finished is closed; of another a new plan with what is
 * left takes its place, so that processes that still work on the old one end and failures are not counted any more.
 *
 * @returns stages with something left
 */
export async function absorbShards(workFolder: string, journal: Journal): Promise<LeftOver[]> {
  const left: LeftOver[] = [];
  for (const stage of await plannedStages(workFolder)) {
    const plan = await readPlan(workFolder, stage);
    if (plan === undefined) continue;
    const attempts = await readAttempts(workFolder, plan);
    if (plan.work.kind === "blocks") await journal.appendAll(eventsOf(attempts));
    const items = await shrinkPlan(workFolder, plan, attempts);
    if (items > 0) left.push({ stage, title: plan.title, items });
  }
  return left;
}

/** Of a block that two shards did the first. */
function eventsOf(attempts: readonly Attempt[]): Attempt["done"] {
  const events = new Map<string, Attempt["done"][number]>();
  for (const event of attempts.flatMap(({ done }) => done)) {
    const key = keyOf(event.write, 0);
    if (!events.has(key)) events.set(key, event);
  }
  return [...events.values()];
}

async function shrinkPlan(
  workFolder: string,
  plan: StagePlan,
  attempts: readonly Attempt[],
): Promise<number> {
  const done = doneKeys(attempts);
  const { stage, title, fingerprint } = plan;
  const items = itemsOf(plan).filter(({ key }) => !done.has(key)).length;
  if (items === 0) await closePlan(workFolder, stage);
  else if (attempts.length > 0) {
    await writePlan(workFolder, { stage, title, fingerprint, work: withoutDone(plan, done) });
  }
  return items;
}

/** @throws {UserError} where processes on this or other machines work on shards of the folder */
export async function requireNoShards(workFolder: string): Promise<void> {
  for (const stage of await plannedStages(workFolder)) {
    const plan = await readPlan(workFolder, stage);
    const [live] = plan === undefined ? [] : await liveAttempts(workFolder, plan);
    if (live === undefined) continue;
    throw new UserError(
      `${workFolder} is in use: process ${live.pid} on host ${live.host} works on shard ${live.shard.index}/${live.shard.count} ` +
        `of ${stage}; wait for it or end it with ccboost cancel (if it was killed, wait a minute)`,
    );
  }
}
