/** `ccboost neuroglancer`: a folder with all that the viewer's state names. */
import assert from "node:assert/strict";
import { readSynapseTable } from "../../src/stages/synapses/read_table.ts";
import { createZarr, openZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { ccboostHere as ccboost, namesIn } from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const SHAPE: Zyx = [12, 30, 40];
const VOXEL_SIZE: Zyx = [40, 4, 5];

/** A work folder with scores of two blocks of voxels, and a stack beside it. */
async function makeRun(folder: string, voxelSize: Zyx | undefined): Promise<void> {
  const [, height, width] = SHAPE;
  const values = Float32Array.from({ length: voxelCount(SHAPE) }, (_, i) => {
    const [z, y, x] = [Math.floor(i / height / width), Math.floor(i / width) % height, i % width];
    const isIn = (from: number) => z > 3 && z < 8 && y > from && y < from + 9 && x > from && x < from + 12;
    return isIn(2) ? 2 : isIn(16) ? 3 : -1;
  });
  const attributes = { ...(voxelSize ? { voxelSize } : {}), threshold: 1, anisotropy: 10 };
  await Deno.mkdir(`${folder}/a-work/scores`, { recursive: true });
  await Deno.writeTextFile(`${folder}/a-work/journal.jsonl`, "");
  const array = { shape: SHAPE, chunk: [8, 16, 16] as Zyx };
  const scores = await createZarr(`${folder}/a-work/scores/0-max.zarr`, {
    ...array,
    dtype: "float32",
    attributes,
  });
  await writeRegion(scores, wholeRegion(SHAPE), values);
  const stack = await createZarr(`${folder}/raw.zarr`, { ...array, dtype: "uint8" });
  await writeRegion(stack, wholeRegion(SHAPE), Uint8Array.from(values, (value) => 100 + value));
}

interface Layer {
  readonly type: string;
  readonly name: string;
  readonly source: unknown;
  readonly segments?: readonly string[];
}

/** Addresses of a layer's sources. */
function urlsOf({ source }: Layer): string[] {
  const all = Array.isArray(source) ? source : [source];
  return all.map((one: string | { readonly url: string }) => typeof one === "string" ? one : one.url);
}

for (const voxelSize of [VOXEL_SIZE, undefined]) {
  const known = voxelSize ? "known" : "unknown";
  Deno.test(`ccboost neuroglancer writes what its state names, with the voxel size ${known}`, () =>
    inTempFolder(async (folder) => {
      await makeRun(folder, voxelSize);
      const work = `${folder}/a-work`, out = `${folder}/shown`;
      assert.equal((await ccboost("synapses", work)).code, 0);
      const annotations = await Deno.readFile(`${folder}/a-0-annotations/info`);
      await Deno.remove(`${folder}/a-0-annotations`, { recursive: true }); // a run writes none
      const finished = await ccboost(
        "neuroglancer",
        work,
        out,
        "--url",
        "https://data.example.org/a/",
        "--json",
      );
      assert.equal(finished.code, 0, finished.err);
      const state = JSON.parse(await Deno.readTextFile(`${out}/state.json`)) as {
        dimensions: Record<string, [number, string]>;
        layers: Layer[];
        position: number[];
      };
      assert.deepEqual(
        state.dimensions,
        voxelSize
          ? { x: [5e-9, "m"], y: [4e-9, "m"], z: [4e-8, "m"] }
          : { x: [1, ""], y: [1, ""], z: [10, ""] },
      );
      assert.deepEqual(state.position, [22, 20.5, 5.5]);
      assert.deepEqual(state.layers.map(({ type, name }) => [type, name]), [
        ["image", "stack"],
        ["image", "scores"],
        ["segmentation", "synapses"],
        ["annotation", "lines across clefts"],
      ]);
      for (const url of state.layers.flatMap(urlsOf)) {
        const [, format, name] = /^(zarr|precomputed):\/\/https:\/\/data\.example\.org\/a\/(.+)$/.exec(url) ??
          [];
        await Deno.stat(`${out}/${name}/${format === "zarr" ? "zarr.json" : "info"}`);
      }
      assert.deepEqual(state.layers[2]?.segments, ["1", "2"]);
      assert.deepEqual(namesIn(`${out}/meshes`), ["1", "1:0", "2", "2:0", "info"]);
      assert.deepEqual(await Deno.readFile(`${out}/annotations/info`), annotations);
      assert.equal((await openZarr(`${out}/synapses.ome.zarr/0`)).dtype, "uint32");
      assert.match((await ccboost("neuroglancer", work, out)).err, /already exists.*--overwrite/s);
      assert.equal((await ccboost("neuroglancer", work, out, "--overwrite")).code, 0);
      assert.match(await Deno.readTextFile(`${out}/state.json`), /zarr:\/\/http:\/\/localhost:8080\/stack/);
    }));
}

Deno.test("ccboost neuroglancer says what is missing, and removes nothing of others", () =>
  inTempFolder(async (folder) => {
    await makeRun(folder, VOXEL_SIZE);
    const work = `${folder}/a-work`;
    const none = await ccboost("neuroglancer", work, `${folder}/shown`);
    assert.match(none.err, /a-0-synapses\.json: no such file; list the synapses first: .*synapses/);
    assert.equal((await ccboost("synapses", work)).code, 0);
    await Deno.mkdir(`${folder}/mine`);
    await Deno.writeTextFile(`${folder}/mine/thesis.txt`, "");
    const mine = await ccboost("neuroglancer", work, `${folder}/mine`, "--overwrite");
    assert.match(mine.err, /mine: has other files than those of this command/);
    assert.deepEqual(namesIn(`${folder}/mine`), ["thesis.txt"]);
    Deno.renameSync(`${folder}/mine`, `${folder}/shown.partial`);
    const unfinished = await ccboost("neuroglancer", work, `${folder}/shown`);
    assert.equal(unfinished.code, 2);
    assert.match(unfinished.err, /shown\.partial: contains thesis\.txt, which would be lost/);
    assert.deepEqual(namesIn(`${folder}/shown.partial`), ["thesis.txt"]);
    // what a stopped command left is its own
    Deno.removeSync(`${folder}/shown.partial/thesis.txt`);
    Deno.mkdirSync(`${folder}/shown.partial/scores.ome.zarr.partial`);
    Deno.writeTextFileSync(`${folder}/shown.partial/scores.ome.zarr.partial/zarr.json`, "{}");
    const again = await ccboost("neuroglancer", work, `${folder}/shown`);
    assert.equal(again.code, 0, again.err);
    assert.deepEqual(namesIn(folder).filter((name) => name.startsWith("shown")), ["shown"]);
    const url = await ccboost("neuroglancer", work, `${folder}/shown`, "--url", "example.org");
    assert.match(url.err, /--url is "example\.org"; expected an address, such as http/);
  }));

Deno.test("readSynapseTable() reads what the table says, and refuses what is none", () =>
  inTempFolder(async (folder) => {
    await makeRun(folder, VOXEL_SIZE);
    assert.equal((await ccboost("synapses", `${folder}/a-work`)).code, 0);
    const table = await readSynapseTable(`${folder}/a-0-synapses.json`);
    assert.deepEqual([table.shape, table.voxelSize, table.unit, table.threshold], [
      SHAPE,
      VOXEL_SIZE,
      "nm",
      1,
    ]);
    const [first] = table.synapses;
    assert.deepEqual([first?.voxels, first?.centroid, first?.meanScore], [4 * 8 * 11, [5.5, 6.5, 8], 2]);
    assert.deepEqual(first?.box, { start: [4, 3, 3], shape: [4, 8, 11] });
    await assert.rejects(readSynapseTable(`${folder}/a-0-synapses.json`, 1), /more than 1 synapses/);
    await assert.rejects(readSynapseTable(`${folder}/a-0-synapses.csv`), /is not a table of synapses/);
    await assert.rejects(readSynapseTable(`${folder}/none.json`), /no such file/);
  }));
