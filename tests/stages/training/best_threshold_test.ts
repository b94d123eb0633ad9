import assert from "node:assert/strict";
import fc from "fast-check";
import { partToScore } from "../../../src/stages/training/best_threshold.ts";
import { regionContains, voxelCount, wholeRegion, type Zyx } from "../../../src/volume/region.ts";

const CHUNK: Zyx = [4, 8, 8];

Deno.test("partToScore() takes a whole volume that is small, and whole chunks of another, with a synapse", () => {
  const side = fc.integer({ min: 1, max: 60 });
  const setting = fc.tuple(side, side, side).chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      enough: fc.integer({ min: 1, max: 20_000 }),
      components: fc.array(
        fc.record({
          position: fc.tuple(
            ...shape.map((n) => fc.nat(n - 1)) as [
              fc.Arbitrary<number>,
              fc.Arbitrary<number>,
              fc.Arbitrary<number>,
            ],
          ),
          voxels: fc.integer({ min: 1, max: 500 }),
        }),
        { minLength: 1, maxLength: 8 },
      ),
    })
  );
  fc.assert(fc.property(setting, ({ shape, enough, components }) => {
    const part = partToScore(shape, CHUNK, components, enough);
    assert.ok(regionContains(wholeRegion(shape), part) && voxelCount(part.shape) > 0);
    if (voxelCount(shape) <= enough) assert.deepEqual(part, wholeRegion(shape));
    const smallest = 4 * 8 * shape[2];
    assert.ok(
      voxelCount(part.shape) <= Math.max(1.5 * enough, smallest) * 1.5,
      `${part.shape} for ${enough}`,
    );
    for (const axis of [0, 1] as const) {
      const end = part.start[axis] + part.shape[axis];
      assert.ok(part.start[axis] % CHUNK[axis] === 0 && (end % CHUNK[axis] === 0 || end === shape[axis]));
    }
    assert.ok(components.some(({ position }) => regionContains(part, { start: position, shape: [1, 1, 1] })));
  }));
});

Deno.test("partToScore() takes the part where synapses are as rare as in the whole volume", () => {
  const at = (z: number, voxels: number) => ({ position: [z, 4, 4] as const, voxels });
  const components = [at(1, 900), at(9, 100), at(13, 320), at(30, 10)];
  // 8 parts of 4 slices: an eighth of the volume should hold an eighth of 1330 voxels, 166
  assert.deepEqual(partToScore([32, 8, 8], CHUNK, components, 4 * 64), {
    start: [8, 0, 0],
    shape: [4, 8, 8],
  });
});
