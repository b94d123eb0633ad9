/** What is understood of Slurm's commands, here scripts that answer as sites' ones do. */
import assert from "node:assert/strict";
import { scriptsOf } from "../../src/cluster/script.ts";
import { submittedId } from "../../src/cluster/slurm.ts";
import { finish, namesIn, writeJob } from "../helpers/cli_process.ts";
import { CLI } from "../helpers/project.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("submittedId() finds the number among the greetings of a site", () => {
  for (
    const [out, id] of [
      ["123", "123"],
      ["123;cluster", "123"],
      ["Welcome to Cluster 7!\n===\n4711", "4711"],
      ["4711;west\nYour account has 12 hours left", "4711"],
      ["2026 was a good year\r\n99\r\n", "99"],
      ["12 jobs of yours wait\n 345 ", "345"],
      ["Submitted batch job", undefined],
      ["", undefined],
    ] as const
  ) assert.equal(submittedId(out), id, out);
});

Deno.test("scriptsOf() writes a % of the log's path twice, as Slurm wants it", () => {
  const how = {
    program: ["ccboost"],
    workFolder: "/data/50% done/100%a",
    options: { cpus: 1, memory: 2 ** 31, further: [] },
    mostTasks: 9,
  };
  const [array] = scriptsOf({ stage: "gather", shards: 4 }, how);
  assert.match(array?.text ?? "", /#SBATCH --output=\/data\/50%%\\ done\/100%%a\/.*gather.*-%a\.log\n/);
  const [alone] = scriptsOf({ stage: "boost", shards: 0 }, how);
  assert.match(alone?.text ?? "", /#SBATCH --output=\/data\/50%%\\ done\/100%%a\/.*boost\.log\n/);
});

/** Puts scripts of Slurm's names in a folder, and a run submitted with them. */
function withSlurm(
  folder: string,
  scripts: Readonly<Record<string, string>>,
  ...args: readonly string[]
) {
  return withSlurmAnd({}, folder, scripts, ...args);
}

/** The same with further variables. */
async function withSlurmAnd(
  env: Readonly<Record<string, string>>,
  folder: string,
  scripts: Readonly<Record<string, string>>,
  ...args: readonly string[]
) {
  const bin = `${folder}/bin`;
  Deno.mkdirSync(bin, { recursive: true });
  const usual = {
    sbatch: "",
    squeue: "",
    sacct: "",
    scancel: "",
    scontrol: "echo 'MaxArraySize = 1001'",
    sinfo: "",
  };
  for (const [name, body] of Object.entries({ ...usual, ...scripts })) {
    Deno.writeTextFileSync(`${bin}/${name}`, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }
  return await finish(
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-all", CLI, ...args],
      env: { PATH: `${bin}:/usr/bin:/bin`, ...env },
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );
}

const COUNTING = (folder: string, before: string) =>
  `n=$(cat ${folder}/n 2>/dev/null || echo 100); n=$((n+1)); echo $n > ${folder}/n; ${before}; echo $n`;

Deno.test("ccboost cluster submit takes the number of sbatch behind a banner, and status calls jobs that are gone failed", () =>
  inTempFolder(async (folder) => {
    const config = await writeJob(folder);
    const sbatch = COUNTING(folder, "echo 'Welcome to Cluster 9'; echo '*** 2 h left ***'");
    const submitted = await withSlurm(folder, { sbatch }, "cluster", "submit", config, "--tasks", "2");
    assert.equal(submitted.code, 0, submitted.err);
    assert.match(submitted.out, /^101 {2}/m);
    const status = (scripts: Readonly<Record<string, string>>) =>
      withSlurm(folder, scripts, "cluster", "status", `${folder}/out-work`, "--json");
    type Stages = { stages: { state: string; failures: { error: string }[] }[] };
    const stagesOf = (out: string) =>
      (JSON.parse(out.trim().split("\n").at(-1) ?? "") as { data: Stages }).data.stages;
    // While it waits, nothing has failed.
    const waiting = await status({ squeue: "echo '101|N/A|PENDING|(Resources)'" });
    assert.ok(
      stagesOf(waiting.out).every(({ state, failures }) => state !== "failed" && failures.length === 0),
      waiting.out,
    );
    // Slurm has forgotten the jobs.
    for (const squeue of ["", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1"]) {
      const [first, ...others] = stagesOf((await status({ squeue })).out);
      assert.equal(first?.state, "failed");
      assert.match(
        first?.failures[0]?.error ?? "",
        /disappeared from the queue .*submit the run again/,
      );
      assert.ok(others.every(({ state, failures }) => state === "waiting" && failures.length === 0));
    }
    // One of several that is forgotten does not hide the others.
    const hiding =
      `case "$*" in *,*) echo 'Invalid job id specified' >&2; exit 1;; *jobs=101) echo '101|N/A|RUNNING|n1';; *) echo 'Invalid job id specified' >&2; exit 1;; esac`;
    assert.equal(stagesOf((await status({ squeue: hiding })).out)[0]?.state, "working");
    // Slurm that does not answer tells nothing.
    const silent = await status({ squeue: "echo 'Unable to contact slurm controller' >&2; exit 1" });
    assert.ok(stagesOf(silent.out).every(({ state }) => state !== "failed"), silent.out);
    // The accounting's word comes first.
    const [first] = stagesOf((await status({ sacct: "echo '101|NODE_FAIL|n1'" })).out);
    assert.deepEqual([first?.state, first?.failures.map(({ error }) => error)], ["failed", ["NODE_FAIL"]]);
    const text = await withSlurm(folder, {}, "cluster", "status", `${folder}/out-work`);
    assert.match(text.out, /failed/);
  }));

Deno.test("ccboost cluster submit lets tasks look where copies of buckets are kept, only where there is a bucket", () =>
  inTempFolder(async (folder) => {
    const config = await writeJob(folder);
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"),
    );
    const env = { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${server.addr.port}` };
    const variables = "--allow-env=XDG_CACHE_HOME,CCBOOST_CACHE,CCBOOST_CACHE_MIB";
    for (const outFileName of ["out", "s3://bucket/out"]) {
      const work = `${folder}/${outFileName.length}`;
      const words = ["--work", work, "--tasks", "2", "--set", `outFileName="${outFileName}"`];
      const sbatch = COUNTING(folder, "true");
      const done = await withSlurmAnd(env, folder, { sbatch }, "cluster", "submit", config, ...words);
      assert.equal(done.code, 0, done.err);
      const scripts = namesIn(`${work}/shards/scripts`);
      assert.ok(scripts.length > 1);
      for (const name of scripts) {
        const text = Deno.readTextFileSync(`${work}/shards/scripts/${name}`);
        assert.ok(text.includes("--allow-env=SLURM_ARRAY_JOB_ID,"));
        assert.equal(text.includes(variables), outFileName !== "out", text);
      }
    }
  }));
