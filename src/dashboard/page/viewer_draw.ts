/** Draws a plane of the viewer: intensities, what lies over them, cross-hair, scale bar. */
import { isWideInteger } from "../../volume/dtype.ts";
import { AXES, lengthText, niceLength, type PlaneView, scaleOf, toPixel } from "./geometry.ts";
import { contrastOf, type Contrasts } from "./contrast.ts";
import { drawFaults } from "./hatch.ts";
import type { GreyStyle, LabelStyle, ScoreStyle } from "./layer_style.ts";
import { paintSlice } from "./paint.ts";
import { drawCaption, drawCrossHair } from "./plane_canvas.tsx";
import { type Depth, keptSlice, levelFor, oneSlice } from "./slice.ts";
import type { Slice } from "./slice_values.ts";
import type { ViewState } from "./view_state.ts";
import type { Volume } from "./volume.ts";

/** What is drawn. */
export interface ViewerLayers {
  /** The largest score in sight of each volume so far. */
  readonly highest: WeakMap<Volume, number>;
  readonly contrasts: Contrasts;
  readonly raw: Volume | undefined;
  /** Undefined also while it is hidden. */
  readonly over: Volume | undefined;
  readonly view: ViewState;
  /** Whether the run can still compute scores. */
  readonly mayCome: boolean;
  /** Is told when a slice has decided the contrast, or has higher scores than those before, so that all is drawn again. */
  readonly onRange: () => void;
}

/** How intensities are painted. */
export function greyOf(volume: Volume, { greyLow, greyHigh }: ViewState, contrasts: Contrasts): GreyStyle {
  const [low, high] = greyHigh > greyLow ? [greyLow, greyHigh] : contrasts.of(volume);
  return { kind: "grey", low, high };
}

/** The label of a synapse in a ground truth. Others are background or unsure, and are not shown. */
const SYNAPSE_LABEL = 255;

/** How what lies over a volume is painted. */
export function overStyle(
  volume: Volume,
  view: ViewState,
  highest: WeakMap<Volume, number>,
): ScoreStyle | LabelStyle {
  const { role, dtype } = volume.info;
  const { map, low, threshold, opacity } = view;
  const isOutline = view.drawn === "outlines";
  if (role === "labels") return { kind: "label", opacity, isOutline, only: SYNAPSE_LABEL };
  if (role === "components" || isWideInteger(dtype)) return { kind: "label", opacity, isOutline };
  const high = view.high > low ? view.high : Math.max(highest.get(volume) ?? -Infinity, low + 1e-6);
  return { kind: "score", map, low, high, threshold, highest: highest.get(volume), opacity, isOutline };
}

/** Whether a run computes an array chunk by chunk; others are there as a whole, so that a missing chunk of theirs is lost. */
export function isComputed({ info }: Volume): boolean {
  return info.path.startsWith("scores/");
}

/** One slice. @param voxelSize nanometres a voxel of x and y, 0 where unknown */
export function drawPlane(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  layers: ViewerLayers,
  voxelSize: number,
): void {
  const { raw, over, contrasts, mayCome, view: state } = layers;
  const number = Math.floor(state.at[view.plane.cut]);
  const depth = oneSlice(number);
  if (raw) {
    const slice = keptSlice(raw, 0, view, depth);
    if (contrasts.note(raw, slice)) layers.onRange();
    paintSlice(context, view, slice, greyOf(raw, state, contrasts));
    drawFaults(context, view, slice.faults, false);
  }
  if (over) {
    const slice = keptSlice(over, componentOf(over, state), view, depth);
    if (noteHighest(layers.highest, over, slice.values)) layers.onRange();
    const style = overStyle(over, state, layers.highest);
    paintSlice(context, view, slice, style);
    drawFaults(context, view, slice.faults, mayCome && isComputed(over));
  }
  drawCrossHair(context, view, toPixel(view, state.at));
  drawCaption(context, `${AXES[view.plane.cut]} = ${number}`);
  if (voxelSize > 0) drawScaleBar(context, view, voxelSize);
}

/** Chunks that a projection may take; a deeper volume is projected as far above and below the slice as they reach. */
const MOST_CHUNKS = 512;

