/** What the labelling page knows and does: where it looks, the tool, the synapse that is painted. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Found, LabelModel, LabelObject, Verdict } from "../../api.ts";
import { middleOfVoxel, type Point } from "../geometry.ts";
import { steppedRadius } from "./brush.ts";
import { createHand, type HandContext } from "./hand.ts";
import type { Scene } from "./label_draw.ts";
import type { LabelKeys } from "./label_keys.ts";
import { keptContrasts, lookOf, numberOf, toolOf, useKept } from "./label_memory.ts";
import {
  firstLabelView,
  jumpedTo,
  keptInSight,
  type LabelView,
  type Look,
  nextPlane,
  viewOf,
  wentTo,
} from "./label_view.ts";
import { FIRST_TOOL, type Tool } from "./painting.ts";
import { createPlanes } from "./planes.ts";
import type { Project } from "./project.ts";
import { useCanPaint, useChanges, useChosen, useVolume } from "./use_project.ts";
import { useCandidates } from "./use_candidates.ts";
import { useLook } from "./use_look.ts";
import { useScores } from "./use_scores.ts";
import { gapAt, paintedSlices } from "./slice_gap.ts";
import { useSide } from "./use_side.ts";
import { goToStack, stackAfter } from "./stack_links.ts";
import type { LabelApi } from "./label_api.ts";
import { thresholdText } from "./label_text.ts";
import { useAsked } from "./use_asked.ts";

const FIRST_LOOK: Look = { opacity: 0.45, isOutline: false, isHidden: false };
/** What is said where nothing can be filled between slices. */
const NO_GAP = "Paint the synapse in two slices first, with unpainted slices between them, and stay there.";

export type Labelling = ReturnType<typeof useLabelling>;

/** @param views where each stack was looked at last, by its id */
export function useLabelling(project: Project, views: Map<string, LabelView>) {
  useChanges(project);
  const state = project.state();
  const { id, begun, shape, model, objects } = state;
  /** What is kept for all stacks, is so under the name of the first one. */
  const projectBegun = state.stacks[0]?.begun ?? begun;
  const anisotropy = state.anisotropy ?? 1;
  const raw = useVolume(state.raw);
  const [view, setView] = useKept<LabelView>(
    `label view ${begun}`,
    views.get(id) ?? firstLabelView(shape),
    (value) => viewOf(value, shape),
  );
  views.set(id, view);
  const [tool, setTool] = useKept<Tool>("label tool", FIRST_TOOL, toolOf);
  const [look, setLook] = useKept<Look>("label look", FIRST_LOOK, lookOf);
  const [lifted, setThreshold] = useKept<number | undefined>(
    `label threshold ${projectBegun}`,
    undefined,
    numberOf,
  );
  const { shown, thresholds } = useScores(project, model, lifted !== undefined);
  const canPaint = useCanPaint();
  const { chosen, choose, next } = useChosen(project, canPaint);
  const side = useSide(project, anisotropy);
  const contrasts = useMemo(() => keptContrasts(`label contrast ${begun}`), [begun]);
  const planes = useMemo(() => createPlanes(project.chunks), [project]);
  useEffect(() => planes.follow(raw, shown), [planes, raw, shown]);
  planes.setLarge(view.large.name);
  useLook(
    project.api,
    () => planes.seen(view.large.name),
    view.at,
    shape,
    model !== null && project.isConnected(),
  );
  /** Where no threshold is known, all that is nearer to a synapse than to none. */
  const thresholdOf = (path: string) => lifted ?? thresholds.get(path) ?? 0;
  const shownPath = shown.now?.info.path ?? model?.scores;
  const threshold = shownPath ? thresholdOf(shownPath) : lifted;
  /** Of the last model, in whose scores the server looks. */
  const newest = lifted ?? model?.threshold ?? undefined;

  raw?.forget();
  shown.now?.forget();
  project.chunks.forget();
  /** Puts a voxel in the middle. */
  const jumpTo = (voxel: Point) =>
    setView((old) => jumpedTo(old, middleOfVoxel(voxel), shape, planes.seen(old.large.name)));
  const looking = useCandidates(project, newest, lifted, ({ at }) => jumpTo(at), (object) => {
    side.ask(object);
    if (object.centre) jumpTo(object.centre);
  });
  useEffect(() => {
    if (!side.isAsking && looking.isOn && looking.found) looking.resume();
  }, [side.isAsking]);
  const foundSoFar = useFound(project.api, newest, looking.minSize, model);

  const goTo = (point: Point, isFollowed: boolean) =>
    setView((old) => {
      const seen = planes.seen(old.large.name);
      const gone = wentTo(old, point, shape);
      return seen && isFollowed ? keptInSight(gone, seen) : gone;
    });
  const hand = useHand({
    project,
    tool,
    chosen,
    canPaint,
    view,
    anisotropy,
    goTo,
    grab: side.grab,
    needObject: next,
    show: () => look.isHidden && setLook((old) => ({ ...old, isHidden: false })),
    redraw: planes.redraw,
  });
  return {
    project,
    state,
    view,
    setView,
    tool,
    look,
    chosen: objects.find(({ id }) => id === chosen),
    canPaint,
    canUndo: state.canUndo || project.saving().waiting > 0,
    canRedo: project.canRedo(),
    side,
    planes,
    hand,
    looking,
    foundSoFar,
    raw,
    contrasts,
    anisotropy,
    threshold,
    thresholdNote: lifted === undefined && model ? thresholdText(model, shownPath !== model.scores) : "",
    setThreshold,
    choose,
    change: (part: Partial<Tool>) => setTool((old) => ({ ...old, ...part })),
    show: (part: Partial<Look>) => setLook((old) => ({ ...old, ...part })),
    /** Puts a synapse in the middle. */
    jump: ({ centre }: LabelObject) => centre && jumpTo(centre),
    /** Goes on with the next synapse, and asks about the one that is finished. */
    next() {
      const current = objects.find(({ id }) => id === chosen);
      const isPainted = current !== undefined && current.voxels > 0;
      if (isPainted && current.polarity === null) {
        side.ask(current);
        if (current.centre) goTo(middleOfVoxel(current.centre), true);
      }
      if (isPainted || !current) next();
      setTool((old) => ({ ...old, paints: "synapse" }));
    },
    /** Fills the slices between the two painted ones nearest to this slice. */
    interpolate() {
      const current = objects.find(({ id }) => id === chosen);
      const gap = current && gapAt(paintedSlices(project.chunks, current), Math.floor(view.at[0]));
      if (current && gap) project.interpolate(current.id, ...gap);
      else project.say(NO_GAP);
    },
    /** Another plane becomes the large one. */
    turn: () => setView((old) => ({ ...old, large: nextPlane(old.large), centre: old.at, zoom: 0 })),
    newContrast() {
      if (raw) contrasts.forget(raw);
      planes.redraw();
    },
    sceneOf: (): Scene => ({
      raw,
      contrasts,
      onContrast: planes.redraw,
      thresholdOf,
      areOld: model?.state === "training" || shownPath !== model?.scores,
      look: { opacity: look.opacity, isOutline: look.isOutline, chosen },
      isHidden: look.isHidden,
      at: view.at,
      large: view.large,
      tool,
      canPaint,
      brush: hand.brush(),
      painting: hand.painting(),
      nanometres: state.voxelSize?.[2] ?? 0,
      axis: side.axis,
      asked: looking.isOn && !looking.isSaving && !side.isAsking ? looking.current?.runs : undefined,
    }),
  };
}

