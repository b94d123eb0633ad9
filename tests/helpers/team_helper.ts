/** A helper with the loops of `team_test.ts`. */
import { serveHelper } from "../../src/engine/mod.ts";
import { helpTeam, loadHelper, type SharedLoop } from "../../src/kernels/mod.ts";
import { count } from "./count_loop.ts";

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
