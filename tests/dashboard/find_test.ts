/** The routes that search a project's stack, and the run of the search below `/run/`. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ArrayInfo } from "../../src/dashboard/api.ts";
import type { FoundSoFar } from "../../src/dashboard/found.ts";
import { createApp } from "../../src/dashboard/server/app.ts";
import { withRun } from "../../src/dashboard/server/start.ts";
import { watchRun } from "../../src/dashboard/server/watch.ts";
import { createZarr } from "../../src/volume/zarr/mod.ts";
import { SHAPE } from "../label/project.ts";
import { HOST, type TestFolder, withTestFolder } from "./folder.ts";
import { type Ask, type FindCall, JSON_TYPE, sender, withLabels } from "./label_routes.ts";

Deno.test("find routes: what is searched is the stack or a part of it, and nothing else reaches the search", () => {
  const calls: FindCall[] = [];
  return withLabels(
    async (ask) => {
      const send = sender(ask);
      const found = await (await ask("/api/label/find")).json() as FoundSoFar;
      assert.deepEqual([found.run, found.isRunning, found.begun], ["empty", false, null]);
      const box = { begin: [1, 2, 3], end: [4, 6, 8] };
      for (const body of [{}, { box: null }, { box }, { volume: "a/b.tif" }]) {
        await send("POST", "/find", body);
      }
      await send("POST", "/find/plan", { box });
      await send("POST", "/find/stop", {});
      await send("POST", "/find/resume", {});
      const region = { start: [1, 2, 3], shape: [3, 4, 5] };
      assert.deepEqual(calls, [
        ["start", {}],
        ["start", {}],
        ["start", { region }],
        ["start", { volume: "a/b.tif" }],
        ["plan", { region }],
        ["stop"],
        ["resume"],
      ]);
      const place = fc.array(fc.oneof(fc.integer({ min: -1, max: 170 }), fc.double()), { maxLength: 4 });
      const body = fc.oneof(
        fc.record({
          box: fc.oneof(fc.record({ begin: place, end: place }), fc.jsonValue()),
          volume: fc.oneof(fc.string(), fc.jsonValue()),
        }, { requiredKeys: [] }),
        fc.jsonValue(),
        fc.object(),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom("/find", "/find/plan", "/find/resume", "/find/stop"),
          body,
          async (path, given) => {
            calls.length = 0;
            const text = JSON.stringify(given) ?? "undefined";
            const answer = await ask(`/api/label${path}`, { method: "POST", body: text, headers: JSON_TYPE });
            const told = await answer.json();
            if (answer.status === 400) {
              assert.ok(typeof told.error === "string" && told.error.length > 5, text);
              assert.equal(calls.length, 0, text);
              return;
            }
            assert.equal(answer.status, 200, text);
            const [, { region, volume } = {}] = calls[0] ?? assert.fail(text);
            assert.ok(volume === undefined || region === undefined && volume.trim() !== "", text);
            for (const axis of [0, 1, 2] as const) {
              const { start, shape } = region ?? { start: [0, 0, 0], shape: SHAPE };
              assert.ok(
                start[axis] >= 0 && shape[axis] > 0 && start[axis] + shape[axis] <= SHAPE[axis],
                text,
              );
            }
          },
        ),
        { numRuns: 400 },
      );
    },
    "",
    calls,
  );
});

/** Runs a test with a page at `/` and the run of `folder` below `/run/`, which uses an array beside its work folder. */
function withBoth(
  test: (ask: Ask, folder: TestFolder, acts: string[]) => Promise<void>,
  token = "",
): Promise<void> {
  return withTestFolder(async (folder) => {
    const { work, root, page: pageFolder } = folder;
    // the run of the folder has train.tif; an array of that name stands for a stack that is used in place
    await Deno.remove(`${root}/train.tif`);
    await createZarr(`${root}/train.tif`, { shape: SHAPE, chunk: [8, 16, 16], dtype: "uint8" });
    await createZarr(`${root}/other.zarr`, { shape: SHAPE, chunk: [8, 16, 16], dtype: "uint8" });
    const acts: string[] = [];
    const guarded = { pageFolder, hosts: [HOST], token, viewers: [] };
    const run = createApp({
      ...guarded,
      watch: watchRun(work),
      isOfProject: true,
      inPlace: () => [`${root}/train.tif`, `${root}/other.zarr`, `${root}/none.zarr`],
      onStop: () => void acts.push("stop"),
      onResume: () => void acts.push("resume"),
    });
    const answer = withRun(createApp({ ...guarded, watch: watchRun(root) }), run);
    await test(
      (path, init = {}) =>
        Promise.resolve(
          answer(
            new Request(`http://${HOST}${path}`, { ...init, headers: { host: HOST, ...init.headers } }),
          ),
        ),
      folder,
      acts,
    );
  });
}

