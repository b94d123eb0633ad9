/** What the keys do that say how the values and voxels of an input are to be taken. */
import assert from "node:assert/strict";
import { openZarr } from "../../../src/volume/zarr/mod.ts";
import { type KeyCase, type KeyJob, stumpsText, tinyVolume, writeNrrd } from "./job.ts";

/** The raw volume as floats: `values * 3 - 100`. */
async function writeFloats({ folder }: KeyJob): Promise<void> {
  await writeNrrd(
    `${folder}/floats.nrrd`,
    Float32Array.from(tinyVolume(1).raw, (value) => value * 3 - 100),
    1,
  );
}

/** What makes the floats the raw volume again: 255 * 3 - 100. */
const BACK = "[-100.0, 665.0]";

export const INPUT_CASES: readonly KeyCase[] = [
  {
    keys: ["rescale", "train.rescale", "test[].rescale"],
    what: "makes 8-bit values of others, for all volumes or each",
    async test(job) {
      const { base, run, score, train } = job;
      await writeFloats(job);
      const volumes = ["train.rawVolume=floats.nrrd", "test[0].rawVolume=floats.nrrd"];
      await assert.rejects(
        () => run(volumes),
        /floats\.nrrd: float32 .* 0 and 255 with --rescale/,
      );
      const whole = await run([...volumes, `rescale=${BACK}`]);
      assert.equal(stumpsText(whole), stumpsText(base));
      assert.deepEqual(await whole.max(), await base.max());
      assert.match(whole.said, /floats\.nrrd: values -100 to 665 become 0 to 255/);
      const trained = await train([`train.rawVolume=floats.nrrd`, `train.rescale=${BACK}`]);
      assert.equal(stumpsText(trained), stumpsText(base));
      const scored = await score(["test[0].rawVolume=floats.nrrd", `test[0].rescale=${BACK}`]);
      assert.deepEqual(await scored.max(), await base.max());
      const other = await score(["test[0].rawVolume=floats.nrrd", "test[0].rescale=auto", `rescale=${BACK}`]);
      assert.notDeepEqual(await other.max(), await base.max());
    },
  },
  {
    keys: ["voxelSize", "train.voxelSize", "test[].voxelSize"],
    what:
      "tells the size of voxels, keeps it with the scores, changes none, and warns where the anisotropy is another",
    async test({ base, run, score }) {
      const sizeOf = async (out: string) => (await openZarr(`${out}-work/scores/0-max.zarr`)).voxelSize;
      const whole = await run(["voxelSize=[5, 5, 5]"]);
      assert.deepEqual(await sizeOf(whole.out), [5, 5, 5]);
      assert.deepEqual(await whole.max(), await base.max());
      assert.match(whole.said, /raw\.tif: .*5 x 5 x 5 nm/);
      assert.doesNotMatch(whole.said, /zAnisotropyFactor/);
      assert.equal(await sizeOf(base.out), undefined);
      const each = await run(["train.voxelSize=[4, 4, 4.3]", "test[0].voxelSize=[4, 4, 40]"]);
      assert.deepEqual(await sizeOf(each.out), [40, 4, 4]);
      assert.match(each.said, /raw\.tif: .*4 x 4 x 4\.3 nm/);
      assert.match(
        each.said,
        /4 x 4 x 40 nm \(x, y, z\) are 10 times as long .* zAnisotropyFactor is 1; set it to 10, or/,
      );
      assert.equal(each.said.match(/zAnisotropyFactor/g)?.length, 1);
      const flat = await score(["voxelSize=[9, 9, 3]"]);
      assert.match(flat.said, /are 0\.333 times as long in z .*; resample it along z/);
    },
  },
];
