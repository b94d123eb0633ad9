/** States of a run that a person must understand, answers, and what the server does besides telling. */
import assert from "node:assert/strict";
import type { ArrayInfo, PolarityState, RunSnapshot } from "../../src/dashboard/api.ts";
import { hostName, isAbandoned, openJournal } from "../../src/engine/mod.ts";
import { loadSettings } from "../../src/config/settings.ts";
import { createApp } from "../../src/dashboard/server/app.ts";
import { watchRun } from "../../src/dashboard/server/watch.ts";
import { writeDirections } from "../../src/stages/training/directions.ts";
import { readAnswers } from "../../src/stages/training/polarity_answers.ts";
import { appendLines, askerOf, HOST, type TestFolder, withTestFolder } from "./folder.ts";

async function json<T>(answer: Promise<Response>): Promise<T> {
  const given = await answer;
  assert.equal(given.status, 200, await given.clone().text());
  return await given.json() as T;
}

function post(ask: ReturnType<typeof askerOf>, path: string, body: unknown): Promise<Response> {
  return ask(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
}

async function stateOf(folder: TestFolder): Promise<string> {
  return (await json<RunSnapshot>(askerOf(folder)("/api/run"))).run.state;
}

async function writeLock({ work }: TestFolder, host: string): Promise<void> {
  const owner = { pid: 1, host, since: new Date().toISOString() };
  await Deno.writeTextFile(`${work}/lock.json`, JSON.stringify(owner));
}

Deno.test("a run whose process is gone is told as killed at once, on this machine alone", () =>
  withTestFolder(async (folder) => {
    await appendLines(`${folder.work}/telemetry.jsonl`, [{ kind: "usage", at: Date.now(), rss: 1, cpu: 1 }]);
    assert.equal(await stateOf(folder), "running");
    await writeLock(folder, "another-machine");
    assert.equal(await stateOf(folder), "running", "what another machine does is not known for a minute");
    await writeLock(folder, hostName());
    assert.equal(await stateOf(folder), "killed");
    await appendLines(`${folder.work}/journal.jsonl`, [{ event: "run-done" }]);
    assert.equal(await stateOf(folder), "done", "a run that has said how it ended was not killed");
  }));

Deno.test("isAbandoned() does not take a run at work for dead, nor keeps the next one out", () =>
  withTestFolder(async ({ root }) => {
    const work = `${root}/own-work`;
    const journal = await openJournal(work);
    try {
      assert.equal(await isAbandoned(work, journal.path), false);
    } finally {
      await journal.close();
    }
    await Deno.writeTextFile(
      `${work}/lock.json`,
      JSON.stringify({ pid: 1, host: hostName(), since: new Date().toISOString() }),
    );
    assert.equal(await isAbandoned(work, journal.path), true);
    // looking and beginning at the same time
    const [again] = await Promise.all([openJournal(work), isAbandoned(work, journal.path)]);
    assert.match(again.staleOwner ?? "", /process 1/);
    await again.close();
  }));

Deno.test("answers in one tab reach the others as an event", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    const { id, answers } = await json<RunSnapshot>(ask("/api/run"));
    assert.equal(answers, "");
    const stream = await ask(`/api/events?after=${id}`);
    await json(post(ask, "/api/polarity", { id: 2, polarity: [1, 0, 0] }));
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    assert.ok(reader);
    let text = "";
    const given = /event: answers\ndata: "(?!")/;
    while (!given.test(text)) text += (await reader.read()).value ?? assert.fail(text);
    await reader.cancel();
    assert.notEqual((await json<RunSnapshot>(ask("/api/run"))).answers, "");
  }));

Deno.test("a synapse can be left out, which a configuration with the answers repeats", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    await json(post(ask, "/api/polarity", { id: 2, polarity: "cannot tell" }));
    await json(post(ask, "/api/polarity", { id: 3, polarity: "no synapse" }));
    const state = await json<PolarityState>(post(ask, "/api/polarity", { id: 3, polarity: [0, 1, 0] }));
    assert.deepEqual(
      state.components.map(({ answer, leftOut }) => [answer, leftOut]),
      [[null, null], [null, "cannot tell"], [[0, 1, 0], null]],
    );
    assert.doesNotMatch(state.text, /# 2,/);
    const copy = await loadSettings(state.configPath, { isKnownChannel: () => true });
    assert.deepEqual(copy.useSynapses, [1, 3]);
    const wrong = await post(ask, "/api/polarity", { id: 3, polarity: "perhaps" });
    assert.equal(wrong.status, 400);
    const back = await json<PolarityState>(post(ask, "/api/polarity", { id: 2, polarity: null }));
    assert.deepEqual(back.components[1]?.leftOut, null);
  }));

