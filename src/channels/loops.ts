/** Every loop of the channels that threads share. */
import type { SharedLoop } from "../kernels/mod.ts";
import { alongZLoop, inSlicesLoop } from "./filter_loops.ts";
import { interpolateLoop } from "./interpolate_loop.ts";
import { smoothAlongZLoop, smoothInSlicesLoop } from "./tensor_loops.ts";
import { widenLoop } from "./widen_loop.ts";

export const CHANNEL_LOOPS: readonly SharedLoop<never>[] = [
  alongZLoop,
  inSlicesLoop,
  smoothInSlicesLoop,
  smoothAlongZLoop,
  widenLoop,
  interpolateLoop,
];
