/** `ccboost serve` and `--serve` where they cannot be. */
import assert from "node:assert/strict";
import { ccboost, writeJob } from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("ccboost run --serve without the permission to listen says how to start it", async () => {
  await inTempFolder(async (folder) => {
    const { code, err } = await ccboost("run", await writeJob(folder), "--serve");
    assert.equal(code, 2, err);
    assert.match(err, /start the program as \.\/ccboost, which grants it/);
    assert.match(err, /--allow-net=127\.0\.0\.1/);
    await assert.rejects(Deno.stat(`${folder}/out-work`), "nothing was begun");
  });
});

Deno.test("ccboost serve tells what is wrong with its folder and flags", async () => {
  await inTempFolder(async (folder) => {
    const fails = async (message: RegExp, ...args: string[]) => {
      const { code, err } = await ccboost("serve", ...args);
      assert.equal(code, 2, err);
      assert.match(err, message);
    };
    await fails(/no such file or folder; give the work folder/, `${folder}/none`);
    await fails(/--port is "99999"/, folder, "--port", "99999");
    await fails(/--viewer is "example"; expected .*https/, folder, "--viewer", "example");
    await fails(/neither the work folder of a run nor a volume/, folder);
    await Deno.writeTextFile(`${folder}/journal.jsonl`, "");
    await fails(/start the program as \.\/ccboost/, folder);
  });
});
