/** A disk that is full or read-only: a clear error, nothing damaged, and the same bits once it is mended. */
import assert from "node:assert/strict";
import { UserError } from "../../src/user_error.ts";
import { requireSpace } from "../../src/stages/free_space.ts";
import { verifyWorkFolder } from "../../src/run/verify.ts";
import { fileError } from "../../src/volume/file.ts";
import { ccboost, finish, startAllowed } from "../helpers/cli_process.ts";
import { inFileSystem, whyNoMount } from "../helpers/mount.ts";
import { results, runJob } from "../helpers/run_job.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const why = await whyNoMount();
const mounted = { ignore: why !== undefined };
const skipped = why === undefined ? "" : ` (skipped: ${why})`;

/** Leaves so many bytes of the file system free. */
async function fill(folder: string, free: number): Promise<void> {
  const file = await Deno.open(`${folder}/filler`, { write: true, create: true, truncate: true });
  const block = new Uint8Array(4096);
  let size = 0;
  try {
    for (;;) size += await file.write(block);
  } catch (cause) {
    if (!(cause instanceof Error) || !("code" in cause) || cause.code !== "ENOSPC") throw cause;
  }
  await file.truncate(Math.max(0, size - free));
  file.close();
}

Deno.test({
  name:
    `ccboost run says which file found no space, and goes on to the same bits when there is some${skipped}`,
  ...mounted,
  fn: () =>
    inTempFolder(async (reference) => {
      await writeTiny(reference);
      await runJob(reference);
      const expected = await results(reference);
      await inFileSystem("4m", async (folder) => {
        await writeTiny(folder);
        const messages = new Set<string>();
        let code = 2;
        // each time a little more room, so that the disk is full in one stage after the other
        for (let free = 8192; code !== 0; free += 65536) {
          await fill(folder, free);
          const run = await ccboost("run", `${folder}/job.cfg`, "--workers", "2", "--quiet");
          code = run.code;
          if (code === 0) break;
          assert.equal(code, 2, run.err);
          assert.match(run.err, /^error: \/.*: cannot write: no space left/, run.err);
          assert.equal(run.err.trim().split("\n").length, 1, run.err);
          messages.add(run.err.replace(/\/tmp\/[^/]*\//, "").replace(/-[0-9a-f]{8}|\d+/g, ""));
          await Deno.remove(`${folder}/filler`);
          assert.deepEqual((await verifyWorkFolder(`${folder}/out-work`)).faults, []);
        }
        assert.ok(messages.size >= 3, [...messages].join(""));
        assert.deepEqual(await results(folder), expected);
        assert.deepEqual((await verifyWorkFolder(`${folder}/out-work`)).faults, []);
        const left = Array.from(Deno.readDirSync(folder), ({ name }) => name).filter((name) =>
          /partial|tmp/.test(name)
        );
        assert.deepEqual(left, []);
      });
    }),
});

Deno.test({
  name: `ccboost run begins nothing where what it will write does not fit${skipped}`,
  ...mounted,
  fn: () =>
    inFileSystem("4m", async (folder) => {
      await writeTiny(folder);
      await fill(folder, 200_000);
      const { code, err } = await finish(
        startAllowed(["--allow-sys=statfs"], "run", `${folder}/job.cfg`, "--quiet"),
      );
      assert.equal(code, 2, err);
      assert.match(
        err,
        /not enough space: the run will write at least \d+ KiB there, and 1\d\d KiB are free; free some/,
      );
      const begun = Array.from(Deno.readDirSync(`${folder}/out-work`), ({ name }) => name).sort();
      assert.deepEqual(begun, ["journal.jsonl", "telemetry.jsonl"]);
    }),
});

Deno.test({
  name: `ccboost run names a folder on a read-only file system, and goes on when it is mended${skipped}`,
  ...mounted,
  fn: () =>
    inFileSystem("4m", async (folder, remount) => {
      await writeTiny(folder);
      const run = ["run", `${folder}/job.cfg`, "--quiet", "--workers", "0"];
      const stop = await ccboost(...run, "--set", "test=()");
      assert.equal(stop.code, 0, stop.err);
      await remount("ro");
      const { code, err } = await ccboost(...run);
      assert.equal(code, 2, err);
      assert.match(
        err,
        /^error: .*\/out.*: cannot write: the file system is read-only; mount it for writing/,
      );
      await remount("rw");
      const again = await ccboost(...run);
      assert.equal(again.code, 0, again.err);
    }),
});

Deno.test("requireSpace() compares what files on one file system need together", async () => {
  await requireSpace([]);
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "statfs" });
  const most = [{ path: "/tmp/a", bytes: 1e18 }, { path: "/tmp/b", bytes: 1e18 }];
  if (state === "granted") await assert.rejects(requireSpace(most), /at least 1776 PiB there/);
  else await requireSpace(most); // it cannot ask
});

Deno.test("fileError() says what to do about the system's usual failures", () => {
  const failure = (code: string) => Object.assign(new Error(`${code} (os error)`), { code });
  const said = (code: string) => fileError("/data/x.zarr", "write", failure(code), 4100).message;
  assert.equal(
    said("ENOSPC"),
    "/data/x.zarr: cannot write: no space left for 4100 bytes; free some space, then run the same command again to resume",
  );
  assert.match(said("EROFS"), /read-only/);
  assert.match(said("EACCES"), /permission denied; change its permissions/);
  assert.match(said("EIO"), /EIO \(os error\); check free space/);
  const known = new UserError("as it is");
  assert.equal(fileError("/x", "read", known), known);
});

Deno.test("ccboost run names an input that has vanished, and goes on when it is back", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const config = `${folder}/job.cfg`;
    await runJob(folder);
    const expected = await results(folder);
    await Deno.remove(`${folder}/out-work`, { recursive: true });
    await Deno.rename(`${folder}/labels.tif`, `${folder}/gone.tif`);
    const run = ["run", config, "--quiet", "--workers", "0"];
    const { code, err } = await ccboost(...run);
    assert.equal(code, 2, err);
    assert.match(err, /labels\.tif/);
    assert.doesNotMatch(err, /^\s+at /m);
    await Deno.rename(`${folder}/gone.tif`, `${folder}/labels.tif`);
    const again = await ccboost(...run);
    assert.equal(again.code, 0, again.err);
    assert.deepEqual(await results(folder), expected);
  }));
