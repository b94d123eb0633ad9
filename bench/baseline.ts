/** Figures of an earlier run, to compare with. */
import { figuresOf, isLowerBetter, type Measurement, median, type Unit } from "./measure.ts";
import type { Sizes } from "./sizes.ts";

/** Where and with what figures were taken. */
export interface Circumstances {
  readonly processor: string;
  readonly cores: number;
  readonly deno: string;
  readonly sizes: Sizes["name"];
}

/** The file with the figures of an earlier run. */
export interface Baseline extends Circumstances {
  /** ISO 8601, of the last line saved. */
  readonly time: string;
  readonly lines: Readonly<Record<string, BaselineLine>>;
}

interface BaselineLine {
  /** Median, in `unit`. */
  readonly figure: number;
  readonly unit: Unit;
  readonly peakBytes?: number;
}

/** Reads a baseline; undefined where there is none. */
export async function readBaseline(path: string): Promise<Baseline | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(path)) as Baseline;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw cause;
  }
}

/** Why a baseline says nothing about figures taken now; undefined where it does. */
export function whyNotComparable(baseline: Baseline, now: Circumstances): string | undefined {
  const { processor, cores, sizes } = baseline;
  if (sizes !== now.sizes) return `the baseline is of ${sizes} sizes`;
  if (processor === now.processor && cores === now.cores) return undefined;
  return `the baseline is of another machine (${cores} x ${processor})`;
}

/** How many times as good the figure is as the baseline's: above 1 is better, whatever the unit. */
export function ratioTo(baseline: Baseline | undefined, measurement: Measurement): number | undefined {
  const line = baseline?.lines[measurement.name];
  if (line?.unit !== measurement.unit || measurement.seconds.length === 0) return undefined;
  const ratio = median(figuresOf(measurement)) / line.figure;
  return isLowerBetter(measurement) ? 1 / ratio : ratio;
}

/** Writes the figures; lines that were not measured now are kept where they were taken under the same circumstances. */
export async function saveBaseline(
  path: string,
  now: Circumstances,
  measurements: readonly Measurement[],
  time: Date,
): Promise<void> {
  const before = await readBaseline(path);
  const kept = before && before.deno === now.deno && !whyNotComparable(before, now) ? before.lines : {};
  const measured = measurements.filter(({ seconds }) => seconds.length > 0).map((line) => {
    const { name, unit, peakBytes } = line;
    const figure = Number(median(figuresOf(line)).toPrecision(4));
    return [name, { figure, unit, ...(peakBytes === undefined ? {} : { peakBytes }) }] as const;
  });
  const baseline: Baseline = {
    ...now,
    time: time.toISOString(),
    lines: { ...kept, ...Object.fromEntries(measured) },
  };
  await Deno.writeTextFile(path, `${JSON.stringify(baseline, null, 2)}\n`);
}
