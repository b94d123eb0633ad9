/** Cells of training volumes with what the second stage may see of them, as columns of numbers, and the file that holds them. */
import { readSealedFile, writeSealedFile } from "../../engine/mod.ts";
import { joinBytes, takeApart } from "../../volume/bytes.ts";
import { DamagedError } from "../../volume/damaged_error.ts";
import { bytesOf } from "../../volume/dtype.ts";

/** Cells, one an index. */
export interface CellSamples {
  readonly count: number;
  /** Index of the cell in the whole volume, in raster order. */
  readonly cells: Float64Array;
  /** 1 positive, 0 negative. */
  readonly labels: Uint8Array;
  /** Fold in whose part it lies. */
  readonly folds: Uint8Array;
  /** Feature by feature, one value for each cell. */
  readonly features: readonly Float32Array[];
}

const MAGIC = 0x43424343; // "CCBC"
const HEAD_BYTES = 16;

/** Cells without values. */
function emptyCells(count: number, features: number): CellSamples {
  return {
    count,
    cells: new Float64Array(count),
    labels: new Uint8Array(count),
    folds: new Uint8Array(count),
    features: Array.from({ length: features }, () => new Float32Array(count)),
  };
}

/** All cells of several tables in the order of their indices, which no plan of blocks changes. */
export function joinCells(tables: readonly CellSamples[], features: number): CellSamples {
  const count = tables.reduce((sum, table) => sum + table.count, 0);
  const all = emptyCells(count, features);
  const gathered = new Float64Array(count);
  let from = 0;
  for (const { cells } of tables) {
    gathered.set(cells, from);
    from += cells.length;
  }
  const order = new Uint32Array(count).map((_, i) => i).sort((a, b) =>
    (gathered[a] ?? 0) - (gathered[b] ?? 0)
  );
  const to = new Uint32Array(count);
  for (let i = 0; i < count; i++) to[order[i] ?? 0] = i;
  from = 0;
  for (const table of tables) {
    const place = to.subarray(from, from += table.count);
    scatter(table.cells, place, all.cells);
    scatter(table.labels, place, all.labels);
    scatter(table.folds, place, all.folds);
    for (const [f, column] of all.features.entries()) scatter(table.features[f] ?? [], place, column);
  }
  return all;
}

/** Puts value i at `places[i]`. */
function scatter(
  values: ArrayLike<number>,
  places: Uint32Array,
  out: Float64Array | Float32Array | Uint8Array,
) {
  for (let i = 0; i < places.length; i++) out[places[i] ?? 0] = values[i] ?? 0;
}

/** Writes a table whole or not at all. */
export async function writeCells(path: string, table: CellSamples): Promise<void> {
  const head = Uint32Array.of(MAGIC, table.count, table.features.length, 0);
  await writeSealedFile(path, joinBytes([head, ...parts(table)].map(bytesOf)));
}

/** @throws {DamagedError} where the file is not the table that was written */
export async function readCells(path: string): Promise<CellSamples> {
  const bytes = await readSealedFile(path);
  const head = bytes.length < HEAD_BYTES ? new Uint32Array(4) : new Uint32Array(bytes.buffer, 0, 4);
  const [magic, count = 0, features = 0] = head;
  if (magic !== MAGIC || bytes.length !== HEAD_BYTES + count * (10 + 4 * features)) {
    throw new DamagedError(path, "it is not a complete table of cells");
  }
  const table = emptyCells(count, features);
  takeApart(bytes, HEAD_BYTES, parts(table));
  return table;
}

function parts({ cells, labels, folds, features }: CellSamples) {
  return [cells, labels, folds, ...features];
}
