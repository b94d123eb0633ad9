import assert from "node:assert/strict";
import fc from "fast-check";
import { createZarr } from "../../src/volume/zarr/mod.ts";
import { regionContains, regionEnd, voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import {
  arraySource,
  atLeast,
  chunkBlocks,
  volumeBlocks,
  zarrBytes,
  zarrScores,
  zarrSink,
} from "../../src/analysis/voxel_source.ts";
import { evaluate } from "../../src/analysis/evaluate.ts";
import { erodeDilate } from "../../src/stages/erode_dilate.ts";
import { findComponents } from "../../src/stages/components.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const triple = (max: number) =>
  fc.tuple(fc.integer({ min: 1, max }), fc.integer({ min: 1, max }), fc.integer({ min: 1, max }));

Deno.test("volumeBlocks() covers every voxel once, in whole chunks, within the limit", () => {
  fc.assert(
    fc.property(triple(12), triple(7), fc.integer({ min: 1, max: 400 }), (shape, chunk, maxVoxels) => {
      const seen = new Uint8Array(voxelCount(shape));
      for (const block of volumeBlocks({ shape, chunk }, maxVoxels)) {
        assert.ok(regionContains(wholeRegion(shape), block));
        assert.ok(voxelCount(block.shape) <= Math.max(maxVoxels, voxelCount(chunk)));
        const [z1, y1, x1] = regionEnd(block), [z0, y0, x0] = block.start;
        for (let z = z0; z < z1; z++) {
          for (let y = y0; y < y1; y++) {
            for (let x = x0; x < x1; x++) {
              const i = (z * shape[1] + y) * shape[2] + x;
              seen[i] = (seen[i] ?? 0) + 1;
            }
          }
        }
        for (const [axis, start] of block.start.entries()) {
          const end = regionEnd(block)[axis], size = chunk[axis] ?? 1;
          assert.equal(start % size, 0);
          assert.ok(end === shape[axis] || (end ?? 0) % size === 0);
        }
      }
      assert.ok(seen.every((count) => count === 1));
    }),
  );
});

Deno.test("chunkBlocks() makes blocks about as long on each axis", () => {
  const blocks = chunkBlocks(wholeRegion([1000, 1000, 1000]), [16, 16, 16], 128 ** 3);
  assert.deepEqual(blocks[0]?.shape, [128, 128, 128]);
});

Deno.test("zarrBytes(), zarrScores() and zarrSink() let the analyses work on Zarr arrays", async () => {
  await inTempFolder(async (folder) => {
    const shape: Zyx = [5, 6, 7], chunk: Zyx = [2, 4, 4];
    const labels = await createZarr(`${folder}/labels`, { shape, chunk, dtype: "uint8" });
    const voxels = new Uint8Array(voxelCount(shape)).map((_, i) => i % 7 > 1 && i % 7 < 5 ? 255 : 0);
    await zarrSink<Uint8Array>(labels).write(wholeRegion(shape), voxels);

    const numbers = await createZarr(`${folder}/numbers`, { shape, chunk: [3, 2, 7], dtype: "uint32" });
    const { components, counts } = await findComponents(zarrBytes(labels), zarrSink(numbers));
    assert.deepEqual([components.length, components[0]?.voxels, counts.positive], [1, 90, 90]);
    assert.deepEqual(components[0]?.box, { start: [0, 0, 2], shape: [5, 6, 3] });

    const eroded = await createZarr(`${folder}/eroded`, { shape, chunk, dtype: "uint8" });
    await erodeDilate(zarrBytes(labels), zarrSink(eroded), 1, 1, { blockVoxels: 1 });
    const written = new Uint8Array(voxels.length);
    await zarrBytes(eroded).read(wholeRegion(shape), written);
    assert.deepEqual([...written.subarray(0, 7)], [0, 128, 128, 255, 128, 128, 0]);

    const { averagePrecision } = await evaluate(zarrScores(labels), zarrBytes(eroded));
    assert.equal(averagePrecision, 1);
    assert.throws(() => zarrBytes(numbers), {
      name: "UserError",
      message: /numbers: voxels are uint32, expected uint8/,
    });
    assert.throws(() => zarrScores(numbers), { name: "UserError", message: /expected float32 or uint8/ });
  });
});

Deno.test("atLeast() labels scores from the threshold on, of either type", async () => {
  const region = wholeRegion([1, 1, 4]);
  const out = new Uint8Array(4);
  await atLeast(arraySource("scores", Float32Array.of(1, 0.5, NaN, -1), [1, 1, 4]), 0.5).read(region, out);
  assert.deepEqual([...out], [255, 255, 0, 0]);
  await atLeast(arraySource("probabilities", Uint8Array.of(0, 99, 100, 254), [1, 1, 4]), 100).read(
    region,
    out,
  );
  assert.deepEqual([...out], [0, 0, 255, 255]);
});
