/** Reviews over the dashboard's routes: what is refused, kept, and told again by another server. */
import assert from "node:assert/strict";
import type { ReviewChange, ReviewState } from "../../src/dashboard/api.ts";
import { seededRandom } from "../helpers/seeded_random.ts";
import { askerOf, type TestFolder, withTestFolder } from "./folder.ts";
import { writeTable } from "./review_table.ts";

const JSON_TYPE = { "content-type": "application/json" };

function reviewerOf(folder: TestFolder) {
  const ask = askerOf(folder);
  const post = async (body: unknown, volume: number | string = 0) =>
    await ask(`/api/review/${volume}`, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) });
  return {
    ask,
    post,
    async act(body: Record<string, unknown>): Promise<ReviewChange> {
      const answer = await post({ action: crypto.randomUUID(), ...body });
      const told = await answer.json();
      assert.equal(answer.status, 200, JSON.stringify(told));
      return told;
    },
    async refused(body: Record<string, unknown>): Promise<string> {
      const answer = await post({ action: crypto.randomUUID(), ...body });
      const { error } = await answer.json();
      assert.equal(answer.status, 400, error);
      return error;
    },
    state: async (): Promise<ReviewState> => await (await ask("/api/review/0")).json(),
  };
}

Deno.test("review: every decision is kept, told by another server, undone and done again", () =>
  withTestFolder(async (folder) => {
    const before = reviewerOf(folder);
    const { table, items, progress } = await before.state();
    assert.deepEqual([table, items, progress.count], ["", [], 0]);
    assert.match(
      await before.refused({ kind: "flip", id: 1 }),
      /no table of the synapses of test volume 0 yet/,
    );
    await writeTable(folder);
    const { act, ask, refused, state } = reviewerOf(folder);
    assert.deepEqual(
      (({ table, threshold, scoresPath, progress }) => [table, threshold, scoresPath, progress.count])(
        await state(),
      ),
      ["job-0-synapses.csv", 1, "scores/0-max.zarr", 4],
    );

    assert.deepEqual((await act({ kind: "verdict", id: 1, verdict: "accepted" })).items.map(({ id }) => id), [
      1,
    ]);
    await act({ kind: "comment", id: 1, comment: "good" });
    await act({ kind: "split", id: 2, seeds: [[5, 5, 13], [5, 5, 17]] });
    assert.match(await refused({ kind: "split", id: 3, seeds: [[5, 5, 23], [5, 5, 9]] }), /not in synapse 3/);
    const merged = await act({ kind: "merge", ids: [3, 4] });
    assert.deepEqual(merged.items.map(({ id, mergedWith }) => [id, mergedWith]), [[3, [3, 4]], [4, [3, 4]]]);
    await act({ kind: "flip", id: 3 });
    const added = await act({ kind: "add", id: null, runs: [15, 3, 3, 9] });
    assert.deepEqual(added.items.map(({ id, runs }) => [id, runs.length]), [[-1, 4]]);
    await act({ kind: "add", id: -1, runs: [15, 4, 3, 9] });
    assert.match(await refused({ kind: "add", id: null, runs: [15, 4, 33, 9] }), /outside the volume/);
    assert.match(await refused({ kind: "grow", id: null, at: [5, 5, 5] }), /synapse 1 is there already/);
    const grown = await act({ kind: "grow", id: null, at: [14, 20, 20] });
    assert.ok((grown.items[0]?.runs.length ?? 0) >= 4);
    assert.deepEqual(await (await ask("/api/review/0/at?z=5&y=5&x=25")).json(), { id: 3 });
    assert.deepEqual(await (await ask("/api/review/0/at?z=0&y=5&x=25")).json(), { id: 0 });

    const told = await state();
    assert.deepEqual(await reviewerOf(folder).state(), told); // another server, such as after a kill
    assert.deepEqual([told.progress.accepted, told.progress.added, told.canUndo, told.canRedo], [
      4,
      2,
      true,
      false,
    ]);
    const undone = await act({ kind: "undo" });
    assert.deepEqual(undone.items.map(({ id, runs }) => [id, runs]), [[-2, []]]);
    for (let i = 0; i < 7; i++) await act({ kind: "undo" });
    assert.deepEqual((await state()).items, []);
    for (let i = 0; i < 8; i++) await act({ kind: "redo" });
    assert.deepEqual(await state(), told);
  }));

