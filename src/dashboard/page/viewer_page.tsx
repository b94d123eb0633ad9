/** The viewer: three planes through a volume, a projection, and what lies over it. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ArrayInfo } from "../api.ts";
import { bodyOf, client } from "./client.ts";
import { PLANES, type Point, voxelAt, withCoordinate } from "./geometry.ts";
import { ViewerControls } from "./viewer_controls.tsx";
import { drawPlane, drawProjection, styleOf, type ViewerLayers } from "./viewer_draw.ts";
import { type PlaneActions, PlaneCanvas, planeLabel } from "./plane_canvas.tsx";
import { firstView, linkOf, viewOfLink, type ViewState } from "./view_state.ts";
import { openVolume, type Volume } from "./volume.ts";

const ADDRESS_DELAY = 250;
const REFRESH_INTERVAL = 5000;
const LEAST_ZOOM = 1 / 64;
const MOST_ZOOM = 64;

export function ViewerPage({ isRunning }: { readonly isRunning: boolean }) {
  const [arrays, setArrays] = useState<readonly ArrayInfo[] | undefined>(undefined);
  const [error, setError] = useState("");
  useEffect(() => {
    void (async () => {
      try {
        setArrays(await bodyOf(await client.api.arrays.$get()) as ArrayInfo[]);
        setError("");
      } catch (cause) {
        setError(cause instanceof Error ? cause.message : String(cause));
      }
    })();
  }, [isRunning]);
  if (error !== "") return <p class="notice">{error}</p>;
  if (!arrays) return <p class="quiet pad">Looking for volumes …</p>;
  if (arrays.length === 0) {
    return (
      <p class="quiet pad">
        There are no volumes in the work folder yet. They appear when the run has read its files.
      </p>
    );
  }
  return <Viewer arrays={arrays} isRunning={isRunning} />;
}

interface ViewerProps {
  readonly arrays: readonly ArrayInfo[];
  /** Whether chunks may still appear. */
  readonly isRunning: boolean;
}

function Viewer({ arrays, isRunning }: ViewerProps) {
  const [view, setView] = useState<ViewState>(() => firstView(arrays, viewOfLink(location.hash)));
  const [hovered, setHovered] = useState<Point | undefined>(undefined);
  const [, setVersion] = useState(0);
  const place = useRef<HTMLDivElement>(null);
  const raw = useVolume(arrays, view.raw, () => setVersion((n) => n + 1));
  const over = useVolume(arrays, view.over, () => setVersion((n) => n + 1));
  const info = (raw ?? over)?.info;
  const shape = info?.shape ?? [1, 1, 1];
  const anisotropy = info?.anisotropy ?? 1;
  const zoom = view.zoom > 0 ? view.zoom : fittingZoom(place.current, shape, anisotropy);
  useLink(view, setView, arrays);
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => [raw, over].forEach((volume) => volume?.refresh()), REFRESH_INTERVAL);
    return () => clearInterval(timer);
  }, [raw, over, isRunning]);
  const change = (part: Partial<ViewState>) => setView((old) => ({ ...old, ...part }));
  const highest = useMemo(() => new WeakMap<Volume, number>(), []);
  const layers: ViewerLayers = { raw, over, view, highest };

  const actions: PlaneActions = {
    step({ cut }, slices) {
      setView((old) => ({ ...old, at: clamped(withCoordinate(old.at, cut, old.at[cut] + slices), shape) }));
    },
    pan(across, acrossVoxels, down, downVoxels) {
      setView((old) => {
        const moved = withCoordinate(old.centre, across, old.centre[across] + acrossVoxels);
        return { ...old, centre: clamped(withCoordinate(moved, down, moved[down] + downVoxels), shape) };
      });
    },
    zoom(factor, fixed) {
      setView((old) => {
        const before = old.zoom > 0 ? old.zoom : zoom;
        const after = Math.max(LEAST_ZOOM, Math.min(MOST_ZOOM, before * factor));
        const kept = fixed ?? old.centre;
        const shift = (axis: 0 | 1 | 2) => kept[axis] + (old.centre[axis] - kept[axis]) * before / after;
        return { ...old, zoom: after, centre: [shift(0), shift(1), shift(2)] };
      });
    },
    pick: (point) => change({ at: clamped(point, shape) }),
    hover: setHovered,
  };
  raw?.forget();
  over?.forget();
  const shown = hovered ?? view.at;
  const common = { centre: view.centre, at: view.at, zoom, anisotropy, actions };
  return (
    <div class="viewer">
      <h1 class="sr-only">Viewer</h1>
      <div class="planes" ref={place}>
        {PLANES.map((plane) => (
          <PlaneCanvas
            key={plane.name}
            {...common}
            plane={plane}
            label={planeLabel(plane, view.at)}
            draw={(context, planeView) => drawPlane(context, planeView, layers, nanometres(info, view))}
          />
        ))}
        <PlaneCanvas
          {...common}
          plane={PROJECTED}
          label="Maximum projection along z"
          draw={(context, planeView) => drawProjection(context, planeView, layers)}
        />
      </div>
      <ViewerControls
        arrays={arrays}
        view={view}
        raw={raw}
        over={over}
        at={voxelAt(shown, shape)}
        zoom={zoom}
        pending={(raw?.pending() ?? 0) + (over?.pending() ?? 0)}
        style={over && styleOf(over, view, true, highest)}
        change={change}
        fit={() => change({ zoom: 0, centre: middleOf(shape) })}
      />
    </div>
  );
}

