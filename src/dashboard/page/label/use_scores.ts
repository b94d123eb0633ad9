/** Scores of the last model, and of the one before it, which are shown until the new ones have come. */
import { useEffect, useState } from "preact/hooks";
import type { ArrayInfo, LabelModel } from "../../api.ts";
import { bodyOf, client } from "../client.ts";
import { openVolume, type Volume } from "../volume.ts";
import type { Project } from "./project.ts";

/** Scores that are shown. */
export interface ShownScores {
  readonly now: Volume | undefined;
  readonly before: Volume | undefined;
}

const RETRY = 1000;

export function useScores(project: Project, model: LabelModel | null): ShownScores {
  const [shown, setShown] = useState<ShownScores>({ now: undefined, before: undefined });
  const path = model?.scores ?? "";
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const look = async () => {
      const arrays = await bodyOf(await client.api.arrays.$get()).catch(() => []) as ArrayInfo[];
      if (isOver) return;
      const info = arrays.find((array) => array.path === path);
      // what has no file is not scored, and has no value
      if (info) setShown(({ now }) => ({ now: openVolume({ ...info, storesAll: true }), before: now }));
      else timer = setTimeout(() => void look(), RETRY); // the page says where the server is away
    };
    if (path === "") setShown({ now: undefined, before: undefined });
    else void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [path]);
  const { now } = shown;
  useEffect(() => project.onScores(({ chunks }) => now?.renew(chunks)), [project, now]);
  return shown;
}
