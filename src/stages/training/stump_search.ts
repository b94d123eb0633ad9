/** The search of boosting's rounds, shared among workers: each holds the features of some of the pool's poses. */
import {
  betterStump,
  BYTES_PER_SAMPLE,
  type FoundStump,
  NO_STUMP,
  type SearchTask,
  searchTask,
} from "../../boosting/mod.ts";
import { memoryPerWorker, type Pool } from "../../engine/mod.ts";
import type { Kernels } from "../../kernels/mod.ts";
import type { BinnedMatrix, SearchJob } from "../stage_jobs.ts";
import { explainMemory, stagePool } from "../../run/run_blocks.ts";
import { MOST_KERNEL_BYTES } from "../../run/plan_stage.ts";
import type { RunContext } from "../../run/run_context.ts";
import { openMatrix } from "./matrix.ts";

/** Workers that search. */
export interface StumpSearch {
  /** Finds what one search of all the poses would. */
  search(task: SearchTask): Promise<FoundStump>;
  close(): void;
}

/** Bytes that the main thread takes for each sample beside what boosting counts: the samples' table. */
const TABLE_BYTES = 200;

/**
 * Where there is one worker, this thread searches, which would only wait for it.
 * @param kernels of this thread, in whose memory it searches then; nothing that is allocated there later may outlive the search
 * @param columns candidates of one pose
 */
export function openStumpSearch(
  { resources, workerModules, signal }: Pick<RunContext, "resources" | "workerModules" | "signal">,
  matrix: BinnedMatrix,
  columns: number,
  kernels: Kernels,
): StumpSearch {
  const { candidates, samples } = matrix;
  const parts = Math.min(resources.workers, candidates / columns);
  const memory = resources.memory - samples * (BYTES_PER_SAMPLE + TABLE_BYTES);
  const bytes = Math.min(memoryPerWorker(Math.max(0, memory), parts), MOST_KERNEL_BYTES);
  // besides the poses that it holds, a worker needs room for one more, for one column and for a round's samples
  const mostHeld = Math.max(0, Math.floor((bytes - samples * 9) / (samples * columns + 16)) - 1);
  const jobOf = (part: number) => ({ stage: "search", matrix, columns, part, parts, mostHeld }) as const;
  if (parts === 1) {
    const mark = kernels.arena.mark();
    const { search, close } = openSearchJob(kernels, jobOf(0));
    return {
      search: (task) => Promise.resolve(search(task)),
      close() {
        close();
        kernels.arena.release(mark);
      },
    };
  }
  const describe = () => "the search for a stump";
  const pools = Array.from(
    { length: parts },
    (_, part) => stagePool<SearchTask, FoundStump>(jobOf(part), { workerModules, workers: 1 }, describe),
  );
  const searchPart = async (pool: Pool<SearchTask, FoundStump>, task: SearchTask): Promise<FoundStump> => {
    let found = NO_STUMP;
    const onResult = (_task: SearchTask, result: FoundStump) => void (found = result);
    if (task.poses.length > 0) await pool.run([task], { onResult, signal });
    return found;
  };
  return {
    async search(task) {
      const ofPart = (part: number) => task.poses.filter((place) => place % parts === part);
      try {
        const found = pools.map((pool, part) => searchPart(pool, { ...task, poses: ofPart(part) }));
        return (await Promise.all(found)).reduce(betterStump);
      } catch (cause) {
        throw explainMemory(cause);
      }
    },
    close() {
      for (const pool of pools) pool.close();
    },
  };
}

/** Holds as many poses as it may in memory; of others columns are read from the file whenever they are looked at. */
export function openSearchJob(
  kernels: Kernels,
  { matrix: files, columns, part, parts, mostHeld }: SearchJob,
) {
  const { run, arena } = kernels;
  const { samples, candidates } = files;
  const { matrix, read, close } = openMatrix(kernels, files);
  const own: number[] = [];
  for (let place = part; place < candidates / columns; place += parts) own.push(place);
  const held = own.slice(0, mostHeld);
  const addresses = held.map(() => arena.alloc(columns * samples));
  const mark = arena.mark();
  const plain = arena.alloc(columns * samples);
  for (const [i, place] of held.entries()) {
    for (let column = 0; column < columns; column++) read(place * columns + column, plain + column * samples);
    run.interleaveColumns(plain, columns, samples, addresses[i] ?? 0);
  }
  arena.release(mark);
  const places = new Map(held.map((place, i) => [place, addresses[i]]));
  const features = { columns, matrix, pose: (place: number) => places.get(place) };
  return { search: (task: SearchTask) => searchTask(kernels, features, task), close };
}
