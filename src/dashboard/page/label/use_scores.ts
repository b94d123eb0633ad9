/** Scores of the last model, and of the one before it, which are shown until the new ones have come. */
import { useEffect, useState } from "preact/hooks";
import type { LabelModel } from "../../api.ts";
import { openVolume, type Volume } from "../volume.ts";
import { onceListed } from "./use_project.ts";
import type { Project } from "./project.ts";

/** Scores that are shown. */
export interface ShownScores {
  readonly now: Volume | undefined;
  readonly before: Volume | undefined;
}

export function useScores(project: Project, model: LabelModel | null): ShownScores {
  const [shown, setShown] = useState<ShownScores>({ now: undefined, before: undefined });
  const path = model?.scores ?? "";
  useEffect(() => {
    if (path === "") {
      setShown({ now: undefined, before: undefined });
      return undefined;
    }
    // what has no file is not scored, and has no value
    return onceListed(
      path,
      (info) => setShown(({ now }) => ({ now: openVolume({ ...info, storesAll: true }), before: now })),
    );
  }, [path]);
  const { now } = shown;
  useEffect(() => project.onScores(({ chunks }) => now?.renew(chunks)), [project, now]);
  return shown;
}
