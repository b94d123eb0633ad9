/** What is said of a search for all synapses. */
import { formatBytes } from "../../../engine/memory.ts";
import type { Box, FindPlan, FoundSoFar } from "../../found.ts";
import { clockText, durationText, percentText } from "../text.ts";

/** Whether a search has begun and has not ended. */
export function isUnderWay({ isRunning, run }: FoundSoFar): boolean {
  return isRunning || run === "running";
}

/** How far a search is that is under way, from 0 to 1: before its run tells that, what is told is of the run before. */
export function fractionUnderWay({ run, fraction }: FoundSoFar): number {
  return run === "running" ? fraction : 0;
}

/** How far a search is, on its button: `Finding all: 43 %`. @param seq number of the last change of the labels */
export function findText(found: FoundSoFar, seq: number): string {
  if (isUnderWay(found)) return `Finding all: ${percentText(fractionUnderWay(found))}`;
  if (found.begun === null) return "Find all";
  if (found.run !== "done") return "Find all: stopped";
  return seq > found.begun.seq ? "Found with older labels" : "All found";
}

/** How far a search is, in a sentence. */
export function progressText(found: FoundSoFar, now: number): string {
  const { begun, run, fraction, left, error } = found;
  const what = begun?.box ? "a part of the stack" : begun?.volume ?? "the whole stack";
  const since = begun ? clockText(Date.parse(begun.at), now) : "";
  if (isUnderWay(found)) {
    const time = left === null || run !== "running" ? "" : `, about ${durationText(left)} left`;
    return `Searching ${what} since ${since}: ${percentText(fractionUnderWay(found))}${time}.`;
  }
  if (error !== null) return `The search of ${what} ended with an error: ${error}`;
  if (run === "done") return `The search of ${what}, begun ${since}, is done.`;
  return `The search of ${what}, begun ${since}, has stopped at ${percentText(fraction)}.`;
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
    ...(synapses === null ? [] : [["Labels", labelsText(synapses, leastSynapses)] as const]),
  ];
}

function labelsText(synapses: number, least: number | null): string {
  const count = `${synapses} ${synapses === 1 ? "synapse" : "synapses"} to learn from`;
  return least === null || synapses >= least
    ? count
    : `${count}; with ${least} or more it finds more of them`;
}

/** Whether a box is a part of a stack of this shape. */
export function isPart({ begin, end }: Box, shape: Box["end"]): boolean {
  return end.every((to, axis) => {
    const from = begin[axis] ?? -1;
    return Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to &&
      to <= (shape[axis] ?? 0);
  });
}