/** The largest scores along z, or where nothing lies over the volume its darkest voxels. */
export function drawProjection(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  layers: ViewerLayers,
): void {
  const { over, raw, contrasts, highest, mayCome } = layers;
  const volume = over ?? raw;
  if (!volume) return;
  const [from, to] = projectedDepth(volume, view, layers.view.at[0]);
  const first = over && overStyle(over, layers.view, highest);
  const only = first?.kind === "label" ? first.only : undefined;
  const depth: Depth = { from, to, take: over ? "max" : "min", only };
  const slice = keptSlice(volume, componentOf(volume, layers.view), view, depth);
  if (over && noteHighest(highest, over, slice.values)) layers.onRange();
  const style = over
    ? { ...overStyle(over, layers.view, highest), opacity: 1 }
    : greyOfProjection(slice, greyOf(volume, layers.view, contrasts), layers.view);
  paintSlice(context, view, slice, style);
  drawFaults(context, view, slice.faults, mayCome && isComputed(volume));
  drawCrossHair(context, view, toPixel(view, layers.view.at));
  const isWhole = from === 0 && to === volume.info.shape[0];
  drawCaption(context, `${over ? "maximum" : "minimum"} over z${isWhole ? "" : ` ${from} to ${to - 1}`}`);
}

/** The darkest voxels of a depth are darker than a slice, so automatic contrast is their own. */
function greyOfProjection(
  { values }: Slice,
  usual: GreyStyle,
  { greyLow, greyHigh }: ViewState,
): GreyStyle {
  const own = greyHigh > greyLow ? undefined : contrastOf(values);
  return own ? { kind: "grey", low: own[0], high: own[1] } : usual;
}

/** Keeps the largest value; true where it is larger than before. */
export function noteHighest(
  highest: WeakMap<Volume, number>,
  volume: Volume,
  values: Float64Array,
): boolean {
  const before = highest.get(volume) ?? -Infinity;
  const found = values.reduce((most, value) => value > most ? value : most, before);
  if (found === before) return false;
  highest.set(volume, found);
  return true;
}

function projectedDepth(volume: Volume, view: PlaneView, at: number): readonly [from: number, to: number] {
  const { info } = volume;
  const level = info.levels[levelFor(volume, view)];
  if (!level) return [0, 1];
  const { factor, chunk, shape } = level;
  const inSight = (axis: 1 | 2, pixels: number) =>
    Math.ceil(Math.min(shape[axis], pixels / scaleOf(view, axis) / factor[axis]) / chunk[axis]) + 1;
  const perLayer = inSight(1, view.height) * inSight(2, view.width);
  const layers = Math.max(1, Math.floor(MOST_CHUNKS / perLayer));
  const thickness = chunk[0] * factor[0];
  const count = Math.ceil(info.shape[0] / thickness);
  if (layers >= count) return [0, info.shape[0]];
  const first = Math.max(0, Math.min(count - layers, Math.floor(at / thickness) - Math.floor(layers / 2)));
  return [first * thickness, Math.min(info.shape[0], (first + layers) * thickness)];
}

function componentOf({ info }: Volume, { component }: ViewState): number {
  return Math.min(component, info.components - 1);
}

/** A bar of a round length. @param voxelSize nanometres a voxel of x and y */
export function drawScaleBar(context: CanvasRenderingContext2D, view: PlaneView, voxelSize: number): void {
  const perPixel = voxelSize / view.zoom;
  const length = niceLength(view.width * 0.3 * perPixel);
  const pixels = length / perPixel;
  const [x, y] = [view.width - 14 - pixels, view.height - 14];
  context.fillStyle = "rgba(16, 20, 24, 0.75)";
  context.fillRect(x - 8, y - 24, pixels + 16, 32);
  context.fillStyle = "#f2f5f7";
  context.fillRect(x, y, pixels, 3);
  context.font = "600 12px system-ui, sans-serif";
  context.fillText(lengthText(length), x, y - 7);
}

/** The value of a voxel, or why there is none; undefined where its chunk has not come. */
export function valueAt(
  volume: Volume,
  component: number,
  [z, y, x]: readonly [number, number, number],
): number | bigint | "damaged" | "missing" | undefined {
  const level = volume.info.levels[0];
  if (!level) return undefined;
  const [cz, cy, cx] = level.chunk;
  const chunk = volume.chunk(0, component, [Math.floor(z / cz), Math.floor(y / cy), Math.floor(x / cx)]);
  if (chunk === undefined) return undefined;
  if (chunk === "empty") return volume.fillValue(0);
  if (chunk === "damaged" || chunk === "missing") return chunk;
  return chunk[((z % cz) * cy + y % cy) * cx + x % cx];
}
