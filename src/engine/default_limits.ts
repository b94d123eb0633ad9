/** The memory and the threads of a run that names none. */
import { DEFAULT_MEMORY, formatBytes, mostWorkers } from "./memory.ts";
import { lookAtMachine, type Machine } from "./machine.ts";

/**
 * Part of the physical memory. The other half is for the system, for what else is open, such as a viewer with the same volume, and above
 * all for its cache of files: blocks read what lies around them again, and whoever looks at the result reads it too.
 */
const MACHINE_SHARE = 0.5;

/** Part of a limit that is for this process alone: the rest is for what accounting adds, such as a page cache that is being written. */
const LIMIT_SHARE = 0.9;

/** An amount, and where it comes from in words that end a sentence. */
export interface Chosen {
  readonly amount: number;
  readonly reason: string;
}

/** The memory that a run takes where the user names none, the least of what there is to choose from. */
export function defaultMemory({ physical, cgroup, slurm }: Machine): Chosen {
  const choices: Chosen[] = [];
  const add = (bytes: number | undefined, share: number, reason: (all: string) => string) => {
    if (bytes === undefined) return;
    choices.push({ amount: Math.floor(bytes * share), reason: reason(formatBytes(bytes)) });
  };
  add(physical, MACHINE_SHARE, (all) => `half of the machine's ${all}`);
  add(cgroup, LIMIT_SHARE, (all) => `90 % of the ${all} that the control group allows`);
  add(slurm, LIMIT_SHARE, (all) => `90 % of the ${all} that Slurm gives`);
  if (choices.length > 0) return choices.reduce((a, b) => b.amount < a.amount ? b : a);
  return {
    amount: DEFAULT_MEMORY,
    reason: "because the amount of memory is unknown without --allow-sys=systemMemoryInfo",
  };
}

/** The threads of a run that names none: those that it may use, as far as this much memory is worth dividing among them. */
function defaultWorkers({ threads, slurmThreads = Infinity }: Machine, memory: number): Chosen {
  const usable = Math.min(threads, slurmThreads);
  const most = Math.max(1, mostWorkers(memory));
  if (most < usable) return { amount: most, reason: `of ${usable}, as many as fit the memory` };
  if (slurmThreads < threads) return { amount: usable, reason: "as given by Slurm" };
  return { amount: usable, reason: "all that the process may use" };
}

/** What is wrong with a budget above what there is; undefined where it is not. */
function beyondMachine(memory: number, { physical, cgroup, slurm }: Machine): string | undefined {
  const limits: readonly (readonly [bytes: number | undefined, what: string])[] = [
    [slurm, "that Slurm gives"],
    [cgroup, "that the control group allows"],
    [physical, "of the machine"],
  ];
  const passed = limits.flatMap(([bytes = Infinity, what]) => memory > bytes ? [{ bytes, what }] : []);
  if (passed.length === 0) return undefined;
  const { bytes, what } = passed.reduce((a, b) => b.bytes < a.bytes ? b : a);
  return `${formatBytes(memory)} of memory is more than the ${formatBytes(bytes)} ${what}: the run may be ` +
    "killed or become very slow; leave --memory out to use what suits the machine";
}

/** What a run may take, as far as its user says it. */
export interface GivenLimits {
  /** Bytes. */
  readonly memory?: number | undefined;
  /** 0: in the main thread, for a profiler or a debugger. */
  readonly workers?: number | undefined;
}

/** What a run takes. */
export interface Limits {
  readonly memory: number;
  /** At least 1. */
  readonly workers: number;
  readonly inMainThread: boolean;
  /** One line: what was chosen, and why; undefined where nothing was. */
  readonly chosen: string | undefined;
  /** What is wrong with what the user says; undefined where nothing is. */
  readonly warning: string | undefined;
}

/** What a run takes: what its user says, and where he does not, what suits the machine. */
export function limitsOf(given: GivenLimits, machine: Machine = lookAtMachine()): Limits {
  const memory = given.memory === undefined ? defaultMemory(machine) : undefined;
  const bytes = given.memory ?? memory?.amount ?? DEFAULT_MEMORY;
  const workers = given.workers === undefined ? defaultWorkers(machine, bytes) : undefined;
  const parts = [
    ...(memory ? [`memory: ${formatBytes(memory.amount)}, ${memory.reason}`] : []),
    ...(workers ? [`threads: ${workers.amount}, ${workers.reason}`] : []),
  ];
  return {
    memory: bytes,
    workers: Math.max(1, given.workers ?? workers?.amount ?? 1),
    inMainThread: given.workers === 0,
    chosen: parts.length > 0 ? parts.join("; ") : undefined,
    warning: given.memory === undefined ? undefined : beyondMachine(given.memory, machine),
  };
}
