/** The viewer: three planes through a volume, a projection, and what lies over it. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ArrayInfo, RunSummary } from "../api.ts";
import { bodyOf, client, messageOf } from "./client.ts";
import { createContrasts } from "./contrast.ts";
import { PLANES, type Point, voxelAt } from "./geometry.ts";
import { fittingZoom, middleOf, planeActions, useViewerKeys } from "./viewer_moves.ts";
import { ViewerControls } from "./viewer_controls.tsx";
import { drawPlane, drawProjection, greyOf, overStyle, type ViewerLayers } from "./viewer_draw.ts";
import { keepView, keepVoxelSize, startingView } from "./view_memory.ts";
import { PlaneFrame } from "./plane_frame.tsx";
import { PlaneCanvas, planeLabel } from "./plane_canvas.tsx";
import {
  firstView,
  linkOf,
  type PlaneName,
  thresholdOf,
  unknownIn,
  viewOfLink,
  type ViewState,
} from "./view_state.ts";
import { openVolume, type Volume } from "./volume.ts";

const ADDRESS_DELAY = 250;
const REFRESH_INTERVAL = 5000;

export function ViewerPage({ run }: { readonly run: RunSummary }) {
  const [arrays, setArrays] = useState<readonly ArrayInfo[] | undefined>(undefined);
  const [error, setError] = useState("");
  const stepsDone = run.stages.filter(({ state }) => state === "done").length;
  useEffect(() => {
    void (async () => {
      try {
        setArrays(await bodyOf(await client.api.arrays.$get()) as ArrayInfo[]);
        setError("");
      } catch (cause) {
        setError(messageOf(cause));
      }
    })();
  }, [run.state, stepsDone]);
  if (error !== "" && !arrays) return <p class="notice">{error}</p>;
  if (!arrays) return <p class="quiet pad">Looking for volumes …</p>;
  if (arrays.length === 0) {
    return (
      <p class="quiet pad">
        There are no volumes in the work folder yet. They appear when the run has read its files.
      </p>
    );
  }
  return <Viewer arrays={arrays} run={run} />;
}

/** The projection is looked at along z. */
const PROJECTED = PLANES[0] ?? { name: "xy", across: 2, down: 1, cut: 0 };

interface ViewerProps {
  readonly arrays: readonly ArrayInfo[];
  readonly run: RunSummary;
}

function Viewer({ arrays, run }: ViewerProps) {
  const [start] = useState(() => startingView(arrays, run.workFolder));
  const [view, setView] = useState<ViewState>(() => firstView(arrays, start));
  const [hovered, setHovered] = useState<Point | undefined>(undefined);
  const [isHidden, setHidden] = useState(false);
  const [, setVersion] = useState(0);
  const redraw = () => setVersion((n) => n + 1);
  const place = useRef<HTMLDivElement>(null);
  const isRunning = run.state === "running";
  const raw = useVolume(arrays, view.raw, redraw);
  const over = useVolume(arrays, view.over, redraw);
  const info = (raw ?? over)?.info;
  const shape = info?.shape ?? [1, 1, 1];
  const anisotropy = info?.anisotropy ?? 1;
  const zoom = view.zoom > 0 ? view.zoom : fittingZoom(place.current, shape, anisotropy, view.plane !== "");
  useLink(view, setView, arrays, run.workFolder);
  useScoresThatCame(arrays, view, setView, start);
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => [raw, over].forEach((volume) => volume?.refresh()), REFRESH_INTERVAL);
    return () => clearInterval(timer);
  }, [raw, over, isRunning]);
  const change = (part: Partial<ViewState>) => {
    if (part.voxelSize !== undefined) keepVoxelSize(run.workFolder, part.voxelSize);
    setView((old) => ({ ...old, ...part }));
  };
  const highest = useMemo(() => new WeakMap<Volume, number>(), []);
  const contrasts = useMemo(createContrasts, []);
  const mayCome = run.state !== "done" && run.command !== "";
  const layers: ViewerLayers = {
    raw,
    over: isHidden ? undefined : over,
    view,
    highest,
    contrasts,
    mayCome,
    onRange: () => setTimeout(redraw),
  };
  const actions = planeActions({ setView, setHovered, shape, zoom });
  const autoContrast = () => {
    if (raw) contrasts.forget(raw);
    raw?.slices.clear();
    change({ greyLow: 0, greyHigh: 0 });
  };
  useViewerKeys({
    h: () => setHidden((hidden) => !hidden),
    c: autoContrast,
    e: () => change({ plane: view.plane === "" ? "xy" : "" }),
    step: (slices) => PLANES[0] && actions.step(PLANES[0], slices),
  });
  raw?.forget();
  over?.forget();
  const shown = hovered ?? view.at;
  const common = { centre: view.centre, at: view.at, zoom, anisotropy, actions };
  const isShown = (name: PlaneName) => view.plane === "" || view.plane === name;
  const frame = (name: PlaneName) => ({
    isLarge: view.plane === name,
    enlarge: () => change({ plane: view.plane === name ? "" : name, zoom: 0, centre: view.at }),
  });
  return (
    <div class="viewer">
      <h1 class="sr-only">Viewer</h1>
      <div class={view.plane === "" ? "planes" : "planes one"} ref={place}>
        {PLANES.filter(({ name }) => isShown(name)).map((plane) => (
          <PlaneFrame
            key={plane.name}
            name={`plane ${plane.name}`}
            {...frame(plane.name)}
            slices={{
              plane,
              at: Math.floor(view.at[plane.cut]),
              count: shape[plane.cut],
              step: (slices) => actions.step(plane, slices),
            }}
          >
            <PlaneCanvas
              {...common}
              plane={plane}
              label={planeLabel(plane, view.at)}
              draw={(context, planeView) => drawPlane(context, planeView, layers, nanometres(info, view))}
            />
          </PlaneFrame>
        ))}
        {isShown("projection") && (
          <PlaneFrame key="projection" name="projection" {...frame("projection")}>
            <PlaneCanvas
              {...common}
              plane={PROJECTED}
              label="Maximum projection along z"
              draw={(context, planeView) => drawProjection(context, planeView, layers)}
            />
          </PlaneFrame>
        )}
      </div>
      <ViewerControls
        arrays={arrays}
        view={view}
        raw={raw}
        over={over}
        at={voxelAt(shown, shape)}
        zoom={zoom}
        grey={raw && greyOf(raw, view, contrasts)}
        style={over && overStyle(over, view, highest)}
        isHidden={isHidden}
        hide={() => setHidden(!isHidden)}
        mayCome={mayCome}
        unknown={unknownIn(arrays, start)}
        command={run.command}
        change={change}
        autoContrast={autoContrast}
        fit={() => change({ zoom: 0, centre: middleOf(shape) })}
      />
    </div>
  );
}

