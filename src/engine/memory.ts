/** The memory budget: reading it, and what of it is left for the arrays of each worker. */
import { UserError } from "../user_error.ts";

const MIB = 2 ** 20;

/** Memory budget of the whole process where the user names none and the machine's memory is not known. */
export const DEFAULT_MEMORY = 2048 * MIB;

// Measured as peak resident set (VmHWM) on Linux x86-64, Deno 2.9, 1 to 8 workers. The process with zarrita, the volume code and
// the pool: 46 MiB. A worker with the kernels that reads a region of a Zarr volume into kernel memory and writes one from
// there: 19 MiB for one chunk, 25 to 34 MiB for 64 MiB read and 8 MiB written, ten times over, whatever else the kernel memory
// held (0 to 800 MiB). Typed arrays outside kernel memory linger until collected: one of 16 MiB a task added 45 MiB in all, one of
// 64 MiB 115 MiB; `bytesNeeded` should count those twice.

/** What the process takes before any worker exists: the measured 46 MiB and room for journal, settings and results. */
const PROCESS_BYTES = 64 * MIB;

/**
 * What conversion and components, which hold bands of a volume, leave behind in the process: an eighth of the budget, at most 96 MiB. Measured
 * after both, on 512 x 1024 x 1024 voxels with 1 GiB: 190 to 260 MiB in all, of which some is given back when memory is short.
 */
const BANDS_SHARE = 1 / 8;
const MOST_BANDS = 96 * MIB;

/** What a worker takes beside its kernel memory: the measured 34 MiB and room for small arrays not yet collected. */
const WORKER_BYTES = 64 * MIB;

/**
 * What each of several workers takes besides: decoded chunks, which V8 collects only when there are some 64 MB of them, later on a busy
 * machine. Measured while scores of 256 x 512 x 512 voxels were refined after they were computed: 107 to 130 MiB for each of two and of
 * four workers beside their kernel memory. Where there is one, what the budget leaves free is enough.
 */
const LINGERING_BYTES = 72 * MIB;

/** What a thread takes that helps a worker, without a share of the arrays: the measured 16 MiB and some room. */
const HELPER_BYTES = 20 * MIB;

/** Part of the budget kept free for what the measurements did not see. */
const MARGIN = 0.1;

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 2 ** 10,
  kb: 1e3,
  kib: 2 ** 10,
  m: 2 ** 20,
  mb: 1e6,
  mib: 2 ** 20,
  g: 2 ** 30,
  gb: 1e9,
  gib: 2 ** 30,
  t: 2 ** 40,
  tb: 1e12,
  tib: 2 ** 40,
};

/**
 * Reads a number of bytes such as `2GiB`, `512 MB`, `1.5G` or `1073741824`. KiB, MiB, GiB, TiB and the bare letters are
 * powers of 1024, KB, MB, GB, TB powers of 1000; case does not matter.
 *
 * @throws {UserError} where the text is no such number, or is not above 0
 */
export function parseBytes(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const unit = UNITS[(match?.[2] ?? "").toLowerCase()];
  const bytes = match && unit !== undefined ? Math.floor(Number(match[1]) * unit) : NaN;
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new UserError(`"${text}" is not an amount of memory; write for example 2GiB, 512MB or 1073741824`);
  }
  return bytes;
}

/** Bytes as people read them, in powers of 1024: `512 B`, `1.5 GiB`. Up to three digits, rounded to nearest. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = "B";
  for (const next of ["KiB", "MiB", "GiB", "TiB", "PiB"]) {
    if (value < 999.5) break;
    value /= 1024;
    unit = next;
  }
  const digits = unit === "B" || value >= 99.5 ? 0 : value >= 9.95 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${unit}`;
}

/**
 * Bytes that the arrays of one worker may take so that the resident memory of the process stays under the budget.
 *
 * @param total budget of the whole process in bytes
 * @param workers number of workers, at least 1
 * @param threads the workers and those that help them
 * @returns a whole number of bytes; 0 where the budget does not even hold the program, so that `planBlocks` says what would do
 */
export function memoryPerWorker(total: number, workers: number, threads = workers): number {
  return Math.max(0, Math.floor((arrayBytes(total) - threadBytes(workers, threads)) / workers));
}

/** What a budget leaves for arrays and for what threads take beside them. */
function arrayBytes(total: number): number {
  return total * (1 - MARGIN) - PROCESS_BYTES - Math.min(total * BANDS_SHARE, MOST_BANDS);
}

/**
 * The inverse of {@linkcode memoryPerWorker}: the least budget, in whole MiB, of which every worker gets
 * `bytesPerWorker` bytes.
 */
export function memoryForWorkers(bytesPerWorker: number, workers: number, threads = workers): number {
  return Math.ceil(budgetBehind(bytesPerWorker + 1, workers, threads) / MIB) * MIB;
}

/**
 * The budget of workers that are started beside a worker that stays, of which nothing is given back: of `memoryPerWorker` of it each gets what
 * fits beside that one.
 * @param held bytes of the arrays of the one that stays
 * @param threads that one and those that help it
 */
export function memoryBeside(total: number, held: number, threads: number): number {
  return Math.max(1, Math.floor(total - (held + threadBytes(1, threads)) / (1 - MARGIN)));
}

function threadBytes(workers: number, threads: number): number {
  const lingering = workers > 1 ? workers * LINGERING_BYTES : 0;
  return workers * WORKER_BYTES + lingering + Math.max(0, threads - workers) * HELPER_BYTES;
}

/** The most workers among whom a budget is worth dividing: each gets for its arrays what it takes beside them. */
export function mostWorkers(total: number): number {
  return Math.floor(arrayBytes(total) / (2 * WORKER_BYTES));
}

/**
 * Whether the budget of which each of `workers` workers gets `bytesPerWorker` bytes, `threads` threads helping, would give each of `fewer`
 * workers, or with helpers one with `fewer` threads in all, `bytesNeeded`.
 */
export function fewerWorkersFit(
  bytesPerWorker: number,
  workers: number,
  bytesNeeded: number,
  fewer: number,
  threads = workers,
): boolean {
  const budget = budgetBehind(bytesPerWorker, workers, threads);
  // A share of 0 does not tell how far the budget falls short.
  return bytesPerWorker > 0 && memoryPerWorker(budget, threads > workers ? 1 : fewer, fewer) >= bytesNeeded;
}

function budgetBehind(bytesPerWorker: number, workers: number, threads: number): number {
  const taken = workers * bytesPerWorker + threadBytes(workers, threads) + PROCESS_BYTES;
  const small = taken / (1 - MARGIN - BANDS_SHARE);
  return small * BANDS_SHARE <= MOST_BANDS ? small : (taken + MOST_BANDS) / (1 - MARGIN);
}
