/** Loads the WebAssembly kernels. Addresses are bytes in `arena.memory`; signatures are in the sibling files. */
import { programFile } from "../program_file.ts";
import { type Arena, createArena } from "./arena.ts";
import type { BoostingKernels } from "./boosting.ts";
import type { BoxKernels } from "./boxes.ts";
import type { CellKernels } from "./cells.ts";
import type { ContextKernels } from "./context.ts";
import type { IntegralKernels } from "./integral.ts";
import type { SlicKernels } from "./slic.ts";
import type { EigenKernels } from "./eigen.ts";
import type { FilterKernels } from "./filters.ts";
import type { ForestKernels } from "./forest.ts";
import type { SpreadKernels } from "./spread.ts";

export type { Arena } from "./arena.ts";

/** The functions that `kernels.wasm` exports. */
export interface KernelExports
  extends
    BoostingKernels,
    BoxKernels,
    CellKernels,
    ContextKernels,
    EigenKernels,
    FilterKernels,
    ForestKernels,
    IntegralKernels,
    SlicKernels,
    SpreadKernels {
  /** First address that the module's own constants do not use. */
  heapBase(): number;
}

/** The kernels of one worker with their own memory. */
export interface Kernels {
  readonly run: KernelExports;
  readonly arena: Arena;
}

/** Instantiates the kernels with a fresh memory that grows as the arena needs. */
export async function loadKernels(): Promise<Kernels> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  const bytes = await Deno.readFile(programFile("./kernels.wasm", import.meta.url));
  const { instance } = await WebAssembly.instantiate(bytes, {
    env: {
      memory,
      abort: (_message: number, _file: number, line: number, column: number) => {
        throw new Error(`kernel aborted at ${line}:${column}`);
      },
    },
  });
  const run = instance.exports as unknown as KernelExports;
  return { run, arena: createArena(memory, run.heapBase()) };
}
