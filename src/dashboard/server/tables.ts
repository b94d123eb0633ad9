/** Tables of synapses for the page: their columns, how many synapses other thresholds find, and a table for a threshold that was chosen. */
import { basename } from "node:path";
import { defaultMemory } from "../../engine/default_limits.ts";
import { lookAtMachine } from "../../engine/mod.ts";
import { programFile } from "../../program_file.ts";
import { commandLine } from "../../program_name.ts";
import { exists, removeFolder, resultPrefix } from "../../run/work_folder.ts";
import { scoresPath } from "../../stages/score/score_files.ts";
import { levelsPath, readLevels } from "../../stages/synapses/level_file.ts";
import { keptLeastScore, keptThreshold } from "../../stages/synapses/kept.ts";
import { areColumnsFresh, columnsPath, makeColumns } from "../../stages/synapses/table_columns.ts";
import { synapseFiles } from "../../stages/synapses/write_synapses.ts";
import { UserError } from "../../user_error.ts";
import { openZarr } from "../../volume/zarr/mod.ts";
import type { TableChoice } from "../api.ts";
import type { ContainedFile } from "./files.ts";
import { makeOnce } from "./make_once.ts";
import { labelledSizes } from "./model_file.ts";
import { resultFile } from "./results.ts";
import type { TableAnswer, TableTask, TableWork } from "./table_thread.ts";
import type { Watch } from "./watch.ts";

const MODULE = programFile("./table_thread.ts", import.meta.url);

/** What the page may choose. */
interface Chosen {
  readonly threshold: number;
  readonly minSize: number;
}

/** The tables of a work folder. */
export type Tables = ReturnType<typeof createTables>;

/** Makes them; nothing is read before it is asked for. */
export function createTables(watch: Watch) {
  const { workFolder } = watch;
  const once = makeOnce<string>();
  /** Where columns are kept if the work folder cannot be written. */
  let elsewhere: string | undefined;
  const thread = createThread();

  const freshColumns = async (csv: string): Promise<string> => {
    const own = columnsPath(workFolder, basename(csv));
    if (await areColumnsFresh(csv, own)) return own;
    try {
      await makeColumns(csv, own);
      return own;
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause;
      elsewhere ??= await Deno.makeTempDir({ prefix: "ccboost-tables-" });
      const other = columnsPath(elsewhere, basename(csv));
      if (!await areColumnsFresh(csv, other)) await makeColumns(csv, other);
      return other;
    }
  };
  /** Why no threshold can be chosen; empty where one can. */
  const unavailable = async (index: number): Promise<string> => {
    if (!await exists(scoresPath(workFolder, index))) {
      return `there are no scores of test volume ${index} yet`;
    }
    const { state } = (await watch.model()).summary(Date.now());
    return state === "done" ? "" : "another threshold can be chosen when the run has finished";
  };
  const start = async (index: number, work: TableWork) => {
    const why = await unavailable(index);
    if (why !== "") throw new UserError(why);
    const { memory } = (await watch.model()).summary(Date.now());
    const { amount } = defaultMemory(lookAtMachine());
    const scores = scoresPath(workFolder, index);
    thread.start(index, { ...work, scores, memory: Math.min(memory ?? amount, amount) });
  };
  return {
    /** The columns of a table, made where they are missing or older than it; undefined where there is no such table. */
    async columns(urlName: string): Promise<ContainedFile | undefined> {
      const csv = await resultFile(workFolder, urlName);
      if (csv === undefined || !csv.path.endsWith(".csv")) return undefined;
      const path = await once(csv.path, () => freshColumns(csv.path));
      return { path, info: await Deno.stat(path) };
    },
    /** Median size of the synapses that the model learned from, voxels; null where it is not known. @throws {UserError} where the model is damaged */
    labelled: labelledSizes(watch),
    /** What can be chosen for a test volume, and what is being done. */
    async choice(index: number): Promise<TableChoice> {
      const path = scoresPath(workFolder, index);
      const scores = await exists(path) ? await openZarr(path) : undefined;
      return {
        unavailable: await unavailable(index),
        levels: scores ? await readLevels(levelsPath(workFolder, index), scores) ?? null : null,
        threshold: scores ? keptThreshold(scores) ?? null : null,
        leastScore: scores ? keptLeastScore(scores) ?? null : null,
        work: thread.state(index),
        command: commandLine(["synapses", path, "--out", chosenPrefix(workFolder, index), "--overwrite"]),
        chosen: basename(synapseFiles(chosenPrefix(workFolder, index)).csv),
      };
    },
    /** Counts the synapses at many thresholds. @throws {UserError} where that is not possible now */
    count: (index: number) => start(index, { kind: "count", path: levelsPath(workFolder, index) }),
    /** Lists the synapses for a threshold and a size. @throws {UserError} where that is not possible now */
    list: (index: number, chosen: Chosen) => {
      const prefix = chosenPrefix(workFolder, index);
      const columns = columnsPath(workFolder, basename(synapseFiles(prefix).csv));
      return start(index, { ...chosen, kind: "list", prefix, columns });
    },
    stop: () => thread.stop(),
    async close(): Promise<void> {
      thread.stop();
      if (elsewhere !== undefined) await removeFolder(elsewhere);
    },
  };
}

/** How names of the tables for chosen thresholds begin: beside the run's own, which stays as it is. */
function chosenPrefix(workFolder: string, index: number): string {
  return `${resultPrefix(workFolder)}-${index}-chosen`;
}

/** One thread, which does one thing at a time. */
function createThread() {
  let worker: Worker | undefined;
  let state:
    | { readonly index: number; readonly kind: TableTask["kind"]; done: number; error: string }
    | undefined;
  const end = (error: string) => {
    worker?.terminate();
    worker = undefined;
    state = state && error !== "" ? { ...state, error } : undefined;
  };
  return {
    start(index: number, task: TableTask): void {
      if (worker !== undefined) {
        throw new UserError("synapses are being counted or listed already; wait for it, or stop it");
      }
      state = { index, kind: task.kind, done: 0, error: "" };
      worker = new Worker(MODULE, { type: "module" });
      worker.onmessage = ({ data }: MessageEvent<TableAnswer>) => {
        if ("ended" in data) end(data.ended);
        else if (state) state.done = data.done;
      };
      worker.onerror = (event) => {
        event.preventDefault();
        end(event.message);
      };
      worker.postMessage(task);
    },
    /** What is done for a test volume, or went wrong at last. */
    state(index: number): TableChoice["work"] {
      if (state?.index !== index) return null;
      return { kind: state.kind, done: state.done, error: state.error };
    },
    stop: () => end(""),
  };
}
