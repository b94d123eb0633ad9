/** A run on a real Slurm, which `cluster.sh` starts on this machine: the same files as a local run, also after kills. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { finish, type Finished, resultOf } from "../../helpers/cli_process.ts";
import { CLI } from "../../helpers/project.ts";
import { digests, runJob, writeGenerated } from "../../helpers/run_job.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

/** As many stumps as make a task of scoring long enough to be killed. */
const SETTINGS = `outFileName = "out"; numStumps = 1500; numWLToExplorePerIter = 60; candidatePoses = 20;
borderMinDist = 4; NegSampleProportion = 5.0; outputFirstStage = true;`;

const CLUSTER = fileURLToPath(new URL("./cluster.sh", import.meta.url));

/** Longest wait for a queue; a run of this size takes about 15 s. */
const PATIENCE = 240_000;

/** Why there can be no cluster on this machine; empty where there can. */
async function whatIsMissing(): Promise<string> {
  if (Deno.build.os !== "linux") return "Linux";
  const permission = await Deno.permissions.query({ name: "run", command: CLUSTER });
  if (permission.state !== "granted") return "--allow-run=tests/long/slurm/cluster.sh";
  const { stdout } = await new Deno.Command(CLUSTER, { args: ["check", "."], stdin: "null" }).output();
  return new TextDecoder().decode(stdout).trim();
}

const missing = await whatIsMissing();

async function cluster(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(CLUSTER, { args: [...args], stdin: "null" })
    .output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.equal(code, 0, `cluster.sh ${args.join(" ")}: ${text(stderr)}`);
  return text(stdout);
}

function ccboost(slurm: string, ...args: readonly string[]): Promise<Finished> {
  return finish(
    new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--allow-read", "--allow-write", "--allow-sys=hostname"],
        ...["--allow-run=sbatch,squeue,sacct,scancel,scontrol,sinfo", CLI, ...args],
      ],
      env: { SLURM_CONF: `${slurm}/slurm.conf` },
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );
}

/** A task that Slurm has not ended. */
interface Queued {
  readonly name: string;
  readonly job: string;
  readonly task: string;
  readonly state: string;
  readonly reason: string;
}

async function queueOf(slurm: string): Promise<Queued[]> {
  const lines = (await cluster("queue", slurm)).split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const [name = "", job = "", task = "", state = "", ...reason] = line.trim().split(/\s+/);
    return { name, job, task, state, reason: reason.join(" ") };
  });
}

/** Waits until the queue is as wanted. */
async function waitFor(
  slurm: string,
  wanted: (queue: readonly Queued[]) => boolean,
): Promise<readonly Queued[]> {
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    const queue = await queueOf(slurm);
    if (wanted(queue)) return queue;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the queue stayed as it was: ${await cluster("queue", slurm)}`);
}

/** What is left when tasks of the first test volume were killed. */
const LATER = new Set([
  ...["score-0", "collect", "refine-0", "export", "synapse-parts-0", "join", "synapse-labels-0", "finish"],
]);

Deno.test({
  name: "submit has a run done by Slurm to the bit, also where a task was killed and the node went away" +
    (missing === "" ? "" : ` (skipped: it needs ${missing})`),
  ignore: missing !== "",
  fn: () =>
    inTempFolder(async (folder) => {
      await writeGenerated(folder, { shape: [40, 90, 140], anisotropy: 2.5, text: SETTINGS });
      const slurm = `${folder}/slurm`;
      await cluster("start", slurm);
      try {
        // more tasks than this cluster's arrays may have
        const options = ["--tasks", "3", "--cpus", "1", "--mem", "1GiB", "--block", "32,64,128", "--json"];
        const submit = () =>
          ccboost(slurm, "submit", `${folder}/job.cfg`, ...options, "--", "--comment=a test");
        const submitted = await submit();
        assert.equal(submitted.code, 0, submitted.out + submitted.err);
        const jobs = resultOf(submitted)["jobs"] as { name: string; tasks: number }[];
        assert.deepEqual(jobs.map(({ name }) => name.replace(/\.\d$/, "")), [
          ...["convert", "convert", "prepare", "samples", "samples", "select", "gather", "gather", "boost"],
          ...["score-0", "score-0", "collect", "refine-0", "refine-0", "export"],
          ...["synapse-parts-0", "synapse-parts-0", "join", "synapse-labels-0", "synapse-labels-0", "finish"],
        ]);

        const busy = await submit();
        assert.equal(busy.code, 2);
        assert.match(busy.out, /waiting or running; see ccboost cluster status/);

        const isScore = ({ name, state }: Queued) => name.startsWith("ccboost-score") && state === "RUNNING";
        const [victim] = (await waitFor(slurm, (queue) => queue.some(isScore))).filter(isScore);
        await cluster("kill", slurm, `${victim?.job}_${victim?.task}`);
        await cluster("node", slurm);
        await waitFor(slurm, (queue) => queue.length === 0);
        await assert.rejects(
          Deno.stat(`${folder}/out-0-ab-max.nrrd`),
          "the chain went on without a killed task",
        );

        const status = resultOf(await ccboost(slurm, "status", `${folder}/out-work`, "--json"));
        const stages = status["stages"] as { stage: string; state: string; done: number; blocks: number }[];
        const score = stages.find(({ stage }) => stage === "score-0");
        // failed where Slurm knows of the killed task, ready where its record has gone with the node
        assert.match(score?.state ?? "", /^(ready|failed)$/);
        assert.ok(score && score.done < score.blocks, `${score?.done} of ${score?.blocks}`);
        assert.ok(
          stages.filter(({ stage }) => !LATER.has(stage)).every((
            { state },
          ) => state === "done"),
        );

        const again = await submit();
        assert.equal(again.code, 0, again.out + again.err);
        const left = resultOf(again)["jobs"] as { stage: string; tasks: number }[];
        assert.deepEqual(new Set(left.map(({ stage }) => stage)), LATER);
        await waitFor(slurm, (queue) => queue.length === 0);
        assert.equal(resultOf(await submit())["isDone"], true);
      } finally {
        await cluster("stop", slurm);
      }
      await runJob(folder, { set: ["outFileName=whole"] });
      for (const output of ["stumps.cfg", "0-ab-max.nrrd", "0-ab-min.nrrd", "0-synapses.csv"]) {
        const [[found], [expected]] = await Promise.all([
          digests([`${folder}/out-${output}`]),
          digests([`${folder}/whole-${output}`]),
        ]);
        assert.equal(found, expected?.replace("whole-", "out-"));
      }
    }),
});
