/** Watches a work folder: reads what is appended to its journal and telemetry, once for all who look on. */
import { join } from "node:path";
import { createQueue, isAbandoned, type JournalEvent, readTail } from "../../engine/mod.ts";
import { answersName } from "../../stages/training/polarity_answers.ts";
import { TELEMETRY_NAME, type TelemetryEvent } from "../../run/telemetry.ts";
import type { BlockChange, LogLine, RunChanges, RunSnapshot, UsageRow } from "../api.ts";
import { followShards } from "./shards.ts";
import { createRunModel, linesOf, type RunModel } from "./run_model.ts";
import { ifThere } from "../../if_there.ts";

/** Takes changes with the id that stands after them. */
type ChangeListener = (changes: Partial<RunChanges>, id: string) => void;

/** A watched work folder. */
export interface Watch {
  readonly workFolder: string;
  /** Everything so far, read anew where nobody listens. */
  snapshot(): Promise<Omit<RunSnapshot, "canStop" | "canResume" | "isVolume" | "isLabel" | "isOfProject">>;
  /** The model as of the last reading. */
  model(): Promise<RunModel>;
  /**
   * What came after the event with this id, up to now, and then everything new. Without an id, only what is new. Where too much was missed,
   * `reset`.
   *
   * @returns a function that ends it
   */
  listen(after: string, listener: ChangeListener): Promise<() => void>;
}

const JOURNAL_NAME = "journal.jsonl";
const INTERVAL = 500;
/** Milliseconds between two looks whether the process of a run still lives. */
const LIFE_INTERVAL = 2000;
/** What a page that comes back is told at most; more is faster read as a snapshot. */
const MOST_MISSED = 1 << 18;

/** Places in the two files. */
interface Place {
  readonly journal: number;
  readonly telemetry: number;
}

/** Starts watching. Files are looked at twice a second while somebody listens, and else when asked. */
export function watchRun(workFolder: string, now: () => number = Date.now): Watch {
  const paths = {
    journal: join(workFolder, JOURNAL_NAME),
    telemetry: join(workFolder, TELEMETRY_NAME),
  };
  const listeners = new Set<ChangeListener>();
  let model = createRunModel(workFolder);
  let shards = followShards(workFolder, now);
  let hasShards = false;
  let place: Place = { journal: 0, telemetry: 0 };
  let isRead = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastState = "";
  let answers = "";
  let looked = -Infinity;

  const readOnce = async (): Promise<{ changes: Partial<RunChanges>; more: boolean }> => {
    const journal = await readTail(paths.journal, place.journal);
    const telemetry = await readTail(paths.telemetry, place.telemetry);
    if (journal.restarted || telemetry.restarted) {
      model = createRunModel(workFolder);
      shards = followShards(workFolder, now);
      place = { journal: 0, telemetry: 0 };
      return { changes: { reset: "the folder was begun anew" }, more: true };
    }
    const more = journal.more || telemetry.more;
    // what they tell belongs to the run as the two files have it to their ends
    const news = more ? undefined : await shards.read();
    hasShards ||= (news?.journal.length ?? 0) > 0;
    model.shardsSeen(news?.seen ?? null);
    const journalEvents = [...journal.values as unknown as JournalEvent[], ...news?.journal ?? []];
    const telemetryEvents = [...telemetry.values as unknown as TelemetryEvent[], ...news?.telemetry ?? []];
    for (const event of journalEvents) await model.journal(event);
    for (const event of telemetryEvents) model.telemetry(event);
    if (now() - looked >= LIFE_INTERVAL) {
      looked = now();
      model.abandoned(await isAbandoned(workFolder, paths.journal));
    }
    place = { journal: journal.offset, telemetry: telemetry.offset };
    return { changes: changesOf(journalEvents, telemetryEvents), more };
  };
  const read = async () => {
    for (;;) {
      const { changes, more } = await readOnce();
      const state = model.summary(now());
      // Compared without the time of the last sign of life, which would make an event of nothing.
      const text = JSON.stringify({ ...state, seen: null });
      const given = await stateOfAnswers(workFolder, model.settings()?.train.length ?? 1);
      const all = {
        ...changes,
        ...(text === lastState ? {} : { state }),
        ...(given === answers ? {} : { answers: given }),
      };
      [lastState, answers] = [text, given];
      if (isRead && Object.keys(all).length > 0) {
        for (const listener of listeners) listener(all, idOf(place));
      }
      if (!more) break;
    }
    isRead = true;
  };
  // One reading at a time, whoever asks; who asks while one is under way waits for the next.
  const inTurn = createQueue();
  let waiting: Promise<void> | undefined;
  const refresh = (): Promise<void> => {
    return waiting ??= inTurn(() => {
      waiting = undefined;
      return read();
    });
  };
  const tick = async () => {
    try {
      await refresh();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      for (const listener of listeners) {
        listener({ reset: `the folder cannot be read: ${reason}` }, idOf(place));
      }
    }
    timer = listeners.size > 0 ? setTimeout(() => void tick(), INTERVAL) : undefined;
  };

  return {
    workFolder,
    async model() {
      await refresh();
      return model;
    },
    async snapshot() {
      await refresh();
      const { log, usage, rounds } = model;
      return {
        id: idOf(place),
        run: model.summary(now()),
        log: log(),
        usage: usage(),
        rounds: rounds(),
        answers,
      };
    },
    async listen(after, listener) {
      await refresh();
      const from = placeOf(after);
      const here = place; // nothing is awaited between this and the listener's entry but the catching up
      const early: [Partial<RunChanges>, string][] = [];
      let take: ChangeListener = (changes, id) => void early.push([changes, id]);
      const entry: ChangeListener = (changes, id) => take(changes, id);
      listeners.add(entry);
      timer ??= setTimeout(() => void tick(), INTERVAL);
      // the files alone do not tell what of shards a page has missed
      if (from) {
        listener(hasShards ? { reset: "shards went on" } : await missed(paths, from, here), idOf(here));
      }
      listener({ state: model.summary(now()), answers }, idOf(here));
      for (const [changes, id] of early) listener(changes, id);
      take = listener;
      return () => void listeners.delete(entry);
    },
  };
}

