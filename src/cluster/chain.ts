/** The jobs of a sharded run in their order: arrays of tasks, and between them jobs of one process. */
import type { Settings } from "../config/settings.ts";
import { mayRefine, trains } from "../stages/refine/expected.ts";
import { suffixOf } from "../run/volume_suffix.ts";
import { COLLECT, CONVERT, type Prepared } from "../stages/shards/step.ts";

/** A job, or an array of tasks of the same work. */
export interface Link {
  /** `convert`, `prepare`, `samples`, `samples-1` ..., `select`, `gather` ..., `boost`, `score-0` ..., `collect`, `refine-0` ..., `export`, `synapse-parts-0` ..., `join`, ... */
  readonly stage: string;
  /** Tasks, one a shard; 0: one process. */
  readonly shards: number;
}

/** Links that need each other not; each waits for all of the one before. */
export type Chain = readonly (readonly Link[])[];

/**
 * All that a run goes through. Tasks find nothing to do where a volume needs no conversion, or where the model is there already, refines
 * nothing or has no threshold.
 */
export function wholeChain(settings: Settings, tasks: number): Chain {
  const { test, train } = settings;
  const alone = (stage: string) => [{ stage, shards: 0 }];
  const array = (stage: string) => [{ stage, shards: tasks }];
  const ofTests = (stage: string) => test.map((_, index) => ({ stage: `${stage}-${index}`, shards: tasks }));
  const ofTraining = (stage: string) =>
    train.map((_, index) => ({ stage: `${stage}${suffixOf(index)}`, shards: tasks }));
  return [
    array(CONVERT),
    alone("prepare"),
    ...(trains(settings)
      ? [ofTraining("samples"), alone("select"), ofTraining("gather"), alone("boost")]
      : []),
    ...(test.length > 0
      ? [
        ofTests("score"),
        ...(mayRefine(settings) ? [alone(COLLECT), ofTests("refine")] : []),
        alone("export"),
        ...(settings.outputSynapses
          ? [ofTests("synapse-parts"), alone("join"), ofTests("synapse-labels"), alone("finish")]
          : []),
      ]
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
  // refinements may wait beside scores of other volumes; their turn comes later
  const first = (whole[place] ?? []).flatMap(({ stage }) => {
    const items = waiting.get(stage);
    return items === undefined ? [] : [{ stage, shards: Math.min(tasks, items) }];
  });
  return [first, ...whole.slice(place + 1)];
}
