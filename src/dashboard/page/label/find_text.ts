/** What is said of a search for all synapses. */
import { formatBytes } from "../../../engine/memory.ts";
import type { StackSummary } from "../../api.ts";
import type { Box, FindPlan, FindSettings, FoundSoFar } from "../../found.ts";
import { clockText, durationText, percentText } from "../text.ts";

/** Whether a search has begun and has not ended. */
export function isUnderWay({ isRunning, run }: FoundSoFar): boolean {
  return isRunning || run === "running";
}

/** How far a search is that is under way, from 0 to 1: before its run tells that, what is told is of the run before. */
export function fractionUnderWay({ run, fraction }: FoundSoFar): number {
  return run === "running" ? fraction : 0;
}

/** What a search would know now: the number of the last change of the labels, and the settings. */
export type Now = { readonly seq: number } & FindSettings;

/** What of it differs now; nothing where a search would learn the same. */
export interface Outdated {
  /** Changes of labels since. */
  readonly changes: number;
  /** Names of settings that are others now. */
  readonly settings: readonly string[];
}

/** What has changed since a search was begun. */
export function outdated(
  { begun, otherChanges }: Pick<FoundSoFar, "begun" | "otherChanges">,
  now: Now,
): Outdated {
  if (begun === null) return { changes: 0, settings: [] };
  const { seq, settings: before } = begun;
  const differ = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b);
  const settings = before === null ? [] : ([
    ["half the thickness of a cleft", before.learning.sigma, now.learning.sigma],
    ["supervoxels", before.learning.supervoxel, now.learning.supervoxel],
    ["filtered images", before.learning.channels, now.learning.channels],
    ["voxel size", [before.voxelSize, before.anisotropy], [now.voxelSize, now.anisotropy]],
  ] as const).flatMap(([name, was, is]) => differ(was, is) ? [name] : []);
  return { changes: now.seq - seq + otherChanges, settings };
}

/** How far a search is, on its button: `Finding all: 43 %`. */
export function findText(found: FoundSoFar, now: Now): string {
  if (isUnderWay(found)) return `Finding all: ${percentText(fractionUnderWay(found))}`;
  if (found.begun === null) return "Find all";
  if (found.run !== "done") return "Find all: stopped";
  const { changes, settings } = outdated(found, now);
  if (settings.length > 0) return "Found with other settings";
  return changes > 0 ? "Found with older labels" : "All found";
}

/** How far a search is, in a sentence. @param stacks of the project */
export function progressText(
  found: FoundSoFar,
  now: number,
  stacks: readonly Pick<StackSummary, "id" | "name">[] = [],
): string {
  const { begun, run, fraction, left, error } = found;
  const what = searchedText(begun, stacks);
  const since = begun ? clockText(Date.parse(begun.at), now) : "";
  if (isUnderWay(found)) {
    const time = left === null || run !== "running" ? "" : `, about ${durationText(left)} left`;
    return `Searching ${what} since ${since}: ${percentText(fractionUnderWay(found))}${time}.`;
  }
  if (error !== null) return `The search of ${what} ended with an error: ${error}`;
  if (run === "done") return `The search of ${what}, begun ${since}, is done.`;
  return `The search of ${what}, begun ${since}, has stopped at ${percentText(fraction)}.`;
}

/** What is searched: `the whole stack`, which has a name where there are several. */
function searchedText(
  begun: FoundSoFar["begun"],
  stacks: readonly Pick<StackSummary, "id" | "name">[],
): string {
  if (begun?.volume) return begun.volume;
  if (begun?.stack === null) return "all stacks";
  const name = stacks.length > 1 ? stacks.find(({ id }) => id === begun?.stack)?.name : undefined;
  const stack = name === undefined ? "stack" : `stack ${name}`;
  return begun?.box ? `a part of the ${stack}` : `the whole ${stack}`;
}

/** What a search would take: names and values. */
export function planRows(plan: FindPlan): readonly (readonly [string, string])[] {
  const { seconds, workers, memory, disk, free, synapses, leastSynapses, learnsMeanwhile } = plan;
  const threads = workers === 1 ? "one thread" : `${workers} threads`;
  const learning = learnsMeanwhile
    ? "learning from strokes goes on with the rest"
    : "too little to learn from strokes meanwhile; painting goes on";
  return [
    ["Time", `about ${durationText(Math.max(1, seconds))}, with ${threads}; perhaps half or twice as long`],
    ["Memory", `at most ${formatBytes(memory)}; ${learning}`],
    ["Disk", `at most ${formatBytes(disk)}${free === null ? "" : `; ${formatBytes(free)} are free`}`],
    ["Labels", labelsText(synapses, leastSynapses)],
  ];
}

function labelsText(synapses: number, least: number | null): string {
  const count = `${synapses} ${synapses === 1 ? "synapse" : "synapses"} to learn from`;
  return least === null ? count : `${count}; with ${least} or more it finds more of them`;
}

/** Whether a box is a part of a stack of this shape. */
export function isPart({ begin, end }: Box, shape: Box["end"]): boolean {
  return end.every((to, axis) => {
    const from = begin[axis] ?? -1;
    return Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to &&
      to <= (shape[axis] ?? 0);
  });
}
