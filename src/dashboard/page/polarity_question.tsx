/** One synapse on three planes, with the axis across it, and the question. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Xyz } from "../../config/settings_types.ts";
import type { ArrayInfo, PolarityComponent, PolarityState } from "../api.ts";
import { axisAcross, type Direction, polarityOf, sideOf } from "./axis.ts";
import { bodyOf, client } from "./client.ts";
import { AXES, PLANES, type PlaneView, type Point, scaleOf, toPixel, withCoordinate } from "./geometry.ts";
import { paintSlice } from "./paint.ts";
import { drawCaption, type PlaneActions, PlaneCanvas, planeLabel } from "./plane_canvas.tsx";
import { keptSlice } from "./slice.ts";
import { openVolume, type Volume } from "./volume.ts";

interface QuestionProps {
  readonly state: PolarityState;
  readonly component: PolarityComponent;
  readonly give: (polarity: Xyz) => Promise<void>;
  /** Takes this answer back. */
  readonly again: () => Promise<void>;
  /** Takes the last answer back; absent where there is none. */
  readonly undo: (() => Promise<void>) | undefined;
  readonly move: (step: number) => void;
}

/** Voxels around a synapse that a plane shows besides its box. */
const MARGIN = 24;
const SHOWN_LEAST = 48;
/** Part of the axis that must lie in a plane for a click on it to say a side. */
const LEAST_PART = 0.3;
const COLOURS = { 1: "#5cb8ff", "-1": "#ffab40" } as const;

export function PolarityQuestion({ state, component, give, again, undo, move }: QuestionProps) {
  const volumes = useVolumes(state);
  const [, setVersion] = useState(0);
  useEffect(() => {
    const ends = volumes.map((volume) => volume.onChange(() => setVersion((n) => n + 1)));
    return () => ends.forEach((end) => end());
  }, [volumes]);
  const [x, y, z] = component.pos;
  const position: Point = [z + 0.5, y + 0.5, x + 0.5];
  const [at, setAt] = useState<Point>(position);
  const [centre, setCentre] = useState<Point>(position);
  const [factor, setFactor] = useState(1);
  const mask = volumes.find(({ info }) => info.path === state.componentsPath);
  const raw = volumes.find(({ info }) => info.path === state.rawPath);
  const axis = axisOf(mask, component, state.anisotropy);
  const side = (sign: 1 | -1) => axis && void give(polarityOf(axis, sign));
  const known = component.configured ?? component.answer;
  const chosen = axis && known ? sideOf(axis, known) : undefined;
  useKeys({
    a: () => side(1),
    b: () => side(-1),
    n: () => move(1),
    p: () => move(-1),
    u: () => undo && void undo(),
  });

  const extent = Math.max(SHOWN_LEAST, ...component.box.shape) + 2 * MARGIN;
  const shape = mask?.info.shape ?? [1, 1, 1];
  const actions: PlaneActions = {
    step: ({ cut }, slices) =>
      setAt((old) => withCoordinate(old, cut, Math.max(0.5, Math.min(shape[cut] - 0.5, old[cut] + slices)))),
    pan: (across, du, down, dv) =>
      setCentre((old) => {
        const moved = withCoordinate(old, across, old[across] + du);
        return withCoordinate(moved, down, moved[down] + dv);
      }),
    zoom: (by) => setFactor((old) => Math.max(0.2, Math.min(8, old * by))),
    pick(point, { across, down }) {
      if (!axis || component.configured) return;
      const inPlane = Math.hypot(axis[across], axis[down]);
      if (inPlane < LEAST_PART) return;
      const along = ([across, down] as const).reduce<number>((sum, k) => {
        const scale = k === 0 ? state.anisotropy : 1;
        return sum + (point[k] - position[k]) * scale * axis[k];
      }, 0);
      side(along >= 0 ? 1 : -1);
    },
  };
  return (
    <section class="question">
      <h2>On which side of synapse {component.id} are the vesicles?</h2>
      <p class="quiet">
        Click the side in a picture, or press A or B. The wheel steps slices; the line runs across the cleft.
      </p>
      <div class="planes three">
        {PLANES.map((plane) => (
          <PlaneCanvas
            key={plane.name}
            plane={plane}
            centre={centre}
            at={at}
            zoom={factor * 340 / extent}
            anisotropy={state.anisotropy}
            label={`Synapse ${component.id}. ${planeLabel(plane, at)}`}
            actions={actions}
            draw={(context, view) =>
              drawSynapse(context, view, { raw, mask, component, axis, at, position, chosen })}
          />
        ))}
      </div>
      <div class="row answers">
        {component.configured
          ? <p>The configuration says it: [{component.configured.join(", ")}]. Change it there.</p>
          : (
            <>
              <button
                type="button"
                class="side a"
                aria-pressed={chosen === 1}
                disabled={!axis}
                onClick={() => side(1)}
              >
                Side A <kbd>A</kbd>
              </button>
              <button
                type="button"
                class="side b"
                aria-pressed={chosen === -1}
                disabled={!axis}
                onClick={() => side(-1)}
              >
                Side B <kbd>B</kbd>
              </button>
              {component.answer && (
                <button type="button" onClick={() => void again()}>Clear this answer</button>
              )}
            </>
          )}
        <span class="grow" />
        <button type="button" disabled={!undo} onClick={() => undo && void undo()}>
          Undo <kbd>U</kbd>
        </button>
        <button type="button" onClick={() => move(-1)}>
          Previous <kbd>P</kbd>
        </button>
        <button type="button" onClick={() => move(1)}>
          Next <kbd>N</kbd>
        </button>
      </div>
    </section>
  );
}

