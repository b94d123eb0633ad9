/** The viewer's controls. */
import type { ComponentChildren } from "preact";
import type { ArrayInfo } from "../api.ts";
import { COLOUR_MAPS, type ColourMapName } from "./colours.ts";
import type { Point } from "./geometry.ts";
import type { LayerStyle } from "./paint.ts";
import { valueAt } from "./viewer_draw.ts";
import { overlaysOf, thresholdOf, titleOf, type ViewState } from "./view_state.ts";
import type { Volume } from "./volume.ts";

interface ControlProps {
  readonly arrays: readonly ArrayInfo[];
  readonly view: ViewState;
  readonly raw: Volume | undefined;
  readonly over: Volume | undefined;
  /** Voxel under the pointer, else under the cross-hair. */
  readonly at: Point;
  readonly zoom: number;
  readonly pending: number;
  /** How what lies over the volume is painted. */
  readonly style: LayerStyle | undefined;
  readonly change: (part: Partial<ViewState>) => void;
  readonly fit: () => void;
}

export function ViewerControls(
  { arrays, view, raw, over, at, zoom, pending, style, change, fit }: ControlProps,
) {
  const raws = arrays.filter(({ role }) => role === "raw" || role === "other");
  const overlays = overlaysOf(arrays, raw?.info);
  const [z, y, x] = at;
  return (
    <aside class="controls card" aria-label="What is shown and how">
      <output class="readout" data-testid="readout">
        <span>x {x} · y {y} · z {z}</span>
        {raw && (
          <span>
            intensity <b data-testid="raw-value">{text(valueAt(raw, 0, at))}</b>
          </span>
        )}
        {over && (
          <span>
            {titleOf(over.info)}{" "}
            <b data-testid="over-value">
              {text(valueAt(over, Math.min(view.component, over.info.components - 1), at))}
            </b>
          </span>
        )}
        <span class="quiet" data-testid="pending">
          {pending > 0 ? `${pending} on the way` : `zoom ${zoom.toPrecision(2)}`}
        </span>
      </output>
      <Choice label="Volume" value={view.raw} set={(path) => change(fresh(arrays, path))}>
        {raws.map(arrayOption)}
        <option value="">none</option>
      </Choice>
      <Range label="Black at" value={view.greyLow} max={254} set={(greyLow) => change({ greyLow })} />
      <Range
        label="White at"
        value={view.greyHigh}
        min={1}
        max={255}
        set={(greyHigh) => change({ greyHigh })}
      />
      <Choice label="Over it" value={view.over} set={(path) => change(laidOver(arrays, path))}>
        <option value="">nothing</option>
        {overlays.map(arrayOption)}
      </Choice>
      {over && over.info.components > 1 && (
        <Range
          label="Component"
          value={view.component}
          max={over.info.components - 1}
          set={(component) => change({ component })}
        />
      )}
      {over && (
        <Range
          label="Opacity"
          value={view.opacity}
          max={1}
          step={0.05}
          set={(opacity) => change({ opacity })}
        />
      )}
      {style?.kind === "score" && (
        <>
          <Choice label="Colours" value={view.map} set={(map) => change({ map: map as ColourMapName })}>
            {COLOUR_MAPS.map((name) => <option key={name}>{name}</option>)}
          </Choice>
          <Numeric label="Shown from" value={view.threshold} set={(threshold) => change({ threshold })} />
          <Numeric label="Colours from" value={view.low} set={(low) => change({ low })} />
          <Numeric
            label="Colours to"
            value={Number(style.high.toPrecision(4))}
            set={(high) => change({ high })}
          />
        </>
      )}
      <Numeric
        label="Voxel in x, nm"
        value={view.voxelSize > 0 ? view.voxelSize : raw?.info.voxelSize?.[2] ?? 0}
        set={(voxelSize) => change({ voxelSize: Math.max(0, voxelSize) })}
      />
      <div class="row">
        <button type="button" onClick={fit}>Show all</button>
        <button type="button" onClick={() => change({ centre: view.at })}>To the cross-hair</button>
      </div>
      <details>
        <summary>Keys and pointer</summary>
        <p class="quiet">
          Wheel, Page up and down: slices (with Shift, ten). Ctrl and wheel, pinch, + and −: zoom. Drag or
          arrows: move. Click: cross-hair. The address of this page shows the same view again.
        </p>
      </details>
    </aside>
  );
}

/** Another volume begins at its middle. */
function fresh(arrays: readonly ArrayInfo[], path: string): Partial<ViewState> {
  const array = arrays.find((one) => one.path === path);
  if (!array) return { raw: path };
  const at: Point = [
    Math.floor(array.shape[0] / 2) + 0.5,
    Math.floor(array.shape[1] / 2) + 0.5,
    Math.floor(array.shape[2] / 2) + 0.5,
  ];
  const over = overlaysOf(arrays, array).find(({ volume }) => volume === array.volume)?.path ?? "";
  return { ...laidOver(arrays, over), raw: path, at, centre: at, zoom: 0 };
}

/** Another array over the volume begins with its own threshold. */
function laidOver(arrays: readonly ArrayInfo[], path: string): Partial<ViewState> {
  return { over: path, component: 0, threshold: thresholdOf(arrays.find((one) => one.path === path)) };
}

function nameOf(array: ArrayInfo): string {
  const { role, volume } = array;
  const what = role === "other"
    ? ""
    : ` (${[volume, /raw|score/.test(role) ? "" : role].filter((part) => part !== "").join(", ")})`;
  return `${titleOf(array)}${what}`;
}

function arrayOption(array: ArrayInfo) {
  return <option key={array.path} value={array.path}>{nameOf(array)}</option>;
}

function text(value: number | bigint | undefined): string {
  if (value === undefined) return "…";
  if (typeof value === "bigint") return String(value);
  return Number.isInteger(value) ? String(value) : value.toFixed(4);
}

interface ControlOf<T> {
  readonly label: string;
  readonly value: T;
  readonly set: (value: T) => void;
}

interface ChoiceProps extends ControlOf<string> {
  readonly children: ComponentChildren;
}

function Choice({ label, value, set, children }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => set(event.currentTarget.value)}>{children}</select>
    </label>
  );
}

interface RangeProps extends ControlOf<number> {
  readonly min?: number;
  readonly max: number;
  readonly step?: number;
}

function Range({ label, value, min = 0, max, step = 1, set }: RangeProps) {
  return (
    <label>
      <span>
        {label} <span class="quiet">{value}</span>
      </span>
      <input
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        onInput={(event) => set(Number(event.currentTarget.value))}
      />
    </label>
  );
}

function Numeric({ label, value, set }: ControlOf<number>) {
  return (
    <label class="inline">
      <span>{label}</span>
      <input
        type="number"
        step="any"
        value={value}
        onChange={(event) => {
          const given = event.currentTarget.valueAsNumber;
          if (Number.isFinite(given)) set(given);
        }}
      />
    </label>
  );
}
