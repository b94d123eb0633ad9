import assert from "node:assert/strict";
import { channelName, defaultChannels, rangeOf } from "../../src/channels/mod.ts";
import { loadKernels } from "../../src/kernels/mod.ts";
import { wholeRegion } from "../../src/volume/region.ts";
import { columnsOf, loadBlock } from "../helpers/channels_support.ts";
import { compare, readFloat16, readTiff, referenceFolder } from "../helpers/channels_reference.ts";

const folder = await referenceFolder();
const skipped = folder === undefined ? " (skipped: no reference data)" : "";

Deno.test({
  name: `computeChannel() agrees with the original on every default column of fibsem${skipped}`,
  ignore: folder === undefined,
  async fn() {
    const volume = await readTiff(`${folder}/fibsem/volume.tif`);
    const kernels = await loadKernels();
    const raw = loadBlock(kernels, volume, 1);
    for (const channel of defaultChannels) {
      const original = await readFloat16(`${folder}/fibsem/${channelName(channel)}.f16.gz`);
      const columns = columnsOf(kernels, raw, channel, wholeRegion(volume.shape));
      for (const [component, ours] of columns.entries()) {
        const theirs = { values: original, first: component, step: columns.length };
        const { correlation, slope } = compare({ values: ours }, theirs);
        const name = `${channelName(channel)} component ${component}`;
        assert.ok(correlation >= 0.999, `${name}: correlation ${correlation}`);
        assert.ok(Math.abs(slope - 1) <= 0.03, `${name}: slope ${slope}`);
      }
    }
  },
});

Deno.test({
  name: `rangeOf() holds every voxel of fibsem and vnc, and gives half of them 55 levels or more${skipped}`,
  ignore: folder === undefined,
  async fn() {
    for (const [file, anisotropy] of [["fibsem/volume.tif", 1], ["vnc/test.tif", 10]] as const) {
      const volume = await readTiff(`${folder}/${file}`);
      const kernels = await loadKernels();
      const raw = loadBlock(kernels, volume, anisotropy);
      const part = { start: [0, 0, 0], shape: [Math.min(20, volume.shape[0]), 99, 106] } as const;
      for (const channel of defaultChannels) {
        for (const [component, column] of columnsOf(kernels, raw, channel, part).entries()) {
          const { low, high } = rangeOf(channel, component);
          const sorted = column.toSorted();
          const median = sorted[sorted.length >> 1] ?? 0;
          const name = `${file} ${channelName(channel)} component ${component}`;
          assert.ok(
            (sorted[0] ?? 0) >= low - 1e-3 && (sorted.at(-1) ?? 0) <= high,
            `${name} exceeds ${low} ... ${high}`,
          );
          assert.ok(((median - low) / (high - low)) * 62000 >= 55, `${name}: median ${median} of ${high}`);
        }
      }
    }
  },
});
