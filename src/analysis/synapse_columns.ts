/** A table of synapses as columns of numbers: of a million rows it is read at once, without parsing. */

/** A table. Numbers that are not known are NaN; `true` is 1 and `false` 0. */
export interface SynapseRows {
  readonly count: number;
  /** Of lengths: `nm` or `xy-voxels`. */
  readonly unit: string;
  /** Least score of a synapse's voxels; undefined where it is not known. */
  readonly threshold?: number | undefined;
  readonly columns: ReadonlyMap<string, Float64Array>;
}

/** Columns that the page needs at once; they come first. */
export const FIRST_COLUMNS: readonly string[] = [
  ...["id", "x", "y", "z", "voxels", "mean_score", "peak_score", "length", "width", "thickness"],
  ...["dx", "dy", "dz", "agreement", "touches_border", "review"],
];

/** What is said of a synapse in the column `review`, by its numbers. */
export const REVIEWS = ["not looked at", "accepted", "unsure", "rejected"] as const;

/** All that are kept; others, which have no numbers, are passed over. */
export const KEPT_COLUMNS: readonly string[] = [
  ...FIRST_COLUMNS,
  ...["x_nm", "y_nm", "z_nm", "x_from", "y_from", "z_from", "x_to", "y_to", "z_to"],
  ...["volume_um3", "elongation"],
];

/** Where the bytes before the columns end, at most. */
export const MOST_HEAD = 4096;

/** What stands before the columns: the length of this as JSON, the JSON with spaces behind it, then a column after another. */
export interface Head {
  readonly count: number;
  readonly unit: string;
  /** Least score of a synapse's voxels, where it is known. */
  readonly threshold?: number | undefined;
  readonly columns: readonly string[];
  /** Length of the CSV that it was made of. */
  readonly bytes: number;
}

/** The bytes before the columns, a multiple of 8. */
export function columnsHead(head: Head): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(head));
  const length = Math.ceil((text.length + 4) / 8) * 8;
  const bytes = new Uint8Array(length).fill(32);
  new DataView(bytes.buffer).setUint32(0, length - 4, true);
  bytes.set(text, 4);
  return bytes;
}

/**
 * Reads the bytes before the columns; undefined where they are something else.
 * @param bytes at least the first `MOST_HEAD` of the file, or all of it
 */
export function readHead(bytes: Uint8Array): { readonly head: Head; readonly length: number } | undefined {
  if (bytes.length < 8) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) + 4;
  if (length > bytes.length || length % 8 !== 0) return undefined;
  const text = new TextDecoder().decode(bytes.subarray(4, length));
  return text.startsWith('{"count":') ? { head: JSON.parse(text) as Head, length } : undefined;
}

/** Where columns that follow each other lie in a file, bytes. @param length of the head */
export function placeOfColumns(
  { count, columns }: Head,
  length: number,
  first: string,
  many = 1,
): { readonly from: number; readonly bytes: number } {
  return { from: length + 8 * count * columns.indexOf(first), bytes: 8 * count * many };
}

/** The table of columns that follow each other, on the same memory. @param names of the columns in `bytes` */
export function rowsOf(
  { count, unit, threshold }: Head,
  names: readonly string[],
  bytes: Uint8Array<ArrayBuffer>,
): SynapseRows {
  const column = (_: string, i: number) =>
    new Float64Array(bytes.buffer, bytes.byteOffset + 8 * count * i, count);
  return { count, unit, threshold, columns: new Map(names.map((name, i) => [name, column(name, i)])) };
}

/** The value of a column in a row; NaN where there is none. */
export function valueAt({ columns }: SynapseRows, name: string, row: number): number {
  return columns.get(name)?.[row] ?? NaN;
}
