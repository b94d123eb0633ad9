/** What a command may take of the machine: by its flags, or as much as suits the machine. */
import { UserError } from "../user_error.ts";
import {
  defaultMemory,
  formatBytes,
  type GivenLimits,
  limitsOf,
  lookAtMachine,
  type Reporter,
} from "../engine/mod.ts";
import type { Resources } from "../run/plan_stage.ts";
import type { Call } from "./command.ts";
import { bytesOf, numberOf, shapeOf, textOf } from "./flag_values.ts";
import type { GivenFlags } from "./flags.ts";

const MAX_WORKERS = 1024;

/** Peak resident memory of commands that hold little, measured as 96 to 112 MiB, with some room. */
export const LEAST_MEMORY = 128 * 2 ** 20;

/**
 * The memory budget in bytes.
 * @param least what the command needs at least
 * @throws {UserError} where it is no amount of memory, or less than that
 */
export function memoryOf(flags: GivenFlags, least = LEAST_MEMORY, machine = lookAtMachine()): number {
  const given = bytesOf(flags, "memory");
  const { amount, reason } = defaultMemory(machine);
  const bytes = given ?? amount;
  if (bytes >= least) return bytes;
  const text = given === undefined
    ? `the memory, ${formatBytes(amount)} (${reason}),`
    : `--memory ${textOf(flags, "memory")}`;
  const needed = `${Math.ceil(least / 2 ** 20)}MiB`;
  throw new UserError(`${text} is not enough; use at least --memory ${needed}`);
}

/** What a command may take of the machine. @throws {UserError} where a value is wrong */
export function resourcesOf(flags: GivenFlags, leastMemory?: number, machine = lookAtMachine()): Resources {
  const given = givenLimits(flags);
  memoryOf(flags, leastMemory, machine);
  const { memory, workers, inMainThread } = limitsOf(given, machine);
  return { memory, workers, inMainThread, blockShape: shapeOf(flags, "block") };
}

function givenLimits(flags: GivenFlags): GivenLimits {
  const workers = numberOf(flags, "workers", { from: 0, to: MAX_WORKERS, isWhole: true });
  return { memory: bytesOf(flags, "memory"), workers };
}

/** The memory and the threads that were named, for commands that know other defaults. @throws {UserError} where a value is wrong */
export function namedResources(
  flags: GivenFlags,
): Partial<Pick<Resources, "memory" | "workers" | "inMainThread">> {
  const { memory, workers, inMainThread } = resourcesOf(flags);
  return {
    ...(flags.has("memory") ? { memory } : {}),
    ...(flags.has("workers") ? { workers, inMainThread } : {}),
  };
}

/** Tells in one line what is chosen of memory and threads where flags do not say it, and why. */
export function tellDefaults({ flags, reporter }: Pick<Call, "flags" | "reporter">): void {
  const { chosen } = limitsOf(givenLimits(flags));
  if (chosen !== undefined) reporter.message(chosen);
}

/** Warns where the memory that the flags name is more than there is. */
export function warnOfMemory(flags: GivenFlags, reporter: Pick<Reporter, "warn">): void {
  const { warning } = limitsOf(givenLimits(flags));
  if (warning !== undefined) reporter.warn(`--memory: ${warning}`);
}
