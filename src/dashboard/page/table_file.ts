/** A table of synapses in the server: the columns that the page needs at once, and others one by one. */
import {
  FIRST_COLUMNS,
  MOST_HEAD,
  placeOfColumns,
  readHead,
  rowsOf,
  type SynapseRows,
} from "../../analysis/synapse_columns.ts";
import { addressOf } from "./client.ts";

/** A larger table is only for download: eight million synapses. */
const MOST_BYTES = 2 ** 30;

/** A table that was opened. */
export interface TableFile {
  /** With the first columns. */
  readonly rows: SynapseRows;
  /** Names of the other columns. */
  readonly others: readonly string[];
  /** Fetches one of them. @throws {Error} where it cannot be fetched, or the table is another one now */
  column(name: string): Promise<Float64Array>;
}

/** Opens a table. @throws {Error} with what the server says is wrong */
export async function openTable(name: string): Promise<TableFile> {
  const address = addressOf(`/api/tables/columns/${encodeURIComponent(name)}`);
  const begin = await fetchPart(address, 0, MOST_HEAD);
  const read = readHead(begin.bytes);
  if (read === undefined) throw new Error("this is not a table of synapses");
  const { head, length } = read;
  const isFirst = (column: string) => FIRST_COLUMNS.includes(column);
  const first = head.columns.filter(isFirst);
  const fetchColumns = async (names: readonly string[]) => {
    const { from, bytes } = placeOfColumns(head, length, names[0] ?? "", names.length);
    if (bytes > MOST_BYTES) throw new Error("this table is too large to show; download it below");
    const part = bytes === 0 ? new Uint8Array() : (await fetchPart(address, from, bytes, begin.tag)).bytes;
    return rowsOf(head, names, part);
  };
  return {
    rows: await fetchColumns(first),
    others: head.columns.filter((column) => !isFirst(column)),
    column: async (column) => (await fetchColumns([column])).columns.get(column) ?? new Float64Array(),
  };
}

/** Some bytes of a file, fewer where it ends. @param tag that the file must still have */
async function fetchPart(address: string, from: number, bytes: number, tag?: string) {
  const range = `bytes=${from}-${from + bytes - 1}`;
  const headers = { range, ...(tag === undefined ? {} : { "if-range": tag }) };
  const answer = await fetch(address, { headers, cache: "no-store" });
  if (!answer.ok) {
    const { error } = await answer.json() as { readonly error?: string };
    throw new Error(error ?? `the server answered ${answer.status}`);
  }
  if (answer.status !== 206) {
    await answer.body?.cancel();
    throw new Error("this table was made anew meanwhile; load the page again");
  }
  return {
    bytes: new Uint8Array(await answer.arrayBuffer()),
    tag: answer.headers.get("etag") ?? "",
  };
}
