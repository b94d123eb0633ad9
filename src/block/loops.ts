/** Every loop that the threads of a team share. */
import type { LoopTable, SharedLoop } from "../kernels/mod.ts";
import { CHANNEL_LOOPS } from "../channels/mod.ts";
import { CONTEXT_LOOPS } from "./context/loops.ts";
import { SUPERVOXEL_LOOPS } from "../supervoxels/loops.ts";
import { writeChunkLoop } from "./write_shared.ts";
import { TABLE_LOOPS } from "./context/table_loops.ts";

const ALL: readonly SharedLoop<never>[] = [
  ...CHANNEL_LOOPS,
  ...CONTEXT_LOOPS,
  ...TABLE_LOOPS,
  ...SUPERVOXEL_LOOPS,
  writeChunkLoop,
];

/** By name. */
export const LOOPS: LoopTable = new Map(ALL.map((loop) => [loop.name, loop]));
