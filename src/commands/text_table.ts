/** Tables of text. */

/**
 * Lines whose columns stand under one another, two spaces apart.
 * @param alignment a letter a column: `l` for texts, `r` for numbers
 * @param indent put before every line
 */
export function alignColumns(rows: readonly (readonly string[])[], alignment: string, indent = ""): string {
  const widths = Array.from(
    alignment,
    (_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (cell: string, column: number) =>
    alignment[column] === "r" ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return rows.map((row) => `${indent}${row.map(pad).join("  ")}`.trimEnd()).join("\n");
}
