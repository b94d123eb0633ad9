/** The rows of a table of synapses as the page sorts and filters them. A million rows take a fraction of a second. */
import type { SynapseRows } from "../../analysis/synapse_columns.ts";

/** Which rows are shown, and in which order. */
export interface RowChoice {
  /** Name of a column. */
  readonly sortBy: string;
  readonly isDescending: boolean;
  /** Between which values columns lie, both included. */
  readonly within: ReadonlyMap<string, readonly [from: number, to: number]>;
  /** Whether synapses that touch the border of the volume are left out. */
  readonly withoutBorder: boolean;
}

const BORDER = "touches_border";

/** Indices of the rows that are shown, in the order of the table. */
export function filterRows(
  rows: SynapseRows,
  { within, withoutBorder }: Pick<RowChoice, "within" | "withoutBorder">,
): Uint32Array {
  const limits = [...within].flatMap(([name, [from, to]]) => {
    const column = rows.columns.get(name);
    return column ? [{ column, from, to }] : [];
  });
  const border = withoutBorder ? rows.columns.get(BORDER) : undefined;
  const kept = new Uint32Array(rows.count);
  let count = 0;
  for (let row = 0; row < rows.count; row++) {
    if (border?.[row] === 1) continue;
    let isWithin = true;
    for (const { column, from, to } of limits) {
      const value = column[row] ?? NaN;
      if (!(value >= from && value <= to)) isWithin = false;
    }
    if (isWithin) kept[count++] = row;
  }
  return kept.subarray(0, count);
}

/** Sorts rows by a column. Unknown values come last, equal ones in the order in which they are given. */
export function sortRows(
  { columns }: SynapseRows,
  rows: Uint32Array,
  { sortBy, isDescending }: Pick<RowChoice, "sortBy" | "isDescending">,
): Uint32Array {
  const column = columns.get(sortBy);
  return column ? byKeys(rows, ...keysOf(column, rows, isDescending)) : rows;
}

/** Values as integers of 64 bits in the order of sorting: their lower and upper halves. */
function keysOf(
  column: Float64Array,
  rows: Uint32Array,
  isDescending: boolean,
): [low: Uint32Array, high: Uint32Array] {
  const values = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) values[i] = (column[rows[i] ?? 0] ?? NaN) + 0; // no -0
  const halves = new Uint32Array(values.buffer); // lower ones first, as on every machine that runs a browser
  const low = new Uint32Array(rows.length), high = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const isNegative = (halves[2 * i + 1] ?? 0) >>> 31 === 1;
    const turn = (half: number, sign: number) => (isNegative ? ~half : half ^ sign) >>> 0;
    const [a, b] = [turn(halves[2 * i] ?? 0, 0), turn(halves[2 * i + 1] ?? 0, 0x80000000)];
    const isUnknown = Number.isNaN(values[i]);
    low[i] = isUnknown ? 0xffffffff : isDescending ? ~a : a;
    high[i] = isUnknown ? 0xffffffff : isDescending ? ~b : b;
  }
  return [low, high];
}

const DIGITS = 65536;

/** Sorts by keys, 16 bits at a time from the lowest. */
function byKeys(rows: Uint32Array, low: Uint32Array, high: Uint32Array): Uint32Array {
  let order = new Uint32Array(rows.length), next = new Uint32Array(rows.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  for (const [key, shift] of [[low, 0], [low, 16], [high, 0], [high, 16]] as const) {
    const ends = new Uint32Array(DIGITS + 1);
    for (let i = 0; i < key.length; i++) {
      const digit = ((key[i] ?? 0) >>> shift) & (DIGITS - 1);
      ends[digit + 1] = (ends[digit + 1] ?? 0) + 1;
    }
    if (ends.includes(rows.length, 1)) continue; // all are the same
    for (let digit = 0; digit < DIGITS; digit++) {
      ends[digit + 1] = (ends[digit + 1] ?? 0) + (ends[digit] ?? 0);
    }
    for (let i = 0; i < order.length; i++) {
      const at = order[i] ?? 0;
      const digit = ((key[at] ?? 0) >>> shift) & (DIGITS - 1);
      const place = ends[digit] ?? 0;
      next[place] = at;
      ends[digit] = place + 1;
    }
    [order, next] = [next, order];
  }
  for (let i = 0; i < order.length; i++) next[i] = rows[order[i] ?? 0] ?? 0;
  return next;
}

/** Bars of a histogram. */
export interface Histogram {
  /** Where bars begin, and the end of the last: one more than there are bars. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** Counts the values of some rows in bars of the same width, or of the same ratio; none where there are no values. */
export function histogramOf(
  values: Float64Array,
  rows: Uint32Array,
  { bars, isLogarithmic }: { readonly bars: number; readonly isLogarithmic: boolean },
): Histogram {
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i] ?? 0] ?? NaN;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(high >= low)) return { edges: [], counts: [] };
  const back = isLogarithmic ? (value: number) => 10 ** value : (value: number) => value;
  if (isLogarithmic) [low, high] = [Math.log10(low), Math.log10(high)];
  const width = (high - low || 1) / bars;
  const counts = new Array<number>(bars).fill(0);
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i] ?? 0] ?? NaN;
    if (Number.isNaN(value)) continue;
    const bar = Math.min(bars - 1, Math.floor(((isLogarithmic ? Math.log10(value) : value) - low) / width));
    counts[bar] = (counts[bar] ?? 0) + 1;
  }
  return { edges: Array.from({ length: bars + 1 }, (_, i) => back(low + i * width)), counts };
}

/** Rows in sight, some before and after them, and the pixels that those before and behind take. */
export interface Sight {
  readonly from: number;
  readonly to: number;
  readonly before: number;
  readonly after: number;
}

/** Browsers know no element that is much higher. */
const MOST_HEIGHT = 8e6;

/** The rows that are in sight. Where there are too many for one element, a step of the scroll bar passes over more of them. */
export function rowsInSight(
  { top, height, rowHeight, count, beyond = 8 }: {
    readonly top: number;
    readonly height: number;
    readonly rowHeight: number;
    readonly count: number;
    /** Rows before and after them. */
    readonly beyond?: number;
  },
): Sight {
  const all = count * rowHeight;
  const shown = Math.min(all, MOST_HEIGHT);
  const scale = all > shown ? (all - height) / (shown - height) : 1;
  const first = Math.max(0, top * scale / rowHeight);
  const from = Math.min(count, Math.max(0, Math.floor(first) - beyond));
  const to = Math.min(count, Math.max(from, Math.ceil(first + height / rowHeight) + beyond));
  const before = scale === 1 ? from * rowHeight : Math.max(0, top - (first - from) * rowHeight);
  return { from, to, before, after: Math.max(0, shown - before - (to - from) * rowHeight) };
}
