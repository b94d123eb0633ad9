/** Precision-recall and ROC curves as SVG. Colours are those of the page's style sheet. */
import type { ThresholdMeasures } from "../threshold_measures.ts";
import { escapeText } from "./text.ts";

/** A point that is marked. */
interface ChartMark {
  readonly at: readonly [x: number, y: number];
  readonly shape: "circle" | "square";
  /** What the legend says of it. */
  readonly name: string;
}

/** A curve in the unit square. */
export interface CurveChart {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** What chance gives: a line between two points. */
  readonly chance: readonly [from: readonly [number, number], to: readonly [number, number]];
  readonly marks: readonly ChartMark[];
}

const SIDE = 300, LEFT = 46, TOP = 10, BELOW = 44, RIGHT = 14;
const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];

/** Precision over recall. It begins at recall 0 with the precision of the highest score. */
export function precisionRecallChart(
  curve: readonly ThresholdMeasures[],
  share: number,
  marked: readonly MarkedMeasures[],
): CurveChart {
  const points = curve.map(({ recall, precision }) => [recall, precision] as const);
  return {
    title: "Precision and recall",
    xTitle: "recall",
    yTitle: "precision",
    points: [[0, points[0]?.[1] ?? 0], ...points],
    chance: [[0, share], [1, share]],
    marks: marked.map(({ measures, ...rest }) => ({ at: [measures.recall, measures.precision], ...rest })),
  };
}

/** True positive rate over false positive rate. */
export function rocChart(curve: readonly ThresholdMeasures[], marked: readonly MarkedMeasures[]): CurveChart {
  return {
    title: "ROC",
    xTitle: "false positive rate",
    yTitle: "true positive rate",
    points: [[0, 0], ...curve.map(({ falsePositiveRate, recall }) => [falsePositiveRate, recall] as const)],
    chance: [[0, 0], [1, 1]],
    marks: marked.map(({ measures, ...rest }) => ({
      at: [measures.falsePositiveRate, measures.recall],
      ...rest,
    })),
  };
}

/** A threshold to mark. */
export interface MarkedMeasures extends Pick<ChartMark, "shape" | "name"> {
  readonly measures: ThresholdMeasures;
}

/** Draws a curve. */
export function curveSvg({ title, xTitle, yTitle, points, chance, marks }: CurveChart): string {
  const width = LEFT + SIDE + RIGHT, height = TOP + SIDE + BELOW;
  const path = (all: CurveChart["points"]) =>
    all.map(([x, y], i) => `${i === 0 ? "M" : "L"}${px(x)} ${py(y)}`).join("");
  const last = points.at(-1) ?? [0, 0], first = points[0] ?? [0, 0];
  const area = `${path(points)}L${px(last[0])} ${py(0)}L${px(first[0])} ${py(0)}Z`;
  const ticks = TICKS.map((at) => `
    <path class="grid" d="M${px(at)} ${py(0)}V${py(1)}M${px(0)} ${py(at)}H${px(1)}"/>
    <text x="${px(at)}" y="${py(0) + 17}" text-anchor="middle">${at}</text>
    <text x="${px(0) - 8}" y="${py(at) + 4}" text-anchor="end">${at}</text>`).join("");
  return `<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${
    escapeText(describe(title, marks))
  }">
    ${ticks}
    <text x="${px(0.5)}" y="${height - 6}" text-anchor="middle">${xTitle}</text>
    <text transform="translate(12 ${py(0.5)}) rotate(-90)" text-anchor="middle">${yTitle}</text>
    <path class="chance" d="${path(chance)}"/>
    <path class="area" d="${area}"/>
    <path class="curve" d="${path(points)}"/>
    ${marks.map(({ at, shape }) => markSvg(px(at[0]), py(at[1]), shape)).join("")}
  </svg>`;
}

/** A mark, for the chart and for its legend. */
export function markSvg(x: number, y: number, shape: ChartMark["shape"]): string {
  return shape === "circle"
    ? `<circle class="mark" cx="${x}" cy="${y}" r="5"/>`
    : `<rect class="mark square" x="${x - 4.5}" y="${y - 4.5}" width="9" height="9"/>`;
}

function describe(title: string, marks: readonly ChartMark[]): string {
  const places = marks.map(({ name, at }) => `${name} at ${at.map((value) => value.toFixed(3)).join(", ")}`);
  return `${title} curve; ${places.join("; ")}`;
}

function px(x: number): number {
  return Number((LEFT + x * SIDE).toFixed(2));
}

function py(y: number): number {
  return Number((TOP + (1 - y) * SIDE).toFixed(2));
}
