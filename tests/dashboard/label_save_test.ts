/** Saving in the labelling page, and what its status line says of it. */
import assert from "node:assert/strict";
import type { LabelState } from "../../src/dashboard/api.ts";
import { modelText, savedText } from "../../src/dashboard/page/label/label_text.ts";
import { createSaveQueue } from "../../src/dashboard/page/label/save_queue.ts";
import { Unreachable } from "../../src/dashboard/page/unreachable.ts";

/** Lets all that waits go on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

Deno.test("createSaveQueue() sends one after the other, again and again until the server has it, and says so only then", async () => {
  const sent: string[] = [];
  let isAway = true;
  let wake = () => {};
  const queue = createSaveQueue(() => {}, () => new Promise((done) => wake = () => done(undefined)));
  const job = (name: string) => ({
    send: () => {
      sent.push(name);
      return isAway ? Promise.reject(new Unreachable("nobody answers")) : Promise.resolve(name);
    },
    onSaved: (answer: string) => void sent.push(`${answer} saved`),
    onRefused: () => assert.fail("it is not refused"),
    isRepeatable: true,
  });
  queue.add(job("a"));
  queue.add(job("b"));
  await settle();
  assert.deepEqual([sent, queue.state()], [["a"], { waiting: 2, problem: "nobody answers", savedAt: null }]);
  wake();
  await settle();
  isAway = false;
  wake();
  await settle();
  assert.deepEqual(sent, ["a", "a", "a", "a saved", "b", "b saved"]);
  assert.equal(queue.state().waiting, 0);
  assert.ok(queue.state().savedAt !== null);
});

Deno.test("createSaveQueue() does not repeat what may have been done, and goes on after a refusal", async () => {
  const refused: string[] = [];
  const queue = createSaveQueue(() => {}, () => Promise.reject(new Error("it must not wait")));
  const failing = (cause: Error, isRepeatable: boolean) => ({
    send: () => Promise.reject(cause),
    onSaved: () => assert.fail("it is not saved"),
    onRefused: (error: unknown) => void refused.push((error as Error).message),
    isRepeatable,
  });
  queue.add(failing(new Unreachable("lost"), false));
  queue.add(failing(new Error("outside the stack"), true));
  await settle();
  assert.deepEqual(refused, ["lost", "outside the stack"]);
  assert.deepEqual(queue.state(), { waiting: 0, problem: "", savedAt: null });
});

Deno.test("the status line never calls saved what is not, and tells of the model", () => {
  const state = { seq: 3, savedAt: "2026-01-01T00:00:00.000Z" } as LabelState;
  const now = Date.parse(state.savedAt) + 65_000;
  const text = (waiting: number, problem = "") => savedText({ waiting, problem, savedAt: null }, state, now);
  assert.equal(text(0), "saved 1 min ago");
  assert.equal(text(1), "saving …");
  assert.match(text(2, "nobody answers"), /^not saved yet: 2 changes wait$/);
  assert.doesNotMatch(text(1) + text(2, "x"), /saved \d/);
  const model = {
    seconds: 2,
    strokes: 3,
    error: null,
    threshold: 1,
    labelsScored: 1,
    scores: "s",
    version: 1,
  };
  const of = (more: object) =>
    modelText({ state: "ready", trainedAt: state.savedAt, ...model, ...more }, 5, now);
  assert.equal(of({}), "model 1 min old, 2 changes since");
  assert.equal(of({ strokes: 5 }), "model 1 min old");
  assert.equal(of({ state: "training", trainedAt: null }), "learning …");
  assert.equal(of({ state: "failed", error: "no room" }), "model 1 min old, could not learn anew");
  assert.equal(of({ state: "failed", trainedAt: null }), "nothing could be learned");
  assert.equal(modelText(null, 5, now), "");
});