Deno.test("review: decisions go with their synapses to a table that the run makes anew", () =>
  withTestFolder(async (folder) => {
    await writeTable(folder);
    const { act, state } = reviewerOf(folder);
    await act({ kind: "verdict", id: 1, verdict: "rejected" });
    await act({ kind: "verdict", id: 3, verdict: "accepted" });
    await writeTable(folder, 2.5); // without the first one
    const { items, carried, lost, progress } = await state();
    assert.deepEqual(items.map(({ id, verdict, isCarried }) => [id, verdict, isCarried]), [[
      2,
      "accepted",
      true,
    ]]);
    assert.deepEqual([carried, lost, progress.count], [1, 1, 3]);
  }));

Deno.test("review: bodies that are no actions are refused, and nothing is kept of them", () =>
  withTestFolder(async (folder) => {
    await writeTable(folder);
    const { ask, post } = reviewerOf(folder);
    const action = crypto.randomUUID();
    const random = seededRandom(7);
    const pieces: readonly unknown[] = [
      ...[null, true, -1, 0, 1, 1.5, 5, 1e300, "", "accepted", "x".repeat(600), [], [[]], {}],
      ...[[1, 2, 3], [[5, 5, 3], [5, 5, 6]], [0, 0, 0, 0], [0, 0, 0, 1, 2], { id: 1 }, [1e9, 0, 0, 1]],
    ];
    const any = () => pieces[Math.floor(random() * pieces.length)];
    const kinds = [
      "verdict",
      "comment",
      "flip",
      "split",
      "merge",
      "add",
      "grow",
      "undo",
      "redo",
      "table",
      "toString",
    ];
    const names = ["id", "ids", "verdict", "comment", "seeds", "runs", "at", "extra"];
    for (let i = 0; i < 600; i++) {
      const fields = names.filter(() => random() < 0.3).map((name) => [name, any()]);
      const body = {
        action: random() < 0.8 ? action : any(),
        kind: kinds[i % kinds.length],
        ...Object.fromEntries(fields),
      };
      const { status } = await post(body);
      // What can be is taken once, since the action is the same.
      assert.ok(status === 200 || status === 400, `${status} for ${JSON.stringify(body)}`);
    }
    const log = `${folder.work}/review/0.log`;
    assert.ok((await Deno.readTextFile(log)).trimEnd().split("\n").length <= 2);
    for (
      const body of ["", "[]", "null", "{", "1", '{"kind":"flip"}', `{"kind":"flip","action":"${action}"}`]
    ) {
      const { status } = await ask("/api/review/0", { method: "POST", headers: JSON_TYPE, body });
      assert.equal(status, 400, body);
    }
    const large = JSON.stringify({ action, kind: "comment", id: 1, comment: "x".repeat(2 ** 20) });
    assert.equal(
      (await ask("/api/review/0", { method: "POST", headers: JSON_TYPE, body: large })).status,
      413,
    );
    for (const path of ["-1", "x", "1e3", "0%00", "..%2f0"]) {
      assert.ok((await ask(`/api/review/${path}`)).status >= 400, path);
    }
    for (const query of ["", "?z=1", "?z=1&y=2&x=-3", "?z=1&y=2&x=3.5", "?z=99&y=0&x=0", "?z=1&y=2&x=a"]) {
      assert.equal((await ask(`/api/review/0/at${query}`)).status, 400, query);
    }
    const foreign = { ...JSON_TYPE, origin: "https://evil.example" };
    const { status } = await ask("/api/review/0", { method: "POST", headers: foreign, body: "{}" });
    assert.equal(status, 403);
    assert.equal((await ask("/api/review/0", { method: "DELETE" })).status, 405);
  }));
