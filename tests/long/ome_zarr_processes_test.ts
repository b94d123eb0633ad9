/** Results as OME-Zarr that eight processes write at once, also where they are killed: the files that one process writes. */
import assert from "node:assert/strict";
import type { Zyx } from "../../src/volume/region.ts";
import { fileState } from "../../src/volume/file.ts";
import { prepareShards } from "../../src/stages/shards/step.ts";
import { resultOf, start } from "../helpers/cli_process.ts";
import { filesBelow } from "../helpers/damage.ts";
import { blocksOf, runJob, settingsOf } from "../helpers/run_job.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { readJournal } from "../../src/engine/mod.ts";
import { verifyWorkFolder } from "../../src/run/verify.ts";
import { filesOf, RESULTS, scoring, writeScoringJob } from "./ome_zarr_job.ts";

/** Eight shards of [64, 128, 256], each a block; those at the far ends are small. */
const SHAPE: Zyx = [66, 130, 260];
const PROCESSES = 8;
const STAGES = ["score-0", "refine-0"];

/** Prepares a run for the processes. @returns the stages that they begin with */
async function prepare(folder: string, name: string): Promise<readonly string[]> {
  const { waiting } = await prepareShards({
    settings: await settingsOf(folder, scoring(name)),
    polarity: "config",
    leastScore: undefined,
    memory: 2 ** 30,
    workers: 1,
    processes: PROCESSES,
    blockShape: [1, 1, 1], // rounded up to shards
    workFolder: `${folder}/${name}-work`,
  });
  return waiting.map(({ stage }) => stage);
}

/** How a process ended. */
interface Ended {
  readonly signal: Deno.Signal | null;
  /** What it says that it computed; undefined where it was killed. */
  readonly computed: number | undefined;
}

/**
 * Starts a process for each shard of a stage, and waits for all of them.
 * @param stopWhen kills them all as soon as this is so
 */
async function workAtOnce(work: string, stage: string, stopWhen?: () => boolean): Promise<Ended[]> {
  const processes = Array.from(
    { length: PROCESSES },
    (_, i) => start("cluster", "work", work, "--stage", stage, "--shard", `${i}/${PROCESSES}`, "--json"),
  );
  const ends = Promise.all(processes.map(endOf));
  if (stopWhen !== undefined) await killWhen(processes, ends, stopWhen);
  return await ends;
}

async function killWhen(
  processes: readonly Deno.ChildProcess[],
  ends: Promise<unknown>,
  stopWhen: () => boolean,
): Promise<void> {
  let isOver = false;
  const noted = ends.finally(() => isOver = true);
  while (!isOver && !stopWhen()) await new Promise((turn) => setTimeout(turn, 2));
  for (const process of processes) {
    try {
      process.kill("SIGKILL");
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause; // it has just ended
    }
  }
  await noted;
}

async function endOf(process: Deno.ChildProcess): Promise<Ended> {
  const { code, signal, stdout, stderr } = await process.output();
  if (signal === "SIGKILL") return { signal, computed: undefined };
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(code, 0, `${out}\n${err}`);
  return { signal, computed: Number(resultOf({ code, out: out ?? "", err: err ?? "" }).computed) };
}

/** One process alone: to the next stage for all, or to the end. @returns what waits */
async function stepAlone(work: string): Promise<readonly string[]> {
  const { code, stdout, stderr } = await start("cluster", "work", work, "--stage", "export", "--json")
    .output();
  const [out = "", err = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(code, 0, `${out}\n${err}`);
  const { waiting = [] } = resultOf({ code, out, err });
  return waiting as readonly string[];
}

const total = (ends: readonly Ended[]) => ends.reduce((sum, { computed = 0 }) => sum + computed, 0);

/** Files of shards, complete ones, below a folder that need not be there yet. */
function shardsBelow(folder: string): string[] {
  return fileState(folder) === undefined
    ? []
    : filesBelow(folder).filter((path) => /\/c\/\d+\/\d+\/\d+$/.test(path));
}

/** As if a minute had passed since processes were killed, after which they no longer count as alive. */
function letTimePass(work: string): void {
  for (const path of filesBelow(`${work}/shards`)) {
    if (path.endsWith(".jsonl")) Deno.utimeSync(path, new Date(0), new Date(0));
  }
}

Deno.test("cluster work writes OME-Zarr by eight processes at once as a run in one does, also where they are killed", (test) =>
  inTempFolder(async (folder) => {
    await writeScoringJob(folder, SHAPE);
    await runJob(folder, { set: scoring("one"), resources: { memory: 2 ** 31 } });
    const expected = await filesOf(folder, "one");
    assert.ok(RESULTS.every((result) => shardsBelow(`${folder}/one-${result}/0`).length === PROCESSES));

    await test.step("eight at once", async () => {
      const work = `${folder}/many-work`;
      const seen: string[] = [];
      for (let waiting = await prepare(folder, "many"); waiting.length > 0; waiting = await stepAlone(work)) {
        for (const stage of waiting) {
          seen.push(stage);
          const ends = await workAtOnce(work, stage);
          if (STAGES.includes(stage)) {
            assert.equal(total(ends), PROCESSES, "each block once");
            assert.ok(ends.filter(({ computed = 0 }) => computed > 0).length > 2, "several work");
          }
        }
      }
      assert.deepEqual(seen, ["convert", ...STAGES]);
      assert.deepEqual(await filesOf(folder, "many"), expected);
    });

    await test.step("killed in each stage, and resumed", async () => {
      const work = `${folder}/killed-work`;
      for (
        let waiting = await prepare(folder, "killed");
        waiting.length > 0;
        waiting = await stepAlone(work)
      ) {
        for (const stage of waiting) {
          if (STAGES.includes(stage)) {
            const before = shardsBelow(`${work}/scores`).length;
            const killed = await workAtOnce(work, stage, () => shardsBelow(`${work}/scores`).length > before);
            assert.ok(killed.some(({ signal }) => signal === "SIGKILL"), `${stage}: killed too late`);
            assert.ok(total(killed) < PROCESSES);
            letTimePass(work);
          }
          const resumed = await workAtOnce(work, stage);
          if (STAGES.includes(stage)) assert.ok(total(resumed) > 0, `${stage}: nothing was left to do`);
        }
      }
      assert.deepEqual(await filesOf(folder, "killed"), expected);
      const journal = await readJournal(work);
      for (const stage of STAGES) {
        assert.equal(blocksOf(journal, stage).values().next().value?.length, PROCESSES);
      }
      assert.deepEqual((await verifyWorkFolder(work)).faults, []);
    });
  }));
