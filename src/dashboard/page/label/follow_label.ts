/** Follows a stack of a labelling project: its state, then what the server tells, for as long as the page is in sight. */
import type { LabelChange, LabelEvents, LabelState } from "../../api.ts";
import { addressOf } from "../client.ts";
import { labelApiOf, stackPath } from "./label_api.ts";

/** What becomes known. */
export interface LabelNews {
  /** The state as a whole; `isNew` where changes may have been missed. */
  readonly onState: (state: LabelState, isNew: boolean) => void;
  /** Somebody, perhaps this page, changed labels. */
  readonly onChange: (change: LabelChange) => void;
  readonly onScores: (scores: LabelEvents["scores"]) => void;
  readonly onConnected: (isConnected: boolean) => void;
}

const RETRY = 1500;

/** @param stack its id. Returns a function that ends it. */
export function followLabel(
  stack: string,
  { onState, onChange, onScores, onConnected }: LabelNews,
): () => void {
  const labelApi = labelApiOf(stack);
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  let isBeginning = false;
  let seq = -1;

  const listen = () => {
    source = new EventSource(addressOf(`${stackPath(stack)}/events?after=${seq}`));
    const on = <T>(name: string, take: (data: T) => void) =>
      source?.addEventListener(name, (event: MessageEvent<string>) => take(JSON.parse(event.data) as T));
    on<LabelChange>("stroke", (change) => {
      seq = Math.max(seq, change.seq);
      onChange(change);
    });
    on<LabelState>("state", (state) => onState(state, false));
    on<LabelEvents["scores"]>("scores", onScores);
    on("reload", again);
    source.onopen = () => onConnected(true);
    source.onerror = () => {
      onConnected(false);
      again();
    };
  };
  const begin = async () => {
    if (isBeginning) return;
    isBeginning = true;
    try {
      const state = await labelApi.state();
      if (isOver || document.hidden) return;
      const isNew = state.seq !== seq;
      seq = state.seq;
      onState(state, isNew);
      onConnected(true);
      listen();
    } catch {
      onConnected(false); // the page says that the server is away
      again();
    } finally {
      isBeginning = false;
    }
  };
  const again = () => {
    source?.close();
    source = undefined;
    clearTimeout(timer);
    if (!isOver) timer = setTimeout(() => void begin(), RETRY);
  };
  /** A hidden tab gives its connection back: a browser opens only six to a server. */
  const look = () => {
    if (document.hidden) {
      source?.close();
      source = undefined;
      clearTimeout(timer);
    } else if (!source) {
      clearTimeout(timer);
      void begin();
    }
  };
  look();
  document.addEventListener("visibilitychange", look);
  return () => {
    isOver = true;
    source?.close();
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  };
}
