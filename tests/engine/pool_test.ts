import assert from "node:assert/strict";
import { UserError } from "../../src/user_error.ts";
import { createPool, type Pool, type PoolOptions, TaskError } from "../../src/engine/pool.ts";
import type { TestResult, TestTask } from "./pool_worker.ts";

type Action = TestTask["action"];

const module = new URL("./pool_worker.ts", import.meta.url);

function makePool(options: Partial<PoolOptions<TestTask>> = {}): Pool<TestTask, TestResult> {
  return createPool({ module, workers: 2, init: { factor: 10 }, ...options });
}

function tasksOf(...actions: Action[]): TestTask[] {
  return actions.map((action, id) => ({ id, action }));
}

/** Runs the tasks and returns what `onResult` got, and the error if there was one. */
async function collect(
  pool: Pool<TestTask, TestResult>,
  tasks: Iterable<TestTask> | AsyncIterable<TestTask>,
  signal?: AbortSignal,
): Promise<{ results: Map<number, TestResult>; error: unknown }> {
  const results = new Map<number, TestResult>();
  try {
    await pool.run(tasks, { onResult: (task, result) => void results.set(task.id, result), signal });
    return { results, error: undefined };
  } catch (error) {
    return { results, error };
  } finally {
    pool.close();
  }
}

Deno.test("pool.run() computes every task once and takes tasks in order", async () => {
  const drawn: number[] = [];
  function* tasks() {
    for (const task of tasksOf(...new Array<Action>(50).fill("square"))) {
      drawn.push(task.id);
      yield task;
    }
  }
  const finished: number[] = [];
  const pool = makePool();
  await pool.run(tasks(), {
    onResult(task, result, seconds) {
      assert.equal(result.value, 10 * task.id ** 2);
      assert.ok(seconds > 0);
      finished.push(task.id);
    },
  });
  pool.close();
  assert.deepEqual(drawn, [...Array(50).keys()]);
  assert.deepEqual(finished.sort((a, b) => a - b), drawn);
});

Deno.test("pool.run() ends a worker whose helper dies, and says what that one died of", async () => {
  const helperModule = new URL("./team_dying_helper.ts", import.meta.url);
  const { error } = await collect(makePool({ workers: 1, threads: 3, helperModule }), tasksOf("hang"));
  assert.ok(error instanceof TaskError);
  assert.match(error.message, /failed 3 times, last with: a worker died: no room for a helper/);
});

Deno.test("pool.run() shares out the threads among the workers", async () => {
  const helperModule = new URL("../helpers/team_helper.ts", import.meta.url);
  const pool = makePool({ workers: 2, threads: 5, helperModule });
  const { results, error } = await collect(pool, tasksOf("threads", "threads", "threads", "threads"));
  assert.equal(error, undefined);
  const threads = Array.from(results.values(), ({ value }) => value);
  assert.ok(threads.every((n) => n === 3 || n === 2) && threads.includes(3), threads.join(" "));
});

Deno.test("pool.run() draws from an asynchronous list one call at a time and only as workers become free", async () => {
  let drawing = 0;
  let taken = 0;
  let ahead = 0;
  async function* tasks() {
    for (const task of tasksOf(...new Array<Action>(20).fill("square"))) {
      assert.equal(drawing++, 0);
      await Promise.resolve();
      drawing--;
      ahead = Math.max(ahead, task.id + 1 - taken);
      yield task;
    }
  }
  const pool = makePool();
  await pool.run(tasks(), { onResult: () => void taken++ });
  pool.close();
  assert.equal(taken, 20);
  assert.ok(ahead <= 2, `${ahead} tasks were drawn before they could be handed out`);
});

Deno.test("pool.run() keeps its workers from one run to the next", async () => {
  const pool = makePool({ workers: 1 });
  const before: number[] = [];
  const onResult = (_: TestTask, result: TestResult) => void before.push(result.before);
  await pool.run(tasksOf("square", "square"), { onResult });
  await pool.run(tasksOf("square"), { onResult });
  pool.close();
  assert.deepEqual(before, [0, 1, 2]);
  await assert.rejects(pool.run(tasksOf("square"), { onResult }), /closed/);
});

