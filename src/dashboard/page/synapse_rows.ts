/** The rows of a table of synapses as the page sorts and filters them: a column of numbers for each of its columns. */

/** A table. Numbers that are not known are NaN; `true` is 1 and `false` 0. */
export interface SynapseRows {
  readonly count: number;
  /** Of lengths: `nm` or `xy-voxels`. */
  readonly unit: string;
  readonly columns: ReadonlyMap<string, Float64Array>;
}

/** Which rows are shown, and in which order. */
export interface RowChoice {
  /** Name of a column. */
  readonly sortBy: string;
  readonly isDescending: boolean;
  /** Least values of columns. */
  readonly least: ReadonlyMap<string, number>;
  /** The value that a column must have. */
  readonly only?: { readonly column: string; readonly value: number } | undefined;
  /** Whether synapses that touch the border of the volume are left out. */
  readonly withoutBorder: boolean;
}

const UNIT = "unit";
const BORDER = "touches_border";

/** Columns that the page uses; others are passed over. */
const USED = new Set([
  ...["id", "x", "y", "z", "voxels", "mean_score", "peak_score"],
  ...["length", "width", "thickness", "dx", "dy", "dz", "agreement", BORDER],
]);

const COMMA = 44, NEWLINE = 10, RETURN = 13, MINUS = 45, POINT = 46, ZERO = 48;
const DECODER = new TextDecoder();

/**
 * Reads the CSV that `synapses` and runs write, byte by byte: a table of a million rows takes a second or two.
 * @throws {Error} where it is no such table
 */
export function parseSynapses(csv: Uint8Array): SynapseRows {
  const afterNames = csv.indexOf(NEWLINE) + 1 || csv.length;
  const names = DECODER.decode(csv.subarray(0, afterNames)).trim().split(",");
  if (!names.includes("id") || !names.includes("voxels")) throw new Error("this is not a table of synapses");
  const count = countLines(csv, afterNames);
  const columns = names.map((name) => USED.has(name) ? new Float64Array(count) : undefined);
  const unitAt = names.indexOf(UNIT);
  let unit = "";
  for (let row = 0, at = afterNames; row < count; row++) {
    for (let c = 0; c < names.length; c++) {
      const from = at;
      while (at < csv.length && csv[at] !== COMMA && csv[at] !== NEWLINE) at++;
      const to = csv[at - 1] === RETURN ? at - 1 : at;
      const column = columns[c];
      if (column) column[row] = numberIn(csv, from, to);
      else if (c === unitAt && row === 0) unit = DECODER.decode(csv.subarray(from, to));
      if (csv[at] === NEWLINE) break;
      at++;
    }
    at++;
  }
  const used = names.flatMap((name, c) => columns[c] ? [[name, columns[c]] as const] : []);
  return { count, unit, columns: new Map(used) };
}

function countLines(csv: Uint8Array, from: number): number {
  let count = 0;
  for (let at = from; at < csv.length; count++) at = csv.indexOf(NEWLINE, at) + 1 || csv.length;
  return count;
}

/** The number that some bytes say; NaN where there are none, 1 and 0 of `true` and `false`. */
function numberIn(csv: Uint8Array, from: number, to: number): number {
  if (from >= to) return NaN;
  let whole = 0, scale = 0;
  const isNegative = csv[from] === MINUS;
  for (let at = isNegative ? from + 1 : from; at < to; at++) {
    const digit = (csv[at] ?? 0) - ZERO;
    if (digit >= 0 && digit <= 9 && to - from <= MOST_DIGITS) {
      whole = 10 * whole + digit;
      scale *= 10;
    } else if (csv[at] === POINT && scale === 0) scale = 1;
    else return wordIn(csv, from, to);
  }
  // exact: both are whole numbers below 2^53
  const value = scale === 0 ? whole : whole / scale;
  return isNegative ? -value : value;
}

/** Digits of whole numbers that are exact. */
const MOST_DIGITS = 15;

function wordIn(csv: Uint8Array, from: number, to: number): number {
  const text = DECODER.decode(csv.subarray(from, to));
  return text === "true" ? 1 : text === "false" ? 0 : Number(text);
}

/** The value of a column in a row; NaN where there is none. */
export function valueAt({ columns }: SynapseRows, name: string, row: number): number {
  return columns.get(name)?.[row] ?? NaN;
}

/** Indices of the rows that are shown, in their order. Unknown values come last, equal ones in the order of the table. */
export function chooseRows(rows: SynapseRows, choice: RowChoice): Uint32Array {
  const least = [...choice.least].flatMap(([name, value]) => {
    const column = rows.columns.get(name);
    return column ? [{ column, value }] : [];
  });
  const border = rows.columns.get(BORDER);
  const { only } = choice;
  const wanted = only && rows.columns.get(only.column);
  const kept: number[] = [];
  for (let row = 0; row < rows.count; row++) {
    if (choice.withoutBorder && border?.[row] === 1) continue;
    if (only && wanted?.[row] !== only.value) continue;
    if (least.every(({ column, value }) => (column[row] ?? NaN) >= value)) kept.push(row);
  }
  const order = Uint32Array.from(kept);
  const by = rows.columns.get(choice.sortBy);
  if (by === undefined) return order;
  const sign = choice.isDescending ? -1 : 1;
  return order.sort((a, b) => {
    const [left, right] = [by[a] ?? NaN, by[b] ?? NaN];
    if (Number.isNaN(left) || Number.isNaN(right)) {
      return Number(Number.isNaN(left)) - Number(Number.isNaN(right)) || a - b;
    }
    return sign * (left - right) || a - b;
  });
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
  const scale = isLogarithmic ? Math.log10 : (value: number) => value;
  const back = isLogarithmic ? (value: number) => 10 ** value : (value: number) => value;
  let low = Infinity, high = -Infinity;
  for (const row of rows) {
    const value = scale(values[row] ?? NaN);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(high >= low)) return { edges: [], counts: [] };
  const width = (high - low || 1) / bars;
  const counts = new Array<number>(bars).fill(0);
  for (const row of rows) {
    const value = scale(values[row] ?? NaN);
    if (Number.isNaN(value)) continue;
    const bar = Math.min(bars - 1, Math.floor((value - low) / width));
    counts[bar] = (counts[bar] ?? 0) + 1;
  }
  return { edges: Array.from({ length: bars + 1 }, (_, i) => back(low + i * width)), counts };
}

/** The rows that are in sight, and some before and after them. */
export function rowsInSight(
  { top, height, rowHeight, count }: {
    readonly top: number;
    readonly height: number;
    readonly rowHeight: number;
    readonly count: number;
  },
): { readonly from: number; readonly to: number } {
  const beyond = 8;
  const from = Math.min(count, Math.max(0, Math.floor(top / rowHeight) - beyond));
  return { from, to: Math.min(count, Math.max(from, Math.ceil((top + height) / rowHeight) + beyond)) };
}
