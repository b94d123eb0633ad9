/**
 * One stream of events for all tabs of a browser, which opens no more than six connections to a server: without it the seventh tab
 * would wait for ever. Follows the run while a tab is in sight.
 */
import { followRun, NOT_YET, type RunNews, type RunStore, withNews } from "./follow_run.ts";

/** What a tab says: it is in sight, or it is hidden or closed. */
export type TabMessage = "awake" | "asleep";

const awake = new Set<MessagePort>();
let store: RunStore = NOT_YET;
let end: (() => void) | undefined;

function take(news: RunNews): void {
  const next = withNews(store, news);
  // Maps are kept up to date by the tabs that show them.
  store = next.view ? { ...next, view: { ...next.view, blocks: [] } } : next;
  for (const port of awake) port.postMessage(news);
}

function wake(port: MessagePort): void {
  awake.add(port);
  if (end === undefined) {
    store = NOT_YET;
    end = followRun(take);
  } else if (store.view) {
    port.postMessage({ kind: "view", view: store.view } satisfies RunNews);
    port.postMessage({ kind: "connected", isConnected: store.isConnected } satisfies RunNews);
  }
}

function rest(port: MessagePort): void {
  awake.delete(port);
  if (awake.size > 0) return;
  end?.();
  end = undefined;
}

const scope = globalThis as unknown as { onconnect: ((event: MessageEvent) => void) | null };

scope.onconnect = ({ ports: [port] }) => {
  if (!port) return;
  port.onmessage = ({ data }: MessageEvent<TabMessage>) => data === "awake" ? wake(port) : rest(port);
};
