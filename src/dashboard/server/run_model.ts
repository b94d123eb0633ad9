/** What journal and telemetry say of a run, put together. Takes events of any kind and ignores those that it does not know. */
import { basename } from "node:path";
import { loadSettings, type Settings } from "../../config/settings.ts";
import type { JournalEvent, Json } from "../../engine/mod.ts";
import type { RoundRow, TelemetryEvent } from "../../run/telemetry.ts";
import { resultPrefix } from "../../run/work_folder.ts";
import type { LogLine, RunState, RunSummary, UsageRow } from "../api.ts";
import { commandLine } from "../../program_name.ts";
import type { Component } from "../../stages/components.ts";
import { boostingOf } from "../../stages/refine/expected.ts";
import { leastSynapses } from "../../stages/training/select.ts";
import { createBlockRecord } from "./block_record.ts";
import { type ExpectedStage, expectedStages } from "./expected_stages.ts";
import { estimate, type SeenStage, stageList } from "./stage_list.ts";
import { stageName, stageSummary, withStageName } from "../../run/stage_names.ts";
import { parseChannelName } from "../../channels/mod.ts";
import { UserError } from "../../user_error.ts";

/** A run as far as it is known. */
export type RunModel = ReturnType<typeof createRunModel>;

/** A run that has not ended and has not responded for so long is called silent. Samples of memory come at least every 15 s. */
const SILENT_AFTER = 60_000;
const MOST_LINES = 500;
const MOST_SAMPLES = 600;

/** Makes the model of a work folder without events. */
export function createRunModel(workFolder: string) {
  let started: { command: string; version: string; at: number } | undefined;
  let settings: Settings | undefined;
  let expected: readonly ExpectedStage[] = [];
  let isUndivided = false;
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
  /** Of each training volume. */
  const truths = new Map<number, unknown>();

  const componentsIn = (volume: number) => componentsOf(truths.get(volume));
  const expect = () => {
    const isKnown = isUndivided || (settings !== undefined && hasTooFew(settings, componentsIn));
    expected = settings ? expectedStages(settings, isKnown) : [];
  };

  const takeTruth = (stage: string, result: unknown) => {
    const volume = /^components(?:-(\d+))?$/.exec(stage);
    if (volume === null) return;
    truths.set(Number(volume[1] ?? 0), result);
    expect();
  };

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
    /** The components of a training volume's ground truth, where they are known. */
    components: (volume = 0) => componentsIn(volume),

    async journal(event: JournalEvent): Promise<void> {
      switch (event.event) {
        case "run-started":
          started = { command: event.command, version: event.version, at: Date.parse(event.time) };
          settings = await settingsOfText(event.settings);
          expect();
          end = undefined;
          isAbandoned = false;
          break;
        case "block-done":
          blocks.done(event.stage, event.fingerprint, event.write);
          break;
        case "stage-done":
          takeTruth(event.stage, event.result);
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
          isUndivided = false;
          expect();
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
        case "undivided":
          isUndivided = true;
          expect();
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
        name: settings ? basename(settings.outFileName) : resultPrefix(basename(workFolder)),
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
        ...tableOf(settings, workFolder),
        evaluateCommand: settings && settings.test.length > 0
          ? commandLine(["evaluate", workFolder, "labels.tif", "--html", "report.html"])
          : "",
        neuroglancerCommand: commandLine([
          "neuroglancer",
          workFolder,
          `${resultPrefix(workFolder)}-neuroglancer`,
        ]),
        serveCommand: commandLine(["serve", workFolder]),
        questions: state === "waiting" ? end?.questions ?? 0 : 0,
        models: settings ? { count: boostingOf(settings).models, rounds: boostingOf(settings).rounds } : null,
      };
    },
    log: () => log.slice(-MOST_LINES),
    usage: () => usage,
    rounds: () => [...rounds.values()],
  };
}

/** The list in the result of the stage, which another version may have written in another form. */
function componentsOf(result: unknown): readonly Component[] | undefined {
  const { value } = (result ?? {}) as { readonly value?: { readonly components?: unknown } };
  return Array.isArray(value?.components) ? value.components as Component[] : undefined;
}

/** Whether there are too few synapses to divide the training volumes; there may be too few though there are more, as samples tell. */
function hasTooFew(
  { crossFitFolds, train }: Settings,
  componentsIn: (volume: number) => readonly Component[] | undefined,
): boolean {
  let count = 0;
  for (const [volume, { useSynapses }] of train.entries()) {
    const components = componentsIn(volume);
    if (!components) return false;
    const used = new Set(useSynapses);
    count += components.filter(({ id }) => used.size === 0 || used.has(id)).length;
  }
  return train.length > 0 && count < leastSynapses(crossFitFolds);
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

/** Whether the run lists synapses itself, and the command that lists them, then under another name. */
function tableOf(settings: Settings | undefined, workFolder: string) {
  if (settings === undefined || settings.test.length === 0) return { listsSynapses: false, tableCommand: "" };
  const { outputSynapses } = settings;
  const out = outputSynapses ? ["--out", `${resultPrefix(workFolder)}-again`] : [];
  return { listsSynapses: outputSynapses, tableCommand: commandLine(["synapses", workFolder, ...out]) };
}

/** What of an event people read in the log. */
export function linesOf(event: TelemetryEvent): LogLine[] {
  if (event.kind === "say") return [{ at: event.at, level: event.level, text: withStageName(event.text) }];
  if (event.kind === "stage-end") {
    const name = stageName(event.title);
    const summary = stageSummary(event.summary);
    const text = summary === "" ? name : `${name}: ${summary}`;
    return [{ at: event.at, level: "stage", text }];
  }
  return [];
}

/**
 * Reads settings as the journal keeps them, libconfig text, without looking at the files that it names; undefined where another version
 * wrote what this one does not know.
 */
export async function settingsOfText(text: Json): Promise<Settings | undefined> {
  if (typeof text !== "string") return undefined;
  try {
    return await loadSettings("/journal", {
      isKnownChannel: (stem) => parseChannelName(stem) !== undefined,
      // What is computed has a name without extension; no file of that name is looked for.
      files: { readText: () => text, exists: (path) => /\.\w+$/.test(path) && !/-s\d[\w.-]*$/.test(path) },
    });
  } catch (cause) {
    if (cause instanceof UserError) return undefined;
    throw cause;
  }
}
