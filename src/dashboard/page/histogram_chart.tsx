/** How a column of a table of synapses is distributed. */
import { useMemo } from "preact/hooks";
import uPlot from "uplot";
import { axis, Chart, type ChartProps, COUNTS, shortText } from "./charts.tsx";
import { numberText } from "./fields.tsx";
import type { SynapseRows } from "../../analysis/synapse_columns.ts";
import { histogramOf } from "./synapse_rows.ts";

const BARS = 32;
/** More than the page has elsewhere, so that the ends of a bar differ. */
const DIGITS = 4;
/** From here on an axis has `10K`. */
const SHORT = 10_000;

interface HistogramProps {
  readonly rows: SynapseRows;
  /** The rows that are counted. */
  readonly order: Uint32Array;
  readonly column: string;
  readonly title: string;
  readonly isLogarithmic?: boolean;
}

const optionsOf = (isLogarithmic: boolean): ChartProps["options"] => (colour) => ({
  scales: {
    x: { time: false, distr: isLogarithmic ? 3 : 1 },
    y: { range: (_, __, high) => [0, Math.max(1, high) * 1.05] },
  },
  axes: [
    axis(colour, {
      size: 28,
      values: (_, marks) =>
        marks.map((mark) => mark === null ? "" : mark < SHORT ? numberText(mark, DIGITS) : shortText(mark)),
    }),
    axis(colour, COUNTS),
  ],
  cursor: { drag: { x: false, y: false }, y: false },
  series: [
    {},
    {
      stroke: colour("series-1"),
      fill: colour("series-1"),
      width: 0,
      points: { show: false },
      ...(uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
    },
  ],
});
const LINEAR = optionsOf(false), LOGARITHMIC = optionsOf(true);

export function HistogramChart({ rows, order, column, title, isLogarithmic = false }: HistogramProps) {
  const { edges, counts } = useMemo(
    () => histogramOf(rows.columns.get(column) ?? new Float64Array(), order, { bars: BARS, isLogarithmic }),
    [rows, order, column, isLogarithmic],
  );
  // the last step ends where the last bar does
  const data = useMemo<uPlot.AlignedData>(() => [[...edges], [...counts, counts.at(-1) ?? 0]], [
    edges,
    counts,
  ]);
  const width = (x: number | null) => {
    const next = x === null ? undefined : edges[edges.indexOf(x) + 1];
    return x === null || next === undefined
      ? title
      : `${title} ${numberText(x, DIGITS)} – ${numberText(next, DIGITS)}`;
  };
  return (
    <figure>
      <Chart
        data={data}
        label={`Histogram: ${title}`}
        options={isLogarithmic ? LOGARITHMIC : LINEAR}
        legend={[{ name: "synapses", colour: "series-1", text: (n) => n === null ? "–" : String(n) }]}
        atRest="nothing"
        placeText={width}
      />
    </figure>
  );
}
