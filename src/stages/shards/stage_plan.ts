/** The plans of sharded stages: what is left to do, as every shard and whoever looks on reads it. */
import { join } from "node:path";
import {
  type Block,
  type BlockPlan,
  blocksOfShape,
  openJson,
  sealJson,
  threadsOfTeam,
} from "../../engine/mod.ts";
import { DamagedError } from "../../volume/damaged_error.ts";
import { type Region, voxelCount, zipAxes, type Zyx } from "../../volume/region.ts";
import type { InputFile } from "../input_files.ts";
import type { WorkerJob } from "../../run/run_context.ts";
import { alongCurve } from "./deal.ts";
import { writeFileAtomic } from "../../volume/file.ts";
import { ifThere } from "../../if_there.ts";

/** Folder of everything that belongs to shards, in the work folder. */
export function shardsFolder(workFolder: string): string {
  return join(workFolder, "shards");
}

/** Blocks of a volume. */
export interface BlockWork {
  readonly kind: "blocks";
  readonly job: WorkerJob;
  readonly shape: Zyx;
  readonly blockShape: Zyx;
  readonly context: Zyx;
  /** Bytes that the most demanding block needs, with so many threads at most. */
  readonly bytesPerWorker: number;
  readonly threadsPerWorker: number;
  /** Indices of the blocks to compute: pairs of a first one and the one after a last. */
  readonly pending: readonly (readonly [from: number, to: number])[];
}

/** Bands of slices of files that are converted. */
export interface BandWork {
  readonly kind: "bands";
  readonly inputs: readonly InputFile[];
  readonly bands: readonly { readonly input: number; readonly write: Region }[];
}

/** A stage that shards work on. */
export interface StagePlan {
  /** New with every plan: what shards of another plan did is not counted. */
  readonly id: string;
  readonly stage: string;
  readonly title: string;
  readonly fingerprint: string;
  readonly work: BlockWork | BandWork;
}

/** A part of a stage's work that is done whole or not at all. */
export interface ShardItem {
  /** Tells it from others of its plan. */
  readonly key: string;
  readonly write: Region;
  readonly read: Region;
  /** Place in `inputs`; 0 for blocks. */
  readonly input: number;
}

/** `current.json` of a stage: which plan holds. */
interface CurrentPlan {
  readonly id: string;
  /** Whether there may be work left. */
  readonly isOpen: boolean;
}

const CURRENT = "current.json";
const PLAN = "plan.json";

/** Folder of a stage's plans. */
function stageFolderOf(workFolder: string, stage: string): string {
  return join(shardsFolder(workFolder), stage);
}

/** Folder of a plan, with a journal of each process that worked on it. */
export function planFolder(workFolder: string, { stage, id }: Pick<StagePlan, "stage" | "id">): string {
  return join(stageFolderOf(workFolder, stage), id);
}

/** Puts a plan in force. */
export async function writePlan(workFolder: string, plan: Omit<StagePlan, "id">): Promise<StagePlan> {
  const whole: StagePlan = { id: crypto.randomUUID(), ...plan };
  const folder = planFolder(workFolder, whole);
  await Deno.mkdir(folder, { recursive: true });
  await writeFileAtomic(join(folder, PLAN), sealJson(whole));
  const current: CurrentPlan = { id: whole.id, isOpen: true };
  await writeFileAtomic(join(stageFolderOf(workFolder, plan.stage), CURRENT), sealJson(current));
  return whole;
}

/** Ends a stage's plan: its work is in the run's journal, or is not wanted any more. */
export async function closePlan(workFolder: string, stage: string): Promise<void> {
  const last = await lastPlan(workFolder, stage);
  if (last === undefined) return;
  const closed: CurrentPlan = { id: last.id, isOpen: false };
  await writeFileAtomic(join(stageFolderOf(workFolder, stage), CURRENT), sealJson(closed));
}

/** The last plan of a stage; undefined where there never was one. */
export async function lastPlan(workFolder: string, stage: string): Promise<CurrentPlan | undefined> {
  const found = await readSealed(join(stageFolderOf(workFolder, stage), CURRENT));
  return found as CurrentPlan | undefined;
}

