/** What `serve` makes of what it is given. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Call } from "../../src/commands/command.ts";
import { serveTarget } from "../../src/commands/serve_target.ts";
import { scoresOf } from "../../src/commands/scores_of.ts";
import { createZarr, openZarr, readRegion } from "../../src/volume/zarr/mod.ts";
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
    assert.match(said[0] ?? "", /is no work folder; showing the one in it/);
  }));

Deno.test("serve names the work folders near a folder that is none, and near a name that is nothing", () =>
  inTempFolder(async (folder) => {
    for (const name of ["a-work", "b-work", "other/c-work"]) await makeWork(`${folder}/${name}`);
    await assert.rejects(
      serveTarget(callOf(), folder),
      /is no work folder itself; there are these work folders:\n.*serve .*a-work\n.*serve .*b-work$/,
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
    assert.deepEqual(target, { folder: `${folder}/my-stack-view`, isVolume: true });
    const path = `${target.folder}/volumes/my-stack.zarr`;
    const read = new Uint8Array(24);
    await readRegion(await openZarr(path), { start: [0, 0, 0], shape: [2, 3, 4] }, read);
    assert.deepEqual(read, voxels);
    const made = (await Deno.stat(`${path}/zarr.json`)).mtime?.getTime();
    await serveTarget(callOf(), `${folder}/my stack.tif`);
    assert.equal((await Deno.stat(`${path}/zarr.json`)).mtime?.getTime(), made);
    assert.deepEqual(await serveTarget(callOf(), path), {
      folder: `${target.folder}/volumes`,
      only: "my-stack.zarr",
      isVolume: true,
    });
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
      /of 2 volumes; name one.*\n.*synapses .*0-max\.zarr\n.*1-max\.zarr$/,
    );
  }));
