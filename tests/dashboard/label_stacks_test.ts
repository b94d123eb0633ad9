/** The routes of several stacks in one labelling project. */
import assert from "node:assert/strict";
import type { ArrayInfo, LabelObject, LabelState } from "../../src/dashboard/api.ts";
import { addStack } from "../../src/label/begin_stack.ts";
import { createZarr } from "../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { tiffOf } from "../helpers/tiff_builder.ts";
import { labelsOnDisk, SHAPE, strokeOf } from "../label/project.ts";
import {
  type Ask,
  type FindCall,
  FURTHER,
  FURTHER_SHAPE,
  sender,
  withLabels,
  writeNear,
} from "./label_routes.ts";

async function stateOf(ask: Ask, stack = ""): Promise<LabelState> {
  return await (await ask(`/api/label${stack}`)).json();
}

Deno.test("label routes: each stack has its own labels, synapses and undo, below a path of its own", () =>
  withLabels(
    async (ask, folder) => {
      const [first, further] = [sender(ask), sender(ask, FURTHER)];
      await first("POST", "/objects", {});
      await further("POST", "/objects", { name: "over there" });
      await first("POST", "/strokes", strokeOf(2, [3, 4, 5, 6]));
      await further("POST", "/strokes", strokeOf(2, [1, 2, 3, 4]));
      const { id, shape, raw, labels, objects, stacks } = await stateOf(ask, FURTHER);
      assert.deepEqual([id, shape, raw], ["b", FURTHER_SHAPE, "b.zarr"]);
      assert.deepEqual(objects.map(({ name, voxels }) => [name, voxels]), [["over there", 4]]);
      assert.deepEqual(stacks.map(({ id, synapses }) => [id, synapses]), [["", 1], ["b", 1]]);
      assert.equal((await ask(`/zarr/${labels}/c/0/0/0`)).status, 200);
      assert.equal((await ask(`/zarr/${raw}/zarr.json`)).status, 200);
      const arrays = await (await ask("/api/arrays")).json() as ArrayInfo[];
      assert.deepEqual(
        arrays.map(({ path }) => path),
        ["b.zarr", "labels.zarr", "raw.zarr", "stacks/b/labels.zarr"],
      );
      assert.equal((await further("POST", "/undo", {})).status, 200);
      assert.equal((await stateOf(ask, FURTHER)).objects[0]?.voxels, 0);
      assert.equal((await stateOf(ask)).objects[0]?.voxels, 6);
      assert.equal((await labelsOnDisk(folder)).filter((value) => value === 2).length, 6);
      const outside = strokeOf(2, [SHAPE[0] - 1, 0, 0, 1]);
      assert.equal((await further("POST", "/strokes", outside)).status, 400, "of this stack's shape");
      assert.equal((await first("POST", "/strokes", outside)).status, 200);
      const named = await (await further("PATCH", "/objects/2", { name: "a" })).json() as LabelObject;
      assert.equal(named.name, "a");
      for (const path of ["/stacks/none", "/stacks/none/undo", "/stacks/..%2f", "/stacks/__proto__"]) {
        const answer = await ask(`/api/label${path}`);
        assert.equal(answer.status, 404, path);
      }
      await further("POST", "/settings", { anisotropy: 3 });
      assert.equal((await stateOf(ask)).anisotropy, 3);
    },
    "",
    [],
    true,
  ));

Deno.test("label routes: a page is told what becomes of other stacks, and each only of its own labels", () =>
  withLabels(
    async (ask) => {
      const { body } = await ask("/api/label/events?after=");
      const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      const until = async (pattern: RegExp) => {
        while (!pattern.test(text)) text += (await reader?.read())?.value ?? "";
      };
      await until(/event: state/);
      const further = sender(ask, FURTHER);
      await further("POST", "/objects", {});
      await further("POST", "/strokes", strokeOf(2, [1, 2, 3, 4]));
      await until(/"id":"b","name":"b","begun":"[^"]*","synapses":1/);
      assert.doesNotMatch(text, /event: stroke/);
      await reader?.cancel();
    },
    "",
    [],
    true,
  ));

