/** A loop that notes every piece, and how many each thread took. */
import type { SharedLoop } from "../../src/kernels/mod.ts";

export const count: SharedLoop<{ readonly at: number }> = {
  name: "count",
  piece({ arena }, { at }, piece, thread) {
    arena.i32(at + 4 * piece, 1)[0] = 1 + piece;
    const seen = arena.i32(at + 4096 + 4 * thread, 1);
    seen[0] = (seen[0] ?? 0) + 1;
  },
};
