/** The journals of the processes that worked on a plan, one each: what they did and how they ended. */
import { join } from "node:path";
import { DEAD, type JournalEvent, readOwnJournal, timeOf } from "../../engine/mod.ts";
import { planFolder, type StagePlan } from "./stage_plan.ts";
import type { Shard } from "./deal.ts";
import { ifThere } from "../../if_there.ts";

/** One process that worked on a shard. */
export interface Attempt {
  readonly shard: Shard;
  readonly host: string;
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly began: string;
  /** Milliseconds since 1970 on the file system's clock when it last showed itself. */
  readonly seen: number;
  /** Blocks that it finished. */
  readonly done: readonly (JournalEvent & { event: "block-done" })[];
  readonly end: "done" | "failed" | "stopped" | "open";
  /** Why it failed; empty otherwise. */
  readonly error: string;
  /** File of the work folder that it found damaged; empty where it found none. */
  readonly damaged: string;
}

const NAME = /^(\d+)-of-(\d+)\.[0-9a-f-]{36}\.jsonl$/;

/** Path of a new process's journal. */
export function attemptPath(workFolder: string, plan: StagePlan, { index, count }: Shard): string {
  return join(planFolder(workFolder, plan), `${index}-of-${count}.${crypto.randomUUID()}.jsonl`);
}

/**
 * The attempts at a plan, oldest first.
 * @param wanted leaves out the journals of others
 */
export async function readAttempts(
  workFolder: string,
  plan: Pick<StagePlan, "stage" | "id">,
  wanted: (shard: Shard) => boolean = () => true,
): Promise<Attempt[]> {
  const folder = planFolder(workFolder, plan);
  const attempts: Attempt[] = [];
  for (const { name } of await ifThere(() => Array.fromAsync(Deno.readDir(folder))) ?? []) {
    const [, index, count] = NAME.exec(name) ?? [];
    if (index === undefined || count === undefined) continue;
    const shard = { index: Number(index), count: Number(count) };
    if (!wanted(shard)) continue;
    const path = join(folder, name);
    const { mtime } = await Deno.stat(path);
    attempts.push(attemptOf(shard, await readOwnJournal(path), mtime?.getTime() ?? 0));
  }
  return attempts.sort((a, b) => a.began < b.began ? -1 : a.began > b.began ? 1 : 0);
}

function attemptOf(shard: Shard, events: readonly JournalEvent[], seen: number): Attempt {
  const begin = events.find((event) => event.event === "shard-started");
  const failed = events.find((event) => event.event === "shard-failed");
  const has = (kind: JournalEvent["event"]) => events.some(({ event }) => event === kind);
  return {
    shard,
    host: begin?.host ?? "",
    pid: begin?.pid ?? 0,
    began: begin?.time ?? "",
    seen,
    done: events.filter((event) => event.event === "block-done"),
    end: has("shard-done") ? "done" : failed ? "failed" : has("shard-stopped") ? "stopped" : "open",
    error: failed?.error ?? "",
    damaged: failed?.damaged ?? "",
  };
}

/** Attempts that have not ended and showed themselves within the last minute. */
export async function liveAttempts(
  workFolder: string,
  plan: Pick<StagePlan, "stage" | "id">,
): Promise<Attempt[]> {
  const open = (await readAttempts(workFolder, plan)).filter(({ end }) => end === "open");
  if (open.length === 0) return [];
  const now = await timeOf(workFolder);
  return open.filter(({ seen }) => now - seen < DEAD);
}

/** Whether an attempt counts as failed: one that was stopped or killed after some blocks gets further the next time. */
export function isFailure({ end, done }: Attempt): boolean {
  return end === "failed" || (end !== "done" && done.length === 0);
}
