/** The routes of a labelling project. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { LabelChange, LabelObject, LabelState } from "../../src/dashboard/api.ts";
import { labelsOnDisk, SHAPE, strokeOf } from "../label/project.ts";
import { askerOf, withTestFolder } from "./folder.ts";
import { BODIES } from "./label_bodies.ts";
import { FURTHER, JSON_TYPE, sender, withLabels } from "./label_routes.ts";

Deno.test("label routes: strokes, synapses, undo and the scale are kept and told", () =>
  withLabels(async (ask, folder) => {
    const send = sender(ask);
    const state = async () => await (await ask("/api/label")).json() as LabelState;
    const { shape, raw, labels, chunk, anisotropy, seq, savedAt } = await state();
    assert.deepEqual([shape, raw, labels, chunk], [SHAPE, "raw.zarr", "labels.zarr", [16, 128, 128]]);
    assert.deepEqual([anisotropy, seq, savedAt], [null, 0, "2026-01-02T03:04:05.000Z"]);
    const object = await (await send("POST", "/objects", {})).json() as LabelObject;
    assert.deepEqual([object.id, object.name], [2, "synapse 1"]);
    const change = await (await send("POST", "/strokes", strokeOf(2, [3, 4, 120, 20]))).json() as LabelChange;
    assert.deepEqual(change, { seq: 2, chunks: ["0/0/0", "0/0/1"] });
    const named = await (await send("PATCH", "/objects/2", { name: "a", polarity: "cannot tell" })).json();
    assert.deepEqual([named.name, named.polarity, named.voxels], ["a", "cannot tell", 20]);
    assert.equal((await ask("/zarr/labels.zarr/c/0/0/1")).status, 200);
    assert.equal((await send("DELETE", "/objects/2")).status, 200);
    assert.deepEqual((await state()).objects, []);
    assert.deepEqual((await (await send("POST", "/undo", {})).json()).chunks, ["0/0/0", "0/0/1"]);
    assert.equal((await labelsOnDisk(folder)).filter((value) => value === 2).length, 20);
    assert.equal((await send("POST", "/redo", {})).status, 200);
    const scaled = await (await send("POST", "/settings", { voxelSize: [40, 4, 4] })).json() as LabelState;
    assert.deepEqual([scaled.voxelSize, scaled.anisotropy], [[40, 4, 4], 10]);
    await send("POST", "/settings", { anisotropy: 9 });
    assert.equal((await state()).anisotropy, 9);
    await send("POST", "/objects", {});
    const grown = await (await send("POST", "/grow", { id: 3, at: [10, 50, 50] })).json() as LabelChange;
    assert.deepEqual(grown.chunks, ["0/0/0"]);
    await send("POST", "/strokes", strokeOf(3, [15, 50, 50, 5]));
    await send("POST", "/interpolate", { id: 3, from: 10, to: 15 });
    assert.deepEqual((await state()).objects[0]?.slices?.[1], 15);
    assert.deepEqual(
      await (await send("POST", "/look", { at: [0, 0, 0], box: { begin: [0, 0, 0], end: [1, 2, 2] } }))
        .json(),
      {
        isLearning: false,
      },
    );
    assert.equal(
      (await send("POST", "/look", { at: [0, 0, 0], box: { begin: [0, 0, 0], end: [0, 2, 2] } })).status,
      400,
    );
    await send("POST", "/strokes", strokeOf(1, [15, 60, 50, 5]));
    const exported = await (await send("POST", "/export", {})).json();
    assert.match(await Deno.readTextFile(exported.files[0]), /groundTruth = "labels\.zarr";/);
    const run = await (await ask("/api/run")).json();
    assert.deepEqual([run.isVolume, run.isLabel], [true, true]);
  }));

Deno.test("label routes: a page is told what others do, and what it missed", () =>
  withLabels(async (ask) => {
    const send = sender(ask);
    const listen = async (after: string) => {
      const { body } = await ask(`/api/label/events?after=${after}`);
      const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      return {
        async until(pattern: RegExp) {
          while (!pattern.test(text)) text += (await reader?.read())?.value ?? "";
          return text;
        },
        close: async () => await reader?.cancel(),
      };
    };
    const page = await listen("");
    await page.until(/event: state\n/);
    await send("POST", "/strokes", strokeOf(1, [3, 4, 5, 6]));
    await page.until(
      /id: 1\n.*\n*event: stroke\ndata: \{"seq":1,"chunks":\["0\/0\/0"\]\}|event: stroke\ndata: \{"seq":1/,
    );
    await send("POST", "/objects", {});
    await page.until(/"name":"synapse 1"/);
    await page.close();
    await send("POST", "/strokes", strokeOf(2, [19, 140, 130, 6]));
    const again = await listen("1");
    const text = await again.until(/event: state\n/);
    assert.match(text, /event: stroke\ndata: \{"seq":2,"chunks":\[\]\}/);
    assert.match(text, /event: stroke\ndata: \{"seq":3,"chunks":\["1\/1\/1"\]\}/);
    assert.doesNotMatch(text, /event: reload|"seq":1,"chunks"/);
    await again.close();
    for (const other of ["99", "0x1"]) {
      const lost = await listen(other);
      const told = await lost.until(/event: state\n/);
      assert.equal(/event: reload/.test(told), other === "99", other);
      await lost.close();
    }
  }));

Deno.test("label routes: where no project is shown there are none", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    for (const path of ["", "/events", "/find", "/import", "/stacks", "/stacks/b", "/stacks/b/find"]) {
      assert.equal((await ask(`/api/label${path}`)).status, 404, path);
    }
    for (
      const path of [
        "find",
        "find/plan",
        "find/resume",
        "find/stop",
        "import/look",
        "import/take",
        "picture",
        "strokes",
        "undo",
        "redo",
        "objects",
        "settings",
        "stacks",
        "stacks/b/strokes",
        "none",
      ]
    ) {
      const answer = await ask(`/api/label/${path}`, { method: "POST", body: "{}", headers: JSON_TYPE });
      assert.equal(answer.status, 404, path);
    }
    for (const method of ["PATCH", "DELETE"]) {
      const answer = await ask("/api/label/objects/2", { method, body: "{}", headers: JSON_TYPE });
      assert.equal(answer.status, 404, method);
    }
    assert.equal((await (await ask("/api/run")).json()).isLabel, false);
  }));

const WRITES: readonly (readonly [string, string])[] = [
  ["POST", "/strokes"],
  ["POST", "/undo"],
  ["POST", "/redo"],
  ["POST", "/objects"],
  ["PATCH", "/objects/2"],
  ["DELETE", "/objects/2"],
  ["POST", "/settings"],
  ["POST", "/grow"],
  ["POST", "/interpolate"],
  ["POST", "/look"],
  ["POST", "/export"],
  ["POST", "/judge"],
  ["POST", "/find"],
  ["POST", "/find/plan"],
  ["POST", "/find/resume"],
  ["POST", "/find/stop"],
  ["POST", "/picture"],
  ["POST", "/import/look"],
  ["POST", "/import/take"],
];

/** Those of a further stack, and those that are there once. */
const ALL_WRITES: typeof WRITES = [
  ...WRITES,
  ...WRITES.map(([method, path]) => [method, FURTHER + path] as const),
  ["POST", "/stacks"],
];
const READS = ["", "/events", "/find", "/found", "/import"];
const ALL_READS = [...READS, ...READS.map((path) => FURTHER + path), "/stacks"];

