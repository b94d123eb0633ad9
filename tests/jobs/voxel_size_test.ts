import assert from "node:assert/strict";
import { wholeRegion } from "../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { ccboostHere as ccboost, namesIn } from "../helpers/cli_process.ts";
import { runJob } from "../helpers/run_job.ts";
import { TINY, tinyVolume, WRITE_EVERYTHING, writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const DIRECTIONS =
  /\nspace directions: (none )?\(4.6,0,0\) \(0,4.7,0\) \(0,0,5\)\nspace units: "nm" "nm" "nm"\n/;

async function writeSized(folder: string): Promise<void> {
  await writeTiny(folder);
  const volume = await createZarr(`${folder}/raw.zarr`, {
    shape: TINY,
    chunk: [16, 32, 32],
    dtype: "uint8",
    attributes: { voxelSize: [5, 4.7, 4.6] },
  });
  await writeRegion(volume, wholeRegion(TINY), tinyVolume(1).raw);
}

function headOf(path: string): string {
  return new TextDecoder("latin1").decode(Deno.readFileSync(path).subarray(0, 1000));
}

Deno.test("runCcboost() writes the volume's voxel size to every volume that it leaves", async () => {
  await inTempFolder(async (folder) => {
    await writeSized(folder);
    const text = await Deno.readTextFile(`${folder}/job.cfg`);
    await Deno.writeTextFile(`${folder}/job.cfg`, text.replaceAll("raw.tif", "raw.zarr"));
    await runJob(folder, { set: WRITE_EVERYTHING });
    const volumes = namesIn(folder).filter((name) => name.endsWith(".nrrd"));
    assert.equal(volumes.length, 5, volumes.join(" ")); // max, min, orientation, weights of either sign
    for (const name of volumes) assert.match(headOf(`${folder}/${name}`), DIRECTIONS);
    await runJob(folder, { set: ["outputPlattScaling=true"] });
    assert.match(
      new TextDecoder("latin1").decode(Deno.readFileSync(`${folder}/out-0-ab-max.tif`)),
      /ImageJ=[^\n]+\nimages=20\nslices=20\nunit=nm\nspacing=5\n/,
    );
  });
});

Deno.test("runCcboost() writes a voxel size that is told later, and computes nothing again for it", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const result = `${folder}/out-0-ab-max.nrrd`;
    await runJob(folder);
    const before = Deno.readFileSync(result);
    assert.doesNotMatch(headOf(result), /space directions/);
    const { journal } = await runJob(folder, { set: ["voxelSize=[4.6, 4.7, 5]"] });
    assert.match(headOf(result), DIRECTIONS);
    const last = journal.findLastIndex(({ event }) => event === "run-started");
    assert.ok(
      !journal.slice(last).some((event) =>
        event.event === "block-done" && /^(score|refine)/.test(event.stage)
      ),
    );
    await runJob(folder);
    assert.ok(Deno.readFileSync(result).every((byte, i) => byte === before[i]));
  }));

Deno.test("ccboost channels and erode-dilate keep a volume's voxel size", async () => {
  await inTempFolder(async (folder) => {
    await writeSized(folder);
    const channels = await ccboost(
      "channels",
      `${folder}/raw.zarr`,
      `${folder}/channels`,
      "--only",
      "gauss-s1.0",
    );
    assert.equal(channels.code, 0, channels.err);
    assert.match(headOf(`${folder}/channels/gauss-s1.0.nrrd`), DIRECTIONS);
    const margin = await ccboost(
      "erode-dilate",
      `${folder}/raw.zarr`,
      "1",
      "1",
      `${folder}/margin.nrrd`,
      "--labels-are",
      "*/255",
    );
    assert.equal(margin.code, 0, margin.err);
    assert.match(headOf(`${folder}/margin.nrrd`), DIRECTIONS);
  });
});
