/** How much is found in what is scored so far, counted anew whenever that, the threshold or the least size is another. */
import { useEffect, useState } from "preact/hooks";
import type { Found, LabelModel } from "../../api.ts";
import { messageOf } from "../client.ts";
import { labelApi } from "./label_api.ts";

const PAUSE = 250;

export interface FoundSoFar {
  /** Undefined before anything is counted. */
  readonly found: Found | undefined;
  /** Why nothing can be counted; empty where nothing is wrong. */
  readonly error: string;
}

/** @param threshold undefined where nothing is scored */
export function useFound(
  threshold: number | undefined,
  minSize: number,
  model: LabelModel | null,
): FoundSoFar {
  const [found, setFound] = useState<Found | undefined>(undefined);
  const [error, setError] = useState("");
  const isReady = model?.state === "ready";
  useEffect(() => {
    if (threshold === undefined || !isReady) return undefined;
    let isOver = false;
    const timer = setTimeout(async () => {
      try {
        const answer = await labelApi.found(threshold, minSize);
        if (isOver) return;
        setFound(answer);
        setError("");
      } catch (cause) {
        if (!isOver) setError(messageOf(cause));
      }
    }, PAUSE);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [threshold, minSize, model?.version, isReady]);
  return { found, error };
}