/** What was written to the logs of a project with a further stack, bytes. */
async function written(folder: string): Promise<number> {
  const logs = ["strokes.log", "stacks/b/strokes.log"].map((name) => Deno.stat(`${folder}/${name}`));
  return (await Promise.all(logs)).reduce((sum, { size }) => sum + size, 0);
}

/** As `withLabels`, with a further stack. */
function withStacks(test: Parameters<typeof withLabels>[0], token = ""): Promise<void> {
  return withLabels(test, token, [], true);
}

Deno.test("label routes: nothing from elsewhere is done", () =>
  withStacks(async (ask, folder) => {
    const stroke = JSON.stringify(strokeOf(1, [0, 0, 0, 1]));
    const bodies: Record<string, string> = { "/strokes": stroke, [`${FURTHER}/strokes`]: stroke };
    for (const [method, path] of ALL_WRITES) {
      const send = (headers: Record<string, string>) =>
        ask(`/api/label${path}`, {
          method,
          body: bodies[path] ?? "{}",
          headers: { ...JSON_TYPE, ...headers },
        });
      for (
        const origin of ["https://evil.example", "null", "http://127.0.0.1:9999", "https://viewer.example"]
      ) {
        assert.equal((await send({ origin })).status, 403, `${path} ${origin}`);
      }
      assert.equal((await send({ host: "evil.example" })).status, 403, path);
      assert.equal((await send({ "sec-fetch-site": "cross-site" })).status, 403, path);
      if (method !== "DELETE") assert.equal((await send({ "content-type": "text/plain" })).status, 403, path);
    }
    for (
      const [method, path] of [
        ["PUT", "/objects/2"],
        ["DELETE", "/objects"],
        ["PATCH", "/strokes"],
        ["PATCH", `${FURTHER}/strokes`],
        ["DELETE", FURTHER],
        ["DELETE", "/stacks/b/c/objects/2"],
      ]
    ) {
      assert.equal(
        (await ask(`/api/label${path}`, { method: method ?? "", headers: JSON_TYPE })).status,
        405,
      );
    }
    for (const path of ALL_READS) {
      const answer = await ask(`/api/label${path}`, { headers: { origin: "https://viewer.example" } });
      assert.equal(answer.status, 403, path);
    }
    assert.equal(await written(folder), 0);
    for (
      const path of [
        "strokes.log",
        "project.json",
        "lock.json",
        "stacks/b/strokes.log",
        "stacks/b/project.json",
      ]
    ) {
      assert.equal((await ask(`/zarr/${path}`)).status, 404, path);
    }
  }));