Deno.test("label routes: a stack in the folder of the first one is added, and others are refused", () =>
  inTempFolder((elsewhere) =>
    withLabels(async (ask, folder) => {
      await createZarr(`${elsewhere}/far.zarr`, { shape: FURTHER_SHAPE, dtype: "uint8", storesAll: true });
      await writeNear(folder, "near");
      const send = sender(ask);
      const { folder: near, names, done } = await (await ask("/api/label/stacks")).json();
      assert.deepEqual([near, names, done], [folder, ["labels.zarr", "near.zarr"], null]);
      const cases: [unknown, RegExp][] = [
        [{ path: `${elsewhere}/far.zarr` }, /lies outside of the stack's folder; give a path inside of/],
        [{ path: "../far.zarr" }, /lies outside/],
        [{ path: "https://example.org/far.zarr" }, /is no path of a stack/],
        [{ path: "none.zarr" }, /none\.zarr/],
        [{ path: "project.json" }, /project\.json/],
        [{ path: "raw.zarr" }, /is a stack of this project already/],
        [{ path: 7 }, /path/],
        [{}, /path/],
        [{ path: "near.zarr", id: "x" }, /id/],
      ];
      for (const [body, expected] of cases) {
        const answer = await send("POST", "/stacks", body);
        assert.equal(answer.status, 400, JSON.stringify(body));
        assert.match((await answer.json()).error, expected);
      }
      assert.equal((await stateOf(ask)).stacks.length, 1);
      const add = async (path: string) => await (await send("POST", "/stacks", { path })).json();
      assert.deepEqual(await add("near.zarr"), { id: "near", notes: [] });
      const { stacks } = await stateOf(ask);
      assert.deepEqual(stacks.map(({ id, name }) => [id, name]), [["", "raw"], ["near", "near"]]);
      assert.equal((await sender(ask, "/stacks/near")("POST", "/objects", {})).status, 200);
      assert.deepEqual((await (await ask("/api/label/stacks")).json()).names, ["labels.zarr"]);
      const description = "ImageJ=1.53t\nimages=2\nslices=2\ncf=4\nc0=1\nc1=2\n";
      const page = { shape: [1, 16, 16], bits: 8, description } as const;
      await Deno.writeFile(`${folder}/curve.tif`, tiffOf([page, page], (_z, y, x) => 16 * y + x));
      const { id, notes } = await add("curve.tif");
      assert.equal(id, "curve");
      assert.match(notes.join(), /ImageJ's calibration function 4 is not applied/);
    })
  ));

Deno.test("label routes: a stack outside of the folder that is shown is shown where it is, and nothing beside it", () =>
  inTempFolder((elsewhere) =>
    withLabels(async (ask, _folder, project) => {
      const path = `${await Deno.realPath(elsewhere)}/far.zarr`;
      await createZarr(path, { shape: FURTHER_SHAPE, dtype: "uint8", storesAll: true });
      await Deno.writeTextFile(`${elsewhere}/secret.txt`, "");
      await addStack(project, path, { converting: {}, warn: () => {} });
      const { raw, labels } = await stateOf(ask, "/stacks/far");
      assert.equal(raw, "inputs/0/far.zarr");
      const arrays = await (await ask("/api/arrays")).json() as ArrayInfo[];
      assert.ok([raw, labels].every((one) => arrays.some(({ path }) => path === one)));
      assert.equal((await ask(`/zarr/${raw}/zarr.json`)).status, 200);
      const layer = await (await ask(`/api/chunks?path=${encodeURIComponent(raw)}&layer=0`)).json();
      assert.deepEqual(layer, { chunks: [] });
      for (const other of ["secret.txt", "far.zarr/..%2fsecret.txt", "", "1/far.zarr/zarr.json"]) {
        assert.equal((await ask(`/zarr/inputs/0/${other}`)).status, 404, other);
      }
    })
  ));

Deno.test("label routes: a search is of the stack on whose page it is asked for, or of all", () => {
  const calls: FindCall[] = [];
  return withLabels(
    async (ask) => {
      const further = sender(ask, FURTHER);
      await sender(ask)("POST", "/find/plan", {});
      await further("POST", "/find/plan", {});
      await further("POST", "/find", { all: true });
      const box = { begin: [0, 0, 0], end: [9, 40, 50] };
      await further("POST", "/find", { box });
      assert.deepEqual(calls, [
        ["plan", {}],
        ["plan", { stack: "b" }],
        ["start", { all: true, stack: "b" }],
        ["start", { region: { start: [0, 0, 0], shape: [9, 40, 50] }, stack: "b" }],
      ]);
      for (const body of [{ all: 1 }, { all: true, box }, { box: { begin: [0, 0, 0], end: SHAPE } }]) {
        assert.equal((await further("POST", "/find", body)).status, 400, JSON.stringify(body));
      }
    },
    "",
    calls,
    true,
  );
});
