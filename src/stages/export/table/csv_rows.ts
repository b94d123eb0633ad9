/** Rows of a CSV file of any length, one after the other. */
import { UserError } from "../../../user_error.ts";
import { fileError, openForReading } from "../../../volume/file.ts";

/** Bytes that are read at once. */
const PIECE = 1 << 20;
/** A longer row is none of a table. */
const MOST_ROW = 1 << 20;

/**
 * Reads the rows as their fields: separated by commas, perhaps in quotation marks, as RFC 4180 has it. Empty lines are passed over.
 * @throws {UserError} where the file cannot be read, is not UTF-8, or ends within quotation marks
 */
export function* csvRows(path: string): Generator<readonly string[], undefined> {
  let text = "";
  for (const piece of pieces(path)) {
    text += piece;
    let from = 0;
    for (let end = rowEnd(text, from); end >= 0; end = rowEnd(text, from)) {
      const row = text.slice(from, end).replace(/\r$/, "");
      from = end + 1;
      if (row !== "") yield fieldsOf(row);
    }
    text = text.slice(from);
    if (text.length > MOST_ROW) {
      throw new UserError(`${path}: a row has more than ${MOST_ROW} characters; this is no table`);
    }
  }
  if (text === "") return undefined;
  if (rowEnd(`${text}\n`, 0) < 0) {
    throw new UserError(`${path}: ends within quotation marks; it is damaged or no CSV`);
  }
  yield fieldsOf(text.replace(/\r$/, ""));
  return undefined;
}

function* pieces(path: string): Generator<string> {
  using file = openForReading(path);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const bytes = new Uint8Array(PIECE);
  try {
    for (;;) {
      const n = file.readSync(bytes);
      if (n === null) break;
      yield decoder.decode(bytes.subarray(0, n), { stream: true });
    }
    yield decoder.decode();
  } catch (cause) {
    if (cause instanceof TypeError) {
      throw new UserError(`${path}: is not UTF-8 text; this is no table`, { cause });
    }
    throw fileError(path, "read", cause);
  }
}

/** Where the row that begins at `from` ends: at the first line break outside quotation marks; -1 where that is not there yet. */
function rowEnd(text: string, from: number): number {
  for (let end = text.indexOf("\n", from); end >= 0; end = text.indexOf("\n", end + 1)) {
    const quote = text.indexOf('"', from);
    if (quote < 0 || quote > end) return end;
    if ((text.slice(from, end).match(/"/g)?.length ?? 0) % 2 === 0) return end;
  }
  return -1;
}

function fieldsOf(row: string): string[] {
  if (!row.includes('"')) return row.split(",");
  const fields = row.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g) ?? [];
  if (!row.endsWith(",")) fields.pop(); // the empty match at the end
  return fields.map((field) => {
    const text = field.replace(/,$/, "");
    return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
  });
}
