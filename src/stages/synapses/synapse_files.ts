/** Tables of synapses as CSV and JSON, written synapse by synapse. */
import type { Synapse } from "../../analysis/synapse.ts";
import { summariseSynapses, type SynapseSummary } from "../../analysis/synapse_summary.ts";
import { regionEnd, voxelCount, type Zyx } from "../../volume/region.ts";
import type { VoxelSize } from "../../volume/voxel_size.ts";
import type { ReviewMark } from "./review/reviewed_plan.ts";
import type { SynapseList, SynapseTable } from "./synapses.ts";
import { writeParts } from "../../volume/output_file.ts";

/** A table, wherever its synapses are. */
type Table = SynapseTable<SynapseList>;

/** A value of a table; empty where it is not known. */
type Cell = number | string | boolean | null;

/** Columns of the table; coordinates count from the first voxel's, which is 0, 0, 0. */
const COLUMNS: readonly (readonly [name: string, of: (synapse: Synapse, table: Table) => Cell])[] = [
  ["id", ({ id }) => id],
  ["x", ({ centroid: [, , x] }) => rounded(x)],
  ["y", ({ centroid: [, y] }) => rounded(y)],
  ["z", ({ centroid: [z] }) => rounded(z)],
  ["x_nm", ({ centroid: [, , x] }, { voxelSize }) => scaled(x, voxelSize?.[2])],
  ["y_nm", ({ centroid: [, y] }, { voxelSize }) => scaled(y, voxelSize?.[1])],
  ["z_nm", ({ centroid: [z] }, { voxelSize }) => scaled(z, voxelSize?.[0])],
  ["x_from", ({ box }) => box.start[2]],
  ["y_from", ({ box }) => box.start[1]],
  ["z_from", ({ box }) => box.start[0]],
  ["x_to", ({ box }) => regionEnd(box)[2] - 1],
  ["y_to", ({ box }) => regionEnd(box)[1] - 1],
  ["z_to", ({ box }) => regionEnd(box)[0] - 1],
  ["voxels", ({ voxels }) => voxels],
  [
    "volume_um3",
    ({ voxels }, { voxelSize }) => voxelSize ? rounded(cubicMicrometres(voxels, voxelSize)) : null,
  ],
  ["mean_score", ({ meanScore }) => rounded(meanScore)],
  ["peak_score", ({ peakScore }) => rounded(peakScore)],
  ["dx", ({ direction }) => direction ? rounded(direction[0]) : null],
  ["dy", ({ direction }) => direction ? rounded(direction[1]) : null],
  ["dz", ({ direction }) => direction ? rounded(direction[2]) : null],
  ["agreement", ({ agreement }) => agreement === undefined ? null : rounded(agreement)],
  ["length", ({ length }) => rounded(length)],
  ["width", ({ width }) => rounded(width)],
  ["thickness", ({ thickness }) => rounded(thickness)],
  ["elongation", ({ elongation }) => rounded(elongation)],
  ["unit", (_synapse, { unit }) => unit],
  ["touches_border", ({ touchesBorder }) => touchesBorder],
];

/** Columns of a table that was reviewed. */
const REVIEW_COLUMNS: readonly (readonly [name: string, of: (mark: ReviewMark) => Cell])[] = [
  ["review", ({ review }) => review],
  ["changes", ({ changes }) => changes.join("+")],
  ["found_as", ({ foundAs }) => foundAs.join("+")],
  ["comment", ({ comment }) => comment],
];

/** Digits of measured values: more than they are good for, few enough for a table that people look at. */
const DIGITS = 7;

function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : null;
}

function scaled(voxels: number, nanometres: number | undefined): number | null {
  return nanometres === undefined ? null : rounded(voxels * nanometres);
}

/** Volume of so many voxels in µm³. */
export function cubicMicrometres(voxels: number, [z, y, x]: VoxelSize): number {
  return voxels * z * y * x / 1e9;
}

/** The figures of a table. */
export function summaryOf({ synapses, shape, voxelSize }: Table): SynapseSummary {
  return summariseSynapses(synapses, voxelSize && cubicMicrometres(voxelCount(shape), voxelSize));
}

/** A synapse as an object of the table's columns. */
function synapseRecord(synapse: Synapse, table: Table): Record<string, Cell> {
  const mark = table.review?.marks[synapse.id - 1];
  return Object.fromEntries([
    ...COLUMNS.map(([name, of]) => [name, of(synapse, table)] as const),
    ...(mark ? REVIEW_COLUMNS.map(([name, of]) => [name, of(mark)] as const) : []),
  ]);
}

/**
 * Writes the table as CSV, a line a synapse below a line of names; empty where a value is not known.
 * @throws {UserError} if it cannot be written; then there is no file
 */
export function writeSynapseCsv(path: string, table: SynapseTable<SynapseList>): void {
  writeLines(path, csvLines(table));
}

function* csvLines(table: Table): Generator<string> {
  const { review } = table;
  const names = [...COLUMNS, ...(review ? REVIEW_COLUMNS : [])].map(([name]) => name);
  yield names.join(",");
  for (const synapse of table.synapses) {
    const cells = COLUMNS.map(([, of]) => of(synapse, table) ?? "");
    const mark = review?.marks[synapse.id - 1];
    if (mark) cells.push(...REVIEW_COLUMNS.map(([, of]) => quoted(`${of(mark)}`)));
    yield cells.join(",");
  }
}

/** A text as a cell of CSV (RFC 4180). A spreadsheet would take what begins like a formula for one. */
function quoted(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * Writes the table as JSON: what it was made with, the figures over all synapses, and the synapses, a line each.
 * @param scores path of the scores
 * @throws {UserError} if it cannot be written; then there is no file
 */
export function writeSynapseJson(path: string, table: SynapseTable<SynapseList>, scores: string): void {
  writeLines(path, jsonLines(table, scores));
}

function* jsonLines(table: Table, scores: string): Generator<string> {
  const head = JSON.stringify({ scores, ...tableRecord(table), summary: summaryRecord(summaryOf(table)) });
  yield `${head.slice(0, -1)},"synapses":[`;
  let left = table.synapses.length;
  for (const synapse of table.synapses) {
    yield JSON.stringify(synapseRecord(synapse, table)) + (--left > 0 ? "," : "");
  }
  yield "]}";
}

/** What a table was made with. */
function tableRecord({ shape, voxelSize, unit, threshold, minSize, dropped, review }: Table) {
  return {
    shape: xyz(shape),
    voxelSize: voxelSize ? xyz(voxelSize) : null,
    unit,
    threshold,
    minSize,
    dropped,
    ...(review ? { review: review.progress } : {}),
  };
}

/** The figures over all synapses, as JSON has them: `null` where something is not known. */
export function summaryRecord({ count, atBorder, perCubicMicrometre, sizes, orientation }: SynapseSummary) {
  return {
    count,
    atBorder,
    perCubicMicrometre: perCubicMicrometre ?? null,
    sizes: sizes
      ? Object.fromEntries(Object.entries(sizes).map(([name, values]) => [name, { ...values }]))
      : null,
    orientation: orientation
      ? { count: orientation.count, mean: orientation.mean ?? null, resultant: orientation.resultant }
      : null,
  };
}

function xyz([z, y, x]: Zyx): [number, number, number] {
  return [x, y, z];
}

/** Writes lines whole or not at all, without holding them all. */
function writeLines(path: string, lines: Iterable<string>): void {
  const encoder = new TextEncoder();
  writeParts(path, function* () {
    for (const line of lines) yield encoder.encode(`${line}\n`);
  });
}
