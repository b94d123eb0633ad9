/** Volumes in a bucket, and results into it, on a server of others that speaks S3. */
import assert from "node:assert/strict";
import { CLI } from "../helpers/project.ts";
import { N5_LAYOUT, writeN5 } from "../helpers/n5_files.ts";
import { PRECOMPUTED_LAYOUT, SHARDING, writePrecomputed } from "../helpers/precomputed_files.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { type S3Server, startS3, withBucket } from "../helpers/s3_server.ts";
import { ccboostHere, finish, type Finished, namesIn } from "../helpers/cli_process.ts";

/** `ccboost` as the launcher starts it for addresses in buckets, in a folder. */
function ccboostAt(
  { server, folder, env = server.env }: {
    readonly server: S3Server;
    readonly folder: string;
    readonly env?: Readonly<Record<string, string>>;
  },
  ...args: readonly string[]
): Promise<Finished> {
  const flags = [
    "--allow-read",
    "--allow-write",
    "--allow-net=127.0.0.1",
    "--allow-env=AWS_*,HOME,CCBOOST_CACHE*,GOOGLE_OAUTH_ACCESS_TOKEN,STORAGE_EMULATOR_HOST",
  ];
  return finish(
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-check", ...flags, CLI, ...args],
      env: { AWS_CONFIG_FILE: `${folder}/none`, AWS_SHARED_CREDENTIALS_FILE: `${folder}/none`, ...env },
      cwd: folder,
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );
}

/** Of all files below a folder: which text is in none of them. */
function requireNowhere(folder: string, text: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) requireNowhere(path, text);
    else assert.ok(!new TextDecoder("latin1").decode(Deno.readFileSync(path)).includes(text), path);
  }
}

Deno.test("ccboost run reads raw and labels from a bucket and writes into it: the same bits as from files, whatever fails for a while", (t) =>
  withBucket(t, async (server, folder) => {
    await writeTiny(folder);
    for (const name of ["raw", "labels"]) {
      const { code, err } = await ccboostHere("export", `${folder}/${name}.tif`, `${folder}/${name}.zarr`);
      assert.equal(code, 0, err);
      await server.upload(`${folder}/${name}.zarr`, `in/${name}.zarr`);
    }
    const job = `${folder}/job.cfg`;
    const here = await ccboostHere("run", job, "--quiet", "--workers", "0");
    assert.equal(here.code, 0, here.err);
    const prefix = `s3://${server.bucket}`;
    const away = Deno.readTextFileSync(job).replaceAll('"raw.tif"', `"${prefix}/in/raw.zarr"`)
      .replace('"labels.tif"', `"${prefix}/in/labels.zarr"`).replace('"out"', `"${prefix}/results/far"`);
    Deno.writeTextFileSync(`${folder}/far.cfg`, away);
    await server.break(
      { path: "GET .*raw.zarr/0/c/0/0/0", kind: 503, times: 2 },
      { path: "GET .*labels.zarr/0/c/0/0/0", kind: "half", times: 1 },
      { path: "GET .*raw.zarr/zarr.json", kind: "drop", times: 1 },
      { path: "PUT .*far-0-ab-max.nrrd", kind: 503, code: "SlowDown", times: 1 },
      { path: "PUT .*far-stumps.cfg", kind: "drop", times: 1 },
    );
    const run = await ccboostAt({ server, folder }, "run", "far.cfg", "--workers", "2");
    assert.equal(run.code, 0, run.err);
    assert.match(run.out + run.err, /sent s3:\/\/em-data\/results\/far-stumps\.cfg and \d+ more/);
    const results = namesIn(folder).filter((name) => /^out-(?!work)/.test(name) && !name.endsWith(".zarr"));
    assert.ok(results.length >= 4, `${results}`);
    for (const name of results) {
      const expected = await Deno.readFile(`${folder}/${name}`);
      const sent = await server.object(`results/${name.replace("out", "far")}`);
      const isText = /\.(json|csv)$/.test(name);
      if (isText) {
        const text = (bytes: Uint8Array) =>
          new TextDecoder().decode(bytes).replace(/[^"\s]*(out|raw|far)[^"\s]*/g, "");
        assert.equal(text(sent), text(expected), name);
      } else assert.deepEqual(sent, expected, name);
    }
    requireNowhere(`${folder}/far-work`, "AWS4-HMAC");

    await server.break();
    const again = await ccboostAt({ server, folder }, "run", "far.cfg", "--workers", "2");
    assert.equal(again.code, 0, again.err);
    const asked = await server.asked();
    assert.ok(asked.every((line) => !line.startsWith("PUT") || line.includes(".partial")), asked.join("\n"));
    assert.ok(asked.every((line) => !line.includes("/c/")), "nothing is read again");

    Deno.mkdirSync(`${folder}/other`);
    const other = await ccboostAt({ server, folder }, "run", "far.cfg", "--work", "other/far-work");
    assert.equal(other.code, 2);
    assert.match(other.err, /far-stumps\.cfg: already exists and was not written by this run/);
  }));

