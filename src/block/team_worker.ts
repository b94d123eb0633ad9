/** The module of the threads that help a worker with the loops of its block. */
import { serveHelper } from "../engine/mod.ts";
import { helpTeam, loadHelper, withBeats } from "../kernels/mod.ts";
import { LOOPS } from "./loops.ts";

serveHelper(async (seat, memory, beat) => {
  const { run, arena } = await loadHelper(memory);
  helpTeam(seat, memory, { run: withBeats(run, beat), arena }, LOOPS);
});
