/** Tables of synapses read back from the JSON that `writeSynapseJson` writes, a line a synapse. */
import type { Synapse } from "../../analysis/synapse.ts";
import { UserError } from "../../user_error.ts";
import type { Zyx } from "../../volume/region.ts";
import type { SynapseTable } from "./synapses.ts";
import { someLines } from "./whole_lines.ts";

/** Bytes read at once: of larger pieces more lines are in memory, and not collected yet. */
const PIECE = 2 ** 16;

export type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a table. Measured values have the digits of the file.
 * @param most synapses; more are an error
 * @throws {UserError} where it cannot be read, is no such table, or has more synapses
 */
export async function readSynapseTable(path: string, most = Infinity): Promise<SynapseTable> {
  const synapses: Synapse[] = [];
  const table = await openSynapseTable(path);
  for await (const row of table.rows) {
    if (synapses.length >= most) {
      throw new UserError(
        `${path}: more than ${most} synapses, more than fit the memory; give more --memory`,
      );
    }
    synapses.push(synapseOf(path, row));
  }
  const { head } = table;
  const [x, y, z] = numbersIn(path, head, "shape", 3);
  const voxelSize = head["voxelSize"] ? numbersIn(path, head, "voxelSize", 3) : undefined;
  return {
    shape: [z ?? 0, y ?? 0, x ?? 0],
    voxelSize: voxelSize && [voxelSize[2] ?? 0, voxelSize[1] ?? 0, voxelSize[0] ?? 0],
    unit: voxelSize ? "nm" : "xy-voxels",
    threshold: numberIn(path, head, "threshold"),
    minSize: numberIn(path, head, "minSize"),
    dropped: numberIn(path, head, "dropped"),
    hasDirections: synapses.some(({ direction }) => direction !== undefined),
    synapses,
  };
}

/** A table that is read row by row. */
export interface SynapseRecords {
  /** What it was made with, and the figures over all synapses. */
  readonly head: Json;
  /** The synapses, by the names of the columns; to be read once. */
  readonly rows: AsyncIterable<Json>;
}

/** Opens a table. @throws {UserError} where it cannot be read or is no such table, also while rows are read */
export async function openSynapseTable(path: string): Promise<SynapseRecords> {
  const lines = linesOf(path);
  const first = await lines.next();
  const head = headIn(path, first.done ? "" : first.value);
  const rows = async function* () {
    for await (const line of lines) if (line.startsWith("{")) yield parsed(path, line.replace(/,$/, ""));
  };
  return { head, rows: rows() };
}

/** What a table was made with, and the figures over all synapses. @throws {UserError} as `openSynapseTable` does */
export async function readTableHead(path: string): Promise<Json> {
  for await (const line of linesOf(path)) return headIn(path, line);
  throw notATable(path);
}

function headIn(path: string, line: string): Json {
  const head = parsed(path, line.replace(/,"synapses":\[$/, "}"));
  numbersIn(path, head, "shape", 3);
  return head;
}

async function* linesOf(path: string): AsyncGenerator<string> {
  for await (const lines of someLines(path, PIECE)) yield* lines;
}

function parsed(path: string, line: string): Json {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value as Json;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw notATable(path);
}

function notATable(path: string): UserError {
  return new UserError(
    `${path}: is not a table of synapses; use <PREFIX>-synapses.json, as a run and the command synapses write it`,
  );
}

function numberIn(path: string, record: Json, name: string): number {
  const value = record[name];
  if (typeof value !== "number") throw notATable(path);
  return value;
}

function numbersIn(path: string, record: Json, name: string, count: number): number[] {
  const value = record[name];
  if (Array.isArray(value) && value.length === count && value.every((n) => typeof n === "number")) {
    return value;
  }
  throw notATable(path);
}

function synapseOf(path: string, record: Json): Synapse {
  const number = (name: string) => numberIn(path, record, name);
  const place = (
    names: readonly [string, string, string],
  ): Zyx => [number(names[0]), number(names[1]), number(names[2])];
  const low = place(["z_from", "y_from", "x_from"]), high = place(["z_to", "y_to", "x_to"]);
  const isDirected = typeof record["dx"] === "number";
  return {
    id: number("id"),
    voxels: number("voxels"),
    centroid: place(["z", "y", "x"]),
    box: { start: low, shape: [high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1] },
    touchesBorder: record["touches_border"] === true,
    meanScore: scoreIn(record, "mean_score"),
    peakScore: scoreIn(record, "peak_score"),
    direction: isDirected ? [number("dx"), number("dy"), number("dz")] : undefined,
    agreement: isDirected ? number("agreement") : undefined,
    length: number("length"),
    width: number("width"),
    thickness: number("thickness"),
    elongation: number("elongation"),
  };
}

/** Infinite scores are empty in the table. */
function scoreIn(record: Json, name: string): number {
  const value = record[name];
  return typeof value === "number" ? value : Infinity;
}
