/** Draws a plane of the labelling page: the stack, scores, labels, the brush. */
import { AXES, type Plane, type PlaneView, type Point, scaleOf, toPixel } from "../geometry.ts";
import type { Contrasts } from "../contrast.ts";
import { drawFaults } from "../hatch.ts";
import type { LayerStyle } from "../layer_style.ts";
import { colouredSlice, placeSlice } from "../paint.ts";
import { drawCaption, drawCrossHair } from "../plane_canvas.tsx";
import { keptSlice } from "../slice.ts";
import type { Slice } from "../slice_values.ts";
import { drawScaleBar } from "../viewer_draw.ts";
import type { Volume } from "../volume.ts";
import { colourOf, type LabelLook } from "./label_grid.ts";
import type { LabelPicture } from "./label_picture.ts";
import type { Painting, Tool } from "./painting.ts";
import { valueOf } from "./painting.ts";
import { LABEL } from "../../api.ts";
import { drawAxis, type DrawnAxis } from "../axis_draw.ts";

/** What is drawn on every plane. */
export interface Scene {
  readonly raw: Volume | undefined;
  readonly contrasts: Contrasts;
  readonly scores: Volume | undefined;
  /** Scores from this one on are shown. */
  readonly threshold: number;
  /** Whether scores are of labels that have changed since. */
  readonly areOld: boolean;
  readonly look: LabelLook;
  readonly isHidden: boolean;
  readonly at: Point;
  /** The large plane, which is painted on. */
  readonly large: Plane;
  readonly tool: Tool;
  /** Whether the brush is shown: where painting is possible. */
  readonly canPaint: boolean;
  /** Where the pointer or the keyboard holds the brush. */
  readonly brush: { readonly at: Point; readonly isBall: boolean } | undefined;
  readonly painting: Painting | undefined;
  /** Nanometres a voxel of x and y; 0 where unknown. */
  readonly nanometres: number;
  readonly axis: DrawnAxis | undefined;
}

/** A slice of a volume in colours, kept as long as nothing of it changes. */
export interface KeptPicture {
  draw(
    context: CanvasRenderingContext2D,
    view: PlaneView,
    number: number,
    styleOf: (slice: Slice) => LayerStyle,
  ): void;
  /** Chunks came. */
  renew(): void;
}

export function createKeptPicture(volume: Volume): KeptPicture {
  let known: { key: string; slice: Slice } | undefined;
  let coloured: { slice: Slice; style: string; canvas: OffscreenCanvas } | undefined;
  return {
    draw(context, view, number, styleOf) {
      const { plane, centre, zoom, anisotropy, width, height } = view;
      const key = [
        plane.name,
        centre[plane.across],
        centre[plane.down],
        zoom,
        anisotropy,
        width,
        height,
        number,
      ].join();
      if (known?.key !== key) {
        known = { key, slice: keptSlice(volume, 0, view, { from: number, to: number + 1, take: "one" }) };
      }
      const { slice } = known;
      if (slice.columns === 0 || slice.rows === 0) return;
      const style = styleOf(slice);
      const named = JSON.stringify(style);
      if (coloured?.slice !== slice || coloured.style !== named) {
        coloured = { slice, style: named, canvas: colouredSlice(slice, style) };
      }
      placeSlice(context, view, slice, coloured.canvas);
      drawFaults(context, view, slice.faults, false);
    },
    renew: () => known = undefined,
  };
}

/** The pictures of one plane. */
export interface PlanePictures {
  readonly raw: KeptPicture | undefined;
  readonly scores: KeptPicture | undefined;
  readonly labels: LabelPicture;
}

const OLD_OPACITY = 0.25;
const SCORE_OPACITY = 0.55;

export function drawLabelPlane(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  pictures: PlanePictures,
  scene: Scene,
): void {
  const { raw, contrasts, at, look } = scene;
  const number = Math.floor(at[view.plane.cut]);
  const isLarge = view.plane.name === scene.large.name;
  if (raw) {
    pictures.raw?.draw(context, view, number, (slice) => {
      contrasts.note(raw, slice);
      const [low, high] = contrasts.of(raw);
      return { kind: "grey", low, high };
    });
  }
  if (!scene.isHidden) {
    if (scene.scores) {
      const { threshold } = scene;
      const opacity = scene.areOld ? OLD_OPACITY : SCORE_OPACITY;
      pictures.scores?.draw(context, view, number, ({ values }) => {
        const high = values.reduce((most, value) => value > most ? value : most, threshold + 1);
        return { kind: "score", map: "viridis", low: threshold, high, threshold, opacity };
      });
    }
    pictures.labels.draw(context, view, number, look);
  }
  if (scene.axis) drawAxis(context, view, scene.axis);
  const isPainting = scene.painting !== undefined && isLarge;
  if (!isPainting) drawCrossHair(context, view, toPixel(view, at));
  if (isLarge && scene.canPaint) drawTool(context, view, scene);
  drawCaption(context, `${AXES[view.plane.cut]} = ${number}`);
  if (isLarge && scene.nanometres > 0) drawScaleBar(context, view, scene.nanometres);
}

/** The outline that is being drawn, or the brush where it would paint. */
function drawTool(context: CanvasRenderingContext2D, view: PlaneView, scene: Scene): void {
  const { tool, painting, brush, look } = scene;
  const value = valueOf(tool, look.chosen);
  const colour = value === LABEL.unsure ? "#f2f5f7" : `rgb(${colourOf(value).join()})`;
  if (painting?.outline) {
    context.beginPath();
    for (const [i, point] of painting.outline.entries()) {
      if (i === 0) context.moveTo(...toPixel(view, point));
      else context.lineTo(...toPixel(view, point));
    }
    context.closePath();
    return strokeTwice(context, colour);
  }
  if (!brush || tool.isFill) return;
  const [x, y] = toPixel(view, brush.at);
  context.beginPath();
  // z is stretched by the anisotropy, so that a brush is round on every plane
  context.arc(x, y, Math.max(2, tool.radius * scaleOf(view, 2)), 0, 2 * Math.PI);
  strokeTwice(context, colour);
  if (!brush.isBall) return;
  context.beginPath();
  context.ellipse(
    x,
    y,
    tool.radius * scaleOf(view, 2),
    tool.radius * scaleOf(view, 2) / 3,
    0,
    0,
    2 * Math.PI,
  );
  strokeTwice(context, colour);
}

function strokeTwice(context: CanvasRenderingContext2D, colour: string): void {
  context.lineWidth = 3.5;
  context.strokeStyle = "rgba(16, 20, 24, 0.6)";
  context.stroke();
  context.lineWidth = 1.5;
  context.strokeStyle = colour;
  context.stroke();
}
