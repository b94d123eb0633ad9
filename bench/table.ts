/** Measurements as people read them. */
import { alignColumns } from "../src/commands/text_table.ts";
import { formatBytes, formatCount } from "../src/engine/mod.ts";
import { type Baseline, ratioTo } from "./baseline.ts";
import { figuresOf, isLowerBetter, type Measurement, median, type Unit } from "./measure.ts";

const HEAD = ["line", "median", "unit", "least", "most", "of", "share", "peak", "target", "ratio", "what"];
const ALIGNMENT = "lrlrrrrrrrl";

/** A table with a line for each measurement; the ratio is above 1 where it is better than the baseline. */
export function formatTable(measurements: readonly Measurement[], baseline: Baseline | undefined): string {
  return alignColumns([HEAD, ...measurements.map((line) => row(line, baseline))], ALIGNMENT);
}

function row(measurement: Measurement, baseline: Baseline | undefined): string[] {
  const { name, unit, share, peakBytes, bound, note = "" } = measurement;
  const figures = figuresOf(measurement);
  if (figures.length === 0) return [name, "", unitText(unit), ...new Array<string>(7).fill(""), note];
  const ratio = ratioTo(baseline, measurement);
  return [
    name,
    formatFigure(median(figures), unit),
    unitText(unit),
    formatFigure(Math.min(...figures), unit),
    formatFigure(Math.max(...figures), unit),
    String(figures.length),
    share === undefined ? "" : `${(share * 100).toFixed(1)} %`,
    peakBytes === undefined ? "" : formatBytes(peakBytes),
    bound === undefined ? "" : `${isLowerBetter(measurement) ? "<=" : ">="} ${formatFigure(bound, unit)}`,
    ratio === undefined ? "" : ratio.toFixed(2),
    note,
  ];
}

function unitText(unit: Unit): string {
  return unit === "bytes/s" ? "B/s" : unit;
}

/** Three digits; of rates with k, M or G for powers of 1000. */
function formatFigure(figure: number, unit: Unit): string {
  if (unit !== "s" && unit !== "ratio") return formatCount(figure >= 1000 ? Math.round(figure) : figure);
  return figure.toFixed(figure < 9.995 ? 2 : figure < 99.95 ? 1 : 0);
}
