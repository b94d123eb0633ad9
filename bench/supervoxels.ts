/** Supervoxels and frames of a whole volume, by one thread and by all. */
import { loadKernels } from "../src/kernels/mod.ts";
import { framesAt, openVolume, readBlock } from "../src/block/volume_block.ts";
import { seedGrid } from "../src/supervoxels/grid.ts";
import { segment } from "../src/supervoxels/slic.ts";
import { voxelCount, wholeRegion } from "../src/volume/region.ts";
import { type KernelCase, type Measurement, timeRuns } from "./measure.ts";
import type { Part, Setting } from "./part.ts";
import type { Kind } from "./sizes.ts";
import { measureThreads } from "./threads.ts";
import { openSetup } from "./volume_setup.ts";

export const supervoxels: Part = {
  name: "supervoxels",
  about: "SLIC, and frames at the centroids",
  repeat: 5,
  async run(setting) {
    const lines = [];
    for (const kind of ["isotropic", "anisotropic"] as const) {
      lines.push(...await ofKind(setting, kind), await measureThreads(setting, "slic", kind, 8e6));
    }
    return lines;
  },
};

async function prepare(setting: Setting, kind: Kind, use: string) {
  const shape = setting.sizes.volume[kind];
  await using setup = await openSetup(setting, kind, shape, use);
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
  const slic: KernelCase = {
    ...line,
    name: `slic ${kind}`,
    note: `${shape.join(" x ")}, ${count} supervoxels`,
    run: find,
  };
  return { slic, frames: { ...line, run: () => framesAt(kernels, open, block, centroids) } };
}

/** SLIC on a volume, laid out to be run again and again. `use` names the files. */
export async function slicCase(setting: Setting, kind: Kind, use: string): Promise<KernelCase> {
  return (await prepare(setting, kind, use)).slic;
}

async function ofKind(setting: Setting, kind: Kind): Promise<Measurement[]> {
  const { slic: { run: find, ...slic }, frames: { run: frame, ...frames } } = await prepare(
    setting,
    kind,
    "supervoxels",
  );
  return [
    { ...slic, seconds: await timeRuns(setting.repeat, find) },
    { ...frames, name: `frames ${kind}`, seconds: await timeRuns(setting.repeat, frame) },
  ];
}
