/** Tables as Parquet, read by an implementation of others. */
import assert from "node:assert/strict";

/** What `npm:parquet-wasm`, the Rust implementation of Apache Arrow, reads; undefined where it is not in Deno's cache. */
export async function readByArrow(
  path: string,
  scratch: string,
): Promise<{ types: Record<string, string>; rows: Record<string, unknown>[] } | undefined> {
  const script = `${scratch}/read.mjs`;
  await Deno.writeTextFile(script, READ_SCRIPT);
  const flags = ["--no-prompt", "--no-config", "--no-lock", "--cached-only", "--allow-read", "--allow-env"];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, script, path],
  }).output();
  const errors = new TextDecoder().decode(stderr);
  if (errors.includes("--cached-only is specified")) return undefined;
  assert.equal(code, 0, errors);
  return JSON.parse(new TextDecoder().decode(stdout)) as {
    types: Record<string, string>;
    rows: Record<string, unknown>[];
  };
}

const READ_SCRIPT = `
import { readParquet } from "npm:parquet-wasm@0.8.0/node";
import { tableFromIPC } from "npm:apache-arrow@21.2.0";
const table = tableFromIPC(readParquet(new Uint8Array(Deno.readFileSync(Deno.args[0]))).intoIPCStream());
const types = Object.fromEntries(table.schema.fields.map(({ name, type }) => [name, String(type)]));
const plain = (value) => typeof value === "bigint" ? Number(value) : value ?? null;
const rows = table.toArray().map((row) => Object.fromEntries(Object.entries(row.toJSON()).map(([k, v]) => [k, plain(v)])));
console.log(JSON.stringify({ types, rows }));
`;
