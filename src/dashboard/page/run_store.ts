/** The run as the page knows it, by one stream of events for all tabs where the browser can share it. */
import { useEffect, useState } from "preact/hooks";
import { addressOf } from "./client.ts";
import type { TabMessage } from "./events_worker.ts";
import { followRun, NOT_YET, type RunNews, type RunStore, withNews } from "./follow_run.ts";

export type { RunStore, RunView } from "./follow_run.ts";

/** Follows the run as long as the component lives and the page is in sight. */
export function useRun(): RunStore {
  const [store, setStore] = useState<RunStore>(NOT_YET);
  useEffect(() => followInSight((news) => setStore((old) => withNews(old, news))), []);
  return store;
}

function followInSight(tell: (news: RunNews) => void): () => void {
  const stream = sharedStream(tell) ?? ownStream(tell);
  const look = () => document.hidden ? stream.rest() : stream.wake();
  look();
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", stream.rest);
  addEventListener("pageshow", look);
  return () => {
    document.removeEventListener("visibilitychange", look);
    removeEventListener("pagehide", stream.rest);
    removeEventListener("pageshow", look);
    stream.rest();
  };
}

interface Stream {
  wake(): void;
  /** Gives the connection back. */
  rest(): void;
}

function ownStream(tell: (news: RunNews) => void): Stream {
  let end: (() => void) | undefined;
  return {
    wake: () => void (end ??= followRun(tell)),
    rest() {
      end?.();
      end = undefined;
    },
  };
}

/** Undefined where the browser has no shared workers. One that cannot be started is replaced by a stream of the page's own. */
function sharedStream(tell: (news: RunNews) => void): Stream | undefined {
  if (typeof SharedWorker === "undefined") return undefined;
  const worker = new SharedWorker(addressOf("/events_worker.js"), { type: "module" });
  let instead: Stream | undefined;
  let isAwake = false;
  const say = (message: TabMessage) => worker.port.postMessage(message);
  worker.port.onmessage = ({ data }: MessageEvent<RunNews>) => tell(data);
  worker.onerror = () => {
    instead ??= ownStream(tell);
    if (isAwake) instead.wake();
  };
  return {
    wake() {
      isAwake = true;
      if (instead) instead.wake();
      else say("awake");
    },
    rest() {
      isAwake = false;
      if (instead) instead.rest();
      else say("asleep");
    },
  };
}
