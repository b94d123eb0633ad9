import assert from "node:assert/strict";
import fc from "fast-check";
import type { Direction } from "../../../src/analysis/synapse.ts";
import { summariseSynapses } from "../../../src/analysis/synapse_summary.ts";
import { symmetricEigenvalues } from "../../../src/analysis/symmetric_eigenvalues.ts";
import { arraySink, arraySource } from "../../../src/analysis/voxel_source.ts";
import {
  findSynapses,
  type SynapseOptions,
  type SynapseTable,
} from "../../../src/stages/synapses/synapses.ts";
import { type Region, voxelCount, type Zyx } from "../../../src/volume/region.ts";

/** Directions in memory, x, y, z of each voxel; 0, 0, 0 for none. */
function directionsOf(values: Float64Array, shape: Zyx) {
  return {
    shape,
    read({ start: [z0, y0, x0], shape: [, ny, nx] }: Region) {
      return Promise.resolve((voxel: number): Direction | undefined => {
        const z = z0 + Math.floor(voxel / (ny * nx)),
          y = y0 + Math.floor(voxel / nx) % ny,
          x = x0 + voxel % nx;
        const at = 3 * ((z * shape[1] + y) * shape[2] + x);
        const [a = 0, b = 0, c = 0] = values.subarray(at, at + 3);
        return a === 0 && b === 0 && c === 0 ? undefined : [a, b, c];
      });
    },
  };
}

/** Finds synapses in a volume in memory; also the voxels' numbers. */
async function find(
  scores: Float32Array,
  shape: Zyx,
  options: Partial<SynapseOptions> = {},
  chunk: Zyx = shape,
): Promise<SynapseTable & { numbers: Uint32Array }> {
  const numbers = new Uint32Array(scores.length);
  const table = await findSynapses(arraySource("scores", scores, shape, chunk), {
    threshold: 1,
    minSize: 1,
    labels: arraySink(numbers, shape, chunk),
    ...options,
  });
  return { ...table, numbers };
}

/** A volume that scores 2 where `inside` says so and 0 elsewhere; places are those of the voxels' centres. */
function painted(shape: Zyx, inside: (z: number, y: number, x: number) => boolean): Float32Array {
  const scores = new Float32Array(voxelCount(shape));
  for (const i of scores.keys()) {
    const z = Math.floor(i / (shape[1] * shape[2])), y = Math.floor(i / shape[2]) % shape[1];
    if (inside(z, y, i % shape[2])) scores[i] = 2;
  }
  return scores;
}

const side = fc.integer({ min: 1, max: 9 });
const volume = fc.tuple(side, side, side).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    scores: fc.array(fc.float({ min: -3, max: 3, noNaN: true }), {
      minLength: voxelCount(shape),
      maxLength: voxelCount(shape),
    }).map((values) => Float32Array.from(values)),
    chunk: fc.tuple(side, side, side),
    blockVoxels: fc.integer({ min: 1, max: 800 }),
    minSize: fc.integer({ min: 1, max: 4 }),
    voxelSize: fc.constantFrom(undefined, [40, 4, 5] as const),
  })
);

Deno.test("findSynapses() gives the same table and labels however the volume is read", async () => {
  await fc.assert(
    fc.asyncProperty(volume, async ({ shape, scores, chunk, blockVoxels, minSize, voxelSize }) => {
      const directions = directionsOf(
        Float64Array.from({ length: 3 * scores.length }, (_, i) => i % 7 - 3),
        shape,
      );
      const options = { minSize, voxelSize, directions };
      const whole = await find(scores, shape, options);
      assert.deepEqual(await find(scores, shape, { ...options, blockVoxels }, chunk), whole);
    }),
    { numRuns: 60 },
  );
});