/** The hand, which always knows how things stand. */
function useHand(context: HandContext) {
  const latest = useRef(context);
  latest.current = context;
  const hand = useMemo(() => createHand(() => latest.current), []);
  useEffect(hand.follow, [hand]);
  return hand;
}

/** What keys do. @param open opens a dialog */
export function keysOf(labelling: Labelling, open: (dialog: "help" | "find") => void): LabelKeys {
  const { project, state, tool, look, side, canPaint, chosen, change, show } = labelling;
  const undo = () => labelling.canUndo && project.undo();
  const redo = () => labelling.canRedo && project.redo();
  const painting: LabelKeys = {
    s: () => change({ paints: "synapse" }),
    x: () => change({ paints: "not" }),
    e: () => change({ paints: "erase" }),
    f: () => change({ by: tool.by === "outline" ? "brush" : "outline" }),
    g: () => change({ by: tool.by === "supervoxel" ? "brush" : "supervoxel" }),
    i: labelling.interpolate,
    "[": () => change({ radius: steppedRadius(tool.radius, -1) }),
    "]": () => change({ radius: steppedRadius(tool.radius, 1) }),
    n: labelling.next,
    u: undo,
    r: redo,
    "ctrl z": undo,
    "ctrl y": redo,
    "ctrl shift z": redo,
  };
  const answering: LabelKeys = {
    a: () => side.answer(1),
    b: () => side.answer(-1),
    t: () => side.answer("cannot tell"),
    Escape: () => side.ask(undefined),
  };
  const { looking } = labelling;
  /** While a side is asked about, no candidate is. */
  const judge = (verdict: Verdict) => side.isAsking ? undefined : looking.judge(verdict);
  const judging: LabelKeys = {
    y: () => judge("yes"),
    n: () => judge("no"),
    t: () => judge("skip"),
    Escape: looking.toggle,
  };
  return {
    ...(canPaint ? { ...painting, k: looking.toggle, l: () => open("find") } : {}),
    ...(canPaint && looking.isOn ? judging : {}),
    ...(canPaint && side.object ? answering : {}),
    h: () => show({ isHidden: !look.isHidden }),
    o: () => show({ isOutline: !look.isOutline }),
    p: labelling.turn,
    c: labelling.newContrast,
    j: () => chosen && labelling.jump(chosen),
    ...(state.stacks.length > 1 ? { v: () => goToStack(stackAfter(state)) } : {}),
    "?": () => open("help"),
  };
}

const PAUSE = 250;

interface FoundSoFar {
  /** Undefined before anything is counted. */
  readonly found: Found | undefined;
  /** Why nothing can be counted; empty where nothing is wrong. */
  readonly error: string;
}

/** @param threshold undefined where none is known */
function useFound(
  api: Pick<LabelApi, "found">,
  threshold: number | undefined,
  minSize: number,
  model: LabelModel | null,
): FoundSoFar {
  const [found, setFound] = useState<Found | undefined>(undefined);
  const isReady = model?.state === "ready";
  const error = useAsked(
    threshold !== undefined && isReady ? () => api.found(threshold, minSize) : undefined,
    setFound,
    PAUSE,
    [threshold, minSize, model?.version, isReady, model?.labelsScored],
  );
  return { found, error };
}