Deno.test("below /run/ are the page and the routes of the run, which can be stopped and goes on", () =>
  withBoth(async (ask, _folder, acts) => {
    const run = await (await ask("/run/api/run")).json();
    assert.deepEqual([run.isOfProject, run.canStop, run.canResume, run.run.name], [true, true, true, "job"]);
    assert.equal((await (await ask("/api/run")).json()).isOfProject, false);
    for (const path of ["/run/", "/run/?token=x", "/"]) {
      assert.match(await (await ask(path)).text(), /<title>ccboost/, path);
    }
    for (const path of ["/run/api/stop", "/run/api/resume"]) {
      const answer = await ask(path, { method: "POST", body: "{}", headers: JSON_TYPE });
      assert.equal(answer.status, 200, path);
    }
    assert.deepEqual(acts, ["stop", "resume"]);
    const refused = await ask("/api/resume", { method: "POST", body: "{}", headers: JSON_TYPE });
    assert.equal(refused.status, 400);
    for (const path of ["/runs/api/run", "/run/run/api/run", "/run/api/label/find"]) {
      assert.equal((await ask(path)).status, 404, path);
    }
  }));

Deno.test("below /run/ a stack is shown that the run uses where it is, and nothing beside it", () =>
  withBoth(async (ask) => {
    const arrays = await (await ask("/run/api/arrays")).json() as ArrayInfo[];
    const stack = arrays.find(({ path }) => path.startsWith("inputs/"));
    assert.deepEqual(
      [stack?.path, stack?.role, stack?.volumes],
      ["inputs/0/train.tif", "raw", ["test 0", "train"]],
    );
    assert.ok(!arrays.some(({ path }) => path.includes("other")), "the run does not use it");
    assert.equal((await ask("/run/zarr/inputs/0/train.tif/zarr.json")).status, 200);
    const layer = await ask("/run/api/chunks?path=inputs%2F0%2Ftrain.tif&layer=0");
    assert.deepEqual(await layer.json(), { chunks: [] });
    for (
      const path of [
        "inputs/0/secret.txt",
        "inputs/0/train.tif/../secret.txt",
        "inputs/0/train.tif/..%2fsecret.txt",
        "inputs/0/train.tif%2f..%2fsecret.txt",
        "inputs/0/train.tif/%2e%2e/secret.txt",
        "inputs/0/train.tif/..%5csecret.txt",
        "inputs/0/train.tif",
        "inputs/0/train.tifx",
        "inputs/0/",
        "inputs/2/none.zarr/zarr.json",
        "inputs/3/train.tif/zarr.json",
        "inputs/-1/train.tif/zarr.json",
      ]
    ) {
      assert.equal((await ask(`/run/zarr/${path}`)).status, 404, path);
    }
    assert.equal((await ask("/zarr/inputs/0/train.tif/zarr.json")).status, 404);
  }));

Deno.test("below /run/ nothing is told or done for others, or without the token", async () => {
  const paths = ["/run/", "/run/api/run", "/run/api/events", "/run/zarr/inputs/0/train.tif/zarr.json"];
  const acts = ["/run/api/stop", "/run/api/resume"];
  await withBoth(async (ask, _folder, done) => {
    for (const origin of ["https://evil.example", "null", "http://127.0.0.1:9999"]) {
      for (const path of paths) assert.equal((await ask(path, { headers: { origin } })).status, 403, path);
      for (const path of acts) {
        const headers = { ...JSON_TYPE, origin };
        assert.equal((await ask(path, { method: "POST", body: "{}", headers })).status, 403, path);
      }
    }
    for (const path of acts) {
      const text = { "content-type": "text/plain" };
      assert.equal((await ask(path, { method: "POST", body: "{}", headers: text })).status, 403, path);
      const host = { ...JSON_TYPE, host: "evil.example" };
      assert.equal((await ask(path, { method: "POST", body: "{}", headers: host })).status, 403, path);
      const long = " ".repeat(5000);
      const answer = await ask(path, { method: "POST", body: long, headers: JSON_TYPE });
      assert.equal(answer.status, 413, path);
      assert.equal((await ask(path)).status, 404, path);
    }
    assert.deepEqual(done, []);
  });
  await withBoth(async (ask) => {
    for (const path of paths) assert.equal((await ask(path)).status, 401, path);
    for (const path of acts) {
      assert.equal((await ask(path, { method: "POST", body: "{}", headers: JSON_TYPE })).status, 401, path);
    }
    const opened = await ask("/run/?token=0123456789abcdef");
    assert.deepEqual([opened.status, opened.headers.get("location")], [302, "./"]);
  }, "0123456789abcdef");
});
