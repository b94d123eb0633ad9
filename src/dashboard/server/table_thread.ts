/** Lists synapses, or counts them at many thresholds, in a thread of its own: the page is answered meanwhile. */
/// <reference lib="deno.worker" />
import { writeLevels } from "../../stages/synapses/level_file.ts";
import { keptAnisotropy, keptDirections } from "../../stages/synapses/kept.ts";
import { SYNAPSES_MEMORY, synapsesShares } from "../../stages/synapses/memory.ts";
import { synapseFiles, writeSynapses } from "../../stages/synapses/write_synapses.ts";
import { makeColumns } from "../../stages/synapses/table_columns.ts";
import { openZarr } from "../../volume/zarr/mod.ts";

/** What is to be done. */
export type TableWork =
  | { readonly kind: "count"; readonly path: string }
  | {
    readonly kind: "list";
    /** How the files' names begin. */
    readonly prefix: string;
    /** What the page shows of the table. */
    readonly columns: string;
    readonly threshold: number;
    readonly minSize: number;
  };

/** The same with the scores of a test volume. */
export type TableTask = TableWork & {
  /** The array. */
  readonly scores: string;
  /** Bytes for all of it. */
  readonly memory: number;
};

/** What the thread answers: the share that is done, or how it ended. */
export type TableAnswer = { readonly done: number } | { readonly ended: string };

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<TableTask>) => void) | null;
  postMessage(answer: TableAnswer): void;
};

scope.onmessage = async ({ data }) => {
  try {
    await work(data, (done) => scope.postMessage({ done }));
    scope.postMessage({ ended: "" });
  } catch (cause) {
    scope.postMessage({ ended: cause instanceof Error ? cause.message : String(cause) });
  }
};

async function work(task: TableTask, onProgress: (done: number) => void): Promise<void> {
  const scores = await openZarr(task.scores);
  const { tableBytes, blockVoxels } = synapsesShares(Math.max(SYNAPSES_MEMORY, task.memory));
  if (task.kind === "count") {
    return await writeLevels(task.path, scores, { treeBytes: tableBytes, onProgress });
  }
  const { threshold, minSize, prefix } = task;
  const { csv, json, labels } = synapseFiles(prefix);
  await writeSynapses(scores, {
    name: task.scores,
    files: { csv, json, labels },
    threshold,
    minSize,
    voxelSize: scores.voxelSize,
    anisotropy: keptAnisotropy(scores) ?? 1,
    directions: await keptDirections(scores),
    tableBytes,
    blockVoxels,
    onProgress,
  });
  await makeColumns(csv, task.columns);
}