Deno.test("pool.run() moves the buffers that a reply lists", async () => {
  const { results } = await collect(makePool({ workers: 1 }), tasksOf("buffer", "buffer"));
  assert.equal(results.get(0)?.buffer?.length, 1000);
  assert.equal(results.get(1)?.left, 0);
});

Deno.test("pool.run() names the task and the whole cause when it threw three times", async () => {
  const { results, error } = await collect(makePool(), tasksOf("square", "throw", "square", "square"));
  assert.ok(error instanceof TaskError);
  assert.match(error.message, /id: 1.*failed 3 times.*cannot do 1/);
  assert.ok(error.cause instanceof Error && error.cause.name === "TypeError");
  assert.match(error.cause.stack ?? "", /tests\/engine\/pool_worker\.ts/);
  assert.ok(error.cause.cause instanceof Error && error.cause.cause.message === "bad voxel");
  assert.ok(results.has(0) && !results.has(1));
});

Deno.test("pool.run() tries a task again in a fresh worker when it threw", async () => {
  let starts = 0;
  const pool = makePool({
    workers: 1,
    describe: (task) => `block ${task.id}`,
  });
  const flaky: TestTask = { id: 3, action: "square" };
  // The first hand-out throws, because the action is read anew for every attempt.
  Object.defineProperty(flaky, "action", {
    enumerable: true,
    get: () => ++starts < 3 ? "throw" : "square",
  });
  const { results, error } = await collect(pool, [flaky]);
  assert.equal(error, undefined);
  assert.deepEqual(results.get(3), { value: 90, before: 0 });
  assert.equal(starts, 3);
});

Deno.test("pool.run() names the task and the cause when its worker died three times", async () => {
  const pool = makePool({ describe: (task) => `block ${task.id}` });
  const { results, error } = await collect(pool, tasksOf("square", "die"));
  assert.ok(error instanceof TaskError);
  assert.match(error.message, /^block 1 failed 3 times.*memory ran out/);
  assert.ok(error.cause instanceof Error && error.cause.cause instanceof Error);
  assert.match(error.cause.cause.stack ?? "", /RangeError.*\n.*tests\/engine\/pool_worker\.ts/);
  assert.ok(results.has(0));
});

Deno.test("pool.run() replaces a worker that died after its answer", async () => {
  const actions: Action[] = ["die-later", "wait", "square", "die-later", "wait", "square"];
  const { results, error } = await collect(makePool({ workers: 1 }), tasksOf(...actions));
  assert.equal(error, undefined);
  assert.equal(results.size, 6);
});

Deno.test("pool.run() reports an answer that cannot be posted", async () => {
  const { error } = await collect(makePool(), tasksOf("unclonable"));
  assert.ok(error instanceof TaskError);
  assert.match(error.message, /could not be cloned/);
});

Deno.test("pool.run() throws a worker's UserError at once and keeps the results of tasks in flight", async () => {
  const more = new Array<Action>(200).fill("wait");
  const { results, error } = await collect(makePool(), tasksOf("wait", "user-error", ...more));
  assert.ok(error instanceof UserError);
  assert.equal(error.message, "volume.zarr: chunk 3 is damaged; copy it again");
  assert.ok(results.has(0) && !results.has(1) && results.size < 100);
});

Deno.test("pool.run() reports a worker that cannot be prepared or loaded", async () => {
  const failing = makePool({ init: { factor: 1, failInit: "error" } });
  const init = await collect(failing, tasksOf("square"));
  assert.ok(init.error instanceof TaskError);
  assert.match(init.error.message, /no kernels/);
  const user = await collect(
    makePool({ init: { factor: 1, failInit: "user-error" } }),
    tasksOf("square"),
  );
  assert.ok(user.error instanceof UserError);
  const broken = await collect(
    makePool({ module: new URL("data:text/javascript,throw new Error('cannot load')") }),
    tasksOf("square"),
  );
  assert.ok(broken.error instanceof TaskError);
  assert.match(broken.error.message, /a worker died.*cannot load/);
});

