/** Scores of the last model, and of the one before it, which are shown until the new ones have come. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { LabelModel } from "../../api.ts";
import { openVolume } from "../volume.ts";
import { type ModelScores, type ModelThresholds, shownScores, withNewScores } from "./model_scores.ts";
import { onceListed } from "./use_project.ts";
import type { Project } from "./project.ts";

/** Scores that are shown, and the thresholds of models. */
export interface Scores {
  readonly shown: ModelScores;
  readonly thresholds: ModelThresholds;
}

const NONE: ModelScores = { now: undefined, before: undefined };

/** @param isSet whether a person set the threshold, for whatever model */
export function useScores(project: Project, model: LabelModel | null, isSet: boolean): Scores {
  const [scores, setScores] = useState(NONE);
  const thresholds = useMemo(() => new Map<string, number>(), []);
  const path = model?.scores ?? "";
  if (path !== "" && model && model.threshold !== null) thresholds.set(path, model.threshold);
  useEffect(() => {
    if (path === "") {
      setScores(NONE);
      return undefined;
    }
    return onceListed(path, (info) => {
      // what has no file is not scored, and has no value
      const next = openVolume({ ...info, storesAll: true });
      setScores((known) => withNewScores(known, next, thresholds));
    });
  }, [path]);
  const { now } = scores;
  useEffect(() => project.onScores(({ chunks }) => now?.renew(chunks)), [project, now]);
  const hasThreshold = isSet || (now !== undefined && thresholds.has(now.info.path));
  const shown = useMemo(() => shownScores(scores, hasThreshold), [scores, hasThreshold]);
  return { shown, thresholds };
}
