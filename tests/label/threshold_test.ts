/** The threshold of the labels that are scored so far, and which are scored next. */
import assert from "node:assert/strict";
import { nearestUnscored, scoredAround } from "../../src/label/labelled_chunks.ts";
import { createThresholdFinder, thresholdOf } from "../../src/label/threshold.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const SHAPE: Zyx = [4, 8, 16];
const CHUNK: Zyx = [4, 8, 8];

Deno.test("createThresholdFinder() knows each chunk once, by its last scores; thresholdOf() is of all stacks", () =>
  inTempFolder(async (folder) => {
    const labels = await createZarr(`${folder}/labels.zarr`, { shape: SHAPE, chunk: CHUNK, dtype: "uint8" });
    const scores = await createZarr(`${folder}/scores.zarr`, {
      shape: SHAPE,
      chunk: CHUNK,
      dtype: "float32",
    });
    // background in the first chunk alone, a synapse in the second alone
    const truth = Uint8Array.from({ length: voxelCount(SHAPE) }, (_, i) => [0, 255][(i % 16) >> 3] ?? 128);
    await writeRegion(labels, wholeRegion(SHAPE), truth);
    const write = (background: number, synapse: number) =>
      writeRegion(
        scores,
        wholeRegion(SHAPE),
        Float32Array.from(truth, (label) => label === 0 ? background : synapse),
      );
    const [first, second] = [0, 8].map((x) => ({ start: [0, 0, x] as const, shape: CHUNK }));
    assert.ok(first && second);
    const finder = createThresholdFinder();
    assert.equal(thresholdOf([finder]), null);
    await write(3, 20);
    await finder.add(first, scores, labels);
    assert.equal(thresholdOf([finder]), null, "no synapse yet");
    await finder.add(second, scores, labels);
    assert.equal(thresholdOf([finder]), 20);
    await write(3, 10);
    await finder.add(second, scores, labels);
    assert.equal(thresholdOf([finder]), 10, "not of both");
    await write(15, 10);
    await finder.add(wholeRegion(SHAPE), scores, labels);
    assert.equal(thresholdOf([finder]), 10, "the background does not drive it above half of the synapse");
    const mixed = Float32Array.from(truth, (label, i) => label === 0 ? 15 : i % 4 === 0 ? 10 : 30);
    await writeRegion(scores, wholeRegion(SHAPE), mixed);
    await finder.add(wholeRegion(SHAPE), scores, labels);
    assert.equal(thresholdOf([finder]), 15 + 1 / 64, "above the background");
    const [one, other] = [createThresholdFinder(), createThresholdFinder()];
    await one.add(first, scores, labels);
    await other.add(second, scores, labels);
    assert.deepEqual([one, other].map((alone) => thresholdOf([alone])), [null, null]);
    assert.equal(thresholdOf([one, other]), 15 + 1 / 64, "of the labels of two stacks");
  }));

Deno.test("nearestUnscored() begins with what is near, scoredAround() ends where something is not scored", () => {
  const volume = { shape: [8, 24, 24], chunk: [4, 8, 8] } as const;
  const labelled: Zyx[] = [[0, 0, 0], [1, 2, 2], [0, 1, 1], [0, 0, 1]];
  assert.deepEqual(nearestUnscored(volume, labelled, new Set(["0/0/1"]), [7, 20, 20]), [
    [1, 2, 2],
    [0, 1, 1],
    [0, 0, 0],
  ]);
  const of = (...scored: string[]) => scoredAround(volume, [0, 1, 1], new Set(["0/1/1", ...scored]));
  assert.deepEqual(of(), { start: [0, 8, 8], shape: [4, 8, 8] });
  assert.deepEqual(of("0/1/0", "1/1/1"), { start: [0, 8, 8], shape: [8, 8, 8] }, "1/1/0 is missing");
  assert.deepEqual(of("0/1/0", "1/1/1", "1/1/0"), { start: [0, 8, 0], shape: [8, 8, 16] });
  assert.deepEqual(of("0/1/0", "0/1/2"), { start: [0, 8, 0], shape: [4, 8, 24] });
});