Deno.test("label routes: without the token nothing is told or done", () =>
  withStacks(async (ask) => {
    const reads = ALL_READS.map((path) => ["GET", path]);
    for (const [method, path] of [...ALL_WRITES, ...reads]) {
      const init = method === "GET" ? {} : { body: "{}", headers: JSON_TYPE };
      assert.equal((await ask(`/api/label${path}`, { method: method ?? "", ...init })).status, 401, path);
    }
  }, "0123456789abcdef"));

Deno.test("label routes: whatever a body holds, it is refused with a sentence or done whole", () =>
  withStacks(async (ask, folder) => {
    for (const stack of ["", FURTHER]) await sender(ask, stack)("POST", "/objects", {});
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ALL_WRITES.filter(([method]) => method !== "DELETE")),
        BODIES,
        async ([method, path], given) => {
          const before = await written(folder);
          const text = JSON.stringify(given) ?? "undefined";
          const answer = await ask(`/api/label${path}`, { method, body: text, headers: JSON_TYPE });
          const told = await answer.json();
          assert.ok(answer.status === 200 || answer.status === 400, `${answer.status}: ${text}`);
          if (answer.status === 200) return;
          assert.ok(typeof told.error === "string" && told.error.length > 5, text);
          assert.equal(await written(folder), before, text);
        },
      ),
      { numRuns: 600 },
    );
    for (const id of ["x", "-1", "2.5", "1e9", "99", "%2e%2e", "__proto__", "2".repeat(400)]) {
      for (const method of ["PATCH", "DELETE"]) {
        for (const path of [`/objects/${id}`, `${FURTHER}/objects/${id}`]) {
          const answer = await ask(`/api/label${path}`, { method, body: "{}", headers: JSON_TYPE });
          assert.ok([400, 404, 405].includes(answer.status), `${method} ${path}: ${answer.status}`);
        }
      }
    }
    for (
      const query of [
        "",
        "?threshold=1",
        "?threshold=x&minSize=1",
        "?threshold=1&minSize=0",
        "?threshold=1&minSize=9",
      ]
    ) {
      assert.equal((await ask(`/api/label/candidates${query}`)).status, 400, query);
      assert.equal((await ask(`/api/label/found${query}`)).status, 400, query);
    }
    assert.equal((await ask("/api/label")).status, 200);
  }));

Deno.test("label routes: a body that is too long is refused before it is read", () =>
  withStacks(async (ask, folder) => {
    const endless = () => {
      let sent = 0;
      const body = new ReadableStream({
        pull(controller) {
          sent++;
          controller.enqueue(new TextEncoder().encode(" ".repeat(65536)));
        },
      });
      return { body, sent: () => sent };
    };
    for (const [method, path] of ALL_WRITES.filter(([method]) => method !== "DELETE")) {
      const { body, sent } = endless();
      assert.equal((await ask(`/api/label${path}`, { method, body, headers: JSON_TYPE })).status, 413, path);
      assert.ok(sent() < 40, `${path}: ${sent() * 64} KiB were taken`);
    }
    assert.equal(await written(folder), 0);
  }));
