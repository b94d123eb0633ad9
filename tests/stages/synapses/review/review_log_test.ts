import assert from "node:assert/strict";
import { sealJson } from "../../../../src/engine/mod.ts";
import { reviewOf } from "../../../../src/stages/synapses/review/fold.ts";
import { recordsOf, type ReviewAction } from "../../../../src/stages/synapses/review/actions.ts";
import { openReviewLog, reviewPath } from "../../../../src/stages/synapses/review/review_log.ts";
import { inTempFolder } from "../../../helpers/temp_folder.ts";
import { type Asked, cubes } from "./reviewing.ts";

const TABLE = cubes(6);

function ask(log: ReturnType<typeof openReviewLog>, asked: Asked) {
  const action = { action: crypto.randomUUID(), ...asked } as ReviewAction;
  return log.add((decisions) => recordsOf(action, decisions, TABLE));
}

function verdicts(path: string) {
  const { items } = reviewOf(openReviewLog(path).decisions(), TABLE);
  return [...items.values()].map(({ id, verdict }) => [id, verdict]);
}

Deno.test("a review is on the disk when it is answered, and what a kill cuts off is dropped", () =>
  inTempFolder(async (folder) => {
    const path = reviewPath(folder, 0);
    assert.deepEqual(verdicts(path), []);
    const log = openReviewLog(path);
    await ask(log, { kind: "verdict", id: 1, verdict: "accepted" });
    await ask(log, { kind: "verdict", id: 2, verdict: "rejected" });
    const all = [[1, "accepted"], [2, "rejected"]];
    assert.deepEqual(verdicts(path), all);
    // Cut at every byte of the last line: without it, all before is there, and the next decision follows.
    const text = await Deno.readTextFile(path);
    const before = text.trimEnd().lastIndexOf("\n") + 1;
    for (const length of [before, before + 1, before + 40, text.length - 2, text.length - 1]) {
      await Deno.writeTextFile(path, text.slice(0, length));
      assert.deepEqual(verdicts(path), all.slice(0, 1), `${length}`);
      await ask(openReviewLog(path), { kind: "verdict", id: 3, verdict: "unsure" });
      assert.deepEqual(verdicts(path), [...all.slice(0, 1), [3, "unsure"]]);
      const numbers = (await Deno.readTextFile(path)).trimEnd().split("\n").map((line) =>
        JSON.parse(line).seq
      );
      assert.deepEqual(numbers, [1, 2, 3]);
    }
  }));

Deno.test("a review says which line was damaged, and changes nothing", () =>
  inTempFolder(async (folder) => {
    const path = reviewPath(folder, 0);
    const log = openReviewLog(path);
    await ask(log, { kind: "verdict", id: 1, verdict: "accepted" });
    await ask(log, { kind: "verdict", id: 2, verdict: "rejected" });
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace('"accepted"', '"rejected"'));
    const damaged = await Deno.readTextFile(path);
    assert.throws(() => openReviewLog(path).decisions(), /0\.log, line 2 is damaged or was edited/);
    await assert.rejects(ask(openReviewLog(path), { kind: "flip", id: 1 }), /line 2 is damaged/);
    assert.equal(await Deno.readTextFile(path), damaged);
  }));

Deno.test("two processes that review the same table each see what the other one decided", () =>
  inTempFolder(async (folder) => {
    const path = reviewPath(folder, 0);
    const [one, other] = [openReviewLog(path), openReviewLog(path)];
    await ask(one, { kind: "verdict", id: 1, verdict: "accepted" });
    await ask(other, { kind: "merge", ids: [2, 3] });
    await ask(one, { kind: "undo" });
    assert.equal(reviewOf(other.decisions(), TABLE).items.size, 1);
    assert.equal(reviewOf(one.decisions(), TABLE).items.size, 1);
    // While one writes, the other one is asked to wait.
    using held = await Deno.open(path, { read: true, write: true });
    await held.lock(true);
    await assert.rejects(ask(other, { kind: "flip", id: 1 }), /changed by another process; try again/);
    await held.unlock();
    await ask(other, { kind: "flip", id: 2 });
    assert.equal(reviewOf(one.decisions(), TABLE).items.size, 2);
    // A file that was put back from a copy is read anew.
    await Deno.writeTextFile(
      path,
      `${sealJson({ kind: "table", seq: 1, at: "", fingerprint: "x", count: 6 })}\n`,
    );
    assert.equal(reviewOf(one.decisions(), TABLE).items.size, 0);
  }));
