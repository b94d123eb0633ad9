/** A table of synapses as Apache Parquet, a group of rows at a time. */
import { ByteWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import { UserError } from "../../../user_error.ts";
import { nextTurn } from "../../../engine/mod.ts";
import { version } from "../../../version.ts";
import { createOutputFile } from "../../../volume/output_file.ts";
import { csvRows } from "./csv_rows.ts";

/** Rows of a group: some 15 MiB of values while it is written. */
const GROUP_ROWS = 1 << 15;

/** What the columns of a table of synapses hold; columns that are not listed hold text. */
export const COLUMN_KINDS: ReadonlyMap<string, ColumnKind> = new Map([
  ...["id", "x_from", "y_from", "z_from", "x_to", "y_to", "z_to"].map((name) => [name, "int32"] as const),
  ["voxels", "int64"],
  ["touches_border", "boolean"],
  ["unit", "text"],
  ...["x", "y", "z", "x_nm", "y_nm", "z_nm", "volume_um3", "mean_score", "peak_score", "dx", "dy", "dz"]
    .map((name) => [name, "double"] as const),
  ...["agreement", "length", "width", "thickness", "elongation"].map((name) => [name, "double"] as const),
]);

type ColumnKind = "int32" | "int64" | "double" | "boolean" | "text";
type Value = number | bigint | boolean | string | null;

/** Whether a name is one of a table. */
export function isTableName(path: string): boolean {
  return /\.parquet$/i.test(path);
}

/**
 * Writes the table that a CSV holds, whole or not at all. Fields that are empty become nulls.
 * @returns how many rows
 * @throws {UserError} where the CSV is no table of synapses, or a file cannot be read or written
 */
export async function exportParquet(csv: string, path: string, signal?: AbortSignal): Promise<number> {
  const rows = csvRows(csv);
  const names = rows.next().value ?? [];
  if (!names.includes("id") || !names.includes("voxels")) {
    throw new UserError(
      `${csv}: is not a table of synapses; use <PREFIX>-synapses.csv, as a run and the command synapses write it`,
    );
  }
  const kinds = names.map((name) => COLUMN_KINDS.get(name) ?? "text");
  const file = createOutputFile(path, []);
  try {
    const bytes = new ByteWriter();
    let written = 0, count = 0;
    const flush = () => {
      file.write(written, bytes.getBytes());
      written += bytes.index;
      bytes.index = 0;
    };
    const writer = new ParquetWriter({
      writer: bytes,
      schema: [
        { name: "synapses", num_children: names.length },
        ...names.map((name, i) => elementOf(name, kinds[i])),
      ],
      createdBy: `ccboost ${version}`,
    });
    let group: Value[][] = names.map(() => []);
    const writeGroup = async () => {
      const columnData = names.map((name, i) => ({ name, data: group[i] ?? [] }));
      await writer.write({ columnData, rowGroupSize: GROUP_ROWS });
      flush();
      group = names.map(() => []);
      await nextTurn();
      signal?.throwIfAborted();
    };
    for (const row of rows) {
      count++;
      if (row.length !== names.length) {
        throw new UserError(
          `${csv}: row ${count} has ${row.length} fields, expected ${names.length}; it is damaged`,
        );
      }
      for (const [i, text] of row.entries()) {
        group[i]?.push(valueOf(csv, text, names[i] ?? "", kinds[i] ?? "text"));
      }
      if (count % GROUP_ROWS === 0) await writeGroup();
    }
    if (count % GROUP_ROWS > 0) await writeGroup();
    await writer.finish();
    flush();
    file.complete();
    return count;
  } catch (cause) {
    file.abandon();
    throw cause;
  }
}

function elementOf(name: string, kind: ColumnKind = "text"): SchemaElement {
  const common = { name, repetition_type: "OPTIONAL" } as const;
  if (kind === "text") return { ...common, type: "BYTE_ARRAY", converted_type: "UTF8" };
  return { ...common, type: kind.toUpperCase() as "INT32" | "INT64" | "DOUBLE" | "BOOLEAN" };
}

function valueOf(csv: string, text: string, name: string, kind: ColumnKind): Value {
  if (text === "") return null;
  if (kind === "text") return text;
  if (kind === "boolean" && (text === "true" || text === "false")) return text === "true";
  const value = kind === "boolean" ? NaN : Number(text);
  if (kind === "double" && !Number.isNaN(value)) return value;
  if (Number.isSafeInteger(value)) return kind === "int64" ? BigInt(value) : value;
  throw new UserError(
    `${csv}: ${name} is ${JSON.stringify(text)}, which is no ${kind}; the table is damaged`,
  );
}
