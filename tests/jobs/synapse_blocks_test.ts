/** The table of synapses is made in blocks: with the same bits as in one pass, and whatever is lost of them is computed again. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { keptDirections, keptThreshold } from "../../src/stages/synapses/kept.ts";
import { synapseFiles, writeSynapses } from "../../src/stages/synapses/write_synapses.ts";
import { verifyWorkFolder } from "../../src/run/verify.ts";
import { exists } from "../../src/run/work_folder.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { openZarr } from "../../src/volume/zarr/mod.ts";
import { filesBelow } from "../helpers/damage.ts";
import { blocksOf, digests, runJob, writeGenerated } from "../helpers/run_job.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { runKilled } from "./run_killing.ts";

const SETTINGS = `outFileName = "out"; numStumps = 12; numWLToExplorePerIter = 60; candidatePoses = 12;
borderMinDist = 4; NegSampleProportion = 5.0; crossFitFolds = 1; seed = 1;`;
const SHAPE: Zyx = [34, 70, 140];
/** The smallest blocks of this shape with anisotropy 2.5, 2 x 2 x 2 of them. */
const CHUNKS: Zyx = [32, 64, 128];

/** Digests of the table and of every file of the label volume, without the prefix of their names. */
async function tableOf(prefix: string): Promise<string[]> {
  const labels = filesBelow(`${prefix}-synapses.zarr`).sort();
  assert.ok(labels.length > 1);
  const found = await digests([`${prefix}-synapses.csv`, `${prefix}-synapses.json`, ...labels]);
  return found.map((text) => text.replaceAll(prefix, "").replace(/^.*(-synapses)/, "$1"));
}

/** What one pass over the scores of a run makes of them. */
async function inOnePass(folder: string): Promise<string[]> {
  const scores = await openZarr(`${folder}/out-work/scores/0-max.zarr`);
  const files = synapseFiles(`${folder}/one-pass`);
  await writeSynapses(scores, {
    name: scores.path,
    nameInJson: "scores/0-max.zarr",
    files: { csv: files.csv, json: files.json, labels: files.labels },
    threshold: keptThreshold(scores) ?? NaN,
    anisotropy: 2.5,
    directions: await keptDirections(scores),
  });
  return await tableOf(`${folder}/one-pass`);
}

Deno.test("runCcboost() lists the synapses in any blocks with the bits of one pass", () =>
  inTempFolder(async (folder) => {
    await writeGenerated(folder, { shape: SHAPE, anisotropy: 2.5, text: SETTINGS });
    const { report, journal } = await runJob(folder, { resources: { workers: 2, blockShape: CHUNKS } });
    const expected = await inOnePass(folder);
    assert.deepEqual(await tableOf(`${folder}/out-0`), expected);
    const parts = journal.flatMap((event) =>
      event.event === "block-done" && event.stage === "synapse-parts-0"
        ? [(event.result as { readonly parts: number }).parts]
        : []
    );
    assert.equal(parts.length, 8);
    const count = report.tables[0]?.count ?? 0;
    assert.ok(count > 0 && parts.reduce((a, b) => a + b) > count, "some lie in several blocks");
    assert.equal(await exists(`${folder}/out-work/synapse-parts-0`), false);
    assert.deepEqual((await verifyWorkFolder(`${folder}/out-work`)).faults, []);

    for (
      const resources of [{}, {
        workers: 3,
        blockShape: [32, 128, 128] as const,
      }]
    ) {
      await Deno.remove(`${folder}/out-0-synapses.zarr`, { recursive: true });
      await runJob(folder, { resources });
      assert.deepEqual(await tableOf(`${folder}/out-0`), expected, JSON.stringify(resources));
    }
  }));

Deno.test({
  name:
    "runCcboost() goes on with the blocks of synapses after kills, and computes again what is lost of them",
  ignore: Deno.build.os === "windows", // which has no SIGKILL
  fn: () =>
    inTempFolder(async (folder) => {
      await writeGenerated(folder, { shape: SHAPE, anisotropy: 2.5, text: SETTINGS });
      const work = `${folder}/out-work`;
      const kill = { limit: CHUNKS.join() };
      await runKilled(folder, work, { ...kill, stage: "synapses 0", advances: 3 });
      const parts = join(work, "synapse-parts-0");
      const [gone = "", damaged = ""] = filesBelow(parts).filter((path) => path.endsWith(".parts")).sort();
      await Deno.remove(gone);
      const { faults } = await verifyWorkFolder(work);
      assert.ok(faults.some(({ kind, path }) => kind === "missing" && path === gone));
      await runKilled(folder, work, { ...kill, stage: "synapse labels 0", advances: 2 });
      const afterKills = await runJob(folder, { resources: { blockShape: CHUNKS } });
      assert.deepEqual(await tableOf(`${folder}/out-0`), await inOnePass(folder));
      for (const [stage, blocks] of [["synapse-parts-0", 9], ["synapse-labels-0", 8]] as const) {
        const [done = []] = blocksOf(afterKills.journal, stage).values();
        assert.equal(done.length, blocks, `${stage}: one for each, and one for what was lost`);
      }

      await Deno.remove(`${folder}/out-0-synapses.csv`);
      await runKilled(folder, work, { ...kill, stage: "synapses 0", advances: 8 });
      const bytes = await Deno.readFile(damaged);
      bytes[8] = (bytes[8] ?? 0) ^ 1;
      await Deno.writeFile(damaged, bytes);
      assert.ok((await verifyWorkFolder(work)).faults.some(({ path }) => path === damaged));
      const { said } = await runJob(folder, { resources: { blockShape: CHUNKS } });
      assert.match(said, /\.parts is damaged .*computed again/);
      assert.deepEqual(await tableOf(`${folder}/out-0`), await tableOf(`${folder}/one-pass`));

      await Deno.remove(`${folder}/out-0-synapses.csv`);
      await runKilled(folder, work, { ...kill, stage: "synapse labels 0", advances: 8 });
      const [chunk = ""] = filesBelow(`${folder}/out-0-synapses.zarr.partial/c`);
      await Deno.remove(chunk);
      const { said: again } = await runJob(folder, { resources: { blockShape: CHUNKS } });
      assert.match(again, /out-0-synapses\.zarr\.partial: \d+ of \d+ chunks exist; it is written again/);
      assert.deepEqual(await tableOf(`${folder}/out-0`), await tableOf(`${folder}/one-pass`));
    }),
});
