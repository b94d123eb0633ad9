/** The run as the page knows it: a snapshot, and what the server sends since. */
import { useEffect, useState } from "preact/hooks";
import type { BlockChange, LogLine, RunSnapshot, RunSummary, UsageRow } from "../api.ts";
import type { RoundRow } from "../../stages/telemetry.ts";
import { addressOf, bodyOf, client } from "./client.ts";

/** What pages show. */
export interface RunView {
  readonly run: RunSummary;
  readonly log: readonly LogLine[];
  readonly usage: readonly UsageRow[];
  readonly rounds: readonly RoundRow[];
  /** Grows where a stage was divided anew, so that maps are asked for again. */
  readonly grids: number;
  /** Changes of blocks, newest last; maps take those that they have not seen. */
  readonly blocks: readonly BlockChange[];
}

/** The run, and whether the server can be heard. */
export interface RunStore {
  readonly view: RunView | undefined;
  readonly isConnected: boolean;
}

const RETRY = 2000;
const MOST_LINES = 500;
const MOST_SAMPLES = 1200;

/** Follows the run as long as the component lives; comes back by itself after the server was away. */
export function useRun(): RunStore {
  const [store, setStore] = useState<RunStore>({ view: undefined, isConnected: false });
  useEffect(() => followRun(setStore), []);
  return store;
}

type Update = (change: (store: RunStore) => RunStore) => void;

function followRun(update: Update): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const again = () => {
    source?.close();
    clearTimeout(timer);
    if (isOver) return;
    update((store) => ({ ...store, isConnected: false }));
    timer = setTimeout(() => void begin(), RETRY);
  };
  const begin = async () => {
    try {
      const snapshot = await bodyOf(await client.api.run.$get()) as RunSnapshot;
      if (isOver) return;
      update(({ view }) => ({
        view: { ...snapshot, grids: (view?.grids ?? 0) + 1, blocks: [] },
        isConnected: true,
      }));
      source = new EventSource(addressOf(`/api/events?after=${snapshot.id}`));
      take(source, update, begin);
      // The browser comes back with Last-Event-ID; only where it gives up does the page begin anew.
      source.onerror = () => {
        update((store) => ({ ...store, isConnected: false }));
        if (source?.readyState === EventSource.CLOSED) again();
      };
      source.onopen = () => update((store) => ({ ...store, isConnected: true }));
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

function take(source: EventSource, update: Update, begin: () => Promise<void>): void {
  const on = <T>(name: string, change: (view: RunView, data: T) => Partial<RunView>) => {
    source.addEventListener(name, (event: MessageEvent<string>) => {
      const data = JSON.parse(event.data) as T;
      update((store) =>
        store.view ? { ...store, view: { ...store.view, ...change(store.view, data) } } : store
      );
    });
  };
  on<RunSummary>("state", (_, run) => ({ run }));
  on<LogLine[]>("log", ({ log }, lines) => ({ log: [...log, ...lines].slice(-MOST_LINES) }));
  on<UsageRow[]>("usage", ({ usage }, rows) => ({ usage: [...usage, ...rows].slice(-MOST_SAMPLES) }));
  on<RoundRow[]>("rounds", ({ rounds }, rows) => {
    const all = new Map([...rounds, ...rows].map((row) => [row[0], row]));
    return { rounds: [...all.values()] };
  });
  on<BlockChange[]>("blocks", ({ blocks }, changes) => ({ blocks: [...blocks, ...changes] }));
  on<string>("grid", ({ grids }) => ({ grids: grids + 1, blocks: [] }));
  source.addEventListener("reset", () => {
    source.close();
    void begin();
  });
}
