/** Loads the WebAssembly kernels. Addresses are bytes in `arena.memory`; kernels are described in `assembly/`. */
import { programFile } from "../program_file.ts";
import { createArena, type Kernels, type SharedKernels } from "./kernels.ts";
import type { KernelExports } from "./exports.ts";
import { type LeaderSeat, leadTeam, type TeamMemory } from "./team.ts";

export type { Arena } from "./kernels.ts";
export type { KernelExports } from "./exports.ts";
export type { Kernels, SharedKernels, SharedLoop } from "./kernels.ts";
export {
  canShareMemory,
  createTeamControl,
  dissolveTeam,
  type HelperSeat,
  helpTeam,
  type LeaderSeat,
  type LoopTable,
  share,
  type TeamMemory,
  threadsOf,
} from "./team.ts";

const MOST_PAGES = 65536;

/** Instantiates the kernels with a fresh memory that grows as the arena needs. */
export async function loadKernels(): Promise<Kernels> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES });
  const run = await instantiate(programFile("./kernels.wasm", import.meta.url), memory);
  return { run, arena: createArena(memory, run.heapBase()) };
}

/** The same with a memory that helpers share. Those that are late miss nothing but pieces that others have computed. */
export async function loadTeam(seat: LeaderSeat): Promise<Kernels> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });
  const run = await instantiate(programFile("./kernels_shared.wasm", import.meta.url), memory);
  for (const port of seat.ports) port.postMessage({ memory } satisfies TeamMemory);
  return { run, arena: createArena(memory, run.heapBase()), team: leadTeam(seat) };
}

/** The kernels of a helper on its leader's memory. */
export async function loadHelper({ memory }: TeamMemory): Promise<SharedKernels> {
  const run = await instantiate(programFile("./kernels_shared.wasm", import.meta.url), memory);
  return { run, arena: createArena(memory, run.heapBase()) };
}

async function instantiate(file: URL, memory: WebAssembly.Memory): Promise<KernelExports> {
  const bytes = await Deno.readFile(file);
  const { instance } = await WebAssembly.instantiate(bytes, {
    env: {
      memory,
      abort: (_message: number, _file: number, line: number, column: number) => {
        throw new Error(`kernel aborted at ${line}:${column}`);
      },
    },
  });
  return instance.exports as unknown as KernelExports;
}

/** Kernels that do something with every call, `beat` for example. */
export function withBeats(run: KernelExports, beat: () => void): KernelExports {
  const beating = Object.entries(run).map((
    [name, kernel]: [string, (...args: number[]) => number | void],
  ) => [
    name,
    (...args: number[]) => {
      beat();
      return kernel(...args);
    },
  ]);
  return Object.fromEntries(beating);
}
