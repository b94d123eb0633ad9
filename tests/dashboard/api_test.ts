/** What the dashboard's routes tell of a work folder. */
import assert from "node:assert/strict";
import type { ArrayInfo, PolarityState, RunSnapshot } from "../../src/dashboard/api.ts";
import { loadSettings } from "../../src/config/settings.ts";
import { appendLines, askerOf, block, SHAPE, type TestFolder, valueAt, withTestFolder } from "./folder.ts";

async function json<T>(answer: Promise<Response>): Promise<T> {
  const response = await answer;
  assert.equal(response.status, 200);
  return await response.json() as T;
}

/** The next messages of a stream of events, by their names, until one of them is `until`. */
async function eventsOf(
  answer: Response,
  until: string,
): Promise<{ event: string; data: unknown; id: string }[]> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.ok(reader);
  const found: { event: string; data: unknown; id: string }[] = [];
  let text = "";
  while (!found.some(({ event }) => event === until)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
    const parts = text.split("\n\n");
    text = parts.pop() ?? "";
    for (const part of parts) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(part)?.[1] ?? "";
      if (field("event") !== "") {
        found.push({ event: field("event"), data: JSON.parse(field("data")), id: field("id") });
      }
    }
  }
  await reader.cancel();
  return found;
}

async function addUsage({ work }: TestFolder, rss: number): Promise<void> {
  await appendLines(`${work}/telemetry.jsonl`, [{ kind: "usage", at: Date.now(), rss, cpu: 2 }]);
}

Deno.test("GET /api/run tells state, stages, curve, memory and log, and passes over events it does not know", () =>
  withTestFolder(async (folder) => {
    const { run, rounds, usage, log } = await json<RunSnapshot>(askerOf(folder)("/api/run"));
    assert.equal(run.state, "running");
    assert.equal(run.name, "job");
    assert.equal(run.memory, 2 ** 30);
    const stage = (title: string) => run.stages.find((one) => one.title === title);
    assert.equal(stage("convert train.tif")?.state, "skipped");
    assert.equal(stage("components")?.state, "done");
    assert.equal(stage("samples")?.state, "running");
    assert.equal(stage("samples")?.done, 9600);
    assert.equal(stage("samples")?.rate, 9600);
    assert.equal(stage("samples")?.left, 1.5);
    assert.equal(stage("boost")?.state, "pending");
    assert.deepEqual(
      run.stages.slice(run.stages.findIndex(({ title }) => title === "boost")).map(({ title }) => title),
      [
        ...["boost", "training scores", "cells", "second stage", "score 0", "refine 0"],
        "write job-0-ab-max.nrrd",
        "synapses 0",
        "synapse labels 0",
      ],
    );
    assert.ok(run.stages.every(({ about }) => about !== ""));
    assert.deepEqual(run.models, { count: 4, rounds: 3 });
    assert.ok(run.fraction > 0 && run.fraction < 1 && run.left !== null && run.left > 1.5);
    assert.deepEqual(rounds, [[1, 0.2, 0.7, 0.1], [2, 0.3, 0.4, 0.05]]);
    assert.equal(usage.length, 1);
    assert.deepEqual(log.map(({ text }) => text), [
      "counting the labelled synapses: 3 of at least 10 voxels",
      "look here",
    ]);
  }));

Deno.test("GET /api/run tells how a run ended, and of one that waits for answers", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    const journal = `${folder.work}/journal.jsonl`;
    await appendLines(journal, [{
      event: "run-failed",
      error: "train.ccPolarity has no entry for 2 of the 3 components",
      reason: "polarity",
      questions: 2,
    }]);
    const waiting = (await json<RunSnapshot>(ask("/api/run"))).run;
    assert.deepEqual([waiting.state, waiting.questions], ["waiting", 2]);
    assert.match(waiting.error, /no entry for 2/);
    await appendLines(journal, [{ event: "run-failed", error: "no space" }]);
    const failed = (await json<RunSnapshot>(ask("/api/run"))).run;
    assert.deepEqual([failed.state, failed.questions, failed.error], ["failed", 0, "no space"]);
    await appendLines(journal, [{ event: "run-failed", error: "stopped", reason: "stopped" }]);
    assert.equal((await json<RunSnapshot>(ask("/api/run"))).run.state, "stopped");
    await appendLines(journal, [{ event: "run-done" }]);
    const done = (await json<RunSnapshot>(ask("/api/run"))).run;
    assert.deepEqual([done.state, done.fraction, done.left], ["done", 1, 0]);
  }));

Deno.test("GET /api/run calls a folder without a journal empty", () =>
  withTestFolder(async (folder) => {
    const work = `${folder.root}/new-work`;
    await Deno.mkdir(work);
    const { run } = await json<RunSnapshot>(askerOf({ ...folder, work })("/api/run"));
    assert.equal(run.state, "empty");
  }));