/** Id of the plan that holds for a stage; undefined where there is none. */
export async function openPlanId(workFolder: string, stage: string): Promise<string | undefined> {
  const last = await lastPlan(workFolder, stage);
  return last?.isOpen ? last.id : undefined;
}

/** The plan that holds for a stage. @throws {DamagedError} where it is not what was written */
export async function readPlan(workFolder: string, stage: string): Promise<StagePlan | undefined> {
  await lookAgain(stageFolderOf(workFolder, stage));
  const id = await openPlanId(workFolder, stage);
  return id === undefined ? undefined : await readPlanOf(workFolder, { stage, id });
}

/** A plan, whether it holds or not. @throws {DamagedError} where it is not what was written */
export async function readPlanOf(
  workFolder: string,
  { stage, id }: Pick<StagePlan, "stage" | "id">,
): Promise<StagePlan> {
  const path = join(planFolder(workFolder, { stage, id }), PLAN);
  const plan = await readSealed(path);
  if (plan === undefined) throw new DamagedError(path, "it is missing");
  return plan as StagePlan;
}

/** A network file system may remember a folder for a minute; listing it makes it ask. */
async function lookAgain(folder: string): Promise<void> {
  await ifThere(() => Array.fromAsync(Deno.readDir(folder)));
}

/** Stages for which there is or was a plan, in the order of their names. */
export async function plannedStages(workFolder: string): Promise<string[]> {
  const stages: string[] = [];
  for (const { name } of await ifThere(() => Array.fromAsync(Deno.readDir(shardsFolder(workFolder)))) ?? []) {
    if (await lastPlan(workFolder, name) !== undefined) stages.push(name);
  }
  return stages.sort();
}

/** A JSON object with a checksum; undefined where there is no such file. @throws {DamagedError} where it does not fit */
export async function readSealed(path: string): Promise<object | undefined> {
  const text = await ifThere(() => Deno.readTextFile(path));
  if (text === undefined) return undefined;
  const value = openJson(text);
  if (value === undefined) throw new DamagedError(path, "its checksum is wrong");
  return value;
}

/** A stage's blocks as work for shards. */
export function blockWork(job: WorkerJob, plan: BlockPlan, pending: readonly Block[]): BlockWork {
  const { shape, blockShape, context, bytesPerWorker, workers, threads } = plan;
  return {
    kind: "blocks",
    job,
    shape,
    blockShape,
    context,
    bytesPerWorker,
    threadsPerWorker: threadsOfTeam(threads, workers),
    pending: rangesOf(pending.map(({ index }) => index)),
  };
}

/** What is to do, in the order in which it is dealt: neighbours stand together. */
export function itemsOf({ work }: StagePlan): ShardItem[] {
  if (work.kind === "bands") {
    return work.bands.map(({ input, write }) => ({ key: keyOf(write, input), write, read: write, input }));
  }
  const wanted = new Set(
    work.pending.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i)),
  );
  const blocks = blocksOfShape(work).filter(({ index }) => wanted.has(index));
  const place = ({ write }: Block) =>
    zipAxes((start, size) => Math.floor(start / size), write.start, work.blockShape);
  return alongCurve(blocks, place).map(({ write, read }) => ({
    key: keyOf(write, 0),
    write,
    read,
    input: 0,
  }));
}

/** What an item costs in comparison with others of its plan. */
export function itemCost({ read }: ShardItem): number {
  return voxelCount(read.shape);
}

/** Tells an item from others by what it writes. */
export function keyOf({ start }: Region, input: number): string {
  return `${input}:${start.join()}`;
}

/** The plan's work without what is done. */
export function withoutDone({ work }: StagePlan, done: ReadonlySet<string>): StagePlan["work"] {
  if (work.kind === "bands") {
    return { ...work, bands: work.bands.filter(({ write, input }) => !done.has(keyOf(write, input))) };
  }
  const wanted = new Set(
    work.pending.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i)),
  );
  const left = blocksOfShape(work).filter(({ index, write }) =>
    wanted.has(index) && !done.has(keyOf(write, 0))
  );
  return { ...work, pending: rangesOf(left.map(({ index }) => index)) };
}

function rangesOf(indices: readonly number[]): (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const index of [...indices].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.[1] === index) last[1]++;
    else ranges.push([index, index + 1]);
  }
  return ranges;
}
