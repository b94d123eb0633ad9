/** Options of all functions of the library that take long: memory, progress, a way to stop. */
import {
  callbackStage,
  createReporter,
  parseBytes,
  type Reporter,
  type StageAmount,
  type Unit,
} from "../engine/mod.ts";
import { UserError } from "../user_error.ts";
import { voxelCount, type Zyx } from "../volume/region.ts";
import type { RunControl } from "../analysis/voxel_source.ts";

/** What a function reports while it works. */
export type Progress =
  | {
    /** The progress of a stage. */
    readonly kind: "stage";
    /** What people read, such as `score volume 0`. */
    readonly stage: string;
    /** How much is done, and how much there is to do. */
    readonly done: number;
    readonly total: number;
    /** What is counted. */
    readonly unit: "voxels" | "rounds" | "forests" | "samples" | "features" | "bytes";
  }
  | {
    /** `message`: what was found or decided; `warning`: what somebody should look at. */
    readonly kind: "message" | "warning";
    /** One or more sentences. */
    readonly text: string;
  };

/** How work is done and watched. */
export interface WorkOptions {
  /** Limit of the resident memory of the whole process: bytes, or a text such as `"2GiB"`. Default: what suits the machine. */
  readonly memory?: number | string;
  /**
   * `"lines"` writes progress to standard error, `"quiet"` nothing; a function is told of it. Default: warnings alone are
   * written to standard error.
   */
  readonly progress?: "lines" | "quiet" | ((progress: Progress) => void);
  /** Stops the work: the function throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The memory in bytes; undefined where none is named. @throws {UserError} where a text is no amount of memory */
export function bytesOfMemory(memory: number | string | undefined): number | undefined {
  return typeof memory === "string" ? parseBytes(memory) : memory;
}

/** The same for a function that needs at least `least` bytes. @throws {UserError} where it is less, or no amount of memory */
export function memoryFrom({ memory }: WorkOptions, name: string, least: number): number | undefined {
  const bytes = bytesOfMemory(memory);
  if (bytes === undefined || bytes >= least) return bytes;
  throw new UserError(
    `${name}: ${bytes} bytes of memory are not enough; pass at least ${least / 2 ** 20}MiB`,
  );
}

/** Tells progress as the options say. */
export function reporterOf(progress: WorkOptions["progress"]): Reporter {
  if (typeof progress === "function") return callbackReporter(progress);
  if (progress === "lines") return createReporter({ mode: "lines", write: writeError });
  const silent = createReporter({ mode: "quiet", write: () => {} });
  return progress === "quiet"
    ? silent
    : { ...silent, warn: (text) => writeError(`ccboost: warning: ${text}\n`) };
}

function writeError(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += Deno.stderr.writeSync(bytes.subarray(written));
  }
}

function callbackReporter(tell: (progress: Progress) => void): Reporter {
  return {
    stage: (stage, amount) => toldStage(stage, amount, tell),
    message: (text) => tell({ kind: "message", text }),
    warn: (text) => tell({ kind: "warning", text }),
    result: () => {}, // the function returns it
    error: () => {}, // the function throws it
    close: () => {},
  };
}

function toldStage(
  stage: string,
  { total, unit, done: before = 0 }: StageAmount,
  tell: (progress: Progress) => void,
) {
  let done = before;
  const say = () => tell({ kind: "stage", stage, done, total, unit: unit satisfies Unit });
  say();
  return {
    advance(n: number) {
      done += n;
      say();
    },
    done() {
      if (done === total) return;
      done = total;
      say();
    },
  };
}

/** Does work that tells the share that is done, as one stage. */
export async function asStage<T>(
  { progress, signal }: WorkOptions,
  title: string,
  amount: { readonly total: number; readonly unit: "voxels" | "bytes" },
  work: (control: RunControl) => Promise<T>,
): Promise<T> {
  const stage = callbackStage(reporterOf(progress), title, amount);
  const result = await work({ onProgress: stage.onShare, signal });
  stage.done();
  return result;
}

/** All voxels of a volume, as the amount of a stage. */
export function voxelsOf(
  { shape }: { readonly shape: Zyx },
): { readonly total: number; readonly unit: "voxels" } {
  return { total: voxelCount(shape), unit: "voxels" };
}
