/** How long a thread takes to make coarser levels of a block of scores and to store them: `deno run -A bench/levels.ts [folder]`. */
import { openLevels } from "../src/stages/export/levels_block.ts";
import { voxelCount, wholeRegion, type Zyx } from "../src/volume/region.ts";
import { levelRounds } from "../src/volume/sharded_levels.ts";
import { createZarr, defaultChunk, writeRegion } from "../src/volume/zarr/mod.ts";

const SHAPE: Zyx = [256, 256, 256];
const RUNS = 5;

const folder = await Deno.makeTempDir({ dir: Deno.args[0] ?? ".", prefix: "levels-" });
try {
  const chunk = defaultChunk(SHAPE, 1);
  const [{ levels }] = levelRounds(SHAPE, [1, 1, 1], chunk);
  // as refined scores are: whole numbers of sixty-fourths, smooth
  const scores = Float32Array.from(
    { length: voxelCount(SHAPE) },
    (_, i) => Math.round(300 * Math.sin(i / 40) + 200 * Math.cos(i / 9000)) / 64,
  );
  const times = { level0: [] as number[], levels: [] as number[] };
  for (let run = 0; run < RUNS; run++) {
    const arrays = await Promise.all(
      levels.map(({ index, shape, chunk, shard }) =>
        createZarr(`${folder}/${run}-${index}`, {
          shape,
          chunk,
          shard,
          dtype: "float32",
          codec: "zstd",
          storesAll: true,
        })
      ),
    );
    const [finest] = arrays;
    if (finest === undefined) throw new Error("no level");
    let begin = performance.now();
    await writeRegion(finest, wholeRegion(SHAPE), scores);
    times.level0.push(performance.now() - begin);
    const write = await openLevels(
      levels.slice(1).map(({ factor, ofSource }, i) => ({
        path: arrays[i + 1]?.path ?? "",
        factor,
        ofSource,
      })),
    );
    begin = performance.now();
    await write(scores, wholeRegion(SHAPE));
    times.levels.push(performance.now() - begin);
  }
  for (const [what, all] of Object.entries(times)) {
    const [least, median] = [Math.min(...all), all.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0];
    const each = (ms: number) => (ms * 1e6 / voxelCount(SHAPE)).toFixed(1);
    await Deno.stdout.write(new TextEncoder().encode(
      `${what}: median ${median.toFixed(0)} ms, ${each(median)} ns per voxel; least ${each(least)} ns\n`,
    ));
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
