/** Curves over time and rounds. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { UsageRow } from "../api.ts";
import type { RoundRow } from "../../stages/telemetry.ts";

interface ChartProps {
  readonly data: uPlot.AlignedData;
  readonly label: string;
  /** Called where chart or colours are made anew. */
  readonly options: (colour: (name: string) => string) => Omit<uPlot.Options, "width" | "height">;
}

const HEIGHT = 190;

/** A chart as wide as its place, in the colours of the page. */
function Chart({ data, options, label }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const make = () => {
      chart.current?.destroy();
      const style = getComputedStyle(document.documentElement);
      const made = options((name) => style.getPropertyValue(`--${name}`).trim());
      chart.current = new uPlot(
        { ...made, width: element.clientWidth, height: HEIGHT },
        latest.current,
        element,
      );
    };
    make();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", make);
    const resized = new ResizeObserver(() =>
      chart.current?.setSize({ width: element.clientWidth, height: HEIGHT })
    );
    resized.observe(element);
    return () => {
      dark.removeEventListener("change", make);
      resized.disconnect();
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [label, options]);
  useEffect(() => chart.current?.setData(data), [data]);
  return <div class="chart" ref={place} role="img" aria-label={label} />;
}

function axis(colour: (name: string) => string, more: uPlot.Axis = {}): uPlot.Axis {
  const line = { stroke: colour("line"), width: 1 };
  return {
    stroke: colour("quiet"),
    grid: line,
    ticks: { ...line, size: 4 },
    font: "12px system-ui",
    size: 44,
    ...more,
  };
}

const fixed = (digits: number) => (_: uPlot, value: number | null) =>
  value == null ? "–" : value.toFixed(digits);

const trainingOptions: ChartProps["options"] = (colour) => ({
  scales: { x: { time: false }, y: { range: (_, low, high) => [Math.min(0, low), Math.max(0.5, high)] } },
  axes: [axis(colour, { size: 28 }), axis(colour)],
  legend: { live: true },
  cursor: { drag: { x: false, y: false } },
  series: [
    { label: "Round" },
    { label: "Weighted error", stroke: colour("series-1"), width: 1, value: fixed(3) },
    { label: "Alpha", stroke: colour("series-2"), width: 1, value: fixed(3) },
    { label: "Training error", stroke: colour("series-3"), width: 2, value: fixed(4) },
  ],
});

/** The training curve. */
export function TrainingChart({ rounds }: { readonly rounds: readonly RoundRow[] }) {
  const rows = [...rounds].sort((a, b) => a[0] - b[0]);
  const data: uPlot.AlignedData = [
    rows.map((row) => row[0]),
    rows.map((row) => row[1]),
    rows.map((row) => row[2]),
    rows.map((row) => row[3]),
  ];
  const last = rows.at(-1);
  const label = `Training curve, round ${last?.[0] ?? 0}: training error ${last?.[3].toFixed(4) ?? ""}`;
  return <Chart data={data} label={label.replace(/[\d.]+/g, "")} options={trainingOptions} />;
}

const GIB = 2 ** 30;

const usageOptions: ChartProps["options"] = (colour) => ({
  scales: {
    x: { time: true },
    y: { range: (_, __, high) => [0, Math.max(0.1, high) * 1.05] },
    cores: { range: (_, __, high) => [0, Math.max(1, Math.ceil(high))] },
  },
  axes: [
    axis(colour, { size: 28 }),
    axis(colour),
    axis(colour, { scale: "cores", side: 1, grid: { show: false } }),
  ],
  legend: { live: true },
  cursor: { drag: { x: false, y: false } },
  series: [
    { label: "Time", value: "{HH}:{mm}:{ss}" },
    { label: "Memory, GiB", stroke: colour("series-1"), width: 2, value: fixed(2) },
    { label: "Budget", stroke: colour("bad"), width: 1, dash: [6, 4], value: fixed(2) },
    { label: "CPU, cores", scale: "cores", stroke: colour("series-3"), width: 1, value: fixed(1) },
  ],
});

interface UsageProps {
  readonly usage: readonly UsageRow[];
  readonly budget: number | null;
  readonly workers: number | null;
}

/** Memory against the budget, and how many cores were busy. */
export function UsageChart({ usage, budget }: UsageProps) {
  const cores = usage.map(([at, , cpu], i) => {
    const before = usage[i - 1];
    return before && at > before[0] ? (cpu - before[2]) / ((at - before[0]) / 1000) : null;
  });
  const data: uPlot.AlignedData = [
    usage.map(([at]) => at / 1000),
    usage.map(([, rss]) => rss / GIB),
    usage.map(() => budget === null ? null : budget / GIB),
    cores,
  ];
  return <Chart data={data} label="Memory against the budget, and CPU, over time" options={usageOptions} />;
}
