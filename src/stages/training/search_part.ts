/** A worker's part of boosting's search: the features of every so many-th pose of the pool. */
import { type SearchTask, searchTask } from "../../boosting/mod.ts";
import type { Kernels } from "../../kernels/mod.ts";
import type { SearchJob } from "../stage_jobs.ts";
import { openMatrix } from "./matrix.ts";

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
