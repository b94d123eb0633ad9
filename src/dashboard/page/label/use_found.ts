/** How much is found in what is scored so far, counted anew whenever that, the threshold or the least size is another. */
import { useState } from "preact/hooks";
import type { Found, LabelModel } from "../../api.ts";
import { labelApi } from "./label_api.ts";
import { useAsked } from "./use_asked.ts";

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
  const isReady = model?.state === "ready";
  const error = useAsked(
    threshold !== undefined && isReady ? () => labelApi.found(threshold, minSize) : undefined,
    setFound,
    PAUSE,
    [threshold, minSize, model?.version, isReady],
  );
  return { found, error };
}
