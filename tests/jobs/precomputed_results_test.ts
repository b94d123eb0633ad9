/** Results of runs as Neuroglancer precomputed: made whole after losses, and only with a voxel size. */
import assert from "node:assert/strict";
import { UserError } from "../../src/user_error.ts";
import { fileState } from "../../src/volume/file.ts";
import { filesBelow } from "../helpers/damage.ts";
import { blocksOf, runJob } from "../helpers/run_job.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { CHUNKS, filesOf, PRECOMPUTED, writeJob } from "./precomputed_job.ts";
import { runKilled } from "./run_killing.ts";

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

Deno.test("runCcboost() asks for the voxel size of precomputed results before any work, and takes one that is told later", () =>
  inTempFolder(async (folder) => {
    await writeJob(folder);
    await assert.rejects(
      runJob(folder, { set: ["outputFormat=precomputed"] }),
      (error: Error) =>
        error instanceof UserError &&
        /raw\.tif: outputFormat = "precomputed" needs a voxel size; set voxelSize/.test(error.message),
    );
    assert.equal(fileState(`${folder}/out-work`), undefined, "nothing was begun");
    await runJob(folder);
    const { journal } = await runJob(folder, { set: PRECOMPUTED });
    assert.equal(journal.filter(({ event }) => event === "run-done").length, 2);
    const info = JSON.parse(Deno.readTextFileSync(`${folder}/out-0-ab-max.precomputed/info`));
    assert.deepEqual(info.scales[0].resolution, [4, 4, 10]);
  }));
