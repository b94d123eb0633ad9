/** A thread of `measureThreads`: lays out its own data when it is told what to measure, then runs once for each further message. */
import { contextCases } from "./context.ts";
import type { KernelCase } from "./measure.ts";
import { slicCase } from "./supervoxels.ts";
import type { ThreadRequest } from "./threads.ts";

async function prepare({ line, kind, setting, thread }: ThreadRequest): Promise<KernelCase> {
  if (line === "slic") return await slicCase(setting, kind, `thread-${thread}`);
  const cases = await contextCases(setting, kind, `thread-${thread}`);
  const found = cases.find(({ name }) => name === `${line} ${kind}`);
  if (!found) throw new Error(`there is no line ${line} ${kind}`);
  return found;
}

let run: (() => void) | undefined;

self.addEventListener("message", async ({ data }: MessageEvent<ThreadRequest | "run">) => {
  if (data === "run") {
    run?.();
    self.postMessage(undefined);
    return;
  }
  const { run: prepared, ...details } = await prepare(data);
  run = prepared;
  run(); // the optimising compiler is done after it
  self.postMessage(details);
});