Deno.test("findSynapses() measures what its labels hold", async () => {
  await fc.assert(
    fc.asyncProperty(volume, async ({ shape, scores, minSize }) => {
      const { synapses, numbers } = await find(scores, shape, { minSize });
      for (const { id, voxels, centroid, meanScore, peakScore, box, touchesBorder } of synapses) {
        const members = [...numbers.keys()].filter((i) => numbers[i] === id);
        assert.equal(members.length, voxels);
        assert.ok(members.length >= minSize);
        const places = members.map((i): Zyx => [
          Math.floor(i / (shape[1] * shape[2])),
          Math.floor(i / shape[2]) % shape[1],
          i % shape[2],
        ]);
        const values = members.map((i) => scores[i] ?? NaN);
        const near = (found: number, expected: number) => assert.ok(Math.abs(found - expected) < 1e-5);
        for (const axis of [0, 1, 2] as const) {
          const along = places.map((place) => place[axis]);
          near(centroid[axis], along.reduce((a, b) => a + b, 0) / voxels);
          assert.equal(box.start[axis], Math.min(...along));
          assert.equal(box.start[axis] + box.shape[axis], Math.max(...along) + 1);
        }
        near(meanScore, values.reduce((a, b) => a + b, 0) / voxels);
        assert.equal(peakScore, Math.max(...values));
        assert.ok(Math.min(...values) >= 1);
        const isAtBorder = (place: Zyx) => place.some((at, axis) => at === 0 || at + 1 === shape[axis]);
        assert.equal(touchesBorder, places.some(isAtBorder));
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("findSynapses() tells length, width and thickness of a plate, in nm where the voxel size is known", async () => {
  // an elliptical plate 28 x 20 voxels, 5 thick, turned by 30 degrees about z
  const shape: Zyx = [40, 40, 40], [sine, cosine] = [0.5, Math.sqrt(0.75)];
  const plate = painted(shape, (z, y, x) => {
    const [u, v, w] = [cosine * (x - 20) + sine * (y - 20), cosine * (y - 20) - sine * (x - 20), z - 20];
    return Math.abs(v) <= 2.5 && (u / 14) ** 2 + (w / 10) ** 2 <= 1;
  });
  const { synapses: [found], unit } = await find(plate, shape);
  assert.ok(found);
  assert.equal(unit, "xy-voxels");
  assert.ok(Math.abs(found.length - 28) < 0.5, `${found.length}`);
  assert.ok(Math.abs(found.width - 20) < 0.5, `${found.width}`);
  assert.ok(Math.abs(found.thickness - 5) < 0.3, `${found.thickness}`);
  assert.ok(Math.abs(found.elongation - 1.4) < 0.05, `${found.elongation}`);
  const inNm = await find(plate, shape, { voxelSize: [8, 8, 8] });
  assert.equal(inNm.unit, "nm");
  assert.ok(Math.abs((inNm.synapses[0]?.length ?? 0) / found.length - 8) < 1e-9);

  // a ball of radius 12 in x/y voxels in sections four times as thick, and a row of one voxel
  const ball = painted([10, 40, 40], (z, y, x) => (4 * (z - 5)) ** 2 + (y - 20) ** 2 + (x - 20) ** 2 <= 144);
  for (
    const [options, scale] of [[{ anisotropy: 4 }, 1], [{ voxelSize: [40, 10, 10] as const }, 10]] as const
  ) {
    const { synapses: [round] } = await find(ball, [10, 40, 40], options);
    assert.ok(round && round.elongation < 1.05, JSON.stringify(round));
    // the variance of a ball is r²/5 along each axis
    assert.ok(Math.abs(round.length / scale - 4 * 12 / Math.sqrt(5)) < 0.8, `${round.length}`);
  }
  const row = await find(Float32Array.of(0, 2, 2, 2, 2, 0), [1, 1, 6]);
  assert.ok(Math.abs((row.synapses[0]?.thickness ?? 0) - 1) < 1e-12, "a voxel is as thick as a voxel");
});

Deno.test("findSynapses() gives the mean direction and how well the voxels agree", async () => {
  const scores = Float32Array.of(2, 2, 0, 3, 3, 0, 5);
  const values = Float64Array.of(0, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 0, -1, 0, 0, 1, 0, 0, 0, 0, 0);
  const { synapses } = await find(scores, [1, 1, 7], { directions: directionsOf(values, [1, 1, 7]) });
  const [first, second, third] = synapses;
  assert.ok(first?.direction && first.agreement !== undefined);
  const near = (found: number, expected: number) => assert.ok(Math.abs(found - expected) < 1e-12, `${found}`);
  for (const [axis, expected] of [0, Math.sqrt(0.5), Math.sqrt(0.5)].entries()) {
    near(first.direction[axis] ?? NaN, expected);
  }
  near(first.agreement, Math.sqrt(0.5));
  assert.deepEqual([second?.direction, second?.agreement], [undefined, 0], "they cancel out");
  assert.deepEqual([third?.direction, third?.agreement], [undefined, undefined], "none is known");
});

Deno.test("findSynapses() takes 26 neighbours, and leaves out what is small or not a number", async () => {
  const scores = Float32Array.of(2, 0, 0, 2, NaN, 0, 9, 0);
  const corner = await find(scores, [2, 2, 2]);
  assert.deepEqual([corner.synapses.length, corner.synapses[0]?.voxels, corner.synapses[0]?.peakScore], [
    1,
    3,
    9,
  ]);
  const large = await find(scores, [2, 2, 2], { minSize: 4 });
  assert.deepEqual([large.synapses, large.dropped], [[], 1]);
  assert.ok(large.numbers.every((id) => id === 0));
});

Deno.test("findSynapses() rejects another volume's directions, and more synapses than the memory holds", async () => {
  const scores = painted([1, 40, 40], (_z, y, x) => y % 2 === 0 && x % 2 === 0);
  const directions = directionsOf(new Float64Array(3), [1, 1, 1]);
  await assert.rejects(find(scores, [1, 40, 40], { directions }), {
    name: "UserError",
    message: /1 x 1 x 1/,
  });
  await assert.rejects(find(scores, [1, 40, 40], { tableBytes: 2 ** 19 }), {
    name: "UserError",
    message: /more than \d+ separate pieces.*memory/,
  });
  assert.equal((await find(scores, [1, 40, 40])).synapses.length, 400);
});

Deno.test("symmetricEigenvalues() finds what the trace, the squares and the determinant say", () => {
  const entry = fc.double({ min: -100, max: 100, noNaN: true });
  fc.assert(
    fc.property(entry, entry, entry, entry, entry, entry, (xx, yy, zz, xy, xz, yz) => {
      const [a, b, c] = symmetricEigenvalues({ xx, yy, zz, xy, xz, yz });
      assert.ok(a >= b && b >= c);
      const near = (found: number, expected: number, size: number) =>
        assert.ok(Math.abs(found - expected) <= 1e-9 * size, `${found} instead of ${expected}`);
      near(a + b + c, xx + yy + zz, 600);
      near(a * a + b * b + c * c, xx * xx + yy * yy + zz * zz + 2 * (xy * xy + xz * xz + yz * yz), 1e5);
      const determinant = xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz);
      near(a * b * c, determinant, 1e7);
    }),
  );
});

Deno.test("summariseSynapses() gives counts, density, quartiles and the resultant of the directions", async () => {
  const scores = Float32Array.of(2, 0, 2, 2, 0, 2, 2, 2, 0);
  const values = Float64Array.from({ length: 27 }, (_, i) => i % 3 === 2 ? 1 : 0);
  const { synapses } = await find(scores, [1, 1, 9], { directions: directionsOf(values, [1, 1, 9]) });
  const { count, atBorder, perCubicMicrometre, sizes, orientation } = summariseSynapses(synapses, 0.5);
  assert.deepEqual([count, perCubicMicrometre, atBorder], [3, 6, 3], "one slice is all border");
  assert.deepEqual(sizes?.voxels, { lower: 1.5, median: 2, upper: 2.5 });
  assert.deepEqual(orientation, { count: 3, mean: [0, 0, 1], resultant: 1 });
  assert.deepEqual(summariseSynapses([], undefined), {
    count: 0,
    atBorder: 0,
    perCubicMicrometre: undefined,
    sizes: undefined,
    orientation: undefined,
  });
});
