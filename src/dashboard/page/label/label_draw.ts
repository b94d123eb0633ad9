/** Draws a plane of the labelling page: the stack, scores, labels, the brush. */
import { AXES, type Plane, type PlaneView, type Point, scaleOf, toPixel } from "../geometry.ts";
import type { Contrasts } from "../contrast.ts";
import { drawFaults } from "../hatch.ts";
import type { ScoreStyle } from "../layer_style.ts";
import { drawCaption, drawCrossHair } from "../plane_canvas.tsx";
import type { Slice } from "../slice_values.ts";
import { drawScaleBar } from "../viewer_draw.ts";
import type { Volume } from "../volume.ts";
import type { KeptPicture } from "./kept_picture.ts";
import { colourOf, type LabelLook } from "./label_grid.ts";
import type { LabelPicture } from "./label_picture.ts";
import { type Painting, type Tool, valueOf } from "./painting.ts";
import { LABEL } from "../../api.ts";
import { drawAxis, type DrawnAxis } from "../axis_draw.ts";
import { drawOutline } from "./shape_outline.ts";

/** What is drawn on every plane. */
export interface Scene {
  readonly raw: Volume | undefined;
  readonly contrasts: Contrasts;
  /** Is told when a slice has decided the contrast, so that all is drawn again. */
  readonly onContrast: () => void;
  /** Of the scores of a model, by their path, those from this one on are shown. */
  readonly thresholdOf: (path: string) => number;
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
  /** Runs of the candidate that is asked about. */
  readonly asked: readonly number[] | undefined;
}

/** Scores of one model. */
export interface ScoresPicture {
  readonly path: string;
  readonly picture: KeptPicture;
}

/** The pictures of one plane. */
export interface PlanePictures {
  readonly raw: KeptPicture | undefined;
  readonly scores: ScoresPicture | undefined;
  readonly scoresBefore: ScoresPicture | undefined;
  readonly labels: LabelPicture;
}

const OLD_OPACITY = 0.25;
const SCORE_OPACITY = 0.55;
/** Least difference between the first and the last colour. */
const LEAST_RANGE = 1;

export function drawLabelPlane(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  pictures: PlanePictures,
  scene: Scene,
): void {
  const { raw, contrasts, at, look } = scene;
  const number = Math.floor(at[view.plane.cut]);
  const isLarge = view.plane.name === scene.large.name;
  if (raw && pictures.raw) {
    const [low, high] = contrasts.of(raw);
    const slice = pictures.raw.draw(
      context,
      view,
      number,
      `${low} ${high}`,
      () => ({ kind: "grey", low, high }),
    );
    if (contrasts.note(raw, slice)) scene.onContrast();
    drawFaults(context, view, slice.faults, false);
  }
  if (!scene.isHidden) {
    drawScores(context, view, pictures, scene, number);
    pictures.labels.draw(context, view, number, look);
  }
  if (scene.asked && !scene.isHidden) drawOutline(context, view, scene.asked, number);
  if (scene.axis) drawAxis(context, view, scene.axis);
  const isPainting = scene.painting !== undefined && isLarge;
  if (!isPainting) drawCrossHair(context, view, toPixel(view, at));
  if (isLarge && scene.canPaint) drawTool(context, view, scene);
  drawCaption(context, `${AXES[view.plane.cut]} = ${number}`);
  if (isLarge && scene.nanometres > 0) drawScaleBar(context, view, scene.nanometres);
}

/** Scores of the last model, and where it has none yet those of the one before, faded. */
function drawScores(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  { scores, scoresBefore }: PlanePictures,
  { thresholdOf, areOld }: Scene,
  number: number,
): void {
  const draw = ({ path, picture }: ScoresPicture, opacity: number) => {
    const threshold = thresholdOf(path);
    picture.draw(context, view, number, `${threshold} ${opacity}`, ({ values }: Slice): ScoreStyle => {
      const high = values.reduce((most, value) => value > most ? value : most, threshold + LEAST_RANGE);
      return { kind: "score", map: "fire", low: threshold, high, threshold, opacity };
    });
  };
  if (scoresBefore) draw(scoresBefore, OLD_OPACITY);
  if (scores) draw(scores, areOld ? OLD_OPACITY : SCORE_OPACITY);
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
  if (!brush || tool.by !== "brush") return;
  const [x, y] = toPixel(view, brush.at);
  const radius = tool.radius * scaleOf(view, 2);
  context.beginPath();
  // z is stretched by the anisotropy, so that a brush is round on every plane
  context.arc(x, y, Math.max(2, radius), 0, 2 * Math.PI);
  strokeTwice(context, colour);
  if (!brush.isBall) return;
  context.beginPath();
  context.ellipse(x, y, radius, radius / 3, 0, 0, 2 * Math.PI);
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
