/** Measurements, and how they are taken. */

/** What a figure counts. `s` (seconds) and `ratio` are figures by themselves, the others are rates. */
export type Unit =
  | "voxels/s"
  | "evaluations/s"
  | "features/s"
  | "samples/s"
  | "matrices/s"
  | "bytes/s"
  | "s"
  | "ratio";

/** A line of the table. */
export interface Measurement {
  /** Names the line in `--only` and in the baseline: part and work, such as `slic isotropic`. */
  readonly name: string;
  readonly unit: Unit;
  /** How much was done each time: a rate is `amount / seconds`. A ratio is `amount * seconds`; of seconds it is 1. */
  readonly amount: number;
  /** Time of each repetition. */
  readonly seconds: readonly number[];
  /** Share of the time of the line that this is a part of, 0 to 1. */
  readonly share?: number;
  /** Most resident bytes of the process that did the work, where it could be read. */
  readonly peakBytes?: number;
  /** Set for a ratio of which less is better; less seconds always are. */
  readonly lowerIsBetter?: true;
  /** What the figure should at least be on a 2-core machine; at most, where lower is better. */
  readonly bound?: number;
  /** Sizes, or what was left out and why. */
  readonly note?: string;
}

/** Whether a smaller figure is a better one. */
export function isLowerBetter({ unit, lowerIsBetter }: Pick<Measurement, "unit" | "lowerIsBetter">): boolean {
  return unit === "s" || lowerIsBetter === true;
}

/** The figure of each repetition, in the measurement's unit. */
export function figuresOf({ unit, amount, seconds }: Measurement): number[] {
  if (unit === "s") return [...seconds];
  return seconds.map((s) => unit === "ratio" ? amount * s : amount / s);
}

/** The middle value; the mean of the two middle ones where there are an even number. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** Times each of `repeat` runs. */
export async function timeRuns(repeat: number, run: () => unknown): Promise<number[]> {
  const seconds: number[] = [];
  for (let i = 0; i < repeat; i++) {
    const begin = performance.now();
    await run();
    seconds.push((performance.now() - begin) / 1000);
  }
  return seconds;
}

/** Something short that is timed many times over: a kernel on data that are laid out already. */
export interface KernelCase {
  readonly name: string;
  readonly unit: Unit;
  /** Of one run. */
  readonly amount: number;
  run(): void;
  readonly bound?: number;
  readonly note?: string;
}

/**
 * Measures a kernel. It runs for `leastSeconds` before the first repetition, so that the optimising compiler is done, and again
 * and again for as long in each.
 */
export async function measureKernel(
  { run, ...line }: KernelCase,
  repeat: number,
  leastSeconds: number,
): Promise<Measurement> {
  const begin = performance.now();
  let runs = 0;
  do {
    run();
    runs++;
  } while (performance.now() - begin < leastSeconds * 1000);
  const seconds = await timeRuns(repeat, () => {
    for (let i = 0; i < runs; i++) run();
  });
  return { ...line, seconds: seconds.map((s) => s / runs) };
}
