/** The table of synapses with which a run ends: made once, again where it must be, and never in the place of another's. */
import assert from "node:assert/strict";
import { keptLeastScore } from "../../src/stages/synapses/kept.ts";
import { areColumnsFresh, columnsPath } from "../../src/stages/synapses/table_columns.ts";
import { openZarr } from "../../src/volume/zarr/mod.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { digests, runJob } from "../helpers/run_job.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const TABLE = ["csv", "json", "zarr"].map((ending) => `out-0-synapses.${ending}`);

/** How often each stage of the table was begun. */
function begun(journal: readonly { readonly event: string; readonly stage?: string }[]): number {
  return journal.filter(({ event, stage }) => event === "stage-started" && stage === "synapses-0").length;
}

Deno.test("runCcboost() lists the synapses once, and again where a file of the table is gone or was changed", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const { report, journal } = await runJob(folder);
    assert.equal(begun(journal), 1);
    const [table] = report.tables;
    assert.ok(table && table.count > 0 && table.minSize === 100);
    const csv = `${folder}/out-0-synapses.csv`;
    assert.deepEqual([table.csv, table.perCubicMicrometre], [csv, null]);
    const columns = columnsPath(`${folder}/out-work`, "out-0-synapses.csv");
    assert.ok(await areColumnsFresh(csv, columns), "the page need not read the CSV");
    const first = await digests([csv, `${folder}/out-0-synapses.json`]);
    const again = await runJob(folder);
    assert.equal(begun(again.journal), 1);
    assert.deepEqual(again.report.tables, report.tables);

    await Deno.remove(csv);
    assert.equal(begun((await runJob(folder)).journal), 2);
    await Deno.writeTextFile(csv, "id,x\n");
    const changed = await runJob(folder);
    assert.equal(begun(changed.journal), 3);
    assert.match(changed.said, /out-0-synapses\.csv: .* instead of .* computed again/);
    assert.deepEqual(await digests([csv, `${folder}/out-0-synapses.json`]), first);

    const sized = await runJob(folder, { set: ["voxelSize=[10.0, 10.0, 10.0]"] });
    const [density] = sized.report.tables.map(({ perCubicMicrometre }) => perCubicMicrometre);
    assert.ok(density !== null && density !== undefined && density > 0);
  }));

Deno.test("runCcboost() leaves a table alone that it did not write, and says so", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const set = ["outputSynapses=false"];
    const { report } = await runJob(folder, { set });
    assert.deepEqual(report.tables, []);
    for (const name of TABLE) await assert.rejects(Deno.stat(`${folder}/${name}`), Deno.errors.NotFound);
    await Deno.writeTextFile(`${folder}/out-0-synapses.csv`, "mine\n");
    const later = await runJob(folder);
    assert.match(later.said, /no table of synapses: out-0-synapses\.csv .* not from this run/);
    assert.equal(await Deno.readTextFile(`${folder}/out-0-synapses.csv`), "mine\n");
    assert.deepEqual(later.report.tables, []);
    await Deno.remove(`${folder}/out-0-synapses.csv`);
    assert.equal((await runJob(folder)).report.tables.length, 1);
  }));

Deno.test("runCcboost() lists the same synapses with --early-exit below the threshold, and none above it", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const { report: { tables: [all] } } = await runJob(folder);
    assert.ok(all);
    const csv = await Deno.readTextFile(all.csv);
    const early = async (name: string, leastScore: number) =>
      await runJob(folder, { set: [`outFileName=${folder}/${name}`], leastScore });
    const { report: { tables: [same] } } = await early("below", all.threshold / 2);
    assert.equal(await Deno.readTextFile(same?.csv ?? ""), csv);
    const kept = await openZarr(`${folder}/below-work/scores/0-max.zarr`);
    assert.equal(keptLeastScore(kept), all.threshold / 2, "for whoever looks for lower thresholds");
    const above = await early("above", all.threshold + 1);
    assert.deepEqual(above.report.tables, []);
    assert.match(above.said, /no table of synapses: --early-exit .* is above the model's threshold/);
  }));
