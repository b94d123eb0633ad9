/** The viewer's controls. */
import type { ArrayInfo } from "../api.ts";
import { COLOUR_MAPS, type ColourMapName } from "./colours.ts";
import { Choice, numberText, Numeric, Range } from "./fields.tsx";
import type { Point } from "./geometry.ts";
import { Faults, Legend } from "./legend.tsx";
import type { GreyStyle, LabelStyle, ScoreStyle } from "./layer_style.ts";
import { valueAt } from "./viewer_draw.ts";
import { DEFAULT_VIEW, isOfSame, overlaysOf, thresholdOf, titleOf, type ViewState } from "./view_state.ts";
import type { Volume } from "./volume.ts";

interface ControlProps {
  readonly arrays: readonly ArrayInfo[];
  readonly view: ViewState;
  readonly raw: Volume | undefined;
  readonly over: Volume | undefined;
  /** Voxel under the pointer, else under the cross-hair. */
  readonly at: Point;
  readonly zoom: number;
  /** How intensities are painted, and what lies over them. */
  readonly grey: GreyStyle | undefined;
  readonly style: ScoreStyle | LabelStyle | undefined;
  readonly isHidden: boolean;
  readonly hide: () => void;
  /** Whether the run can still compute scores. */
  readonly mayCome: boolean;
  /** Paths that the address names and that are not there. */
  readonly unknown: string;
  /** The run's command. */
  readonly command: string;
  readonly change: (part: Partial<ViewState>) => void;
  readonly autoContrast: () => void;
  readonly fit: () => void;
}

export function ViewerControls(props: ControlProps) {
  const { arrays, view, raw, over, zoom, unknown, mayCome, command, change, fit } = props;
  const raws = arrays.filter(({ role }) => role === "raw" || role === "other");
  const pending = (raw?.pending() ?? 0) + (over?.pending() ?? 0);
  return (
    <aside class="controls card" aria-label="What is shown and how">
      <Readout {...props} />
      <span class="quiet" data-testid="pending">
        {pending > 0 ? `loading, ${pending} to come` : `zoom ${numberText(zoom)}`}
      </span>
      {unknown !== "" && (
        <p class="faults lost" role="status">
          The address of this page names {unknown}, which is not in this folder. It may belong to another run.
        </p>
      )}
      <Faults volumes={[raw, over]} mayCome={mayCome} command={command} />
      <Choice label="Volume" value={view.raw} set={(path) => change(fresh(arrays, path))}>
        {raws.map(arrayOption)}
        <option value="">none</option>
      </Choice>
      <ContrastFields {...props} />
      <OverlayFields {...props} />
      <VoxelSize view={view} info={(raw ?? over)?.info} change={change} />
      <div class="row">
        <button type="button" onClick={fit}>Show all</button>
        <button type="button" onClick={() => change({ centre: view.at })}>Centre the cross-hair</button>
      </div>
      <details>
        <summary>Keys and pointer</summary>
        <p class="quiet">
          Wheel, slider, Page up and down: next slice (with Shift, ten slices). Ctrl and wheel, pinch, + and
          −: zoom. Drag or arrows: move. Click: place the cross-hair. H: hide the overlay. C: automatic
          contrast. E: show one plane or all. Bookmark this page to come back to the same view.
        </p>
      </details>
    </aside>
  );
}

function Readout({ view, raw, over, at }: ControlProps) {
  const [z, y, x] = at;
  return (
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
    </output>
  );
}

/** Black stays below white, so that the picture is never inverted. */
function ContrastFields({ raw, grey, change, autoContrast }: ControlProps) {
  if (!raw || !grey) return null;
  const isByte = raw.info.dtype === "uint8";
  const [least, most] = isByte ? [0, 255] : outer(grey);
  const step = isByte ? 1 : (most - least) / 200;
  return (
    <>
      <Range
        label="Black at"
        value={grey.low}
        min={least}
        max={most}
        step={step}
        set={(greyLow) => change({ greyLow, greyHigh: Math.max(grey.high, greyLow + step) })}
      />
      <Range
        label="White at"
        value={grey.high}
        min={least}
        max={most}
        step={step}
        set={(greyHigh) => change({ greyHigh, greyLow: Math.min(grey.low, greyHigh - step) })}
      />
      <button type="button" onClick={autoContrast}>Automatic contrast</button>
    </>
  );
}