/** The projection is looked at along z. */
const PROJECTED = PLANES[0] ?? { name: "xy", across: 2, down: 1, cut: 0 };

function middleOf(shape: Point): Point {
  return [shape[0] / 2, shape[1] / 2, shape[2] / 2];
}

/** The voxel's middle, inside the volume. */
function clamped(point: Point, shape: Point): Point {
  const inside = (axis: 0 | 1 | 2) =>
    Math.max(0.5, Math.min(shape[axis] - 0.5, Math.floor(point[axis]) + 0.5));
  return [inside(0), inside(1), inside(2)];
}

/** Chunks that an opening view may ask for on a plane; a volume with more opens with a voxel a pixel. */
const MOST_VOXELS = 1024;

function fittingZoom(place: HTMLElement | null, shape: Point, anisotropy: number): number {
  const [width, height] = [(place?.clientWidth ?? 800) / 2 - 8, (place?.clientHeight ?? 640) / 2 - 8];
  const fits = Math.min(
    width / shape[2],
    height / shape[1],
    height / (shape[0] * anisotropy),
    width / (shape[0] * anisotropy),
  );
  const whole = Math.max(width / MOST_VOXELS, Math.min(fits, MOST_ZOOM));
  return Math.max(LEAST_ZOOM, whole);
}

/** Nanometres a voxel of x and y, 0 where unknown. */
function nanometres(info: ArrayInfo | undefined, view: ViewState): number {
  return view.voxelSize > 0 ? view.voxelSize : info?.voxelSize?.[2] ?? 0;
}

function useVolume(arrays: readonly ArrayInfo[], path: string, onChange: () => void): Volume | undefined {
  const volume = useMemo(() => {
    const info = arrays.find((array) => array.path === path);
    return info ? openVolume(info) : undefined;
  }, [arrays, path]);
  useEffect(() => volume?.onChange(onChange), [volume]);
  return volume;
}

/** Keeps the address the same as the view, and follows where somebody changes it. */
function useLink(
  view: ViewState,
  setView: (view: ViewState) => void,
  arrays: readonly ArrayInfo[],
): void {
  const written = useRef("");
  useEffect(() => {
    const timer = setTimeout(() => {
      written.current = `#/view?${linkOf(view)}`;
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
