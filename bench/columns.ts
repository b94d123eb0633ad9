/** The 17 default columns: each channel by itself, and all of them as a stage computes them. */
import { channelName, componentsOf, computeChannel, defaultChannels } from "../src/channels/mod.ts";
import { poseIndex } from "../src/boosting/mod.ts";
import { loadKernels } from "../src/kernels/mod.ts";
import { gatherFeatures } from "../src/stages/training/gather.ts";
import { emptySamples, type SampleTable } from "../src/stages/training/sample_table.ts";
import { openVolume, readBlock } from "../src/block/volume_block.ts";
import { voxelCount, wholeRegion, type Zyx } from "../src/volume/region.ts";
import { type Measurement, median, timeRuns } from "./measure.ts";
import type { Part, Setting } from "./part.ts";
import { COLUMNS, openSetup } from "./volume_setup.ts";

export const columns: Part = {
  name: "columns",
  about: "the 17 default columns, by themselves and in blocks",
  repeat: 5,
  async run(setting) {
    return [...await inBlocks(setting, 1), ...await inBlocks(setting, 2), ...await channelByChannel(setting)];
  },
};

/**
 * All columns with all that they cost in a run: workers are started, blocks are planned within the memory budget and read from
 * Zarr, the context is computed more than once, and every column is integrated. It is the stage that gathers
 * features, with one box of a single voxel a column and few samples, whose own part is below a thousandth.
 */
async function inBlocks(setting: Setting, workers: number): Promise<Measurement[]> {
  const shape = setting.sizes.volume.isotropic;
  await using setup = await openSetup(setting, "isotropic", shape, "columns", workers);
  const { context, volume } = setup;
  const samples = cornerSamples(shape);
  const pose = poseIndex(0, 0, 5, 0); // distance 0, radius 0
  const features = Array.from({ length: COLUMNS }, (_, column) => ({ pose, column }));
  let repetition = 0;
  const seconds = await timeRuns(
    setting.repeat,
    () =>
      gatherFeatures(context, volume, samples, { kind: "list", features }, {
        name: "columns",
        exact: false,
        dependsOn: repetition++, // or the journal would know the blocks as done
      }),
  );
  return [{
    name: `columns ${workers} ${workers === 1 ? "worker" : "workers"}`,
    unit: "voxels/s",
    amount: voxelCount(shape),
    seconds,
    ...(workers === 2 ? { bound: 2.6e6 } : {}),
    note: `${COLUMNS} columns of ${shape.join(" x ")}`,
  }];
}

/** Samples at the corners of cubes of 16 voxels, so that every block has them in all of its corners. */
function cornerSamples(shape: Zyx): SampleTable {
  const places = (size: number) =>
    Array.from({ length: size }, (_, i) => i).filter((i) => i % 16 === 0 || i % 16 === 15 || i === size - 1);
  const [nz, ny, nx] = shape;
  const all = places(nz).flatMap((z) => places(ny).flatMap((y) => places(nx).map((x): Zyx => [z, y, x])));
  const samples = emptySamples(all.length);
  for (const [i, at] of all.entries()) {
    samples.centroids.set(at, i * 3);
    samples.frames.set([0, 1, 0, 0, 0, 1], i * 6);
  }
  return samples;
}

/** Each channel over a whole volume by one thread, without blocks and integral images. */
async function channelByChannel(setting: Setting): Promise<Measurement[]> {
  const shape = setting.sizes.volume.isotropic;
  await using setup = await openSetup(setting, "isotropic", shape, "channels");
  const kernels = await loadKernels();
  const { raw } = await readBlock(kernels, await openVolume(setup.volume.job), wholeRegion(shape));
  const lines: Measurement[] = [];
  for (const channel of defaultChannels) {
    const seconds = await timeRuns(
      setting.repeat,
      () => computeChannel(kernels, raw, channel, raw.region, () => {}),
    );
    lines.push({
      name: channelName(channel),
      unit: "voxels/s",
      amount: voxelCount(shape),
      seconds,
      note: componentsOf(channel) === 1 ? "1 column" : `${componentsOf(channel)} columns`,
    });
  }
  const total = lines.reduce((sum, line) => sum + median(line.seconds), 0);
  return lines.map((line) => ({ ...line, share: median(line.seconds) / total }));
}
