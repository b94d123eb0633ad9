import assert from "node:assert/strict";
import { UserError } from "../../src/user_error.ts";
import { createMainPool, TaskError, type WorkerService } from "../../src/engine/mod.ts";

const service: WorkerService<number, number, number> = {
  init: (factor) => (task) => {
    if (task === 13) throw new TypeError("cannot do it");
    if (task === 14) throw new UserError("volume.zarr: chunk 3 is damaged; copy it again");
    return { result: factor * task };
  },
};

/** A pool that counts how often its module is loaded, and the tasks that it computed. */
function makePool() {
  const results: (readonly [task: number, result: number])[] = [];
  const count = { loads: 0 };
  const load = () => {
    count.loads++;
    return Promise.resolve({ service });
  };
  const pool = createMainPool<number, number>(load, {
    init: 10,
    describe: (task: number) => `block ${task}`,
  });
  const run = (tasks: Iterable<number> | AsyncIterable<number>, signal?: AbortSignal) =>
    pool.run(tasks, { onResult: (task, result) => void results.push([task, result]), signal });
  return { pool, run, results, count };
}

Deno.test("createMainPool() computes tasks one after the other, of any list, and loads its module once", async () => {
  const { run, results, count } = makePool();
  await run([3, 1]);
  await run((async function* () {
    yield await Promise.resolve(2);
  })());
  assert.deepEqual(results, [[3, 30], [1, 10], [2, 20]]);
  assert.equal(count.loads, 1);
});

Deno.test("createMainPool() names a task that failed, tries it once, and hands a UserError on", async () => {
  const { run, results } = makePool();
  await assert.rejects(run([1, 13, 2]), (error) => {
    assert.ok(error instanceof TaskError && error.cause instanceof TypeError);
    assert.equal(error.message, "block 13 failed: cannot do it");
    return true;
  });
  assert.deepEqual(results, [[1, 10]]);
  await assert.rejects(run([14]), (error) => error instanceof UserError && /chunk 3/.test(error.message));
});

Deno.test("createMainPool() stops between tasks, by a signal that comes while it works, and when it is closed", async () => {
  const { pool, run, results } = makePool();
  const stopping = new AbortController();
  function* tasks() {
    yield 1;
    setTimeout(() => stopping.abort(new Error("stopped")), 0);
    yield 2;
    yield 3;
  }
  await assert.rejects(run(tasks(), stopping.signal), /stopped/);
  assert.ok(results.length < 3);
  pool.close();
  await assert.rejects(run([1]), /the pool is closed/);
});
