/** Follows a run: a snapshot, then what the server sends, for as long as somebody looks. */
import type { BlockChange, LogLine, RunSnapshot, RunSummary, UsageRow } from "../api.ts";
import type { RoundRow } from "../../run/telemetry.ts";
import { addressOf, bodyOf, client } from "./client.ts";

/** What pages show. */
export interface RunView extends Omit<RunSnapshot, "id"> {
  /** Grows where a stage was divided anew, so that maps are asked for again. */
  readonly grids: number;
  /** Changes of blocks, newest last; maps take those that they have not seen. */
  readonly blocks: readonly BlockChange[];
}

/** The run, and whether the server can be heard. */
export interface RunStore {
  readonly view: RunView | undefined;
  readonly isConnected: boolean;
  /** When the server was last heard. */
  readonly heard: number;
}

/** What becomes known: everything, one event of the server, or whether it can be heard. */
export type RunNews =
  | { readonly kind: "view"; readonly view: Omit<RunView, "grids" | "blocks"> }
  | { readonly kind: "event"; readonly name: string; readonly data: unknown }
  | { readonly kind: "connected"; readonly isConnected: boolean };

export const NOT_YET: RunStore = { view: undefined, isConnected: false, heard: 0 };

const RETRY = 2000;
const MOST_LINES = 500;
const MOST_SAMPLES = 1200;

/** Events that change the view. The server's `reset` asks for everything anew. */
const EVENTS = ["state", "log", "usage", "rounds", "blocks", "grid", "answers"] as const;

/** The store with what became known. */
export function withNews(store: RunStore, news: RunNews): RunStore {
  if (news.kind === "connected") {
    return news.isConnected
      ? { ...store, isConnected: true, heard: Date.now() }
      : { ...store, isConnected: false };
  }
  if (news.kind === "view") {
    const view = { ...news.view, grids: (store.view?.grids ?? 0) + 1, blocks: [] };
    return { view, isConnected: true, heard: Date.now() };
  }
  if (!store.view) return store;
  return { ...store, heard: Date.now(), view: withEvent(store.view, news.name, news.data) };
}

function withEvent(view: RunView, name: string, data: unknown): RunView {
  switch (name) {
    case "state":
      return { ...view, run: data as RunSummary };
    case "log":
      return { ...view, log: [...view.log, ...data as LogLine[]].slice(-MOST_LINES) };
    case "usage":
      return { ...view, usage: [...view.usage, ...data as UsageRow[]].slice(-MOST_SAMPLES) };
    case "rounds": {
      const all = new Map([...view.rounds, ...data as RoundRow[]].map((row) => [row[0], row]));
      return { ...view, rounds: [...all.values()] };
    }
    case "blocks":
      return { ...view, blocks: [...view.blocks, ...data as BlockChange[]] };
    case "grid":
      return { ...view, grids: view.grids + 1, blocks: [] };
    case "answers":
      return { ...view, answers: data as string };
    default:
      return view;
  }
}

/** Follows the run; comes back by itself after the server was away. Returns a function that ends it and gives the connection back. */
export function followRun(tell: (news: RunNews) => void): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const again = () => {
    source?.close();
    clearTimeout(timer);
    if (isOver) return;
    tell({ kind: "connected", isConnected: false });
    timer = setTimeout(() => void begin(), RETRY);
  };
  const begin = async () => {
    try {
      const { id, ...view } = await bodyOf(await client.api.run.$get()) as RunSnapshot;
      if (isOver) return;
      tell({ kind: "view", view });
      source = new EventSource(addressOf(`/api/events?after=${id}`));
      for (const name of EVENTS) {
        source.addEventListener(name, (event: MessageEvent<string>) => {
          tell({ kind: "event", name, data: JSON.parse(event.data) });
        });
      }
      source.addEventListener("reset", () => {
        source?.close();
        void begin();
      });
      // The browser comes back with Last-Event-ID; only where it gives up does the page begin anew.
      source.onerror = () => {
        tell({ kind: "connected", isConnected: false });
        if (source?.readyState === EventSource.CLOSED) again();
      };
      source.onopen = () => tell({ kind: "connected", isConnected: true });
    } catch {
      again(); // the page says that the server is away
    }
  };
  void begin();
  return () => {
    isOver = true;
    source?.close();
    clearTimeout(timer);
  };
}
