/** Results of runs as Neuroglancer precomputed: the voxels of OME-Zarr, the same files whoever writes them, and whole again after losses. */
import assert from "node:assert/strict";
import { convertVolume } from "../../src/stages/convert/convert.ts";
import { allocateVoxels, type Voxels } from "../../src/volume/dtype.ts";
import { fileState } from "../../src/volume/file.ts";
import { voxelCount, wholeRegion } from "../../src/volume/region.ts";
import { openZarr, readRegion } from "../../src/volume/zarr/mod.ts";
import { blocksOf, runJob } from "../helpers/run_job.ts";
import { filesBelow } from "../helpers/damage.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { CHUNKS, filesOf, PRECOMPUTED, RESULTS, writeJob } from "../jobs/precomputed_job.ts";
import { runKilled } from "../jobs/run_killing.ts";

async function voxelsOf(path: string): Promise<Voxels> {
  const volume = await openZarr(path, "any");
  const voxels = allocateVoxels(volume.dtype, voxelCount(volume.shape));
  await readRegion(volume, wholeRegion(volume.shape), voxels);
  return voxels;
}

Deno.test("runCcboost() writes precomputed results with the voxels of OME-Zarr, the same files with any blocks and threads", () =>
  inTempFolder(async (folder) => {
    await writeJob(folder);
    const first = await runJob(folder, { set: PRECOMPUTED });
    assert.deepEqual(
      first.report.files.map(({ path }) => path).slice(-3),
      RESULTS.map((name) => `${folder}/out-${name}.precomputed`),
    );
    const expected = await filesOf(folder);
    const again = await runJob(folder, { set: PRECOMPUTED });
    const last = again.journal.findLastIndex(({ event }) => event === "run-started");
    assert.deepEqual(again.journal.slice(last + 1).map(({ event }) => event), ["run-done"]);

    for (const isProbability of [false, true]) {
      const more = [`outputPlattScaling=${isProbability}`, "voxelSize=[4, 4, 10]"];
      await runJob(folder, { set: [...more, "outputFormat=precomputed"] });
      await runJob(folder, { set: [...more, "outputFormat=ome-zarr"] });
      for (const name of RESULTS) {
        const dtype = isProbability && name !== "0-ab-first" ? "uint8" : "float32";
        const info = JSON.parse(Deno.readTextFileSync(`${folder}/out-${name}.precomputed/info`));
        assert.deepEqual([info.type, info.data_type, info.scales.length], ["image", dtype, 2]);
        assert.deepEqual(info.scales[0].resolution, [4, 4, 10]);
        for (let level = 0; level < 2; level++) {
          const out = `${folder}/${isProbability}-${name}-${level}.zarr`;
          await convertVolume(`${folder}/out-${name}.precomputed/s${level}`, out, { dtype, anisotropy: 1 });
          const voxels = await voxelsOf(out);
          assert.deepEqual(voxels, await voxelsOf(`${folder}/out-${name}.ome.zarr/${level}`));
          assert.ok(voxels.some((value) => value !== voxels[0]));
        }
      }
    }

    for (const resources of [{ workers: 3, blockShape: CHUNKS }, { workers: 2, memory: 2 ** 29 }]) {
      const other = `${folder}/${resources.workers}`;
      await writeJob(other);
      await runJob(other, { set: PRECOMPUTED, resources });
      assert.deepEqual(await filesOf(other), expected, JSON.stringify(resources));
    }
  }));

Deno.test({
  name: "runCcboost() goes on with precomputed results after a kill, and makes whole what is lost of them",
  ignore: Deno.build.os === "windows", // which has no SIGKILL
  fn: () =>
    inTempFolder(async (folder) => {
      await writeJob(folder);
      const work = `${folder}/out-work`;
      const stage = "precomputed 0-max, resolution 2";
      await runKilled(folder, work, { stage, advances: 1, limit: CHUNKS.join(), set: PRECOMPUTED });
      assert.equal(fileState(`${folder}/out-0-ab-max.precomputed`), undefined, "there when it is whole");
      // as a kill leaves it that comes while a shard is written
      Deno.writeTextFileSync(`${work}/scores/0-max.precomputed/s1/0.shard.1.partial`, "part");
      const resumed = await runJob(folder, { set: PRECOMPUTED });
      for (const level of [0, 1]) {
        const [done = []] = blocksOf(resumed.journal, `precomputed-0-max-${level}`).values();
        assert.equal(done.length, 1, `resolution ${level}: once`);
      }
      const expected = await filesOf(folder);
      const other = `${folder}/other`;
      await writeJob(other);
      await runJob(other, { set: PRECOMPUTED });
      assert.deepEqual(await filesOf(other), expected);

      const [shard = ""] = filesBelow(`${other}/out-0-ab-max.precomputed/s0`);
      await Deno.remove(shard);
      const { said } = await runJob(other, { set: PRECOMPUTED });
      assert.match(said, /out-0-ab-max\.precomputed: 1 of 2 shards exist; it is written again/);
      assert.deepEqual(await filesOf(other), expected);

      const [kept = ""] = filesBelow(`${other}/out-work/scores/0-max.precomputed/s1`);
      await Deno.remove(kept);
      await Deno.remove(`${other}/out-0-ab-max.precomputed`, { recursive: true });
      const again = await runJob(other, { set: PRECOMPUTED });
      assert.match(again.said, /0-max\.precomputed: 1 of 2 shards exist; it is written again/);
      assert.deepEqual(await filesOf(other), expected);
    }),
});
