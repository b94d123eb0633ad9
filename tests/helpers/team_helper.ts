/** A helper with the loops of `team_test.ts`. */
import { serveHelper } from "../../src/engine/mod.ts";
import { helpTeam, loadHelper, type SharedLoop } from "../../src/kernels/mod.ts";

const count: SharedLoop<{ readonly at: number }> = {
  name: "count",
  piece({ arena }, { at }, piece, thread) {
    arena.i32(at + 4 * piece, 1)[0] = 1 + piece;
    const seen = arena.i32(at + 4096 + 4 * thread, 1);
    seen[0] = (seen[0] ?? 0) + 1;
  },
};

const fail: SharedLoop<null> = {
  name: "fail",
  piece(_kernels, _args, piece) {
    throw new RangeError(`piece ${piece} of a test`);
  },
};

serveHelper(async (seat, memory) => {
  const loops = new Map<string, SharedLoop<never>>([["count", count], ["fail", fail]]);
  helpTeam(seat, memory, await loadHelper(memory), loops);
});
