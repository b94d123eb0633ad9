/** A job whose labels leave most of the volume open, as those that are painted on the page: how much is found too much shows around them. */
import assert from "node:assert/strict";
import { readStumpFile } from "../../src/boosting/mod.ts";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { generateFixture } from "../../fixtures/fixture.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { digests, runJob, writeGenerated } from "../helpers/run_job.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const SHAPE: Zyx = [34, 70, 140];
const ANISOTROPY = 2.5;
const SETTINGS = `outFileName = "out"; numStumps = 30; numWLToExplorePerIter = 60; candidatePoses = 20;
borderMinDist = 4; NegSampleProportion = 5.0; crossFitFolds = 2; outputSynapses = false; seed = 1;`;

Deno.test("runCcboost() looks for a higher threshold where little is labelled, the same for any blocks", () =>
  inTempFolder(async (folder) => {
    await writeGenerated(folder, { shape: SHAPE, anisotropy: ANISOTROPY, text: SETTINGS });
    const run = async (name: string, resources: Parameters<typeof runJob>[1] = {}) => {
      const { said } = await runJob(folder, { set: [`outFileName=${name}`], ...resources });
      const model = await readStumpFile(`${folder}/${name}-stumps.cfg`, { anisotropy: ANISOTROPY });
      const outputs = ["stumps.cfg", "0-ab-max.nrrd"].map((output) => `${folder}/${name}-${output}`);
      const found = (await digests(outputs)).map((text) => text.replace(`${name}-`, ""));
      return { said, found, second: model.refinement?.autoContext };
    };
    const dense = await run("dense");
    assert.ok(dense.second?.trees.length, dense.said);
    assert.doesNotMatch(dense.said, /cross-fit, refined/);

    const { labels } = generateFixture({ shape: SHAPE, anisotropy: ANISOTROPY, seed: 1, synapses: 4 });
    // background in every eighth row alone
    const sparse = labels.map((label, i) => label === 0 && Math.floor(i / SHAPE[2]) % 8 > 1 ? 128 : label);
    await Deno.writeFile(`${folder}/labels.tif`, encodeTiff(sparse, SHAPE));
    const whole = await run("whole");
    assert.match(whole.said, /cross-fit, refined/);
    assert.ok(whole.second?.trees.length, whole.said);
    const small = await run("small", { resources: { workers: 2, blockShape: [32, 64, 128] } });
    assert.deepEqual(small.found, whole.found);
  }));