async function missed(
  paths: { readonly journal: string; readonly telemetry: string },
  from: Place,
  to: Place,
): Promise<Partial<RunChanges>> {
  const [journalBytes, telemetryBytes] = [to.journal - from.journal, to.telemetry - from.telemetry];
  if (journalBytes < 0 || telemetryBytes < 0 || journalBytes + telemetryBytes > MOST_MISSED) {
    return { reset: "too much was missed" };
  }
  const journal = await readTail(paths.journal, from.journal, Math.max(1, journalBytes));
  const telemetry = await readTail(paths.telemetry, from.telemetry, Math.max(1, telemetryBytes));
  return changesOf(
    journalBytes > 0 ? journal.values as unknown as JournalEvent[] : [],
    telemetryBytes > 0 ? telemetry.values as unknown as TelemetryEvent[] : [],
  );
}

/** Another text whenever an answer about a synapse of any training volume was given or withdrawn. */
async function stateOfAnswers(workFolder: string, volumes: number): Promise<string> {
  const states: string[] = [];
  for (let index = 0; index < Math.max(1, volumes); index++) {
    states.push(await stateOfFile(join(workFolder, answersName(index))));
  }
  return states.every((state) => state === "") ? "" : states.join();
}

/** Another text whenever a file was replaced; empty where there is none. */
async function stateOfFile(path: string): Promise<string> {
  const state = await ifThere(() => Deno.stat(path));
  return state === undefined ? "" : [state.size, state.mtime?.getTime(), state.ino].join("-");
}

/** Events as changes. A new run is a reset: what a page has belongs to the old one. */
function changesOf(
  journal: readonly JournalEvent[],
  telemetry: readonly TelemetryEvent[],
): Partial<RunChanges> {
  if (
    telemetry.some(({ kind }) => kind === "begin") || journal.some(({ event }) => event === "run-started")
  ) {
    return { reset: "a run began" };
  }
  const log: LogLine[] = telemetry.flatMap(linesOf);
  const usage = telemetry.flatMap((event): UsageRow[] =>
    event.kind === "usage" ? [[event.at, event.rss, event.cpu]] : []
  );
  const rounds = telemetry.flatMap((event) => event.kind === "rounds" ? event.rounds : []);
  const begun = telemetry.flatMap((event): BlockChange[] =>
    event.kind === "block-begun" ? [{ stage: event.stage, start: event.start }] : []
  );
  const done = journal.flatMap((event): BlockChange[] =>
    event.event === "block-done"
      ? [{ stage: event.stage, start: event.write.start, shape: event.write.shape }]
      : []
  );
  const grid = telemetry.findLast(({ kind }) => kind === "grid");
  return {
    ...(log.length > 0 ? { log } : {}),
    ...(usage.length > 0 ? { usage } : {}),
    ...(rounds.length > 0 ? { rounds } : {}),
    ...(begun.length + done.length > 0 ? { blocks: [...begun, ...done] } : {}),
    ...(grid?.kind === "grid" ? { grid: grid.stage } : {}),
  };
}

function idOf({ journal, telemetry }: Place): string {
  return `${journal}-${telemetry}`;
}

function placeOf(id: string): Place | undefined {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(id);
  return match ? { journal: Number(match[1]), telemetry: Number(match[2]) } : undefined;
}
