/** Tables of synapses as Parquet, read by a reader of others; and the CSV that they come from. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Synapse } from "../../../../src/analysis/synapse.ts";
import { csvRows } from "../../../../src/stages/export/table/csv_rows.ts";
import { COLUMN_KINDS, exportParquet } from "../../../../src/stages/export/table/parquet.ts";
import { writeSynapseCsv } from "../../../../src/stages/synapses/synapse_files.ts";
import { UserError } from "../../../../src/user_error.ts";
import { readByArrow } from "../../../helpers/parquet_reader.ts";
import { inTempFolder } from "../../../helpers/temp_folder.ts";

/** Made-up synapses; every second one without a direction. */
function writeTable(path: string, count: number, voxelSize?: [number, number, number]): void {
  const synapses = Array.from({ length: count }, (_, i): Synapse => ({
    id: i + 1,
    voxels: i === 0 ? 2 ** 40 + 1 : 100 + i,
    centroid: [i / 7, i / 3, i],
    box: { start: [i, i, i], shape: [2, 3, 4] },
    touchesBorder: i % 3 === 0,
    meanScore: i / 11,
    peakScore: i,
    direction: i % 2 === 0 ? [0, 0.6, -0.8] : undefined,
    agreement: i % 2 === 0 ? 0.5 : undefined,
    length: 3,
    width: 2,
    thickness: 1,
    elongation: 1.5,
  }));
  writeSynapseCsv(path, {
    shape: [1e6, 1e6, 1e6],
    voxelSize,
    unit: voxelSize ? "nm" : "xy-voxels",
    threshold: 1,
    minSize: 1,
    dropped: 0,
    hasDirections: true,
    synapses,
  });
}

Deno.test("exportParquet() writes what the CSV says, with types, as the Rust implementation reads it", (t) =>
  inTempFolder(async (folder) => {
    const count = 40_000; // more than one group of rows
    writeTable(`${folder}/t.csv`, count, [40, 4, 4]);
    const lines = (await Deno.readTextFile(`${folder}/t.csv`)).trimEnd().split("\n");
    const reviewed = lines.map((line, i) =>
      `${line},${i === 0 ? "comment" : i === 2 ? '"flat, ""en face"""' : ""}`
    );
    await Deno.writeTextFile(`${folder}/t.csv`, `${reviewed.join("\n")}\n`);
    assert.equal(await exportParquet(`${folder}/t.csv`, `${folder}/t.parquet`), count);
    const found = await readByArrow(`${folder}/t.parquet`, folder);
    if (found === undefined) {
      const name = "skipped: deno cache npm:parquet-wasm@0.8.0 npm:apache-arrow@21.2.0";
      return void await t.step({ name, ignore: true, fn() {} });
    }
    const { types, rows } = found;
    assert.deepEqual(
      ["id", "voxels", "x", "touches_border", "unit", "comment"].map((name) => types[name]),
      ["Int32", "Int64", "Float64", "Bool", "Utf8", "Utf8"],
    );
    assert.equal(rows.length, count);
    assert.deepEqual([rows[0]?.["voxels"], rows[1]?.["comment"], rows[2]?.["comment"]], [
      2 ** 40 + 1,
      'flat, "en face"',
      null,
    ]);
    const names = (lines[0] ?? "").split(",");
    for (const [i, row] of rows.entries()) {
      const text = names.map((name) => row[name] ?? "").join(",");
      assert.equal(text, lines[i + 1]);
    }
  }));

Deno.test("COLUMN_KINDS knows every column of a table of synapses", () =>
  inTempFolder(async (folder) => {
    writeTable(`${folder}/t.csv`, 1);
    const [names = ""] = (await Deno.readTextFile(`${folder}/t.csv`)).split("\n");
    assert.deepEqual(names.split(",").filter((name) => !COLUMN_KINDS.has(name)), []);
  }));

Deno.test("exportParquet() takes a table without rows, and refuses what is no table or damaged", () =>
  inTempFolder(async (folder) => {
    const [csv, out] = [`${folder}/t.csv`, `${folder}/t.parquet`];
    writeTable(csv, 0);
    assert.equal(await exportParquet(csv, out), 0);
    await Deno.remove(out);
    const cases: readonly (readonly [text: string, message: RegExp])[] = [
      ["a,b\n1,2\n", /is not a table of synapses; use/],
      ["", /is not a table of synapses/],
      ["id,voxels\n1,2\n3\n", /row 2 has 1 fields, expected 2/],
      ["id,voxels\n1,many\n", /voxels is "many", which is no int64/],
      ['id,voxels,comment\n1,2,"open\n', /ends within quotation marks/],
      ["id,voxels\n1,\xff\n", /which is no int64/],
    ];
    for (const [text, message] of cases) {
      await Deno.writeTextFile(csv, text);
      await assert.rejects(
        exportParquet(csv, out),
        (error: Error) => error instanceof UserError && message.test(error.message),
      );
    }
    await Deno.writeFile(csv, Uint8Array.of(0xff, 0xfe, 0x00));
    await assert.rejects(exportParquet(csv, out), /is not UTF-8 text/);
    assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["t.csv"]);
  }));

Deno.test("csvRows() reads back any fields, with quotation marks where they need them", () =>
  inTempFolder((folder) => {
    const path = `${folder}/t.csv`;
    const field = fc.stringMatching(/^[ab,"\r\n é]*$/);
    const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(rows, fc.boolean(), (expected, endsOpen) => {
        const quoted = (text: string) => /[,"\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
        const text = expected.map((row) => row.map(quoted).join(",")).join("\n");
        Deno.writeTextFileSync(path, endsOpen || text === "" ? text : `${text}\n`);
        assert.deepEqual(Array.from(csvRows(path)), expected);
      }),
      { seed: 2, numRuns: 200 },
    );
    return Promise.resolve();
  }));
