import assert from "node:assert/strict";
import fc from "fast-check";
import { arraySink, arraySource } from "../../src/analysis/voxel_source.ts";
import { erodeDilate, erodeGroundTruth } from "../../src/stages/erode_dilate.ts";
import { voxelCount, type Zyx } from "../../src/volume/region.ts";
import { shapesUpTo } from "../helpers/shapes.ts";

/** Whether a test holds for some voxel of the ball around a voxel, the part outside the volume left out. */
function someInBall(shape: Zyx, i: number, radius: number, test: (j: number) => boolean): boolean {
  const [nz, ny, nx] = shape;
  const z = Math.floor(i / (nx * ny)), y = Math.floor(i / nx) % ny, x = i % nx;
  for (let j = 0; j < nz * ny * nx; j++) {
    const dz = Math.floor(j / (nx * ny)) - z, dy = Math.floor(j / nx) % ny - y, dx = j % nx - x;
    if (dz * dz + dy * dy + dx * dx <= radius * radius && test(j)) return true;
  }
  return false;
}

const volumes = fc.record({
  shape: shapesUpTo([7, 7, 9]),
  chunk: shapesUpTo([4, 5, 9]),
  blockVoxels: fc.integer({ min: 1, max: 80 }),
  erode: fc.constantFrom(0, 1, 1.5, 2, 3),
  dilate: fc.constantFrom(0, 1, 1.8, 2.5, 4, 30),
  rare: fc.constantFrom(255, 0, 128),
  noise: fc.infiniteStream(fc.integer({ min: 0, max: 19 })),
}).map(({ shape, noise, rare, ...rest }) => {
  const labels = new Uint8Array(voxelCount(shape));
  for (const i of labels.keys()) {
    const value = noise.next().value ?? 0;
    labels[i] = value === 0 ? rare : value === 1 ? 17 : rare === 255 ? 0 : 255;
  }
  return { shape, labels, ...rest };
});

Deno.test("erodeDilate() agrees with balls around every voxel, for any blocks", async () => {
  await fc.assert(fc.asyncProperty(volumes, async ({ shape, labels, chunk, blockVoxels, erode, dilate }) => {
    const out = new Uint8Array(labels.length).fill(9);
    const source = arraySource("labels", labels, shape);
    await erodeDilate(source, arraySink(out, shape, chunk), erode, dilate, { blockVoxels });
    const expected = labels.map((_, i) => {
      if (!someInBall(shape, i, erode, (j) => labels[j] !== 255)) return 255;
      const isIgnored = labels[i] !== 0 && labels[i] !== 255;
      return isIgnored || someInBall(shape, i, dilate, (j) => labels[j] === 255) ? 128 : 0;
    });
    assert.deepEqual(out, expected);
  }));
});

Deno.test("erodeGroundTruth() ignores the positives near others and keeps all other labels, for any blocks", async () => {
  await fc.assert(fc.asyncProperty(volumes, async ({ shape, labels, chunk, blockVoxels, erode }) => {
    const out = new Uint8Array(labels.length).fill(9);
    const source = arraySource("labels", labels, shape, chunk);
    await erodeGroundTruth(source, arraySink(out, shape, chunk), erode, { blockVoxels });
    const expected = labels.map((label, i) =>
      label === 255 && someInBall(shape, i, erode, (j) => labels[j] !== 255) ? 128 : label
    );
    assert.deepEqual(out, expected);
  }));
});

Deno.test("erodeDilate() keeps the core of a box and surrounds it", async () => {
  const shape: Zyx = [1, 1, 9];
  const labels = Uint8Array.from([0, 0, 0, 255, 255, 255, 0, 0, 0]);
  const out = new Uint8Array(9);
  await erodeDilate(arraySource("labels", labels, shape), arraySink(out, shape), 1, 2);
  assert.deepEqual([...out], [0, 128, 128, 128, 255, 128, 128, 128, 0]);
});

Deno.test("erodeDilate() reaches across many blocks with the largest radius", async () => {
  const shape: Zyx = [1, 1, 600];
  const labels = new Uint8Array(600);
  labels[300] = 255;
  const out = new Uint8Array(600);
  await erodeDilate(arraySource("labels", labels, shape), arraySink(out, shape, [1, 1, 50]), 255, 255, {
    blockVoxels: 1,
  });
  assert.deepEqual([out.indexOf(128), out.lastIndexOf(128), out[300]], [45, 555, 128]);
});

Deno.test("erodeDilate() refuses a radius out of range", async () => {
  const source = arraySource("labels", new Uint8Array(1), [1, 1, 1]);
  const sink = arraySink(new Uint8Array(1), [1, 1, 1]);
  await assert.rejects(erodeDilate(source, sink, -1, 2), {
    name: "UserError",
    message: /erode radius is -1/,
  });
  await assert.rejects(erodeDilate(source, sink, 1, 256), {
    name: "UserError",
    message: /dilate radius is 256/,
  });
  await assert.rejects(erodeDilate(source, sink, NaN, 2), { name: "UserError" });
  await assert.rejects(erodeGroundTruth(source, sink, 300), {
    name: "UserError",
    message: /groundTruthErodeRadius/,
  });
});

Deno.test("erodeDilate() stops when its signal is aborted", async () => {
  const reason = new Error("stopped");
  const run = erodeDilate(
    arraySource("labels", new Uint8Array(1), [1, 1, 1]),
    arraySink(new Uint8Array(1), [1, 1, 1]),
    1,
    1,
    { signal: AbortSignal.abort(reason) },
  );
  await assert.rejects(run, reason);
});