Deno.test("ccboost goes on after a server that was stopped, and says what a bucket refuses without its keys", (t) =>
  withBucket(t, async (server, folder) => {
    await writeTiny(folder);
    await ccboostHere("export", `${folder}/raw.tif`, `${folder}/raw.zarr`);
    await server.upload(`${folder}/raw.zarr`, "in/raw.zarr");
    const address = `s3://${server.bucket}/in/raw.zarr`;
    const info = (env: Readonly<Record<string, string>>, name = address) =>
      ccboostAt({ server, folder, env: { ...server.env, ...env } }, "info", name);

    await server.stop();
    const waiting = info({});
    await new Promise((done) => setTimeout(done, 1000));
    const back = await startS3(`${folder}/../bucket`, server.port);
    assert.ok(back);
    await using _running = back;
    assert.equal((await waiting).code, 0, (await waiting).err);

    const secret = "wrong-and-secret";
    const refused: readonly [Readonly<Record<string, string>>, string, RegExp][] = [
      [
        { AWS_SECRET_ACCESS_KEY: secret },
        address,
        /403 \(SignatureDoesNotMatch\).*check AWS_SECRET_ACCESS_KEY/,
      ],
      [
        { AWS_ACCESS_KEY_ID: "nobody", AWS_SECRET_ACCESS_KEY: "S3RVER" },
        address,
        /403 \(InvalidAccessKeyId\).*does not know this key/,
      ],
      [{}, "s3://no-such-bucket/raw.zarr", /404 \(NoSuchBucket\): there is no such bucket/],
      [{}, `s3://${server.bucket}/nothing`, /nothing: not a Zarr array .* check the address/],
      [{ AWS_PROFILE: "lab" }, address, /AWS_PROFILE is lab: no such profile/],
    ];
    for (const [env, name, expected] of refused) {
      const { code, err, out } = await info(env, name);
      assert.equal(code, 2, err);
      assert.match(err, expected);
      assert.ok(!(err + out).includes(secret));
    }
    await back.break({ path: "GET .*raw.zarr", kind: 403, code: "AccessDenied", times: 99 });
    const unsigned = await info({ AWS_NO_SIGN_REQUEST: "YES" });
    assert.match(
      unsigned.err,
      /403 \(AccessDenied\), and was asked without credentials; .*'--allow-env=AWS_\*,HOME'/,
    );
    assert.match((await info({})).err, /403 \(AccessDenied\), so the file may exist but cannot be read/);
  }));

Deno.test("ccboost export writes into a bucket, and what is read from there is what was written", (t) =>
  withBucket(t, async (server, folder) => {
    await writeTiny(folder);
    const address = `s3://${server.bucket}/x/raw.ome.zarr`;
    const at = (...args: readonly string[]) => ccboostAt({ server, folder }, "export", ...args);
    const sent = await at("raw.tif", address, "--voxel-size", "4,5,6");
    assert.equal(sent.code, 0, sent.err);
    assert.match(sent.out, /wrote s3:\/\/em-data\/x\/raw\.ome\.zarr: 48 x 44 x 20 voxels.*, 1 resolution/);
    assert.match((await at("raw.tif", address)).err, /raw\.ome\.zarr already exists; .*--overwrite/);
    assert.equal((await at("other.tif", address, "--overwrite", "--region", "0:4,:,:")).code, 0);
    assert.equal((await at("raw.tif", address, "--overwrite", "--voxel-size", "4,5,6")).code, 0);
    assert.match(
      (await at("raw.tif", `${address}/labels/a`)).err,
      /labels cannot be added to an image in a bucket/,
    );
    const back = await at(address, "back.nrrd");
    assert.equal(back.code, 0, back.err);
    assert.equal(
      (await ccboostHere("export", `${folder}/raw.tif`, `${folder}/here.nrrd`, "--voxel-size", "4,5,6")).code,
      0,
    );
    assert.deepEqual(Deno.readFileSync(`${folder}/back.nrrd`), Deno.readFileSync(`${folder}/here.nrrd`));
    assert.deepEqual(
      namesIn(folder).filter((name) => name.startsWith(".ccboost")),
      [],
      "nothing is left here",
    );
    const wrong = await ccboostAt({ server, folder }, "convert", "raw.tif", `${address}.zarr`);
    assert.match(wrong.err, /cannot be written there; write it into a folder and use export/);
  }));

Deno.test("ccboost reads N5 and precomputed, in shards too, from buckets of either kind", (t) =>
  withBucket(t, async (server, folder) => {
    const valueAt = ([x = 0, y = 0, z = 0]: readonly number[]) => (x + 20 * y + 50 * z) % 256;
    writeN5(`${folder}/n5`, N5_LAYOUT, valueAt);
    writePrecomputed(`${folder}/plain`, PRECOMPUTED_LAYOUT, valueAt);
    writePrecomputed(`${folder}/shards`, { ...PRECOMPUTED_LAYOUT, sharding: SHARDING }, valueAt);
    const env = { ...server.env, STORAGE_EMULATOR_HOST: server.env["AWS_ENDPOINT_URL"] ?? "" };
    for (const [name, scheme] of [["n5", "s3"], ["plain", "s3"], ["shards", "gs"]] as const) {
      await server.upload(`${folder}/${name}`, `v/${name}`);
      const address = `${scheme}://${server.bucket}/v/${name}`;
      const far = await ccboostAt({ server, folder, env }, "export", address, `${name}-far.nrrd`);
      assert.equal(far.code, 0, far.err);
      const near = await ccboostHere("export", `${folder}/${name}`, `${folder}/${name}-near.nrrd`);
      assert.equal(near.code, 0, near.err);
      assert.deepEqual(
        Deno.readFileSync(`${folder}/${name}-far.nrrd`),
        Deno.readFileSync(`${folder}/${name}-near.nrrd`),
        name,
      );
    }
  }));
