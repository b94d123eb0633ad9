/** Makes columns of numbers of a CSV of synapses, piece by piece: the table that the page shows. */
import { join } from "node:path";
import { columnsHead, KEPT_COLUMNS, MOST_HEAD, readHead, REVIEWS } from "../../analysis/synapse_columns.ts";
import { nextTurn } from "../../engine/mod.ts";
import { ifThere } from "../../if_there.ts";
import { UserError } from "../../user_error.ts";
import { makeFolderOf } from "../../volume/file.ts";
import { createOutputFile, type OutputFile } from "../../volume/output_file.ts";
import { readTableHead } from "./read_table.ts";
import { NEWLINE, wholeLines } from "./whole_lines.ts";

const COMMA = 44, RETURN = 13, MINUS = 45, POINT = 46, ZERO = 48;
const DECODER = new TextDecoder();

/** Where the work folder keeps the columns of a table. @param csv name of the table's file */
export function columnsPath(workFolder: string, csv: string): string {
  return join(workFolder, "tables", `${csv}.columns`);
}

/** Whether columns were made of a CSV as it is now, and are all that are kept: earlier versions kept fewer. */
export async function areColumnsFresh(csv: string, columns: string): Promise<boolean> {
  const made = await ifThere(() => Deno.stat(columns));
  if (made === undefined) return false;
  const { size, mtime } = await Deno.stat(csv);
  const { head } = readHead(await beginOf(columns)) ?? {};
  if (head?.bytes !== size || (made.mtime?.getTime() ?? 0) < (mtime?.getTime() ?? 0)) return false;
  const [first = ""] = DECODER.decode(await beginOf(csv)).split(/\r?\n/);
  return head.columns.join() === keptOf(first.split(",")).join();
}

/** The kept columns among those of a CSV. */
function keptOf(names: readonly string[]): string[] {
  return KEPT_COLUMNS.filter((name) => names.includes(name));
}

async function beginOf(path: string): Promise<Uint8Array> {
  const begin = new Uint8Array(MOST_HEAD);
  using file = await Deno.open(path);
  return begin.subarray(0, await file.read(begin) ?? 0);
}

/**
 * Writes the columns of a CSV that `writeSynapseCsv` wrote, whole or not at all, in little memory. The threshold is that of the JSON
 * beside it, where that has as many synapses.
 * @throws {UserError} where it is no such table, or they cannot be written
 */
export async function makeColumns(csv: string, columns: string): Promise<void> {
  const { names, unit, count, bytes } = await lookAt(csv);
  await makeFolderOf(columns);
  const kept = keptOf(names);
  const threshold = await thresholdOf(csv, count);
  const head = columnsHead({ count, unit, threshold, columns: kept, bytes });
  const output = createOutputFile(columns, [[0, head]]);
  try {
    await copyNumbers(csv, names.map((name) => kept.indexOf(name)), output, { from: head.length, count });
  } catch (cause) {
    output.abandon();
    throw cause;
  }
  output.complete();
}

/** Of a table, by the JSON beside its CSV; undefined where none belongs to it, and only the CSV was copied. */
async function thresholdOf(csv: string, count: number): Promise<number | undefined> {
  try {
    const { threshold, summary } = await readTableHead(csv.replace(/\.csv$/, ".json"));
    const isOfIt = (summary as { readonly count?: unknown } | undefined)?.count === count;
    return isOfIt && typeof threshold === "number" ? threshold : undefined;
  } catch (cause) {
    if (cause instanceof UserError) return undefined;
    throw cause;
  }
}

/** Names of the columns, unit of the first row, rows and length of a CSV. */
async function lookAt(csv: string) {
  let names: string[] | undefined, unit = "", count = -1, bytes = 0;
  for await (const lines of wholeLines(csv)) {
    if (names === undefined) {
      const [first = "", second = ""] = DECODER.decode(lines.subarray(0, 4096)).split(/\r?\n/);
      names = first.split(",");
      unit = second.split(",")[names.indexOf("unit")] ?? "";
    }
    count += countLines(lines);
    bytes += lines.length;
  }
  if (!names?.includes("id") || !names.includes("voxels")) {
    throw new UserError(`${csv}: this is not a table of synapses; expected columns id and voxels`);
  }
  return { names, unit, count, bytes };
}

/** Writes each column at its place. @param places of the CSV's columns among those that are kept; -1: not kept */
async function copyNumbers(
  csv: string,
  places: readonly number[],
  output: OutputFile,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<void> {
  let row = -1; // the first line has names
  for await (const lines of wholeLines(csv)) {
    const begin = row < 0 ? lines.indexOf(NEWLINE) + 1 || lines.length : 0;
    row = Math.max(0, row);
    const columns = numbersOf(lines.subarray(begin), places);
    for (const [place, numbers] of columns.entries()) {
      output.write(from + 8 * (place * count + row), new Uint8Array(numbers.buffer));
    }
    row += columns[0]?.length ?? 0;
    await nextTurn();
  }
}

function countLines(lines: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < lines.length; count++) at = lines.indexOf(NEWLINE, at) + 1 || lines.length;
  return count;
}

/** The kept numbers of some lines, column by column. */
function numbersOf(lines: Uint8Array, places: readonly number[]): Float64Array[] {
  const count = countLines(lines);
  const columns = Array.from(
    { length: 1 + Math.max(-1, ...places) },
    () => new Float64Array(count).fill(NaN),
  );
  for (let row = 0, at = 0; row < count; row++) {
    for (const place of places) {
      const from = at;
      while (at < lines.length && lines[at] !== COMMA && lines[at] !== NEWLINE) at++;
      const to = lines[at - 1] === RETURN ? at - 1 : at;
      const column = columns[place];
      if (column) column[row] = numberIn(lines, from, to);
      if (at >= lines.length || lines[at] === NEWLINE) break;
      at++;
    }
    while (at < lines.length && lines[at] !== NEWLINE) at++;
    at++;
  }
  return columns;
}

/** The number that some bytes say; NaN where there are none, 1 and 0 of `true` and `false`, the place of what a review says. */
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
  const review = REVIEWS.findIndex((words) => words === text);
  return review >= 0 ? review : text === "true" ? 1 : text === "false" ? 0 : Number(text);
}
