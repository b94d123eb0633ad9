/** A region is exported without reading the rest. */
import assert from "node:assert/strict";
import { encodeTiff } from "../../fixtures/tiff.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { ccboostHere, namesIn } from "../helpers/cli_process.ts";
import { serveFolder } from "../helpers/serve_folder.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { noise } from "../helpers/tiff_files.ts";

const SHAPE: Zyx = [70, 80, 90];

async function exported(...args: readonly string[]): Promise<void> {
  const { code, err } = await ccboostHere("export", ...args);
  assert.equal(code, 0, err);
}

Deno.test("ccboost export --region asks a server for the chunks of the region alone, and writes what it does of a local array", () =>
  inTempFolder(async (folder) => {
    await Deno.writeFile(`${folder}/v.tif`, encodeTiff(noise(70 * 80 * 90), SHAPE));
    await exported(`${folder}/v.tif`, `${folder}/v.ome.zarr`, "--voxel-size", "4,5,6");
    for (const name of ["far", "near"]) Deno.mkdirSync(`${folder}/${name}`);
    await using server = serveFolder(folder);
    const regions = ["0:5,3:9,70:90", "60:70,:,10:20", ":,:,:"];
    for (const region of regions) {
      for (const ending of ["nrrd", "ome.zarr"]) {
        const asked = server.asked.length;
        const [far, near] = [`${folder}/far/v.${ending}`, `${folder}/near/v.${ending}`];
        const flags = ["--region", region, "--overwrite"];
        await exported(`${server.address}/v.ome.zarr/0`, far, ...flags);
        await exported(`${folder}/v.ome.zarr/0`, near, ...flags);
        for (const name of ending === "nrrd" ? [""] : ["/zarr.json", "/0/c/0/0/0"]) {
          assert.deepEqual(Deno.readFileSync(far + name), Deno.readFileSync(near + name), region + name);
        }
        const chunks = new Set(server.asked.slice(asked).filter((path) => path.includes("/c/")));
        const all = namesIn(`${folder}/v.ome.zarr/0/c`).length > 1;
        assert.ok(all && chunks.size > 0);
        if (region === regions[0]) {
          assert.ok([...chunks].every((path) => /\/c\/0\/0\/\d$/.test(path)), [...chunks].join());
        }
      }
    }
  }));

Deno.test("ccboost export --region of a stack that must be converted writes what it does of the converted stack", () =>
  inTempFolder(async (folder) => {
    await Deno.writeFile(`${folder}/v.tif`, encodeTiff(noise(70 * 80 * 90), SHAPE));
    await exported(`${folder}/v.tif`, `${folder}/v.ome.zarr`, "--voxel-size", "4,5,6");
    for (const region of ["3:9,70:80,0:10", "69:70,:,:"]) {
      const flags = ["--region", region, "--overwrite", "--voxel-size", "4,5,6"];
      await exported(`${folder}/v.tif`, `${folder}/a.nrrd`, ...flags);
      await exported(`${folder}/v.ome.zarr/0`, `${folder}/b.nrrd`, ...flags);
      assert.deepEqual(Deno.readFileSync(`${folder}/a.nrrd`), Deno.readFileSync(`${folder}/b.nrrd`), region);
    }
  }));
