/** Follows the processes that share a run: what their journals tell, as events like those of a run of one process. */
import { join } from "node:path";
import { type JournalEvent, readTail } from "../../engine/mod.ts";
import { UserError } from "../../user_error.ts";
import { itemsOf, lastPlan, planFolder, plannedStages, readPlanOf } from "../../stages/shards/stage_plan.ts";
import type { TelemetryEvent } from "../../run/telemetry.ts";
import { voxelCount } from "../../volume/region.ts";

/** What is new. */
interface ShardNews {
  readonly journal: readonly JournalEvent[];
  readonly telemetry: readonly TelemetryEvent[];
  /** When a process that has not ended last showed itself; null where there is none. */
  readonly seen: number | null;
}

/** A plan that is followed. */
interface FollowedPlan {
  readonly id: string;
  readonly title: string;
  done: number;
  isEnded: boolean;
  /** Bytes read of each journal, and those that have come to their end. */
  readonly offsets: Map<string, number>;
  readonly ended: Set<string>;
}

/** Folders of many thousands of journals may lie on a slow file system. */
const INTERVAL = 3000;

const NONE: ShardNews = { journal: [], telemetry: [], seen: null };

/** Starts following; a folder without shards costs next to nothing. */
export function followShards(workFolder: string, now: () => number): { read(): Promise<ShardNews> } {
  const plans = new Map<string, FollowedPlan>();
  let looked = -Infinity;
  let known = NONE;
  return {
    async read() {
      if (now() - looked < INTERVAL) return { ...NONE, seen: known.seen };
      looked = now();
      const journal: JournalEvent[] = [], telemetry: TelemetryEvent[] = [];
      let seen: number | null = null;
      for (const stage of await plannedStages(workFolder)) {
        const news = await readStage(workFolder, stage, plans, now());
        journal.push(...news.journal);
        telemetry.push(...news.telemetry);
        if (news.seen !== null) seen = Math.max(seen ?? 0, news.seen);
      }
      known = { journal, telemetry, seen };
      return known;
    },
  };
}

async function readStage(
  workFolder: string,
  stage: string,
  plans: Map<string, FollowedPlan>,
  at: number,
): Promise<ShardNews> {
  const last = await lastPlan(workFolder, stage);
  let followed = plans.get(stage);
  if (last === undefined || (!last.isOpen && followed?.id !== last.id)) return NONE;
  const journal: JournalEvent[] = [], telemetry: TelemetryEvent[] = [];
  if (followed?.id !== last.id) {
    const begun = await beginPlan(workFolder, stage, last.id);
    if (begun === undefined) return NONE;
    const { title, total } = begun;
    followed = { id: last.id, title, done: 0, isEnded: false, offsets: new Map(), ended: new Set() };
    plans.set(stage, followed);
    telemetry.push({ kind: "stage", at, title, total, unit: "voxels", done: 0 });
  }
  let seen: number | null = null;
  for (const path of await journalsOf(workFolder, stage, followed)) {
    const tail = await readTail(path, followed.offsets.get(path) ?? 0);
    followed.offsets.set(path, tail.offset);
    for (const event of tail.values as unknown as JournalEvent[]) {
      if (event.event === "block-done") {
        journal.push(event);
        followed.done += voxelCount(event.write.shape);
      }
      if (/^shard-(done|failed|stopped)$/.test(event.event)) followed.ended.add(path);
      telemetry.push(...sayingOf(event, stage, at));
    }
    if (!followed.ended.has(path)) seen = Math.max(seen ?? 0, (await Deno.stat(path)).mtime?.getTime() ?? 0);
  }
  if (journal.length > 0) {
    telemetry.push({ kind: "progress", at, title: followed.title, done: followed.done });
  }
  if (!last.isOpen && !followed.isEnded) {
    followed.isEnded = true;
    telemetry.push({
      kind: "stage-end",
      at,
      title: followed.title,
      summary: `${followed.offsets.size} processes`,
    });
  }
  return { journal, telemetry, seen };
}

async function beginPlan(workFolder: string, stage: string, id: string) {
  try {
    const plan = await readPlanOf(workFolder, { stage, id });
    const total = itemsOf(plan).reduce((sum, { write }) => sum + voxelCount(write.shape), 0);
    return { title: plan.title, total };
  } catch (cause) {
    if (cause instanceof UserError) return undefined; // damaged: the run tells it
    throw cause;
  }
}

/** Journals that may have grown. */
async function journalsOf(workFolder: string, stage: string, { id, ended }: FollowedPlan): Promise<string[]> {
  const folder = planFolder(workFolder, { stage, id });
  const paths: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (name.endsWith(".jsonl") && !ended.has(path)) paths.push(path);
  }
  return paths.sort();
}

function sayingOf(event: JournalEvent, stage: string, at: number): TelemetryEvent[] {
  if (event.event === "shard-started") {
    const { shard, shards, host, blocks } = event;
    const text = `${stage}: shard ${shard}/${shards} started on ${host}, ${blocks} blocks`;
    return [{ kind: "say", at, level: "message", text }];
  }
  if (event.event === "shard-failed") {
    return [{ kind: "say", at, level: "error", text: `${stage}: a shard failed: ${event.error}` }];
  }
  return [];
}
