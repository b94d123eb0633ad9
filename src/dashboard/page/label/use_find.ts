/** The search for all synapses of the stack, as the server tells of it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { FoundSoFar } from "../../found.ts";
import { messageOf } from "../client.ts";
import type { LabelApi } from "./label_api.ts";

const INTERVAL = 2000;

/** The search, and what can be done about it. */
export interface Finding {
  /** Undefined until the server has told it. */
  readonly found: FoundSoFar | undefined;
  /** What went wrong last; empty where nothing did. */
  readonly error: string;
  /** Begins, stops or goes on. */
  act(what: () => Promise<FoundSoFar>): Promise<void>;
}

/** Asks every two seconds, while the page is in sight. */
export function useFind(api: Pick<LabelApi, "find">): Finding {
  const [found, setFound] = useState<FoundSoFar | undefined>(undefined);
  const [error, setError] = useState("");
  const told = useRef("");
  const take = (news: FoundSoFar) => {
    const text = JSON.stringify(news);
    if (text !== told.current) setFound(news);
    told.current = text;
  };
  useEffect(() => {
    const ask = async () => {
      if (document.hidden) return;
      try {
        take(await api.find());
      } catch {
        // the page says where the server is away
      }
    };
    void ask();
    const timer = setInterval(() => void ask(), INTERVAL);
    return () => clearInterval(timer);
  }, []);
  return {
    found,
    error,
    async act(what) {
      try {
        setError("");
        take(await what());
      } catch (cause) {
        setError(messageOf(cause));
      }
    },
  };
}