Deno.test("the line of a synapse is the direction that training goes by, and after an answer the one that was shown", () =>
  withTestFolder(async (folder) => {
    const { work } = folder;
    const ask = askerOf(folder);
    const list = (await json<PolarityState>(ask("/api/polarity"))).components;
    const named = list.map(({ id, voxels, pos: [x, y, z] }) => ({
      id,
      voxels,
      position: [z, y, x] as const,
    }));
    const one = { normal: [0, 0.6, 0.8], agreement: 0.9 } as const;
    await writeDirections(work, named, new Map([[2, one]]));
    const { components } = await json<PolarityState>(ask("/api/polarity"));
    assert.deepEqual(
      components.map(({ normal }) => normal),
      [null, one.normal, null],
      "no samples, no question",
    );
    assert.equal(components[1]?.agreement, 0.9);
    await json(post(ask, "/api/polarity", { id: 2, polarity: [0, 1, 1], line: one.normal }));
    await writeDirections(work, named, new Map([[2, { ...one, normal: [0, -0.6, -0.8] }]]));
    const after = await json<PolarityState>(ask("/api/polarity"));
    assert.deepEqual(after.components[1]?.line, one.normal, "A stays where it was");
    assert.deepEqual(await readAnswers(work), [{ pos: list[1]?.pos, polarity: [0, 1, 1], line: one.normal }]);
    assert.doesNotMatch(await Deno.readTextFile(after.configPath), /line/);
    const wrong = await post(ask, "/api/polarity", { id: 2, polarity: [0, 1, 1], line: [0, 0, 3] });
    assert.equal(wrong.status, 400);
    const back = await json<PolarityState>(post(ask, "/api/polarity", { id: 2, polarity: null }));
    assert.equal(back.components[1]?.line, null);
    await Deno.writeTextFile(`${work}/directions.json`, "[{}]");
    const damaged = await ask("/api/polarity");
    assert.match(await damaged.text(), /directions\.json is damaged; remove it/);
  }));

Deno.test("POST /api/stop stops a run that the server was started with, and no other", () =>
  withTestFolder(async (folder) => {
    assert.equal((await json<RunSnapshot>(askerOf(folder)("/api/run"))).canStop, false);
    assert.equal((await post(askerOf(folder), "/api/stop", {})).status, 400);
    let stopped = 0;
    const watch = watchRun(folder.work);
    const onStop = () => void stopped++;
    const options = { watch, pageFolder: folder.page, hosts: [HOST], token: "", viewers: [], onStop };
    const app = createApp(options);
    const send = (headers: Record<string, string>) =>
      app.request(`http://${HOST}/api/stop`, {
        method: "POST",
        body: "{}",
        headers: { host: HOST, ...headers },
      });
    const typed = { "content-type": "application/json" };
    assert.equal((await send({ ...typed, origin: "http://evil.example" })).status, 403);
    assert.equal((await send({ "content-type": "text/plain" })).status, 403);
    assert.equal(stopped, 0);
    assert.equal((await send(typed)).status, 200);
    assert.equal(stopped, 1);
  }));

Deno.test("a server of one volume shows nothing else of its folder", () =>
  withTestFolder(async (folder) => {
    const volumes = `${folder.work}/volumes`;
    const [name] = Array.from(Deno.readDirSync(volumes), ({ name }) => name);
    assert.ok(name);
    await Deno.writeTextFile(`${volumes}/secret.txt`, "secret");
    const app = createApp({
      watch: watchRun(volumes),
      pageFolder: folder.page,
      hosts: [HOST],
      token: "",
      viewers: [],
      only: [name],
    });
    const ask = (path: string) => app.request(`http://${HOST}${path}`, { headers: { host: HOST } });
    const arrays = await (await ask("/api/arrays")).json() as ArrayInfo[];
    assert.deepEqual(arrays.map(({ path }) => path), [name]);
    assert.equal((await ask(`/zarr/${name}/zarr.json`)).status, 200);
    assert.equal((await ask("/zarr/secret.txt")).status, 404);
    assert.equal((await ask(`/zarr/${name}/../secret.txt`)).status, 404);
    assert.deepEqual(await (await ask("/api/chunks?layer=0&path=.")).json(), { chunks: null });
  }));
