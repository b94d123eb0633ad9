/** One scored block in the middle of a volume, by one thread, and where its time goes. */
import { join } from "node:path";
import { readStumpFile } from "../src/boosting/mod.ts";
import { type KernelExports, type Kernels, loadKernels } from "../src/kernels/mod.ts";
import { scoreContext } from "../src/stages/reach.ts";
import { fixedStumps } from "../src/stages/score.ts";
import { openScoreJob, scoreBlock } from "../src/stages/score_block.ts";
import { growRegion, type Region, voxelCount, type Zyx } from "../src/volume/region.ts";
import { createZarr, defaultChunk } from "../src/volume/zarr.ts";
import { type Measurement, median, timeRuns } from "./measure.ts";
import type { Part } from "./part.ts";
import { openSetup } from "./volume_setup.ts";

/** Kernels with a smaller share are one line. */
const LEAST_SHARE = 0.005;

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
    const scores = async (name: string) => {
      const path = join(setup.context.workFolder, `${name}.zarr`);
      return (await createZarr(path, { shape: volume.raw.shape, chunk, dtype: "float32" })).path;
    };
    const opened = await openScoreJob({
      stage: "score",
      volume: job,
      stumps,
      max: await scores("max"),
      min: await scores("min"),
      orientation: "",
      features: "",
    });
    const write = middleBlock(shape, sizes.block, chunk);
    const read = growRegion(write, context, shape);
    const { kernels, times } = timedKernels(await loadKernels());
    await scoreBlock(kernels, opened, read, write); // the optimising compiler is done after it
    const profiles: Map<string, number>[] = [];
    const seconds = await timeRuns(repeat, async () => {
      times.clear();
      await scoreBlock(kernels, opened, read, write);
      profiles.push(new Map(times));
    });
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
      ...shares(seconds, profiles),
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

/** Kernels that add up the milliseconds spent in each of them. */
function timedKernels({ run, arena }: Kernels): { kernels: Kernels; times: Map<string, number> } {
  const times = new Map<string, number>();
  const timed = Object.entries(run).map(([name, f]: [string, unknown]) => {
    if (typeof f !== "function") return [name, f];
    return [name, (...args: readonly number[]) => {
      const begin = performance.now();
      const result: unknown = f(...args);
      times.set(name, (times.get(name) ?? 0) + performance.now() - begin);
      return result;
    }];
  });
  return { kernels: { run: Object.fromEntries(timed) as unknown as KernelExports, arena }, times };
}

/** A line for each kernel that matters, one for the others, and one for what is no kernel: TypeScript, reading and writing. */
function shares(seconds: readonly number[], profiles: readonly ReadonlyMap<string, number>[]): Measurement[] {
  const total = median(seconds);
  const timesOf = (name: string) => profiles.map((profile) => (profile.get(name) ?? 0) / 1000);
  const names = [...profiles[0]?.keys() ?? []].sort((a, b) => median(timesOf(b)) - median(timesOf(a)));
  const large = names.filter((name) => median(timesOf(name)) >= LEAST_SHARE * total);
  const small = names.filter((name) => !large.includes(name));
  const sum = (of: readonly string[]) =>
    seconds.map((_, i) => of.reduce((total, name) => total + (timesOf(name)[i] ?? 0), 0));
  const inKernels = sum(names);
  const rest = seconds.map((s, i) => s - (inKernels[i] ?? 0));
  const line = (name: string, of: readonly number[]): Measurement => ({
    name: `block ${name}`,
    unit: "s",
    amount: 1,
    seconds: of,
    share: median(of) / total,
  });
  return [
    ...large.map((name) => line(name, timesOf(name))),
    line("other kernels", sum(small)),
    line("no kernel", rest),
  ];
}
