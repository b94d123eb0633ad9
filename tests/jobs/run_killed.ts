/**
 * A run that kills itself with SIGKILL as soon as a stage has finished some of its blocks:
 *
 *     deno run run_killed.ts <folder> <work folder> <stage> <blocks> <workers> <z,y,x or bytes of memory> [key=value ...]
 *
 * With 0 workers blocks are computed in the main thread, which starts faster.
 */
import type { Reporter } from "../../src/engine/mod.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { runJob } from "../helpers/run_job.ts";

const [folder = "", work = "", stage = "", blocks = "1", workers = "1", limit = "", ...set] = Deno.args;
let left = Number(blocks);

const reporter: Reporter = {
  stage: (name) => ({
    advance() {
      if (name === stage && --left === 0) Deno.kill(Deno.pid, "SIGKILL");
    },
    done() {},
  }),
  message() {},
  warn() {},
  result() {},
  error() {},
  close() {},
};

await runJob(folder, {
  set,
  work,
  reporter,
  resources: {
    ...(workers === "0" ? { workers: 1, inMainThread: true } : { workers: Number(workers) }),
    ...(limit.includes(",")
      ? { blockShape: limit.split(",").map(Number) as unknown as Zyx }
      : { memory: Number(limit) }),
  },
});