/** The volumes of the question, opened once. */
function useVolumes({ rawPath, componentsPath }: PolarityState): readonly Volume[] {
  const [arrays, setArrays] = useState<readonly ArrayInfo[]>([]);
  useEffect(() => {
    void (async () => {
      try {
        setArrays(await bodyOf(await client.api.arrays.$get()) as ArrayInfo[]);
      } catch {
        setArrays([]); // the page says that the server is away
      }
    })();
  }, [rawPath, componentsPath]);
  return useMemo(
    () => arrays.filter(({ path }) => path === rawPath || path === componentsPath).map(openVolume),
    [arrays, rawPath, componentsPath],
  );
}

function useKeys(keys: Readonly<Record<string, () => void>>): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      keys[event.key.toLowerCase()]?.();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });
}

/** Voxels that are looked at to estimate an axis; a larger synapse is thinned. */
const MOST_VOXELS = 20_000;

/** The axis across a synapse; undefined until its chunks have come. */
function axisOf(
  mask: Volume | undefined,
  { id, box }: PolarityComponent,
  anisotropy: number,
): Direction | undefined {
  const chunk = mask?.info.levels[0]?.chunk;
  if (!mask || !chunk) return undefined;
  const all = box.shape[0] * box.shape[1] * box.shape[2];
  const every = Math.max(1, Math.ceil(Math.cbrt(all / (8 * MOST_VOXELS))));
  const voxels: Point[] = [];
  let isComplete = true;
  for (let z = box.start[0]; z < box.start[0] + box.shape[0]; z += every) {
    for (let y = box.start[1]; y < box.start[1] + box.shape[1]; y += every) {
      for (let x = box.start[2]; x < box.start[2] + box.shape[2]; x += every) {
        const at = [Math.floor(z / chunk[0]), Math.floor(y / chunk[1]), Math.floor(x / chunk[2])] as const;
        const values = mask.chunk(0, 0, at);
        if (values === undefined) isComplete = false;
        if (values === undefined || values === "empty") continue;
        const index = ((z - at[0] * chunk[0]) * chunk[1] + y - at[1] * chunk[1]) * chunk[2] + x -
          at[2] * chunk[2];
        if (values[index] === id) voxels.push([z, y, x]);
      }
    }
  }
  return isComplete && voxels.length > 0 ? axisAcross(voxels, anisotropy) : undefined;
}

interface Drawn {
  readonly raw: Volume | undefined;
  readonly mask: Volume | undefined;
  readonly component: PolarityComponent;
  readonly axis: Direction | undefined;
  readonly at: Point;
  readonly position: Point;
  readonly chosen: 1 | -1 | undefined;
}

function drawSynapse(context: CanvasRenderingContext2D, view: PlaneView, drawn: Drawn): void {
  const { raw, mask, component, axis, at, position, chosen } = drawn;
  const slice = Math.floor(at[view.plane.cut]);
  const depth = { from: slice, to: slice + 1, take: "one" } as const;
  if (raw) paintSlice(context, view, keptSlice(raw, 0, view, depth), { kind: "grey", low: 0, high: 255 });
  if (mask) {
    const style = { kind: "label", opacity: 0.35, only: component.id } as const;
    paintSlice(context, view, keptSlice(mask, 0, view, depth), style);
  }
  if (axis) drawAxis(context, view, axis, position, component, chosen);
  drawCaption(context, `${AXES[view.plane.cut]} = ${slice}`);
}

function drawAxis(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  axis: Direction,
  position: Point,
  { box }: PolarityComponent,
  chosen: 1 | -1 | undefined,
): void {
  const { across, down } = view.plane;
  const [x, y] = toPixel(view, position);
  const length = (Math.max(...box.shape) / 2 + 14) * scaleOf(view, 2);
  // Pixels are as long as x and y on every axis of a plane, since z is stretched by the anisotropy.
  const [du, dv] = [axis[across] * length, axis[down] * length];
  const isFlat = Math.hypot(axis[across], axis[down]) >= LEAST_PART;
  for (const sign of [1, -1] as const) {
    const [endX, endY] = [x + sign * du, y + sign * dv];
    context.strokeStyle = COLOURS[sign];
    context.fillStyle = COLOURS[sign];
    context.lineWidth = chosen === sign ? 4 : 2;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(endX, endY);
    context.stroke();
    if (!isFlat) continue;
    context.beginPath();
    context.arc(endX, endY, 12, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = "#10202c";
    context.font = "700 14px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(sign === 1 ? "A" : "B", endX, endY + 1);
    context.textAlign = "start";
    context.textBaseline = "alphabetic";
  }
  if (!isFlat) {
    context.fillStyle = "rgba(16, 20, 24, 0.75)";
    context.fillRect(6, view.height - 28, 152, 22);
    context.fillStyle = "#f2f5f7";
    context.font = "13px system-ui, sans-serif";
    context.fillText("the axis points at you", 12, view.height - 13);
  }
}
