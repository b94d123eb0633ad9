/** How values are distributed, and where places lie, as SVG without a script. */
import { escapeText } from "./text.ts";

/** A histogram. */
interface Histogram {
  readonly title: string;
  readonly values: Float64Array;
  /** Whether bars are equally wide in the logarithm. */
  readonly isLogarithmic?: boolean;
  /** Ends of the axis; default those of the values. */
  readonly ends?: readonly [low: number, high: number];
}

const WIDTH = 340, HEIGHT = 190, LEFT = 44, BELOW = 40, TOP = 10, RIGHT = 12;
const BARS = 30;

/** Draws a histogram of the values that are numbers; empty where there are none. */
export function histogramSvg({ title, values, isLogarithmic = false, ends }: Histogram): string {
  const of = (value: number) => isLogarithmic ? Math.log10(value) : value;
  const back = (place: number) => isLogarithmic ? 10 ** place : place;
  const known = values.filter((value) => Number.isFinite(of(value)));
  if (known.length === 0) return "";
  const low = of(ends?.[0] ?? known.reduce((a, b) => Math.min(a, b)));
  const high = of(ends?.[1] ?? known.reduce((a, b) => Math.max(a, b)));
  const step = (high - low) / BARS || 1;
  const counts = new Float64Array(BARS);
  for (const value of known) {
    const bar = Math.min(BARS - 1, Math.max(0, Math.floor((of(value) - low) / step)));
    counts[bar] = (counts[bar] ?? 0) + 1;
  }
  const most = counts.reduce((a, b) => Math.max(a, b));
  const wide = (WIDTH - LEFT - RIGHT) / BARS, tall = HEIGHT - TOP - BELOW;
  const bars = Array.from(counts, (count, i) => {
    const height = count / most * tall;
    return count === 0
      ? ""
      : `<rect class="bar" x="${px(LEFT + i * wide)}" y="${px(TOP + tall - height)}" width="${
        px(wide - 1)
      }" height="${px(height)}"/>`;
  });
  const ticks = [0, 0.5, 1].map((at, i) =>
    `<text x="${px(LEFT + at * BARS * wide)}" y="${TOP + tall + 16}" text-anchor="${
      ["start", "middle", "end"][i]
    }">${Number(back(low + at * BARS * step).toPrecision(3))}</text>`
  );
  return `<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Histogram: ${
    escapeText(title)
  }">
<path class="grid" d="M${LEFT} ${TOP}H${WIDTH - RIGHT}M${LEFT} ${TOP + tall}H${WIDTH - RIGHT}"/>
<text x="${LEFT - 6}" y="${TOP + 4}" text-anchor="end">${most}</text><text x="${LEFT - 6}" y="${
    TOP + tall + 4
  }" text-anchor="end">0</text>
${bars.join("")}
${ticks.join("")}
<text x="${px(LEFT + BARS * wide / 2)}" y="${HEIGHT - 6}" text-anchor="middle">${escapeText(title)}</text>
</svg>`;
}

/** Places that a map shows at most; of more every n-th. */
const MOST_PLACES = 4000;
const LONGEST_SIDE = 340;

/** Draws places in a field of `width` x `height`, x to the right, y down. */
export function mapSvg(
  title: string,
  xs: Float64Array,
  ys: Float64Array,
  width: number,
  height: number,
): string {
  const scale = LONGEST_SIDE / Math.max(width, height, 1);
  const every = Math.ceil(xs.length / MOST_PLACES) || 1;
  const dots: string[] = [];
  for (let i = 0; i < xs.length; i += every) {
    dots.push(`M${px((xs[i] ?? 0) * scale)} ${px((ys[i] ?? 0) * scale)}h0`);
  }
  return `<svg class="chart" style="max-height:18rem" viewBox="-4 -4 ${px(width * scale + 8)} ${
    px(height * scale + 8)
  }" role="img" aria-label="${escapeText(title)}"><rect class="grid" x="0" y="0" width="${
    px(width * scale)
  }" height="${px(height * scale)}"/><path class="dots" d="${dots.join("")}"/></svg>`;
}

function px(value: number): number {
  return Number(value.toFixed(2));
}