/** Of values other than bytes, as far beyond black and white as they are apart. */
function outer({ low, high }: GreyStyle): readonly [number, number] {
  return [low - (high - low), high + (high - low)];
}

function OverlayFields({ arrays, view, raw, over, style, isHidden, hide, change }: ControlProps) {
  const overlays = overlaysOf(arrays, raw?.info);
  return (
    <>
      <Choice label="Overlay" value={view.over} set={(path) => change(laidOver(arrays, path))}>
        <option value="">nothing</option>
        {overlays.map(arrayOption)}
      </Choice>
      {style && <Legend style={style} />}
      {over && (
        <button type="button" aria-pressed={isHidden} onClick={hide}>
          {isHidden ? "Show overlay" : "Hide overlay"} <kbd>H</kbd>
        </button>
      )}
      {over && over.info.components > 1 && (
        <Range
          label="Component"
          value={view.component}
          max={over.info.components - 1}
          set={(component) => change({ component })}
        />
      )}
      {over && (
        <Choice
          label="Overlay style"
          value={view.drawn}
          set={(drawn) => change({ drawn: drawn === "outlines" ? "outlines" : "filled" })}
        >
          <option value="filled">filled</option>
          <option value="outlines">as outlines</option>
        </Choice>
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
          <Numeric
            label="Show scores from"
            value={view.threshold}
            set={(threshold) => change({ threshold })}
          />
          <Numeric label="First colour at" value={view.low} set={(low) => change({ low })} />
          <Numeric label="Last colour at" value={style.high} set={(high) => change({ high })} />
        </>
      )}
    </>
  );
}

interface VoxelSizeProps {
  readonly view: ViewState;
  readonly info: ArrayInfo | undefined;
  readonly change: (part: Partial<ViewState>) => void;
}

/** Told where it is known; else asked once, and remembered by the browser. */
function VoxelSize({ view, info, change }: VoxelSizeProps) {
  if (info?.voxelSize) {
    const [z, y, x] = info.voxelSize;
    return <p class="quiet">Voxels of {numberText(x)} × {numberText(y)} × {numberText(z)} nm (x, y, z)</p>;
  }
  return (
    <Numeric
      label="Voxel size in x, nm"
      value={view.voxelSize}
      set={(voxelSize) => change({ voxelSize: Math.max(0, voxelSize) })}
    />
  );
}

/** Another volume begins at its middle, with the contrast that suits it. */
function fresh(arrays: readonly ArrayInfo[], path: string): Partial<ViewState> {
  const array = arrays.find((one) => one.path === path);
  if (!array) return { raw: path };
  const at: Point = [
    Math.floor(array.shape[0] / 2) + 0.5,
    Math.floor(array.shape[1] / 2) + 0.5,
    Math.floor(array.shape[2] / 2) + 0.5,
  ];
  const over = overlaysOf(arrays, array).find((one) => one.role !== "other" && isOfSame(one, array))?.path ??
    "";
  return { ...laidOver(arrays, over), raw: path, at, centre: at, zoom: 0, greyLow: 0, greyHigh: 0 };
}

/** Another overlay begins with its own threshold. */
function laidOver(arrays: readonly ArrayInfo[], path: string): Partial<ViewState> {
  const threshold = thresholdOf(arrays.find((one) => one.path === path));
  return { over: path, component: 0, threshold, low: threshold, high: DEFAULT_VIEW.high };
}

const ROLES: Readonly<Record<ArrayInfo["role"], string>> = {
  raw: "",
  score: "",
  labels: "labels",
  components: "numbered synapses",
  other: "",
};

function arrayOption(array: ArrayInfo) {
  const what = [ROLES[array.role], array.volumes.map(volumeText).join(" and ")].filter((part) => part !== "")
    .join(", ");
  return (
    <option key={array.path} value={array.path}>{titleOf(array)}{what === "" ? "" : ` (${what})`}</option>
  );
}

/** What people read of a volume: `test volume 0`, numbered as the output files are. */
function volumeText(volume: string): string {
  return volume.replace(/^test /, "test volume ").replace(/^train(?= \d|$)/, "training volume");
}

function text(value: ReturnType<typeof valueAt>): string {
  if (value === undefined) return "…";
  return typeof value === "number" ? numberText(value) : String(value);
}
