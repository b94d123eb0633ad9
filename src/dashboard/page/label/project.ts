/** A stack of a labelling project in the page: labels, what is on its way to the server, what it says. */
import type {
  Judgement,
  LabelChange,
  LabelEvents,
  LabelObject,
  LabelPolarity,
  LabelState,
  LabelStroke,
  Verdict,
} from "../../api.ts";
import { bodyOf, client, messageOf } from "../client.ts";
import type { Point } from "../geometry.ts";
import { followLabel } from "./follow_label.ts";
import { createLabelChunks, DamagedChunk, type LabelChunks, type LabelSource } from "./label_chunks.ts";
import { type LabelApi, labelApiOf } from "./label_api.ts";
import { partsOf } from "./runs.ts";
import { createSaveQueue, type SaveState } from "./save_queue.ts";
import { Absent, type LoadedArray, NotHeard, openLevel } from "../array_level.ts";
import type { ShownStroke } from "./shown_stroke.ts";
import { createSteps } from "./steps.ts";

/** A stroke under way. */
export interface OpenStroke {
  /** Shows more runs (z, y, x, length, ...) of it. */
  add(runs: readonly number[]): void;
  /** Sends it. @param runs all of it, each voxel once */
  end(runs: readonly number[]): void;
}

export interface Project {
  /** What is asked of the server about this stack. */
  readonly api: LabelApi;
  readonly chunks: LabelChunks;
  state(): LabelState;
  saving(): SaveState;
  isConnected(): boolean;
  /** What went wrong last; empty where nothing did. */
  message(): string;
  say(text: string): void;
  begin(value: number, over: LabelStroke["over"]): OpenStroke;
  /** Adds the supervoxel at a voxel to a synapse. */
  grow(id: number, at: Point): void;
  /** Fills the slices between two in which a synapse is painted. */
  interpolate(id: number, from: number, to: number): void;
  undo(): void;
  redo(): void;
  canRedo(): boolean;
  newObject(): Promise<LabelObject | undefined>;
  changeObject(id: number, change: { readonly name?: string; readonly polarity?: LabelPolarity }): void;
  deleteObject(id: number): void;
  /** Says what a candidate is. @param onDone is told what became of it; undefined: it was refused */
  judge(id: string, verdict: Verdict, onDone: (judgement: Judgement | undefined) => void): void;
  /** Takes the labels that were looked at. @param version their number */
  takeLabels(version: number): void;
  /** Sets the voxel size, or how it learns. */
  set(change: Parameters<LabelApi["settings"]>[0]): void;
  onScores(listener: (scores: LabelEvents["scores"]) => void): () => void;
  /** Calls back whenever anything but the labels themselves is another. */
  onChange(listener: () => void): () => void;
  close(): void;
}

/** Whether two lists, in which nothing is twice, hold the same. */
function hasSame(a: readonly string[], b: readonly string[]): boolean {
  const known = new Set(a);
  return known.size === b.length && b.every((key) => known.has(key));
}

/** Runs of a request, which may have 1 MiB: each takes up to 24 bytes. */
const MOST_RUNS = 40_000;

