/** Results of runs as Neuroglancer precomputed; what they hold, and what is lost of them, is in tests/long. */
import assert from "node:assert/strict";
import { UserError } from "../../src/user_error.ts";
import { fileState } from "../../src/volume/file.ts";
import { runJob } from "../helpers/run_job.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { PRECOMPUTED, writeJob } from "./precomputed_job.ts";

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
