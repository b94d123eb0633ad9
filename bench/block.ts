/** One scored block in the middle of a volume, by one thread, and where its time goes. */
import { join } from "node:path";
import { readStumpFile } from "../src/boosting/mod.ts";
import { loadKernels } from "../src/kernels/mod.ts";
import { scoreContext } from "../src/block/reach.ts";
import { fixedStumps } from "../src/stages/score/score.ts";
import { openScoreJob, scoreBlock } from "../src/stages/score/score_block.ts";
import { growRegion, type Region, voxelCount, type Zyx } from "../src/volume/region.ts";
import { createZarr, defaultChunk } from "../src/volume/zarr/mod.ts";
import type { Part } from "./part.ts";
import { profileRuns, timedKernels } from "./profile.ts";
import { openSetup } from "./volume_setup.ts";

export const block: Part = {
  name: "block",
  about: "one scored block, and the share of each kernel",
  repeat: 3,
  async run(setting) {
    const { sizes, repeat } = setting;
    const shape = sizes.blockVolume;
    await using setup = await openSetup(setting, "isotropic", shape, "block");
    const { job, ...volume } = setup.volume;
    const model = await readStumpFile(setup.model, { anisotropy: job.anisotropy });
    const stumps = fixedStumps(model, { job });
    const context = scoreContext(
      job,
      stumps.map(({ pose }) => pose),
      new Set(stumps.map(({ column }) => job.columns[column]?.source ?? 0)),
    );
    const chunk = defaultChunk(shape, job.anisotropy);
    const array = async (name: string, dtype: "float32" | "uint32") => {
      const path = join(setup.context.workFolder, `${name}.zarr`);
      return (await createZarr(path, { shape: volume.raw.shape, chunk, dtype })).path;
    };
    const opened = await openScoreJob({
      stage: "score",
      volume: job,
      stumps,
      leastScore: null,
      max: await array("max", "float32"),
      min: await array("min", "float32"),
      direction: await array("direction", "uint32"),
      orientation: "",
      features: "",
    });
    const write = middleBlock(shape, sizes.block, chunk);
    const read = growRegion(write, context, shape);
    const timed = timedKernels(await loadKernels());
    const run = () => scoreBlock(timed.kernels, opened, read, write);
    await run(); // the optimising compiler is done after it
    const { seconds, shares } = await profileRuns("block", repeat, timed, run);
    const ratio = voxelCount(read.shape) / voxelCount(write.shape);
    return [
      {
        name: "block score",
        unit: "voxels/s",
        amount: voxelCount(write.shape),
        seconds,
        note: `${write.shape.join(" x ")} written, ${
          ratio.toFixed(1)
        } times as much read, ${stumps.length} stumps`,
      },
      ...shares,
    ];
  },
};

/** The block of whole chunks nearest to the middle. */
function middleBlock(volume: Zyx, wanted: Zyx, chunk: Zyx): Region {
  const axis = (i: 0 | 1 | 2): [number, number] => {
    const length = Math.min(volume[i], Math.ceil(wanted[i] / chunk[i]) * chunk[i]);
    return [Math.floor((volume[i] - length) / 2 / chunk[i]) * chunk[i], length];
  };
  const [z, y, x] = [axis(0), axis(1), axis(2)];
  return { start: [z[0], y[0], x[0]], shape: [z[1], y[1], x[1]] };
}
