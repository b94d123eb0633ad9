/** The kernels of a worker, alone or with threads that help it. */
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

/**
 * A stack of allocations in a WebAssembly memory. `mark` and `release` bracket the life of temporary arrays, so a
 * block's work reuses the same bytes as the one before and memory never grows with the number of blocks.
 */
export interface Arena {
  readonly memory: WebAssembly.Memory;
  /** Reserves `bytes` bytes aligned to 16 and returns their address. Contents are undefined. */
  alloc(bytes: number): number;
  /** The current top, for `release`. */
  mark(): number;
  /** Frees everything allocated since `mark` returned this value. */
  release(mark: number): void;
  /** Most bytes ever in use. */
  peak(): number;
  u8(address: number, length: number): Uint8Array;
  u16(address: number, length: number): Uint16Array;
  i32(address: number, length: number): Int32Array;
  u32(address: number, length: number): Uint32Array;
  f32(address: number, length: number): Float32Array;
  f64(address: number, length: number): Float64Array;
}

const PAGE = 65536;
const MAX_BYTES = 65536 * PAGE;

/** Thrown when an allocation would exceed what a 32-bit WebAssembly memory can hold (4 GiB). */
class ArenaFullError extends Error {
  override name = "ArenaFullError";
}

/**
 * @param memory the kernels' memory
 * @param base first address that static data of the module does not use
 */
export function createArena(memory: WebAssembly.Memory, base: number): Arena {
  let top = (base + 15) & ~15;
  let peak = top;
  const buffer = () => memory.buffer;
  return {
    memory,
    alloc(bytes) {
      const address = top;
      const end = Math.ceil((top + bytes) / 16) * 16;
      if (end > MAX_BYTES) {
        throw new ArenaFullError(`a kernel needs ${end} bytes, more than the 4 GiB of a WebAssembly memory`);
      }
      const missing = end - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
      top = end;
      peak = Math.max(peak, top);
      return address;
    },
    mark: () => top,
    release(mark) {
      top = mark;
    },
    peak: () => peak,
    u8: (address, length) => new Uint8Array(buffer(), address, length),
    u16: (address, length) => new Uint16Array(buffer(), address, length),
    i32: (address, length) => new Int32Array(buffer(), address, length),
    u32: (address, length) => new Uint32Array(buffer(), address, length),
    f32: (address, length) => new Float32Array(buffer(), address, length),
    f64: (address, length) => new Float64Array(buffer(), address, length),
  };
}
