/** What a run does again where settings or inputs have changed, and that it says why. */
import assert from "node:assert/strict";
import { dependenciesOf, describeChanges } from "../../src/engine/changes.ts";
import { convertVolume } from "../../src/stages/convert/convert.ts";
import { identify } from "../../src/volume/file_identity.ts";
import { openZarr, readRegion, writeRegion } from "../../src/volume/zarr/mod.ts";
import { wholeRegion } from "../../src/volume/region.ts";
import { blocksOf, digests, runJob } from "../helpers/run_job.ts";
import { TINY, writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const OUTPUTS = ["stumps.cfg", "0-ab-max.nrrd"];
const results = (folder: string, name = "out") =>
  digests(OUTPUTS.map((output) => `${folder}/${name}-${output}`));

Deno.test("runCcboost() says which stages it does again, and which setting or file is the reason", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    await runJob(folder);
    const stumps = await runJob(folder, { set: ["numStumps=5"] });
    assert.match(stumps.said, /^train .*: done again, because numStumps changed from 12 to 5$/m);
    assert.match(stumps.said, /^score 0: done again, because the model changed$/m);
    await Deno.copyFile(`${folder}/other.tif`, `${folder}/raw.tif`);
    const { said } = await runJob(folder, { set: ["numStumps=5"] });
    assert.match(said, /^train .*: done again, because .*raw\.tif changed/m);
    assert.match(said, /^score 0: done again, because .*raw\.tif changed/m);
    assert.doesNotMatch(said, /components.*again/);
    const again = await runJob(folder, { set: ["numStumps=5"] });
    assert.doesNotMatch(again.said, /again/);
  }));

Deno.test("runCcboost() sees that an input has other contents though size and time of change are the same", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    await runJob(folder);
    const first = await results(folder);
    const { mtime } = await Deno.stat(`${folder}/raw.tif`);
    assert.equal((await Deno.stat(`${folder}/other.tif`)).size, (await Deno.stat(`${folder}/raw.tif`)).size);
    await Deno.copyFile(`${folder}/other.tif`, `${folder}/raw.tif`);
    await Deno.utime(`${folder}/raw.tif`, mtime ?? 0, mtime ?? 0);
    const { said } = await runJob(folder);
    assert.match(said, /raw\.tif changed/);
    const fresh = await runJob(folder, { set: ["outFileName=fresh"] });
    assert.equal(fresh.journal.filter(({ event }) => event === "run-started").length, 1);
    const expected = (await results(folder, "fresh")).map((text) => text.replace("fresh", "out"));
    assert.deepEqual(await results(folder), expected);
    assert.notDeepEqual(expected, first);
  }));

Deno.test("runCcboost() sees that a Zarr array used in place has changed in one chunk", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder, [20, 44, 80]);
    await convertVolume(`${folder}/raw.tif`, `${folder}/raw.zarr`, {
      dtype: "uint8",
      anisotropy: 1,
      chunk: [16, 32, 32],
    });
    const set = ["train.rawVolume=raw.zarr"];
    const first = await runJob(folder, { set });
    await runJob(folder, { set }).then(({ said }) => assert.doesNotMatch(said, /again/));
    const volume = await openZarr(`${folder}/raw.zarr`);
    const voxels = new Uint8Array(16 * 32 * 32);
    const region = { start: [0, 0, 0], shape: [16, 32, 32] } as const;
    await readRegion(volume, region, voxels);
    await writeRegion(volume, region, voxels.map((value) => value ^ 3));
    const { said, journal } = await runJob(folder, { set });
    assert.match(said, /train .*done again, because .*raw\.zarr changed/);
    assert.ok(journal.length > first.journal.length);
    assert.equal(blocksOf(journal, "samples").size, 2);
  }));

Deno.test("identify() tells a file by any change of size, time, header or end, and a folder by each of its chunks", () =>
  inTempFolder(async (folder) => {
    const path = `${folder}/f`;
    const bytes = new Uint8Array(300_000).map((_, i) => i % 251);
    const write = async (contents: Uint8Array, time = 1000) => {
      await Deno.writeFile(path, contents);
      await Deno.utime(path, time, time);
      return JSON.stringify(identify(path));
    };
    const first = await write(bytes);
    assert.equal(await write(bytes), first);
    const changed = [
      await write(bytes, 1001),
      await write(bytes.subarray(1)),
      await write(bytes.with(0, 99)),
      await write(bytes.with(299_999, 99)),
    ];
    assert.equal(new Set([first, ...changed]).size, 5);
    await Deno.writeFile(path, new Uint8Array());
    assert.equal(identify(path).bytes, 0);

    await writeTiny(folder);
    const array = `${folder}/a.zarr`;
    const volume = await convertVolume(`${folder}/raw.tif`, array, {
      dtype: "uint8",
      anisotropy: 1,
      chunk: [8, 16, 16],
    });
    const before = JSON.stringify(identify(array));
    assert.equal(JSON.stringify(identify(array)), before);
    await writeRegion(volume, wholeRegion(TINY), new Uint8Array(TINY[0] * TINY[1] * TINY[2]).fill(1));
    assert.notEqual(JSON.stringify(identify(array)), before);
  }));

Deno.test("describeChanges() names settings with their values, and files", () => {
  const file = (mtime: number) => ({ path: "/data/raw.tif", bytes: 10, mtime, samples: "ab" });
  const before = {
    dependsOn: { raw: { files: [file(1)] }, boosting: { numStumps: 12, seed: 1 } },
    generation: "a",
  };
  const after = {
    dependsOn: { raw: { files: [file(2)] }, boosting: { numStumps: 5, seed: 1 } },
    generation: "b",
  };
  const changes = describeChanges(dependenciesOf(before), dependenciesOf(after));
  assert.deepEqual(changes.sort(), ["/data/raw.tif changed", "numStumps changed from 12 to 5"]);
  const { generation: _, ...same } = before;
  const anew = describeChanges(dependenciesOf(before), dependenciesOf({ ...same, generation: "c" }));
  assert.deepEqual(anew, ["its files were not there any more"]);
  assert.deepEqual(describeChanges(dependenciesOf(before), dependenciesOf(before)), []);
  const long = { stumps: Array.from({ length: 50 }, (_, i) => i) };
  const shorter = { stumps: Array.from({ length: 49 }, (_, i) => i) };
  assert.deepEqual(describeChanges(dependenciesOf(long), dependenciesOf(shorter)), ["the model changed"]);
});
