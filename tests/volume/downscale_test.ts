import assert from "node:assert/strict";
import fc from "fast-check";
import { createContrastCounter } from "../../src/volume/contrast.ts";
import { downscaledShape, downscaleMean, downscaleMode } from "../../src/volume/downscale.ts";
import { allocateVoxels, type Voxels } from "../../src/volume/dtype.ts";
import { pyramidLevels } from "../../src/volume/pyramid.ts";
import { voxelCount, type Zyx } from "../../src/volume/region.ts";
import { expectedMean, expectedMode } from "../helpers/pyramid_reference.ts";
import { shapesUpTo } from "../helpers/shapes.ts";

const shapes = shapesUpTo([5, 6, 9]);
const factors = fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 2), fc.constantFrom(1, 2));

function fill(voxels: Voxels, value: (index: number) => number): Voxels {
  for (let i = 0; i < voxels.length; i++) voxels[i] = value(i);
  return voxels;
}

Deno.test("downscaleMean() gives the mean of every box, also where it is cut off", () => {
  fc.assert(fc.property(
    shapes,
    factors,
    fc.constantFrom("uint8" as const, "float32" as const),
    fc.array(fc.nat(255), { minLength: 1, maxLength: 40 }),
    (shape, factor, dtype, values) => {
      const voxels = fill(
        allocateVoxels(dtype, voxelCount(shape)),
        (i) => (values[i % values.length] ?? 0) / (dtype === "uint8" ? 1 : 7) - (dtype === "uint8" ? 0 : 9),
      );
      const out = allocateVoxels(dtype, voxelCount(downscaledShape(shape, factor)));
      downscaleMean({ voxels, shape }, factor, out);
      assert.deepEqual(out, expectedMean(voxels, shape, factor));
    },
  ));
});

Deno.test("downscaleMean() rounds halves up", () => {
  const out = new Uint8Array(2);
  downscaleMean({ voxels: Uint8Array.of(0, 1, 254, 255), shape: [1, 1, 4] }, [1, 1, 2], out);
  assert.deepEqual([...out], [1, 255]);
});

Deno.test("downscaleMode() gives the most frequent label of every box, and rather a small label than none", () => {
  fc.assert(fc.property(
    shapes,
    factors,
    fc.constantFrom("uint8" as const, "uint32" as const),
    fc.array(fc.nat(3), { minLength: 1, maxLength: 40 }),
    (shape, factor, dtype, values) => {
      const voxels = fill(allocateVoxels(dtype, voxelCount(shape)), (i) => values[i % values.length] ?? 0);
      const out = allocateVoxels(dtype, voxelCount(downscaledShape(shape, factor)));
      downscaleMode({ voxels, shape }, factor, out);
      assert.deepEqual(out, expectedMode(voxels, shape, factor));
    },
  ));
  const labels = Uint32Array.of(0, 0, 4e9, 4e9, 7, 7, 3, 9);
  const out = new Uint32Array(2);
  downscaleMode({ voxels: labels, shape: [1, 2, 4] }, [1, 2, 2], out);
  assert.deepEqual([...out], [7, 4e9]);
});

Deno.test("pyramidLevels() halves the finest axes first, until a level is seen at once", () => {
  const levels = pyramidLevels([100, 1000, 1200], [40, 4, 4]);
  assert.deepEqual(levels.map(({ shape }) => shape), [
    [100, 1000, 1200],
    [100, 500, 600],
    [100, 250, 300],
    [100, 125, 150],
    [50, 63, 75],
  ]);
  assert.deepEqual(levels.at(-1)?.scale, [2, 16, 16]);
  assert.equal(pyramidLevels([64, 64, 64], [1, 1, 1]).length, 1);
});

Deno.test("pyramidLevels() ends with a small level whatever the shape and voxel size, axes nearly as long", () => {
  const length = fc.integer({ min: 1, max: 2 ** 20 });
  const size = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
  fc.assert(fc.property(fc.tuple(length, length, length), fc.tuple(size, size, size), (shape, voxelSize) => {
    const levels = pyramidLevels(shape, voxelSize);
    assert.ok(levels.length <= 61);
    assert.ok(voxelCount(levels.at(-1)?.shape ?? [Infinity, 1, 1]) <= 64 ** 3);
    for (const [index, { shape: found, scale, factor }] of levels.entries()) {
      const expected = shape.map((n, axis) => Math.ceil(n / (scale[axis] ?? 1)));
      assert.deepEqual(found, expected as unknown as Zyx);
      const ratio = (of: Zyx) => {
        const sizes = of.map((by, axis) => by * (voxelSize[axis] ?? 1)).filter((_, axis) =>
          (found[axis] ?? 1) > 1
        );
        return Math.max(...sizes) / Math.min(...sizes);
      };
      const before = levels[index - 1];
      if (before === undefined) continue;
      assert.ok(factor.includes(2));
      // Never further from cubes than before, but for what is near them.
      if (found.every((n) => n > 1)) {
        assert.ok(ratio(scale) <= Math.max(ratio(before.scale), 2));
      }
    }
  }));
});

Deno.test("createContrastCounter() leaves 0.1 % out at either end, in any order of parts", () => {
  const values = Uint8Array.from({ length: 10_000 }, (_, i) => i < 9 ? 3 : i < 20 ? 250 : 100 + i % 50);
  const counter = createContrastCounter();
  for (const part of [values.subarray(5000), values.subarray(0, 7), values.subarray(7, 5000)]) {
    counter.add(part);
  }
  assert.deepEqual(counter.window(), { min: 3, max: 250, start: 100, end: 250 });
});

Deno.test("createContrastCounter() spans floats within 1 %, and is never empty", () => {
  const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(fc.property(fc.array(value, { minLength: 1, maxLength: 500 }), (values) => {
    const counter = createContrastCounter();
    const floats = Float32Array.from(values);
    counter.add(Float32Array.of(NaN, Infinity, -Infinity));
    counter.add(floats);
    const { min, max, start, end } = counter.window();
    assert.deepEqual([min, max], [Math.min(...floats) + 0, Math.max(...floats) + 0]);
    assert.ok(start < end);
    const slack = 1e-40 + 0.01 * Math.max(Math.abs(min), Math.abs(max));
    assert.ok(start >= min && start <= min + slack, `${start} ${min}`);
    if (min < max) assert.ok(end <= max && end >= max - slack, `${end} ${max}`);
  }));
  assert.deepEqual(createContrastCounter().window(), { min: 0, max: 1, start: 0, end: 1 });
  const constant = createContrastCounter();
  constant.add(Uint8Array.of(7, 7));
  assert.deepEqual(constant.window(), { min: 7, max: 7, start: 7, end: 8 });
});
