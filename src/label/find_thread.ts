/** Does the run of a search in a thread of its own, so that painting and learning go on. */
/// <reference lib="deno.worker" />
import { createReporter } from "../engine/mod.ts";
import { exists } from "../run/work_folder.ts";
import { exportVolume } from "../stages/export/export.ts";
import { runCcboost } from "../stages/run.ts";
import { openZarr } from "../volume/zarr/mod.ts";
import { loadExported } from "./export.ts";
import type { FindAnswer, FindPart, FindRequest, FindTask } from "./find_task.ts";

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<FindRequest>) => void) | null;
  postMessage(answer: FindAnswer): void;
};

/** Of the memory of the run, what a part is copied with. */
const COPY_SHARE = 1 / 8;

const stopping = new AbortController();

scope.onmessage = async ({ data }) => {
  if (data.kind === "stop") return stopping.abort();
  try {
    await run(data);
    scope.postMessage({ error: null });
  } catch (cause) {
    const error = cause instanceof Error ? cause.message : String(cause);
    scope.postMessage({ error: stopping.signal.aborted ? null : error });
  }
};

async function run({ config, part, ...options }: FindTask): Promise<void> {
  const { signal } = stopping;
  if (part) await copy(part, options.resources.memory * COPY_SHARE);
  // its progress is in its work folder, from where the page has it
  const reporter = createReporter({ mode: "quiet", write: () => {} });
  await runCcboost({ ...options, settings: await loadExported(config), reporter, signal });
}

async function copy({ path, raw, region }: FindPart, memory: number): Promise<void> {
  if (await exists(path)) return; // it appears when it is complete
  const volume = await openZarr(raw);
  await exportVolume(volume, path, { region, kind: "image", memory, signal: stopping.signal });
}