/** Lays scores over the volume as soon as there are some, where the user has chosen nothing else. */
function useScoresThatCame(
  arrays: readonly ArrayInfo[],
  view: ViewState,
  setView: (change: (old: ViewState) => ViewState) => void,
  start: Partial<ViewState>,
): void {
  const offered = useRef({ over: view.over, threshold: thresholdOf(arrayAt(arrays, view.over)) });
  useEffect(() => {
    if (start.over !== undefined) return;
    const first = firstView(arrays, { raw: view.raw });
    const before = offered.current;
    offered.current = first;
    setView((old) =>
      old.over === before.over && (first.over !== before.over || old.threshold === before.threshold)
        ? { ...old, over: first.over, threshold: first.threshold, low: first.low }
        : old
    );
  }, [arrays]);
}

function arrayAt(arrays: readonly ArrayInfo[], path: string): ArrayInfo | undefined {
  return arrays.find((array) => array.path === path);
}

/** Nanometres a voxel of x and y, 0 where unknown. */
function nanometres(info: ArrayInfo | undefined, view: ViewState): number {
  return view.voxelSize > 0 ? view.voxelSize : info?.voxelSize?.[2] ?? 0;
}

function useVolume(arrays: readonly ArrayInfo[], path: string, onChange: () => void): Volume | undefined {
  const info = arrayAt(arrays, path);
  // The list is asked for again and again; a volume keeps its chunks as long as what is said of it stays the same.
  const volume = useMemo(() => info && openVolume(info), [JSON.stringify(info)]);
  useEffect(() => volume?.onChange(onChange), [volume]);
  return volume;
}

/** Keeps the address the same as the view, and follows where somebody changes it. */
function useLink(
  view: ViewState,
  setView: (view: ViewState) => void,
  arrays: readonly ArrayInfo[],
  workFolder: string,
): void {
  const written = useRef("");
  useEffect(() => {
    const timer = setTimeout(() => {
      if (!location.hash.startsWith("#/view")) return; // another part of the page was opened meanwhile
      written.current = `#/view?${linkOf(view, thresholdOf(arrayAt(arrays, view.over)))}`;
      keepView(arrays, workFolder, written.current);
      history.replaceState(null, "", written.current);
    }, ADDRESS_DELAY);
    return () => clearTimeout(timer);
  }, [view]);
  useEffect(() => {
    const listen = () => {
      const isOwn = location.hash === written.current || !location.hash.startsWith("#/view?");
      if (!isOwn) setView(firstView(arrays, viewOfLink(location.hash)));
    };
    addEventListener("hashchange", listen);
    return () => removeEventListener("hashchange", listen);
  }, [arrays]);
}
