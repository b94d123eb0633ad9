/** The kernels of a worker, alone or with threads that help it. */
import type { Arena } from "./arena.ts";
import type { KernelExports } from "./exports.ts";

/** The kernels of one worker with their own memory. */
export interface Kernels {
  readonly run: KernelExports;
  readonly arena: Arena;
  /** The threads that share the memory, where there are others. */
  readonly team?: Team | undefined;
}

/** The kernels as every thread of a team sees them. */
export interface SharedKernels {
  readonly run: KernelExports;
  readonly arena: Pick<Arena, "u8" | "u16" | "i32" | "u32" | "f32" | "f64">;
}

/**
 * A loop that can be shared. Leader and helpers look it up by name, so what a piece needs comes in `args`, plain data of a few hundred
 * bytes; all else lies in kernel memory. A piece must not allocate, and write nothing that another piece of the same loop reads or writes.
 */
export interface SharedLoop<Args> {
  readonly name: string;
  /** Computes one piece. @param thread from 0, less than the team's: which part of a scratch for every thread it may use */
  piece(kernels: SharedKernels, args: Args, piece: number, thread: number): void;
}

/** The leader's hold on its team. */
export interface Team {
  readonly threads: number;
  /** Computes all pieces and returns when the last one is done. @throws Error with what a piece threw in any thread */
  share<Args>(kernels: Kernels, loop: SharedLoop<Args>, pieces: number, args: Args): void;
}
