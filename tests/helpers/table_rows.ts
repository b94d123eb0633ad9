/** Files of columns of synapses, read whole. */
import { readHead, rowsOf, type SynapseRows } from "../../src/analysis/synapse_columns.ts";

/** The table in such a file, with all of its columns. */
export function rowsIn(bytes: Uint8Array<ArrayBuffer>): SynapseRows {
  const read = readHead(bytes);
  if (read === undefined) throw new Error("this is not a table of synapses");
  const { head, length } = read;
  const expected = length + 8 * head.count * head.columns.length;
  if (bytes.length !== expected) throw new Error(`${bytes.length} bytes; expected ${expected}`);
  return rowsOf(head, head.columns, bytes.slice(length));
}
