import assert from "node:assert/strict";
import { join } from "node:path";
import { columnsHead, KEPT_COLUMNS, readHead, valueAt } from "../../../src/analysis/synapse_columns.ts";
import { areColumnsFresh, makeColumns } from "../../../src/stages/synapses/table_columns.ts";
import { rowsIn } from "../../helpers/table_rows.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

async function columnsOf(folder: string, csv: string) {
  const from = join(folder, "t.csv"), to = join(folder, "tables", "t.csv.columns");
  await Deno.writeTextFile(from, csv);
  await makeColumns(from, to);
  assert.ok(await areColumnsFresh(from, to));
  return rowsIn(await Deno.readFile(to));
}

Deno.test("makeColumns() reads the table that a run writes, and nothing else", () =>
  inTempFolder(async (folder) => {
    const rows = await columnsOf(
      folder,
      `id,x,voxels,box,mean_score,agreement,unit,touches_border
1,10.5,300,7,2.5,,nm,false
2,20,100,7,3.5,0.75,nm,true
3,30,1000,7,2.5,0.5,nm,false
`,
    );
    assert.deepEqual([rows.count, rows.unit], [3, "nm"]);
    assert.deepEqual([...rows.columns.keys()], [
      "id",
      "x",
      "voxels",
      "mean_score",
      "agreement",
      "touches_border",
    ]);
    assert.equal(valueAt(rows, "x", 0), 10.5);
    assert.ok(Number.isNaN(valueAt(rows, "agreement", 0)));
    assert.equal(valueAt(rows, "touches_border", 1), 1);
    const said = await columnsOf(folder, "id,voxels,review\n1,2,accepted\n2,3,not looked at\n3,4,unsure\n");
    assert.deepEqual([...said.columns.get("review") ?? []], [1, 0, 2]);
    assert.equal((await columnsOf(folder, "id,voxels\n")).count, 0);
    await assert.rejects(columnsOf(folder, "a,b\n1,2\n"), /not a table of synapses/);
  }));

Deno.test("makeColumns() keeps the threshold of the JSON beside the table, where that is of the same synapses", () =>
  inTempFolder(async (folder) => {
    const csv = "id,voxels\n1,5\n2,6\n", json = join(folder, "t.json");
    const head = (count: number) =>
      `{"scores":"s","shape":[4,4,4],"threshold":1.23456789,"summary":{"count":${count}},"synapses":[\n]}\n`;
    assert.equal((await columnsOf(folder, csv)).threshold, undefined);
    await Deno.writeTextFile(json, head(2));
    assert.equal((await columnsOf(folder, csv)).threshold, 1.23456789);
    await Deno.writeTextFile(json, head(3));
    assert.equal((await columnsOf(folder, csv)).threshold, undefined);
    await Deno.writeTextFile(json, "{}");
    assert.equal((await columnsOf(folder, csv)).threshold, undefined);
  }));

Deno.test("makeColumns() reads every number as JavaScript does, also where pieces end within lines", () =>
  inTempFolder(async (folder) => {
    const texts = [
      "0",
      "-0.5",
      "0.1",
      "1.234567e-7",
      "123456789012345",
      "0.0000123",
      "-98765.43",
      "7e20",
      "3",
    ];
    const few = await columnsOf(
      folder,
      `id,voxels,mean_score\r\n${texts.map((text) => `1,5,${text}\r\n`).join("")}`,
    );
    assert.deepEqual([...few.columns.get("mean_score") ?? []], texts.map(Number));
    const endless = await columnsOf(folder, "id,voxels,mean_score\n1,2,0.25\n3,4,");
    assert.deepEqual([...endless.columns.get("mean_score") ?? []], [0.25, NaN]);
    const values = Array.from({ length: 150_000 }, (_, i) => Number((Math.sin(i) * 1000).toPrecision(7)));
    const many = await columnsOf(
      folder,
      `id,voxels,mean_score\n${values.map((value, i) => `${i},9,${value}\n`).join("")}`,
    );
    assert.deepEqual(many.columns.get("mean_score"), Float64Array.from(values));
    assert.deepEqual(many.columns.get("id"), Float64Array.from(values.keys()));
  }));

Deno.test("areColumnsFresh() is false for those of another table, and where there are none", () =>
  inTempFolder(async (folder) => {
    await columnsOf(folder, "id,voxels\n1,2\n");
    const [csv, columns] = [join(folder, "t.csv"), join(folder, "tables", "t.csv.columns")];
    await Deno.writeTextFile(csv, "id,voxels\n1,20\n");
    assert.ok(!await areColumnsFresh(csv, columns));
    await columnsOf(folder, "id,voxels\n1,2\n");
    await Deno.utime(csv, new Date(), new Date(Date.now() + 60_000));
    assert.ok(!await areColumnsFresh(csv, columns));
    await Deno.writeFile(columns, new Uint8Array(3));
    assert.ok(!await areColumnsFresh(csv, columns));
    await Deno.remove(columns);
    assert.ok(!await areColumnsFresh(csv, columns));
  }));

Deno.test("makeColumns() keeps every number of a CSV, those that the page needs at once before others", () =>
  inTempFolder(async (folder) => {
    const names = KEPT_COLUMNS.toSorted(); // in any order
    const rows = await columnsOf(folder, `${names}\n${names.map((_, i) => i)}\n`);
    assert.deepEqual([...rows.columns.keys()], KEPT_COLUMNS);
    for (const [i, name] of names.entries()) assert.equal(valueAt(rows, name, 0), i, name);
  }));

Deno.test("areColumnsFresh() is false for the fewer columns that earlier versions kept", () =>
  inTempFolder(async (folder) => {
    await columnsOf(folder, "id,voxels,elongation\n1,2,3\n");
    const [csv, columns] = [join(folder, "t.csv"), join(folder, "tables", "t.csv.columns")];
    const { head } = readHead(await Deno.readFile(columns)) ?? {};
    assert.ok(head);
    const few = columnsHead({ ...head, columns: ["id", "voxels"] });
    await Deno.writeFile(columns, Uint8Array.of(...few, ...new Uint8Array(16)));
    assert.ok(!await areColumnsFresh(csv, columns));
  }));