/** Opens a stack of the project that the server shows, by its id. @throws {Error} where there is none, or the server is away */
export async function openProject(stack: string): Promise<Project> {
  const labelApi = labelApiOf(stack);
  let state = await labelApi.state();
  let isConnected = true;
  let message = "";
  const listeners = new Set<() => void>();
  const scoreListeners = new Set<(scores: LabelEvents["scores"]) => void>();
  const tell = () => listeners.forEach((listener) => listener());
  const chunks = createLabelChunks(state.shape, state.chunk, labelSource(state));
  const queue = createSaveQueue(() => {
    sortNews();
    tell();
  });
  /** Changes that this page made, and those that it heard of while one of its own was on its way. */
  const own = new Set<number>();
  let heard: LabelChange[] = [];

  const sortNews = () => {
    if (queue.state().waiting > 0) return;
    const others = heard.filter(({ seq, chunks }) => !own.has(seq) && chunks.length > 0);
    heard = [];
    if (others.length > 0) steps.forget();
    if (others.length > 0) chunks.renew([...new Set(others.flatMap((change) => change.chunks))]);
  };
  const steps = createSteps();
  const say = (text: string) => {
    message = text;
    tell();
  };
  const change = <T>(
    send: () => Promise<T>,
    what: string,
    onSaved: (answer: T) => void,
    isRepeatable = true,
    onRefused = () => {},
  ) =>
    queue.add({
      send,
      isRepeatable,
      onSaved,
      onRefused(cause) {
        say(`${what}: ${messageOf(cause)}`);
        onRefused();
      },
    });
  const withObject = (object: LabelObject) => {
    const others = state.objects.filter(({ id }) => id !== object.id);
    state = { ...state, objects: [...others, object].sort((a, b) => a.id - b.id) };
    tell();
  };
  /** A change that the server works out, which is shown when it has come from there. */
  const changeThere = (send: () => Promise<LabelChange>, what: string) => {
    steps.forget();
    change(send, what, (answer) => {
      own.add(answer.seq);
      chunks.renew(answer.chunks);
    }, false);
  };
  /**
   * Takes back what was changed last, or does it again.
   * @param shown what of it is known already: that is shown at once, until what the server has done comes from there
   */
  const step = (send: () => Promise<LabelChange>, what: string, shown: readonly ShownStroke[]) => {
    if (shown.length === 0) return changeThere(send, what);
    const touched = [...new Set(shown.flatMap(({ parts }) => [...parts.keys()]))];
    shown.forEach(chunks.show);
    queue.add({
      send,
      isRepeatable: false,
      onSaved(answer) {
        own.add(answer.seq);
        shown.forEach(chunks.saved);
        // another page was faster, or something else differs
        if (!hasSame(answer.chunks, touched)) steps.forget();
        chunks.renew([...new Set([...answer.chunks, ...touched])]);
      },
      onRefused(cause) {
        steps.forget();
        for (const stroke of shown) chunks.refused(stroke);
        say(`${what}: ${messageOf(cause)}`);
      },
    });
  };
  const sendPart = (value: number, over: LabelStroke["over"], runs: readonly number[]) => {
    const shown = chunks.begin(value, over);
    chunks.paint(shown, runs);
    const body: LabelStroke = { stroke: crypto.randomUUID(), value, over, runs };
    queue.add({
      send: () => labelApi.stroke(body),
      isRepeatable: true,
      onSaved(answer) {
        own.add(answer.seq);
        chunks.saved(shown);
      },
      onRefused(cause) {
        steps.forget();
        chunks.refused(shown);
        say(`What you painted was not saved and is taken back: ${messageOf(cause)}`);
      },
    });
  };
  const endFollowing = followLabel(stack, {
    onState(next, isNew) {
      state = next;
      if (isNew) steps.forget();
      if (isNew) chunks.renew("all");
      tell();
    },
    onChange(news) {
      heard.push(news);
      sortNews();
    },
    onScores: (scores) => scoreListeners.forEach((listener) => listener(scores)),
    onConnected(now) {
      if (now && !isConnected) queue.hurry();
      isConnected = now;
      tell();
    },
  });
  return {
    api: labelApi,
    chunks,
    state: () => state,
    saving: () => queue.state(),
    isConnected: () => isConnected,
    message: () => message,
    say,
    begin(value, over) {
      const shown = chunks.begin(value, over);
      return {
        add: (runs) => chunks.paint(shown, runs),
        end(runs) {
          const parts = partsOf(runs, MOST_RUNS);
          for (const part of parts) sendPart(value, over, part);
          chunks.dropped(shown);
          if (parts.length > 1) steps.forget(); // each is undone by itself
          else steps.painted(shown);
        },
      };
    },
    grow: (id, at) => changeThere(() => labelApi.grow(id, at), "No supervoxel could be added"),
    interpolate: (id, from, to) =>
      changeThere(() => labelApi.interpolate(id, from, to), "Nothing was filled between the slices"),
    undo: () => step(labelApi.undo, "Nothing could be undone", steps.undo()),
    redo: () => step(labelApi.redo, "Nothing could be done again", steps.redo()),
    canRedo: () => state.canRedo || steps.canRedo(),
    newObject: () =>
      new Promise((done) => {
        queue.add({
          send: labelApi.newObject,
          isRepeatable: false,
          onSaved(object) {
            withObject(object);
            done(object);
          },
          onRefused(cause) {
            say(`No synapse could be added: ${messageOf(cause)}`);
            done(undefined);
          },
        });
      }),
    changeObject: (id, given) =>
      change(() => labelApi.changeObject(id, given), "The synapse could not be changed", withObject),
    deleteObject(id) {
      steps.forget();
      change(() => labelApi.deleteObject(id), "The synapse could not be deleted", () => undefined, false);
    },
    judge(id, verdict, onDone) {
      steps.forget();
      const onSaved = (judgement: Judgement) => {
        if (judgement.change) {
          own.add(judgement.change.seq);
          chunks.renew(judgement.change.chunks);
        }
        if (judgement.object) withObject(judgement.object);
        onDone(judgement);
      };
      const send = () => labelApi.judge(id, verdict);
      change(send, "The answer was not saved", onSaved, false, () => onDone(undefined));
    },
    takeLabels: (version) => changeThere(() => labelApi.takeLabels(version), "The labels were not taken"),
    set: (given) =>
      change(() => labelApi.settings(given), "The settings could not be saved", (answer) => {
        state = answer;
        tell();
      }),
    onScores(listener) {
      scoreListeners.add(listener);
      return () => void scoreListeners.delete(listener);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: endFollowing,
  };
}

/** Asks the server each time, since a chunk changes with every stroke. */
function labelSource({ labels, shape, chunk }: LabelState): LabelSource {
  const level = { path: labels, shape, chunk, shard: chunk, version: 3, factor: [1, 1, 1] } as const;
  let opened: Promise<LoadedArray> | undefined;
  const array = () => {
    if (!opened) {
      opened = openLevel(level, true, "no-store");
      opened.catch(() => opened = undefined);
    }
    return opened;
  };
  return {
    async layer(z) {
      const query = { path: labels, layer: String(z) };
      const { chunks } = await bodyOf(await client.api.chunks.$get({ query }));
      if (!chunks) throw new Error(`the chunks of ${labels} cannot be listed`);
      return new Set(chunks.map(([y, x]) => `${z}/${y}/${x}`));
    },
    async chunk(key) {
      try {
        const { data } = await (await array()).getChunk(key.split("/").map(Number));
        if (data instanceof Uint32Array && data.length === chunk[0] * chunk[1] * chunk[2]) return data;
        throw new DamagedChunk(key);
      } catch (cause) {
        if (cause instanceof Absent) return undefined;
        if (cause instanceof NotHeard) throw cause;
        throw new DamagedChunk(key, { cause });
      }
    },
  };
}
