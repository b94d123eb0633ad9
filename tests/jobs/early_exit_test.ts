/** `--early-exit`: what reaches the score is exact, what does not stays below it, and blocks change neither. */
import assert from "node:assert/strict";
import { UserError } from "../../src/user_error.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { blocksOf, digests, readNrrd, runJob, writeGenerated } from "../helpers/run_job.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const TEXT =
  `numStumps = 12; numWLToExplorePerIter = 60; outFileName = "out"; borderMinDist = 3; candidatePoses = 20;
crossFitFolds = 1; NegSampleProportion = 3.0;`;

Deno.test("runCcboost() with leastScore leaves only what cannot reach it, alike for all blocks", async () => {
  await inTempFolder(async (folder) => {
    await writeGenerated(folder, { shape: [20, 36, 140], anisotropy: 2, text: TEXT });
    await runJob(folder);
    const score = async (set: readonly string[], leastScore?: number, blockShape?: Zyx) => {
      const model = `savedStumpsPath="${folder}/out-stumps.cfg"`;
      const { journal } = await runJob(folder, {
        set: [model, ...set],
        leastScore,
        resources: { blockShape },
      });
      return [...blocksOf(journal, "score-0").values()].flat().length;
    };
    const paths = (name: string) => ["max", "min"].map((of) => `${folder}/${name}-0-ab-${of}.nrrd`);
    const read = async (name: string) => await Promise.all(paths(name).map(readNrrd));
    const [max = new Float32Array(), min = new Float32Array()] = await read("out");
    const least = [...max].sort((a, b) => a - b)[Math.floor(max.length * 0.95)] ?? 0;

    assert.equal(await score([`outFileName="early"`], least), 1);
    const [early = new Float32Array(), earlyMin = new Float32Array()] = await read("early");
    let reached = 0, differing = 0;
    for (const [i, value] of max.entries()) {
      if (value >= least) {
        assert.equal(early[i], value);
        assert.equal(earlyMin[i], min[i]);
        reached++;
      } else {
        assert.ok((early[i] ?? 0) < least, `voxel ${i}: ${early[i]} is no lower than ${least}`);
        if (early[i] !== value) differing++;
      }
    }
    assert.ok(reached > 0 && differing > max.length / 10, `${reached} reached, ${differing} were left`);

    assert.equal(await score([`outFileName="blocks"`], least, [32, 64, 128]), 2, "a block a chunk");
    const strip = (list: string[]) => list.map((text) => text.split(" ")[1]);
    assert.deepEqual(strip(await digests(paths("blocks"))), strip(await digests(paths("early"))));

    await score([`outFileName="none"`], 1e6);
    const [none = new Float32Array()] = await read("none");
    // out of reach at once: all stumps but those of the first column are left out
    const atOnce = none.filter((value, i) => Math.abs(value) < Math.abs(max[i] ?? 0)).length;
    assert.ok(atOnce > max.length / 2, `${atOnce} of ${max.length} were left at once`);

    const { said } = await runJob(folder, {
      set: [`outFileName="smooth"`, "smoothing=2"],
      leastScore: least,
    });
    assert.match(said, /--early-exit is ignored/);

    await assert.rejects(
      score([`outFileName="saved"`, `extra.saveTestingFeatures=true`], least),
      (error) => error instanceof UserError && /--early-exit .*saveTestingFeatures/.test(error.message),
    );
  });
});
