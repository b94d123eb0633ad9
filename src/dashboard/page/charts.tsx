/** Curves over time and rounds. */
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import type { RunSummary, UsageRow } from "../api.ts";
import type { RoundRow } from "../../run/telemetry.ts";
import { timeTexts } from "./text.ts";
import { roundText, trainingCurve } from "./training_curve.ts";

interface LegendEntry {
  readonly name: string;
  /** A variable of the page's style. */
  readonly colour: string;
  readonly text: (value: number | null) => string;
}

export interface ChartProps {
  readonly data: uPlot.AlignedData;
  readonly label: string;
  /** One a curve. */
  readonly legend: readonly LegendEntry[];
  /** What is told where nothing is pointed at: of the last place (the default), or nothing. */
  readonly atRest?: "last" | "nothing";
  /** What is told of the place that is pointed at, or of the last one. */
  readonly placeText?: (x: number | null) => string;
  /** What the curves mean. */
  readonly about?: string;
  /** Called where chart or colours are made anew. */
  readonly options: (colour: (name: string) => string) => Omit<uPlot.Options, "width" | "height">;
}

const HEIGHT = 165;

/** A chart as wide as its place, in the colours of the page. */
export function Chart({ data, options, label, legend, placeText, about, atRest = "last" }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const latest = useRef(data);
  latest.current = data;
  const [pointed, setPointed] = useState<number | null>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const make = () => {
      chart.current?.destroy();
      const style = getComputedStyle(document.documentElement);
      const made = options((name) => style.getPropertyValue(`--${name}`).trim());
      const size = { width: element.clientWidth, height: HEIGHT };
      const hooks = { setCursor: [({ cursor }: uPlot) => setPointed(cursor.idx ?? null)] };
      chart.current = new uPlot(
        { ...made, ...size, hooks, legend: { show: false } },
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
  const shown = pointed ?? (atRest === "last" ? (data[0]?.length ?? 0) - 1 : -1);
  return (
    <>
      <div class="chart" ref={place} role="img" aria-label={label} />
      <ul class="curve-legend">
        {placeText && <li data-testid="curve-place">{placeText(data[0]?.[shown] ?? null)}</li>}
        {legend.map(({ name, colour, text }, series) => (
          <li key={name}>
            <span class="mark" style={{ background: `var(--${colour})` }} />
            {name} <b>{text(data[series + 1]?.[shown] ?? null)}</b>
          </li>
        ))}
      </ul>
      {about && <p class="quiet">{about}</p>}
    </>
  );
}

export function axis(colour: (name: string) => string, more: uPlot.Axis = {}): uPlot.Axis {
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

const COMPACT = new Intl.NumberFormat("en", { notation: "compact" });

/** `200K`. */
export function shortText(count: number): string {
  return COMPACT.format(count);
}

/** Of an axis that counts: `200K` where there are many. */
export const COUNTS: uPlot.Axis = { values: (_, marks) => marks.map(shortText) };

const fixed = (digits: number) => (value: number | null) => value === null ? "–" : value.toFixed(digits);

const TRAINING_LEGEND: readonly LegendEntry[] = [
  { name: "weighted error", colour: "series-1", text: fixed(3) },
  { name: "alpha", colour: "series-2", text: fixed(3) },
  { name: "training error", colour: "series-3", text: fixed(4) },
];

const USAGE_LEGEND: readonly LegendEntry[] = [
  { name: "memory, GiB", colour: "series-1", text: fixed(2) },
  { name: "memory limit", colour: "bad", text: fixed(2) },
  { name: "busy processor cores", colour: "series-3", text: fixed(1) },
];

const trainingOptions: ChartProps["options"] = (colour) => ({
  scales: { x: { time: false }, y: { range: (_, low, high) => [Math.min(0, low), Math.max(0.5, high)] } },
  axes: [axis(colour, { size: 28 }), axis(colour)],
  cursor: { drag: { x: false, y: false } },
  series: [
    {},
    { stroke: colour("series-1"), width: 1, points: { show: false } },
    { stroke: colour("series-2"), width: 1, points: { show: false } },
    { stroke: colour("series-3"), width: 2, points: { show: false } },
  ],
});

interface TrainingProps {
  readonly rounds: readonly RoundRow[];
  readonly models: RunSummary["models"];
}

/** The training curve, model by model. */
export function TrainingChart({ rounds, models }: TrainingProps) {
  const { rounds: places, curves } = trainingCurve(rounds, models);
  const data = [[...places], ...curves.map((curve) => [...curve])] as unknown as uPlot.AlignedData;
  return (
    <Chart
      data={data}
      label="Weighted error, alpha and training error of each round"
      options={trainingOptions}
      legend={TRAINING_LEGEND}
      placeText={(x) => roundText(x, models)}
      about="Each round adds a simple rule. Weighted error: how often the new rule is wrong, where difficult samples count more. Alpha: its weight in the model. Training error: how often the model is wrong so far; it should fall."
    />
  );
}

const GIB = 2 ** 30;

const usageOptions: ChartProps["options"] = (colour) => ({
  scales: {
    x: { time: true },
    y: { range: (_, __, high) => [0, Math.max(0.1, high) * 1.05] },
    cores: { range: (_, __, high) => [0, Math.max(1, Math.ceil(high))] },
  },
  axes: [
    axis(colour, { size: 28, values: (_, times) => timeTexts(times) }),
    axis(colour),
    axis(colour, { scale: "cores", side: 1, grid: { show: false } }),
  ],
  cursor: { drag: { x: false, y: false } },
  series: [
    {},
    { stroke: colour("series-1"), width: 2, points: { show: false } },
    { stroke: colour("bad"), width: 1, points: { show: false }, dash: [6, 4] },
    { scale: "cores", stroke: colour("series-3"), width: 1, points: { show: false } },
  ],
});

interface UsageProps {
  readonly usage: readonly UsageRow[];
  /** Bytes. */
  readonly budget: number | null;
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
  return (
    <Chart
      data={data}
      label="Memory, memory limit and CPU over time"
      options={usageOptions}
      legend={USAGE_LEGEND}
    />
  );
}