Deno.test("GET /api/events sends what is new, and after Last-Event-ID exactly what was missed", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    const { id } = await json<RunSnapshot>(ask("/api/run"));
    const live = await ask(`/api/events?after=${id}`);
    assert.equal(live.headers.get("content-type"), "text/event-stream");
    await addUsage(folder, 1);
    await appendLines(`${folder.work}/journal.jsonl`, [block(8)]);
    const events = await eventsOf(live, "blocks");
    assert.deepEqual(events.find(({ event }) => event === "blocks")?.data, [
      { stage: "samples", start: [8, 0, 0], shape: [8, 30, 40] },
    ]);
    await addUsage(folder, 2);
    const usageAfter = async (lastId: string) => {
      const answer = await ask("/api/events", { headers: { "last-event-id": lastId } });
      const found = await eventsOf(answer, "state");
      return found.filter(({ event }) => event === "usage").flatMap(({ data }) =>
        (data as number[][]).map(([, rss]) => rss)
      );
    };
    assert.deepEqual(await usageAfter(id), [1, 2]);
    const last = events.findLast((event) => event.id !== "")?.id ?? "";
    assert.deepEqual(await usageAfter(last), [2]);
    const { id: now } = await json<RunSnapshot>(ask("/api/run"));
    assert.deepEqual(await usageAfter(now), []);
    // A server that was started anew knows no more than the files, and that is enough.
    const again = await askerOf(folder)("/api/events", { headers: { "last-event-id": id } });
    assert.ok((await eventsOf(again, "state")).some(({ event }) => event === "usage"));
  }));

Deno.test("GET /api/events tells a page to begin anew where a run began, too much was missed or the folder is another", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    const { id } = await json<RunSnapshot>(ask("/api/run"));
    const resetAfter = async (after: string) =>
      (await eventsOf(await ask(`/api/events?after=${after}`), "state")).some(({ event }) =>
        event === "reset"
      );
    assert.equal(await resetAfter(id), false);
    assert.equal(await resetAfter("999999-999999"), true);
    await appendLines(`${folder.work}/telemetry.jsonl`, [{
      kind: "begin",
      at: Date.now(),
      memory: 1,
      workers: 1,
    }]);
    assert.equal(await resetAfter(id), true);
    for (let i = 0; i < 20; i++) {
      const text = "x".repeat(20_000);
      await appendLines(`${folder.work}/telemetry.jsonl`, [{ kind: "say", at: 1, level: "message", text }]);
    }
    assert.equal(await resetAfter("0-0"), true);
  }));

Deno.test("GET /api/blocks tells which blocks are done and in work", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    const cells = async () => {
      const map = await json<{ count: number[]; cells: string }>(ask("/api/blocks/samples"));
      assert.deepEqual(map.count, [3, 1, 1]);
      return Array.from(atob(map.cells), (char) => char.charCodeAt(0));
    };
    assert.deepEqual(await cells(), [2, 1, 0]);
    // Blocks of another shape that together cover one.
    const half = (y: number) => ({ ...block(16), write: { start: [16, y, 0], shape: [4, 15, 40] } });
    await appendLines(`${folder.work}/journal.jsonl`, [half(0)]);
    assert.deepEqual(await cells(), [2, 1, 0]);
    await appendLines(`${folder.work}/journal.jsonl`, [half(15)]);
    assert.deepEqual(await cells(), [2, 1, 2]);
    // Another fingerprint: what was done belongs to other settings.
    await appendLines(`${folder.work}/journal.jsonl`, [{ ...block(0), fingerprint: "other" }]);
    assert.deepEqual(await cells(), [0, 1, 0]);
    assert.equal(await json(ask("/api/blocks/none")), null);
  }));

Deno.test("GET /api/arrays lists arrays with their roles, and resolutions of one as one", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    const scales = [1, 2].map((factor, i) => ({
      path: String(i),
      coordinateTransformations: [{ type: "scale", scale: [40 * factor, 4 * factor, 4 * factor] }],
    }));
    const multiscales = [{
      axes: ["z", "y", "x"].map((name) => ({ name, unit: "nanometer" })),
      datasets: scales,
    }];
    await Deno.mkdir(`${folder.work}/pyramid`);
    await Deno.writeTextFile(
      `${folder.work}/pyramid/zarr.json`,
      JSON.stringify({
        zarr_format: 3,
        node_type: "group",
        attributes: { ome: { version: "0.5", multiscales } },
      }),
    );
    const text = await Deno.readTextFile(`${folder.work}/${folder.rawPath}/zarr.json`);
    for (const [i, shape] of [[20, 30, 40], [10, 15, 20]].entries()) {
      await Deno.mkdir(`${folder.work}/pyramid/${i}`);
      await Deno.writeTextFile(
        `${folder.work}/pyramid/${i}/zarr.json`,
        JSON.stringify({ ...JSON.parse(text), shape }),
      );
    }
    const arrays = await json<ArrayInfo[]>(ask("/api/arrays"));
    const raw = arrays.find(({ role }) => role === "raw");
    assert.equal(raw?.path, folder.rawPath);
    assert.deepEqual(raw?.volumes, ["test 0", "train"], "one file is both");
    assert.equal(raw?.anisotropy, 2);
    assert.deepEqual(raw?.shape, SHAPE);
    assert.equal(arrays.find(({ role }) => role === "components")?.dtype, "uint32");
    const pyramid = arrays.find(({ path }) => path === "pyramid");
    assert.deepEqual(pyramid?.levels.map(({ factor }) => factor), [[1, 1, 1], [2, 2, 2]]);
    assert.deepEqual(pyramid?.voxelSize, [40, 4, 4]);
    assert.equal(pyramid?.anisotropy, 10);
    assert.equal(arrays.some(({ path }) => path === "pyramid/0"), false);
    const layer = await json<{ chunks: number[][] }>(ask(`/api/chunks?layer=0&path=${folder.rawPath}`));
    assert.deepEqual(layer.chunks, [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]);
    const sparse = await json<{ chunks: number[][] }>(
      ask("/api/chunks?layer=1&path=ground-truth/components.zarr"),
    );
    assert.deepEqual(sparse.chunks, [[0, 0], [1, 1]]);
  }));

