/** What journal and telemetry say of a run, put together. Takes events of any kind and ignores those that it does not know. */
import { basename } from "node:path";
import type { Settings } from "../../config/settings.ts";
import type { JournalEvent } from "../../engine/mod.ts";
import type { RoundRow, TelemetryEvent } from "../../run/telemetry.ts";
import {
  type LogLine,
  partDone,
  type RunState,
  type RunSummary,
  type StageSummary,
  type UsageRow,
} from "../api.ts";
import { commandLine } from "../../program_name.ts";
import { boostingOf } from "../../stages/refine/expected.ts";
import { stageName } from "../../run/stage_names.ts";
import { linesOf } from "./log_lines.ts";
import { type BlockRecord, createBlockRecord } from "./block_record.ts";
import { type ExpectedStage, expectedStages } from "./expected_stages.ts";
import { settingsOfText } from "./settings_text.ts";

/** A run as far as it is known. */
export type RunModel = ReturnType<typeof createRunModel>;

/** A stage that the telemetry tells of. */
interface SeenStage {
  readonly title: string;
  readonly unit: string;
  total: number;
  done: number;
  readonly before: number;
  readonly began: number;
  last: number;
  ended: number | null;
  summary: string;
}

/** Without a sign of life for so long, a run that has not ended is called silent. Samples of memory come at least every 15 s. */
const SILENT_AFTER = 60_000;
const MOST_LINES = 500;
const MOST_SAMPLES = 600;

/** Makes the model of a work folder without events. */
export function createRunModel(workFolder: string) {
  let started: { command: string; version: string; at: number } | undefined;
  let settings: Settings | undefined;
  let expected: readonly ExpectedStage[] = [];
  let end:
    | { state: "done" | "failed" | "stopped" | "waiting"; error: string; questions?: number }
    | undefined;
  let limits: { memory: number; workers: number; at: number } | undefined;
  let seen: number | null = null;
  let endedAt: number | null = null;
  let shardsAt: number | null = null;
  let isAbandoned = false;
  let stages = new Map<string, SeenStage>();
  let log: LogLine[] = [];
  let usage: UsageRow[] = [];
  let rounds = new Map<number, RoundRow>();
  const blocks = createBlockRecord();
  let truth: unknown;

  return {
    blocks,
    settings: () => settings,
    /** When a process that works on a shard last showed itself. */
    shardsSeen(at: number | null): void {
      if (at !== null) shardsAt = Math.max(shardsAt ?? 0, at);
    },
    /** Whether the process of the run is known to be gone. */
    abandoned(is: boolean): void {
      isAbandoned = is;
    },
    /** Result of the search for components, as the journal has it. */
    components: () => truth,

    async journal(event: JournalEvent): Promise<void> {
      switch (event.event) {
        case "run-started":
          started = { command: event.command, version: event.version, at: Date.parse(event.time) };
          settings = await settingsOfText(event.settings);
          expected = settings ? expectedStages(settings) : [];
          end = undefined;
          isAbandoned = false;
          break;
        case "block-done":
          blocks.done(event.stage, event.fingerprint, event.write);
          break;
        case "stage-done":
          if (event.stage === "components") truth = event.result;
          break;
        case "run-done":
          end = { state: "done", error: "" };
          break;
        case "run-failed":
          end = event.reason === "stopped"
            ? { state: "stopped", error: "" }
            : event.reason === "polarity"
            ? { state: "waiting", error: event.error, questions: event.questions ?? 0 }
            : { state: "failed", error: event.error };
          break;
        default: // other kinds are for others
      }
    },

    telemetry(event: TelemetryEvent): void {
      seen = Math.max(seen ?? 0, event.at);
      switch (event.kind) {
        case "begin":
          limits = { memory: event.memory, workers: event.workers, at: event.at };
          [stages, log, usage, rounds] = [new Map(), [], [], new Map()];
          endedAt = null;
          break;
        case "stage": {
          const { title, total, unit, done, at } = event;
          stages.delete(title); // so that it comes last
          const stage = { title, total, unit, done, before: done, began: at, last: at };
          stages.set(title, { ...stage, ended: null, summary: "" });
          break;
        }
        case "progress": {
          const stage = stages.get(event.title);
          if (stage) [stage.done, stage.last] = [event.done, event.at];
          break;
        }
        case "stage-end": {
          const stage = stages.get(event.title);
          if (stage) [stage.ended, stage.summary] = [event.at, event.summary];
          break;
        }
        case "grid":
          blocks.grid(event);
          break;
        case "block-begun":
          blocks.begun(event.stage, event.start);
          break;
        case "usage":
          usage.push([event.at, event.rss, event.cpu]);
          if (usage.length > 2 * MOST_SAMPLES) usage = usage.filter((_, i) => i % 2 === 0);
          break;
        case "rounds":
          for (const row of event.rounds) rounds.set(row[0], row);
          break;
        case "end":
          endedAt = event.at;
          break;
        default: // other kinds are for others
      }
      log.push(...linesOf(event));
      if (log.length > 2 * MOST_LINES) log = log.slice(-MOST_LINES);
    },

    summary(now: number): RunSummary {
      // between the steps of one process shards are at work
      const isShared = end === undefined && shardsAt !== null && now - shardsAt < SILENT_AFTER;
      const state = isShared
        ? "running"
        : stateOf({ isStarted: started !== undefined, end: end?.state, endedAt, seen, isAbandoned }, now);
      const list = stageList(expected, [...stages.values()], state, blocks);
      const { fraction, left } = estimate(list, expected, state);
      return {
        state,
        name: settings ? basename(settings.outFileName) : basename(workFolder).replace(/-work$/, ""),
        workFolder,
        command: started?.command ?? "",
        version: started?.version ?? "",
        began: limits?.at ?? started?.at ?? null,
        ended: state === "running" || state === "empty" ? null : endedAt ?? seen,
        seen,
        error: end?.error ?? "",
        fraction,
        left,
        memory: limits?.memory ?? null,
        workers: limits?.workers ?? null,
        stages: list,
        tableCommand: settings && settings.test.length > 0 ? commandLine(["synapses", workFolder]) : "",
        questions: state === "waiting" ? end?.questions ?? 0 : 0,
        models: settings ? { count: boostingOf(settings).models, rounds: boostingOf(settings).rounds } : null,
      };
    },
    log: () => log.slice(-MOST_LINES),
    usage: () => usage,
    rounds: () => [...rounds.values()],
  };
}

