/** What `serve` makes of what it is given. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Call } from "../../src/commands/command.ts";
import { serveTarget } from "../../src/commands/serve_target.ts";
import { scoresOf } from "../../src/commands/scores_of.ts";
import { createZarr, openZarr, readRegion } from "../../src/volume/zarr/mod.ts";
import { listArrays } from "../../src/dashboard/server/arrays.ts";
import { firstView } from "../../src/dashboard/page/view_state.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { SHAPE, withTestFolder } from "../dashboard/folder.ts";
import { writeJob, writeTiffFile } from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

function callOf(said: string[] = []): Call {
  const ignore = () => {};
  return {
    operands: [],
    flags: new Map(),
    rest: [],
    line: "",
    signal: new AbortController().signal,
    reporter: {
      stage: () => ({ advance: ignore, done: ignore }),
      message: (text) => void said.push(text),
      warn: ignore,
      result: ignore,
      error: ignore,
      close: ignore,
    },
  };
}

async function makeWork(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true });
  await Deno.writeTextFile(join(path, "journal.jsonl"), "");
}

Deno.test("serve takes a work folder, the one in a folder, and that of a configuration", () =>
  inTempFolder(async (folder) => {
    const config = await writeJob(folder);
    await assert.rejects(serveTarget(callOf(), config), /not been run yet.*ccboost run .*job\.cfg --serve/);
    const work = `${folder}/out-work`;
    await makeWork(work);
    assert.deepEqual(await serveTarget(callOf(), work), { folder: work });
    assert.deepEqual(await serveTarget(callOf(), config), { folder: work });
    const said: string[] = [];
    assert.deepEqual(await serveTarget(callOf(said), folder), { folder: work });
    assert.match(said[0] ?? "", /is not a work folder; showing the work folder in it/);
  }));

Deno.test("serve names the work folders near a folder that is none, and near a name that is nothing", () =>
  inTempFolder(async (folder) => {
    for (const name of ["a-work", "b-work", "other/c-work"]) await makeWork(`${folder}/${name}`);
    await assert.rejects(
      serveTarget(callOf(), folder),
      /is not a work folder; there are these work folders:\n.*serve .*a-work\n.*serve .*b-work$/,
    );
    await assert.rejects(
      serveTarget(callOf(), `${folder}/c-work`),
      /no such file or folder; there are these work folders:\n.*a-work/,
    );
    await Deno.mkdir(`${folder}/empty`);
    await assert.rejects(
      serveTarget(callOf(), `${folder}/empty`),
      /neither the work folder of a run nor a volume.*a-work/s,
    );
  }));

Deno.test("serve converts a volume that is no Zarr array, once, and shows one that is where it is", () =>
  inTempFolder(async (folder) => {
    const voxels = Uint8Array.from({ length: 24 }, (_, i) => i);
    await writeTiffFile(`${folder}/my stack.tif`, voxels, [2, 3, 4]);
    const target = await serveTarget(callOf(), `${folder}/my stack.tif`);
    assert.deepEqual(target, {
      folder: `${folder}/my-stack-view`,
      only: ["volumes/my-stack.zarr"],
      isVolume: true,
    });
    const path = `${target.folder}/volumes/my-stack.zarr`;
    const read = new Uint8Array(24);
    await readRegion(await openZarr(path), { start: [0, 0, 0], shape: [2, 3, 4] }, read);
    assert.deepEqual(read, voxels);
    const made = (await Deno.stat(`${path}/zarr.json`)).mtime?.getTime();
    await serveTarget(callOf(), `${folder}/my stack.tif`);
    assert.equal((await Deno.stat(`${path}/zarr.json`)).mtime?.getTime(), made);
    assert.deepEqual(await serveTarget(callOf(), path), {
      folder: `${target.folder}/volumes`,
      only: ["my-stack.zarr"],
      isVolume: true,
    });
  }));

Deno.test("serve shows numbered synapses over the stack of their run, one beside them, or alone", () =>
  withTestFolder(async ({ root, work, rawPath }) => {
    const make = async (name: string, shape: Zyx) => {
      await createZarr(`${root}/${name}`, { shape, chunk: [8, 8, 8], dtype: "uint32" });
      return `${root}/${name}`;
    };
    const path = await make("job-0-synapses.zarr", SHAPE);
    const said: string[] = [];
    const target = await serveTarget(callOf(said), path);
    const only = ["job-0-synapses.zarr", `job-work/${rawPath}`];
    assert.deepEqual(target, { folder: root, only, anisotropy: 2, isVolume: true });
    assert.match(said.join(), /^showing it over .*train-.*\.zarr$/);
    const arrays = await listArrays(root, undefined, { only, anisotropy: 2 });
    const { raw, over } = firstView(arrays, {});
    assert.deepEqual([raw, over], [only[1], only[0]]);
    assert.deepEqual(arrays.map(({ anisotropy }) => anisotropy), [2, 2]);

    const other = await make("other-synapses.zarr", [5, 6, 7]);
    assert.deepEqual((await serveTarget(callOf(), other)).only, ["other-synapses.zarr"], "of another size");
    const alone = firstView(await listArrays(root, undefined, { only: ["other-synapses.zarr"] }), {});
    assert.deepEqual([alone.raw, alone.over], ["", "other-synapses.zarr"]);
    await createZarr(`${root}/stack.zarr`, { shape: [5, 6, 7], chunk: [8, 8, 8], dtype: "uint8" });
    assert.deepEqual((await serveTarget(callOf(), other)).only, ["other-synapses.zarr", "stack.zarr"]);
    assert.deepEqual((await serveTarget(callOf(), `${work}/${rawPath}`)).only?.length, 1, "a stack is alone");
  }));

Deno.test("scoresOf() finds the scores in a work folder, and asks where there are several", () =>
  inTempFolder(async (folder) => {
    const work = `${folder}/out-work`;
    await makeWork(work);
    assert.equal(await scoresOf(`${folder}/a.nrrd`, "synapses"), `${folder}/a.nrrd`);
    await assert.rejects(scoresOf(work, "synapses"), /has no scores yet/);
    const make = (name: string) =>
      createZarr(`${work}/scores/${name}`, { shape: [1, 1, 1], chunk: [1, 1, 1], dtype: "float32" });
    await make("0-max.zarr");
    await make("0-min.zarr");
    assert.equal(await scoresOf(work, "synapses"), `${work}/scores/0-max.zarr`);
    await make("1-max.zarr");
    await assert.rejects(
      scoresOf(work, "synapses"),
      /of 2 volumes; .*\n.*synapses .*0-max\.zarr\n.*1-max\.zarr$/,
    );
  }));