Deno.test("GET /zarr sends chunks whole and in ranges, and 304 for what a client has", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    const path = `/zarr/${folder.rawPath}/c/1/0/0`;
    const whole = await ask(path);
    const bytes = new Uint8Array(await whole.arrayBuffer());
    assert.equal(bytes.length, 8 * 16 * 16 + 4); // and the checksum
    assert.equal(bytes[(2 * 16 + 3) * 16 + 4], valueAt(10, 3, 4));
    const etag = whole.headers.get("etag") ?? "";
    assert.equal((await ask(path, { headers: { "if-none-match": etag } })).status, 304);
    assert.equal((await ask(path, { headers: { "if-none-match": '"other"' } })).status, 200);
    const part = async (range: string) => {
      const answer = await ask(path, { headers: { range } });
      return [answer.status, answer.headers.get("content-range"), [
        ...new Uint8Array(await answer.arrayBuffer()),
      ]];
    };
    assert.deepEqual(await part("bytes=10-12"), [206, "bytes 10-12/2052", [...bytes.subarray(10, 13)]]);
    assert.deepEqual(await part("bytes=2046-"), [206, "bytes 2046-2051/2052", [...bytes.subarray(2046)]]);
    assert.deepEqual(await part("bytes=-2"), [206, "bytes 2050-2051/2052", [...bytes.subarray(2050)]]);
    assert.deepEqual(await part("bytes=2040-9999"), [206, "bytes 2040-2051/2052", [...bytes.subarray(2040)]]);
    assert.deepEqual(await part("bytes=2052-"), [416, "bytes */2052", []]);
    assert.equal((await part("bytes=5-2"))[0], 200);
    assert.equal((await part("bytes=0-1,4-5"))[0], 200);
    const head = await ask(path, { method: "HEAD" });
    assert.deepEqual([head.status, head.headers.get("content-length"), await head.text()], [200, "2052", ""]);
    assert.equal((await ask(`/zarr/${folder.rawPath}/c/9/9/9`)).status, 404);
  }));

Deno.test("POST /api/polarity keeps answers, takes them back, and writes a configuration that can be read", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    const state = await json<PolarityState>(ask("/api/polarity"));
    assert.equal(state.unavailable, "");
    assert.equal(state.rawPath, folder.rawPath);
    assert.deepEqual(
      state.components.map(({ id, pos, configured, answer }) => [id, pos, configured, answer]),
      [
        [1, [5, 5, 5], [1, 0, 0], null],
        [2, [12, 12, 12], null, null],
        [3, [30, 25, 14], null, null],
      ],
    );
    const answer = (id: number, polarity: readonly number[] | null) =>
      json<PolarityState>(ask("/api/polarity", {
        method: "POST",
        body: JSON.stringify({ id, polarity }),
        headers: { "content-type": "application/json" },
      }));
    await answer(3, [0, -1, 1]);
    await answer(2, [1, 1, 0]);
    const answered = await answer(2, null);
    assert.deepEqual(answered.components.map((one) => one.answer), [null, null, [0, -1, 1]]);
    assert.match(answered.text, /pos = \[12, 12, 12\]; polarity = \[ , , \]; \},/);
    // Another server, as after a restart, has them still.
    const again = await json<PolarityState>(askerOf(folder)("/api/polarity"));
    assert.deepEqual(again, answered);
    const copy = await loadSettings(answered.configPath, { isKnownChannel: () => true });
    assert.deepEqual(copy.train[0]?.ccPolarity, [
      { pos: [5, 5, 5], polarity: [1, 0, 0] },
      { pos: [30, 25, 14], polarity: [0, -1, 1] },
    ]);
  }));
