/** Supervoxels and frames of a whole volume, by one thread. */
import { loadKernels } from "../src/kernels/mod.ts";
import { framesAt, openVolume, readBlock } from "../src/stages/volume_block.ts";
import { seedGrid } from "../src/supervoxels/grid.ts";
import { segment } from "../src/supervoxels/slic.ts";
import { voxelCount, wholeRegion } from "../src/volume/region.ts";
import { type Measurement, timeRuns } from "./measure.ts";
import type { Part, Setting } from "./part.ts";
import type { Kind } from "./sizes.ts";
import { openSetup } from "./volume_setup.ts";

export const supervoxels: Part = {
  name: "supervoxels",
  about: "SLIC, and frames at the centroids",
  repeat: 5,
  async run(setting) {
    return [...await ofKind(setting, "isotropic"), ...await ofKind(setting, "anisotropic")];
  },
};

async function ofKind(setting: Setting, kind: Kind): Promise<Measurement[]> {
  const shape = setting.sizes.volume[kind];
  await using setup = await openSetup(setting, kind, shape, "supervoxels");
  const kernels = await loadKernels();
  const { arena } = kernels;
  const { job } = setup.volume;
  const open = await openVolume(job);
  const whole = wholeRegion(shape);
  const block = await readBlock(kernels, open, whole);
  const map = arena.alloc(voxelCount(shape) * 4);
  const find = () => {
    const mark = arena.mark();
    const found = segment(kernels, block.raw, seedGrid(shape, job.slic), whole, whole, map);
    arena.release(mark);
    return found;
  };
  const { centroids, count } = find(); // and warms up
  const line = { unit: "voxels/s", amount: voxelCount(shape) } as const;
  const note = `${shape.join(" x ")}, ${count} supervoxels`;
  return [
    { ...line, name: `slic ${kind}`, bound: 8e6, note, seconds: await timeRuns(setting.repeat, find) },
    {
      ...line,
      name: `frames ${kind}`,
      seconds: await timeRuns(setting.repeat, () => framesAt(kernels, open, block, centroids)),
    },
  ];
}
