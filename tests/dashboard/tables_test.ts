import assert from "node:assert/strict";
import { FIRST_COLUMNS, KEPT_COLUMNS, valueAt } from "../../src/analysis/synapse_columns.ts";
import { createApp } from "../../src/dashboard/server/app.ts";
import { createTables } from "../../src/dashboard/server/tables.ts";
import { watchRun } from "../../src/dashboard/server/watch.ts";
import type { TableChoice } from "../../src/dashboard/api.ts";
import { rowsIn } from "../helpers/table_rows.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { asPage } from "./as_page.ts";
import { appendLines, HOST } from "./folder.ts";
import { hills, LABELLED, listIn, writeScoredFolder } from "./scored_folder.ts";

/** The columns of a table that was not reviewed. */
const COLUMNS = KEPT_COLUMNS.filter((name) => name !== "review");
const FIRST = FIRST_COLUMNS.filter((name) => name !== "review");

type Ask = (path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Response>;

/** Runs a test with the routes over a folder of a run that has ended. */
function withTables(
  test: (ask: Ask, folder: { root: string; work: string }) => Promise<void>,
): Promise<void> {
  return inTempFolder(async (temporary) => {
    const folder = await writeScoredFolder(await Deno.realPath(temporary), hills([10, 40, 50], 8));
    const watch = watchRun(folder.work);
    const tables = createTables(watch);
    const app = createApp({ watch, tables, pageFolder: folder.root, hosts: [HOST], token: "", viewers: [] });
    const ask: Ask = async (path, body, headers = {}) =>
      await app.request(`http://${HOST}${path}`, {
        headers: { host: HOST, "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      });
    try {
      await test(ask, folder);
    } finally {
      await tables.close();
    }
  });
}

async function choiceOf(ask: Ask, body?: unknown): Promise<TableChoice> {
  const answer = await ask("/api/tables/choice/0", body);
  assert.equal(answer.status, 200, await answer.clone().text());
  return await answer.json() as TableChoice;
}

/** What can be chosen once nothing is being done any more. */
async function settled(ask: Ask): Promise<TableChoice> {
  for (;;) {
    const choice = await choiceOf(ask);
    if (choice.work === null || choice.work.error !== "") return choice;
    await new Promise((done) => setTimeout(done, 20));
  }
}

Deno.test("table routes: a table is sent as columns, which are made anew where it has changed", () =>
  withTables(async (ask, { root, work }) => {
    const columns = async () => {
      const answer = await ask("/api/tables/columns/job-0-synapses.csv");
      assert.equal(answer.status, 200);
      return rowsIn(new Uint8Array(await answer.arrayBuffer()));
    };
    const [names = "", first = "", ...others] = (await Deno.readTextFile(`${root}/job-0-synapses.csv`)).trim()
      .split("\n");
    const rows = await columns();
    assert.equal(rows.count, 1 + others.length);
    assert.deepEqual([...rows.columns.keys()], COLUMNS);
    for (
      const [name, text] of first.split(",").map((text, i) => [names.split(",")[i] ?? "", text] as const)
    ) {
      if (rows.columns.has(name) && !/e$/.test(text)) {
        assert.equal(valueAt(rows, name, 0), Number(text || NaN), name);
      }
    }
    await listIn(work, `${root}/job-0`, 0.2, 1);
    assert.ok((await columns()).count > rows.count);
    assert.equal((await ask("/api/tables/columns/job-9-synapses.csv")).status, 404);
    assert.equal((await ask("/api/tables/columns/job-stumps.cfg")).status, 404);
    assert.equal((await ask("/api/tables/columns/..%2F..%2Fsecret.csv")).status, 404);
  }));

Deno.test("openTable() fetches the columns of the first sight, others when asked, and none of a table made anew", () =>
  withTables(async (ask, { root, work }) => {
    const sent: number[] = [];
    const fetch: typeof globalThis.fetch = async (address, { headers = {} } = {}) => {
      const url = new URL(String(address), `http://${HOST}/`);
      const answer = await ask(`${url.pathname}`, undefined, headers as Record<string, string>);
      sent.push(Number(answer.headers.get("content-length")));
      return answer;
    };
    const all = rowsIn(
      new Uint8Array(await (await ask("/api/tables/columns/job-0-synapses.csv")).arrayBuffer()),
    );
    await asPage(fetch, async () => {
      const { openTable } = await import("../../src/dashboard/page/table_file.ts");
      const table = await openTable("job-0-synapses.csv");
      assert.deepEqual([...table.rows.columns.keys(), ...table.others], COLUMNS);
      assert.deepEqual([table.rows.count, table.rows.threshold], [all.count, all.threshold]);
      for (const [name, numbers] of table.rows.columns) {
        assert.deepEqual(numbers, all.columns.get(name), name);
      }
      assert.equal(sent[1], 8 * all.count * FIRST.length);
      for (const name of table.others) {
        assert.deepEqual(await table.column(name), all.columns.get(name), name);
        assert.equal(sent.at(-1), 8 * all.count, name);
      }
      await assert.rejects(openTable("job-9-synapses.csv"), /not found/);
      await listIn(work, `${root}/job-0`, 0.2, 1);
      await assert.rejects(table.column("x_nm"), /made anew meanwhile; load the page again/);
      await Deno.writeTextFile(`${root}/job-0-synapses.csv`, "id,voxels\n");
      const empty = await openTable("job-0-synapses.csv");
      assert.deepEqual([empty.rows.count, ...empty.rows.columns.keys()], [0, "id", "voxels"]);
    });
  }));

Deno.test("table routes: the size of the labelled synapses is told, and a damaged model", () =>
  withTables(async (ask, { root }) => {
    const labelled = async () => await (await ask("/api/tables/labelled")).json() as unknown;
    assert.deepEqual(await labelled(), { voxels: LABELLED });
    await Deno.writeTextFile(`${root}/m.cfg`, "stumps = ( );");
    assert.match((await labelled() as { error: string }).error, /m\.cfg.*at least one stump/);
    await Deno.remove(`${root}/m.cfg`);
    assert.deepEqual(await labelled(), { voxels: null });
  }));

Deno.test("table routes: a table is shown though the work folder cannot be written", () =>
  withTables(async (ask, { work }) => {
    await Deno.writeTextFile(`${work}/tables`, "a file in the way of the folder");
    for (let time = 0; time < 2; time++) {
      const answer = await ask("/api/tables/columns/job-0-synapses.csv");
      assert.ok(rowsIn(new Uint8Array(await answer.arrayBuffer())).count > 0);
    }
    await choiceOf(ask, { action: "count" });
    assert.match((await settled(ask)).work?.error ?? "", /tables/);
  }));

Deno.test("table routes: synapses are counted once, then listed for a threshold as the command lists them", () =>
  withTables(async (ask, { root, work }) => {
    const before = await choiceOf(ask);
    assert.deepEqual([before.unavailable, before.levels, before.threshold, before.work], [
      "",
      null,
      1.23456789,
      null,
    ]);
    // both at once, since one may be done within milliseconds
    const count = () => ask("/api/tables/choice/0", { action: "count" });
    const both = await Promise.all([count(), count()]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 400], "one at a time");
    const begun = both.find(({ status }) => status === 200);
    assert.equal((await begun?.json() as TableChoice).work?.kind, "count");
    const { levels } = await settled(ask);
    assert.ok(levels?.thresholds.includes(1.23456789));
    await choiceOf(ask, { threshold: 2.5, minSize: 20 });
    const { chosen, work: left } = await settled(ask);
    assert.deepEqual([chosen, left], ["job-0-chosen-synapses.csv", null]);
    const same = await listIn(work, `${root}/same`, 2.5, 20);
    assert.equal(await Deno.readTextFile(`${root}/${chosen}`), await Deno.readTextFile(same));
    const { files } = await (await ask("/api/results")).json() as { files: { name: string }[] };
    assert.ok(files.some(({ name }) => name === chosen));
  }));

Deno.test("table routes: what is wrong is told, and a run under way is left alone", () =>
  withTables(async (ask, { work }) => {
    const errorOf = async (body: unknown, volume = "0") => {
      const answer = await ask(`/api/tables/choice/${volume}`, body);
      assert.equal(answer.status, 400);
      return (await answer.json() as { error: string }).error;
    };
    assert.match(await errorOf({ threshold: "2" }), /expected threshold, a number/);
    assert.match(await errorOf({ threshold: 2, minSize: 0.5 }), /least size/);
    assert.match(await errorOf({ action: "count" }, "7"), /no scores of test volume 7/);
    assert.match(await errorOf({ action: "count" }, "x"), /expected its number/);
    await Deno.writeTextFile(`${work}/scores/0-max.zarr/c/0/0/0`, "damaged");
    await choiceOf(ask, { action: "count" });
    assert.match((await settled(ask)).work?.error ?? "", /0-max\.zarr/);
    await appendLines(`${work}/journal.jsonl`, [{
      event: "run-started",
      command: "again",
      version: "0.1.0",
      settings: "",
      time: new Date().toISOString(),
    }]);
    assert.match((await choiceOf(ask)).unavailable, /when the run has finished/);
    assert.match(await errorOf({ threshold: 2, minSize: 5 }), /when the run has finished/);
  }));
