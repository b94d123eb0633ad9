/** Keys of what follows the stumps. */
import assert from "node:assert/strict";
import { openZarr, readRegion } from "../../../src/volume/zarr/mod.ts";
import { voxelCount, wholeRegion } from "../../../src/volume/region.ts";
import { CROSS_FIT, type KeyCase, type KeyRun, outputNames } from "./job.ts";
import { readNrrd } from "../../helpers/run_job.ts";

async function firstStage({ out }: KeyRun): Promise<Float32Array> {
  const volume = await openZarr(`${out}-work/scores/0-first.zarr`);
  const values = new Float32Array(voxelCount(volume.shape));
  await readRegion(volume, wholeRegion(volume.shape), values);
  return values;
}

/** Mean of the squared differences between neighbours in x. */
function roughness(values: Float32Array): number {
  let sum = 0;
  for (let i = 1; i < values.length; i++) sum += ((values[i] ?? 0) - (values[i - 1] ?? 0)) ** 2;
  return sum / values.length;
}

export const REFINE_CASES: readonly KeyCase[] = [
  {
    keys: ["crossFitFolds"],
    what: "trains so many models, whose mean the file holds, and 1 trains one that nothing follows",
    async test({ base, crossFitted, train }) {
      assert.equal(base.model.models, undefined);
      assert.equal(base.model.refinement, undefined);
      const two = await crossFitted();
      assert.deepEqual(two.model.models, [8, 8]);
      assert.equal(two.model.stumps.length, 16);
      assert.ok(two.model.refinement);
      assert.match(two.said, /cross-fitting: 2 models, /);
      const one = await train([...CROSS_FIT, "useSynapses=[2]"]);
      assert.match(one.said, /no cross-fitting.*: there is only one synapse/);
      assert.deepEqual(one.model.models, [8, 8], "as many that learned from everything");
      // too few synapses to choose by: a usual smoothing, with a threshold of its own, and a simple second stage
      const { smoothing, autoContext } = one.model.refinement ?? {};
      assert.deepEqual([smoothing?.sigma, autoContext?.trees], [[1.5, 1.5], []]);
      assert.ok((smoothing?.threshold ?? 0) > 0 && smoothing?.threshold !== one.model.threshold);
      assert.equal(autoContext?.weights?.length, autoContext?.features.length);
      assert.ok(autoContext?.weights?.some((weight) => weight !== 0) && autoContext.threshold !== undefined);
      const none = await train([...CROSS_FIT, "useSynapses=[2]", "autoContext=false"]);
      assert.deepEqual(none.model.refinement?.smoothing.sigma, [1.5, 1.5]);
      assert.equal(none.model.refinement?.autoContext, undefined);
    },
  },
  {
    keys: ["smoothing"],
    what: "smooths scores by a Gaussian in the slice and across slices, and 0 leaves them alone",
    async test({ base, score }) {
      const max = await base.max();
      const smooth = await (await score(["smoothing=3"])).max();
      assert.ok(roughness(smooth) < roughness(max) / 2);
      const inSlice = await (await score(["smoothing=[3, 0]"])).max();
      assert.notDeepEqual(inSlice, smooth);
      assert.ok(roughness(inSlice) < roughness(max) / 2);
      assert.deepEqual(await (await score(["smoothing=0"])).max(), max);
      const constant = await (await score(["smoothing=100"])).max();
      assert.ok(roughness(constant) < roughness(smooth) / 4);
    },
  },
  {
    keys: ["autoContext", "outputFirstStage"],
    what: "learns a second stage or does without, and writes what it began with",
    async test({ crossFitted, run }) {
      const both = await crossFitted();
      assert.deepEqual(outputNames(both), [
        "-0-ab-first.nrrd",
        "-0-ab-max.nrrd",
        "-0-ab-min.nrrd",
        "-stumps.cfg",
      ]);
      assert.match(both.said, /with a second stage/);
      const first = await firstStage(both);
      assert.deepEqual(await readNrrd(`${both.out}-0-ab-first.nrrd`), first);
      assert.notDeepEqual(await both.max(), first);
      const without = await run([...CROSS_FIT, "autoContext=false", "smoothing=1"]);
      assert.deepEqual(outputNames(without), ["-0-ab-max.nrrd", "-stumps.cfg"]);
      assert.equal(without.model.refinement?.autoContext, undefined);
      assert.doesNotMatch(without.said, /with a second stage/);
      assert.deepEqual(without.model.stumps, both.model.stumps);
      const nothing = await run([...CROSS_FIT, "autoContext=false", "smoothing=0"]);
      assert.deepEqual(await nothing.max(), first);
    },
  },
];
