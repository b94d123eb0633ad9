import assert from "node:assert/strict";
import { UserError } from "../../src/user_error.ts";
import { openJournal } from "../../src/engine/journal.ts";
import { ccboost, start, writeJob } from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("openJournal() says who works in a folder, and lets the next one in when that has ended", () =>
  inTempFolder(async (folder) => {
    const first = await openJournal(folder);
    assert.equal(first.staleOwner, undefined);
    await assert.rejects(openJournal(folder), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        new RegExp(
          `${folder} is in use by process ${Deno.pid} on host \\S+ \\(started 20\\S+\\); wait for it`,
        ),
      );
      return true;
    });
    await first.close();
    const second = await openJournal(folder);
    assert.equal(second.staleOwner, undefined);
    await second.close();
    assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["journal.jsonl"]);
  }));

Deno.test("openJournal() takes a folder over from a dead process, and one of another host only once it is silent", () =>
  inTempFolder(async (folder) => {
    const path = `${folder}/lock.json`;
    const own = await openJournal(folder);
    const { host } = JSON.parse(await Deno.readTextFile(path)) as { host: string };
    await own.close();
    const owner = { pid: 4194999, since: "2025-01-01T00:00:00Z" };
    await Deno.writeTextFile(path, JSON.stringify({ ...owner, host }));
    const after = await openJournal(folder); // the system's lock has ended with its process
    assert.match(after.staleOwner ?? "", /process 4194999 on host/);
    await after.close();

    await Deno.writeTextFile(path, JSON.stringify({ ...owner, host: "elsewhere" }));
    await assert.rejects(
      openJournal(folder),
      /is in use by process 4194999 on host elsewhere .*if it was killed/,
    );
    await Deno.utime(path, new Date(Date.now() - 90_000), new Date(Date.now() - 90_000));
    const taken = await openJournal(folder);
    assert.match(taken.staleOwner ?? "", /host elsewhere/);
    await taken.close();

    for (const text of ["", "{", "{}"]) {
      await Deno.writeTextFile(path, text);
      await Deno.utime(path, 1, 1);
      await (await openJournal(folder)).close();
    }
  }));

Deno.test("openJournal() puts its owner's file in place whole, so that a kill leaves no empty one", () =>
  inTempFolder(async (folder) => {
    const before = '{"pid":1,"host":"elsewhere","since":"2025-01-01T00:00:00Z"}';
    await Deno.writeTextFile(`${folder}/lock.json`, before);
    await Deno.utime(`${folder}/lock.json`, 1, 1);
    await Deno.link(`${folder}/lock.json`, `${folder}/before.json`);
    const journal = await openJournal(folder);
    assert.equal(await Deno.readTextFile(`${folder}/before.json`), before); // replaced, never emptied
    await journal.close();
  }));

Deno.test({
  name: "ccboost run names the process that works in the folder, and goes on after its SIGKILL",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inTempFolder(async (folder) => {
      const config = await writeJob(folder);
      const run = ["run", config, ...["crossFitFolds=1", "test=()"].flatMap((key) => ["--set", key])];
      const first = start(...run, "--set", "numStumps=100000");
      const reader = first.stderr.pipeThrough(new TextDecoderStream()).getReader();
      for (let said = ""; !/^training: /m.test(said);) {
        const { value, done } = await reader.read();
        assert.ok(!done, said);
        said += value;
      }
      const { pid } = first;
      const second = await ccboost(...run, "--quiet");
      assert.equal(second.code, 2);
      assert.match(second.err, new RegExp(`out-work is in use by process ${pid} on host`));
      first.kill("SIGKILL");
      while (!(await reader.read()).done);
      await first.stdout.cancel();
      await first.status;
      const third = await ccboost(...run);
      assert.equal(third.code, 0, third.err);
      assert.match(
        third.err,
        new RegExp(`process ${pid} on host .* was killed; resuming`),
      );
      assert.match(third.err, /training .*repeated, because numStumps changed from 100000 to 6/);
    }),
});