Deno.test("pool.run() hands out nothing more when aborted, and takes results of tasks in flight", async () => {
  const abort = new AbortController();
  const reason = new Error("interrupted");
  let drawn = 0;
  function* tasks() {
    for (const task of tasksOf("wait", "wait", "square", "square")) {
      if (++drawn === 2) setTimeout(() => abort.abort(reason));
      yield task;
    }
  }
  const { results, error } = await collect(makePool({ graceTime: 60_000 }), tasks(), abort.signal);
  assert.equal(error, reason);
  assert.deepEqual([...results.keys()].sort(), [0, 1]);
});

Deno.test("pool.run() ends workers that are busy beyond the grace time after an abort", async () => {
  const abort = new AbortController();
  const pool = makePool({ graceTime: 50 });
  const finished: number[] = [];
  const onResult = (task: TestTask) => {
    finished.push(task.id);
    if (finished.length === 2) setTimeout(() => abort.abort());
  };
  const run = pool.run(tasksOf("square", "square", "hang", "hang"), { onResult, signal: abort.signal });
  await assert.rejects(run, (error) => error instanceof DOMException && error.name === "AbortError");
  pool.close();
  assert.deepEqual(finished.sort(), [0, 1]);
});

Deno.test("pool.run() starts nothing when the signal is aborted before", async () => {
  let drawn = 0;
  function* tasks() {
    drawn++;
    yield* tasksOf("square");
  }
  const { error } = await collect(makePool(), tasks(), AbortSignal.abort(new Error("before")));
  assert.match(String(error), /before/);
  assert.equal(drawn, 0);
});

Deno.test("pool.run() does not wait for a list that has no task yet when aborted", async () => {
  const abort = new AbortController();
  async function* tasks() {
    yield* tasksOf("square");
    abort.abort(new Error("enough"));
    await new Promise(() => {});
  }
  const { results, error } = await collect(makePool(), tasks(), abort.signal);
  assert.match(String(error), /enough/);
  assert.ok(results.size <= 1);
});

Deno.test("pool.run() throws what onResult or the list of tasks throws", async () => {
  const pool = makePool();
  const full = new Error("disk is full");
  await assert.rejects(
    pool.run(tasksOf("square"), { onResult: () => Promise.reject(full) }),
    (error) => error === full,
  );
  let closed = false;
  function* broken() {
    try {
      yield* tasksOf("square", "square", "square", "square", "square", "square", "square", "square");
    } finally {
      closed = true;
    }
  }
  await assert.rejects(pool.run(broken(), { onResult: () => Promise.reject(full) }));
  await Promise.resolve();
  assert.ok(closed, "the list of tasks was left open");
  function* throwing() {
    yield* tasksOf("square");
    throw new RangeError("no such block");
  }
  await assert.rejects(pool.run(throwing(), { onResult: () => {} }), RangeError);
  pool.close();
});

Deno.test("pool.close() ends a run under way", async () => {
  const pool = makePool();
  const run = pool.run(tasksOf("hang", "hang"), { onResult: () => {} });
  setTimeout(() => pool.close(), 200);
  await assert.rejects(run, /closed/);
});

Deno.test("pool.run() replaces a worker that stops responding, and names its task after three", async () => {
  const pool = makePool({ workers: 1, silence: 300, describe: (task) => `block ${task.id}` });
  const { results, error } = await collect(pool, tasksOf("square", "hang", "square"));
  assert.ok(error instanceof TaskError);
  assert.match(
    error.message,
    /^block 1 failed 3 times, last with: a worker stopped responding \d+(\.\d)? s ago/,
  );
  assert.ok(results.has(0));
});

Deno.test("pool.run() tries a task again whose worker computed in a circle", async () => {
  let starts = 0;
  const task: TestTask = { id: 2, action: "square" };
  Object.defineProperty(task, "action", { enumerable: true, get: () => ++starts < 2 ? "spin" : "square" });
  const { results, error } = await collect(makePool({ workers: 1, silence: 300 }), [task]);
  assert.equal(error, undefined);
  assert.deepEqual([results.get(2)?.value, starts], [40, 2]);
});

Deno.test("pool.run() waits for a worker that is slow but lives", async () => {
  const { results, error } = await collect(makePool({ workers: 1, silence: 300 }), tasksOf("slow", "square"));
  assert.equal(error, undefined);
  assert.equal(results.size, 2);
});