/** What tells the state of a run. */
interface Signs {
  readonly isStarted: boolean;
  readonly end: "done" | "failed" | "stopped" | "waiting" | undefined;
  readonly endedAt: number | null;
  readonly seen: number | null;
  readonly isAbandoned: boolean;
}

function stateOf({ isStarted, end, endedAt, seen, isAbandoned }: Signs, now: number): RunState {
  if (end) return end;
  if (!isStarted && seen === null) return "empty";
  if (endedAt !== null) return "stopped";
  if (isAbandoned) return "killed";
  return seen !== null && now - seen > SILENT_AFTER ? "silent" : "running";
}

/** Expected stages first, in their order; then what else was seen. */
function stageList(
  expected: readonly ExpectedStage[],
  seen: readonly SeenStage[],
  state: RunState,
  blocks: Pick<BlockRecord, "titles" | "divided">,
): StageSummary[] {
  const blockStages = blocks.titles(), divided = blocks.divided();
  const mapped = (title: string) => {
    const stage = blockStages.get(title) ?? "";
    return divided.has(stage) ? stage : "";
  };
  const known = new Map(seen.map((stage) => [stage.title, stage]));
  // A stage that nothing was heard of was done before where a later one has begun, or the run is done; or it did not come at all.
  const lastSeen = expected.findLastIndex(({ title }) => known.has(title));
  const comes = ({ title, doubt }: ExpectedStage, place: number) =>
    doubt === undefined || known.has(title) || blockStages.has(title) ||
    (doubt === "likely" && place > lastSeen && state !== "done");
  const others = seen.filter(({ title }) => !expected.some((stage) => stage.title === title));
  const titles = expected.map((stage, place) => ({ ...stage, place })).filter((stage) =>
    comes(stage, stage.place)
  );
  for (const { title } of others) {
    // a further part of a stage, such as "threshold, smoothed", stands behind it
    const behind = titles.findLastIndex((stage) => title.startsWith(`${stage.title}, `));
    const { about, weight, place } = titles[behind] ?? { about: "", weight: 0, place: Infinity };
    titles.splice(behind < 0 ? titles.length : behind + 1, 0, { title, about, weight, place });
  }
  return titles.map(({ title, about, place }): StageSummary => {
    const stage = known.get(title);
    const names = { title, name: stageName(title), about, blocks: mapped(title) };
    if (!stage) {
      const isPassed = state === "done" || place < lastSeen;
      const none = { total: 0, done: 0, unit: "", rate: null, left: null, began: null, ended: null };
      return { ...names, ...none, state: isPassed ? "skipped" : "pending", summary: "" };
    }
    const { total, done, unit, before, began, last, ended, summary } = stage;
    const seconds = ((ended ?? last) - began) / 1000;
    const rate = done > before && seconds > 0 ? (done - before) / seconds : null;
    const isOver = ended !== null || state === "done";
    const isRunning = !isOver && state === "running";
    const left = !isRunning || rate === null ? null : Math.max(0, total - done) / rate;
    return {
      ...names,
      state: isOver ? "done" : isRunning ? "running" : "cut off",
      total,
      done: isOver ? total : Math.min(done, total),
      unit,
      rate,
      left,
      began,
      ended,
      summary,
    };
  });
}

/** How much of the whole is done, and how long the rest takes at the pace so far. */
function estimate(
  list: readonly StageSummary[],
  expected: readonly ExpectedStage[],
  state: RunState,
): { fraction: number; left: number | null } {
  if (state === "done") return { fraction: 1, left: 0 };
  const weights = new Map(expected.map(({ title, weight }) => [title, weight]));
  let whole = 0, done = 0, paid = 0, seconds = 0, left = 0;
  for (const stage of list) {
    const weight = weights.get(stage.title) ?? 0;
    const part = partDone(stage);
    whole += weight;
    done += weight * part;
    if (stage.state === "done" && stage.began !== null && stage.ended !== null) {
      paid += weight;
      seconds += (stage.ended - stage.began) / 1000;
    }
    if (stage.state === "running" && stage.rate !== null && stage.left !== null && part > 0) {
      paid += weight * part;
      seconds += stage.done / stage.rate;
      left += stage.left;
    }
  }
  const open = list.filter((stage) => stage.state === "pending");
  const pace = paid > 0 ? seconds / paid : NaN;
  left += open.reduce((sum, { title }) => sum + (weights.get(title) ?? 0), 0) * pace;
  const isKnown = state === "running" && Number.isFinite(left);
  return { fraction: whole > 0 ? done / whole : 0, left: isKnown ? left : null };
}
