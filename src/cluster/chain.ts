/** The jobs of a sharded run in their order: arrays of tasks, and between them jobs of one process. */
import type { Settings } from "../config/settings.ts";
import { CONVERT, type Prepared } from "../stages/shards/step.ts";

/** A job, or an array of tasks of the same work. */
export interface Link {
  /** `convert`, `prepare`, `samples`, `select`, `gather`, `boost`, `score-0` ..., `export`. */
  readonly stage: string;
  /** Tasks, one a shard; 0: one process. */
  readonly shards: number;
}

/** Links that need each other not; each waits for all of the one before. */
export type Chain = readonly (readonly Link[])[];

/** All that a run goes through. Where a volume needs no conversion or the model is there, tasks find nothing to do. */
export function wholeChain(settings: Settings, tasks: number): Chain {
  const { train, test, savedStumpsPath, relearnThresholds } = settings;
  const alone = (stage: string) => [{ stage, shards: 0 }];
  const array = (stage: string) => [{ stage, shards: tasks }];
  const trains = train !== undefined && (savedStumpsPath === "" || relearnThresholds);
  return [
    array(CONVERT),
    alone("prepare"),
    ...(trains ? [array("samples"), alone("select"), array("gather"), alone("boost")] : []),
    ...(test.length > 0
      ? [test.map((_, index) => ({ stage: `score-${index}`, shards: tasks })), alone("export")]
      : []),
  ];
}

/** The part of the chain that is missing. */
export function chainOf(settings: Settings, prepared: Prepared, tasks: number): Chain {
  if (prepared.isDone) return [];
  const whole = wholeChain(settings, tasks);
  const has = (stages: readonly string[]) =>
    whole.findIndex((links) => links.some(({ stage }) => stages.includes(stage)));
  const waiting = new Map(prepared.waiting.map(({ stage, items }) => [stage, items]));
  if (waiting.size === 0) return whole.slice(Math.max(1, has(prepared.passed) + 1));
  const place = has([...waiting.keys()]);
  const first = [...waiting].map(([stage, items]) => ({ stage, shards: Math.min(tasks, items) }));
  return [first, ...whole.slice(place + 1)];
}
