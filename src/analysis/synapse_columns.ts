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

/** Columns that are kept; others are passed over. */
export const KEPT_COLUMNS: readonly string[] = [
  ...["id", "x", "y", "z", "voxels", "mean_score", "peak_score", "length", "width", "thickness"],
  ...["dx", "dy", "dz", "agreement", "touches_border"],
];

/** What stands before the columns: the length of this as JSON, the JSON with spaces behind it, then a column after another. */
interface Head {
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

/** Reads the bytes before the columns; undefined where they are something else. @param bytes at least the first 1024 of the file */
export function readHead(bytes: Uint8Array): { readonly head: Head; readonly length: number } | undefined {
  if (bytes.length < 8) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) + 4;
  if (length > bytes.length || length % 8 !== 0) return undefined;
  const text = new TextDecoder().decode(bytes.subarray(4, length));
  return text.startsWith('{"count":') ? { head: JSON.parse(text) as Head, length } : undefined;
}

/** The table in a file of columns, on the same memory. @throws {Error} where it is not one */
export function rowsOf(bytes: Uint8Array<ArrayBuffer>): SynapseRows {
  const read = readHead(bytes);
  if (read === undefined || read.length + 8 * read.head.count * read.head.columns.length !== bytes.length) {
    throw new Error("this is not a table of synapses");
  }
  const { head: { count, unit, threshold, columns }, length } = read;
  const column = (_: string, i: number) =>
    new Float64Array(bytes.buffer, bytes.byteOffset + length + 8 * count * i, count);
  return { count, unit, threshold, columns: new Map(columns.map((name, i) => [name, column(name, i)])) };
}

/** The value of a column in a row; NaN where there is none. */
export function valueAt({ columns }: SynapseRows, name: string, row: number): number {
  return columns.get(name)?.[row] ?? NaN;
}
