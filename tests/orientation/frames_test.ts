import assert from "node:assert/strict";
import fc from "fast-check";
import type { RawBlock } from "../../src/channels/mod.ts";
import { type Kernels, loadKernels } from "../../src/kernels/mod.ts";
import {
  computeDenseFrames,
  computeFrames,
  orientationReach,
  orientationScratchBytes,
} from "../../src/orientation/frames.ts";
import { growRegion, type Region, voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { readFloat16, readTiff, referenceFolder } from "../helpers/channels_reference.ts";
import { loadBlock, noise, plainDerivative, type Volume, volumeOf } from "../helpers/channels_support.ts";

type Vector = readonly [number, number, number];

const folder = await referenceFolder();
const skipped = folder === undefined ? " (skipped: no reference data)" : "";

/** e2 and e3 at voxels (z, y, x), six numbers each. */
function framesAt(kernels: Kernels, raw: RawBlock, sigma: number, voxels: readonly Zyx[]): number[][] {
  const { arena } = kernels;
  const mark = arena.mark();
  const address = arena.alloc(12 * voxels.length);
  const out = arena.alloc(24 * voxels.length);
  arena.i32(address, 3 * voxels.length).set(voxels.flat());
  computeFrames(kernels, raw, sigma, { address, count: voxels.length }, out);
  const values = [...arena.f32(out, 6 * voxels.length)];
  arena.release(mark);
  return voxels.map((_, i) => values.slice(6 * i, 6 * i + 6));
}

/** Nine components for every voxel of a region, component slowest. */
function denseFrames(kernels: Kernels, raw: RawBlock, sigma: number, out: Region): Float32Array[] {
  const plane = out.shape[1] * out.shape[2];
  const components = Array.from({ length: 9 }, () => new Float32Array(voxelCount(out.shape)));
  computeDenseFrames(kernels, raw, sigma, out, (z, planes) => {
    for (const [i, address] of planes.entries()) {
      components[i]?.set(kernels.arena.f32(address, plane), (z - out.start[0]) * plane);
    }
  });
  return components;
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** The vector of components first, first + 1, first + 2 at a voxel. */
function vectorAt(components: readonly Float32Array[], first: number, voxel: number): Vector {
  const at = (i: number) => components[first + i]?.[voxel] ?? NaN;
  return [at(0), at(1), at(2)];
}

function voxelsOf({ start, shape }: Region): Zyx[] {
  const [nz, ny, nx] = shape;
  return Array.from({ length: nz * ny * nx }, (_, i): Zyx => [
    start[0] + Math.floor(i / (ny * nx)),
    start[1] + (Math.floor(i / nx) % ny),
    start[2] + (i % nx),
  ]);
}

Deno.test("computeDenseFrames() gives the Hessian's eigenvectors, ascending by magnitude, e2 along the gradient", async () => {
  const kernels = await loadKernels();
  const shape: Zyx = [7, 9, 13];
  for (const anisotropy of [1, 10]) {
    const volume = noise(shape, 5);
    const data = Float64Array.from(volume.data);
    const derive = (orders: Zyx) => plainDerivative(data, shape, 1.2, anisotropy, orders);
    const [xx, xy, yy, xz, yz, zz, gx, gy, gz] = ([
      [0, 0, 2],
      [0, 1, 1],
      [0, 2, 0],
      [1, 0, 1],
      [1, 1, 0],
      [2, 0, 0],
      [0, 0, 1],
      [0, 1, 0],
      [1, 0, 0],
    ] as const).map(derive);
    const frames = denseFrames(kernels, loadBlock(kernels, volume, anisotropy), 1.2, wholeRegion(shape));
    for (let i = 0; i < data.length; i++) {
      const at = (plane?: Float64Array) => plane?.[i] ?? NaN;
      const times = (v: Vector): Vector => [
        at(xx) * v[0] + at(xy) * v[1] + at(xz) * v[2],
        at(xy) * v[0] + at(yy) * v[1] + at(yz) * v[2],
        at(xz) * v[0] + at(yz) * v[1] + at(zz) * v[2],
      ];
      const vectors = [0, 3, 6].map((first) => vectorAt(frames, first, i));
      const values = vectors.map((v) => dot(v, times(v)));
      const largest = Math.max(...values.map(Math.abs));
      for (const [k, v] of vectors.entries()) {
        const rest = times(v).map((c, axis) => c - (values[k] ?? 0) * (v[axis] ?? 0));
        assert.ok(Math.hypot(...rest) < 1e-5 * largest, `voxel ${i} e${k + 1}: rest ${rest} of ${largest}`);
        assert.ok(Math.abs(dot(v, v) - 1) < 1e-6);
      }
      const [a, b, c] = values.map(Math.abs);
      assert.ok((a ?? NaN) <= (b ?? NaN) + 1e-5 * largest && (b ?? NaN) <= (c ?? NaN) + 1e-5 * largest);
      const [e1, e2, e3] = vectors;
      assert.ok(e1 && e2 && e3);
      assert.ok(dot(e2, [at(gx), at(gy), at(gz)]) >= -1e-4);
      assert.ok(dot(cross(e2, e3), e1) > 1 - 1e-6);
      assert.ok((e3[e3.map(Math.abs).indexOf(Math.max(...e3.map(Math.abs)))] ?? -1) > 0);
    }
  }
});

Deno.test("computeFrames() gives the bits of computeDenseFrames(), whatever the block and the other centroids", async () => {
  const kernels = await loadKernels();
  const shape: Zyx = [22, 30, 37];
  const volume = noise(shape, 11);
  const sigma = 1.7;
  const whole = new Map<number, Float32Array[]>();
  const voxel = fc.tuple(fc.nat(shape[0] - 1), fc.nat(shape[1] - 1), fc.nat(shape[2] - 1));
  fc.assert(
    fc.property(
      fc.array(voxel, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(1, 2.5, 10),
      fc.nat(3),
      (voxels, a, more) => {
        const mark = kernels.arena.mark();
        const dense = whole.get(a) ??
          denseFrames(kernels, loadBlock(kernels, volume, a), sigma, wholeRegion(shape));
        whole.set(a, dense);
        const sorted = voxels.toSorted((p, q) => p[0] - q[0] || p[1] - q[1]);
        const axis = (i: 0 | 1 | 2) => sorted.map((v) => v[i]);
        const start: Zyx = [Math.min(...axis(0)), Math.min(...axis(1)), Math.min(...axis(2))];
        const end = [Math.max(...axis(0)), Math.max(...axis(1)), Math.max(...axis(2))] as const;
        const box: Region = {
          start,
          shape: [end[0] - start[0] + 1, end[1] - start[1] + 1, end[2] - start[2] + 1],
        };
        const context = orientationReach(sigma, a);
        const held = growRegion(growRegion(box, context, shape), [more, more, more], shape);
        const found = framesAt(kernels, loadBlock(kernels, volume, a, held), sigma, sorted);
        for (const [i, [z, y, x]] of sorted.entries()) {
          const index = (z * shape[1] + y) * shape[2] + x;
          const expected = [...vectorAt(dense, 3, index), ...vectorAt(dense, 6, index)];
          for (const [k, value] of expected.entries()) {
            assert.ok(
              Object.is(value, found[i]?.[k]),
              `${[z, y, x]} ${k}`,
            );
          }
        }
        kernels.arena.release(mark);
      },
    ),
    { numRuns: 100, seed: 1 },
  );
});

Deno.test("computeFrames() gives the axes where the volume is flat", async () => {
  const kernels = await loadKernels();
  for (const shape of [[6, 9, 9], [1, 1, 1]] as const) {
    const raw = loadBlock(kernels, volumeOf(shape, () => 137), 1);
    assert.deepEqual(framesAt(kernels, raw, 3.5, [[0, 0, 0]]), [[0, 1, 0, 0, 0, 1]]);
  }
});

/** A dark plate with a bright side, tilted: e3 across it, e2 (no curvature along the plate) only signed by the gradient. */
function plate(normal: Vector, shape: Zyx, anisotropy: number): Volume {
  const middle = shape.map((n) => (n - 1) / 2);
  return volumeOf(shape, (z, y, x) => {
    const across = dot(normal, [
      x - (middle[2] ?? 0),
      y - (middle[1] ?? 0),
      anisotropy * (z - (middle[0] ?? 0)),
    ]);
    return 200 - 150 * Math.exp((-across * across) / 18);
  });
}

Deno.test("computeFrames() finds the normal of a plate, counting z by the anisotropy", async () => {
  const kernels = await loadKernels();
  for (const [anisotropy, shape] of [[1, [41, 41, 41]], [4, [11, 41, 41]]] as const) {
    for (const normal of [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.6, -0.8, 0], [0, 0.6, 0.8]] as const) {
      const raw = loadBlock(kernels, plate(normal, shape, anisotropy), anisotropy);
      const at: Zyx = [(shape[0] - 1) / 2, 20, 20];
      const [frame = []] = framesAt(kernels, raw, 3.5, [at]);
      const e3: Vector = [frame[3] ?? NaN, frame[4] ?? NaN, frame[5] ?? NaN];
      assert.ok(Math.abs(dot(e3, normal)) > 0.999, `${anisotropy}: ${e3} for ${normal}`);
    }
  }
});

Deno.test("computeFrames() throws when the centroids are not in ascending order of z, or lack context", async () => {
  const kernels = await loadKernels();
  const volume = noise([20, 20, 20], 2);
  const raw = loadBlock(kernels, volume, 1);
  assert.throws(() => framesAt(kernels, raw, 1, [[5, 1, 1], [4, 1, 1]]), RangeError);
  const part = loadBlock(kernels, volume, 1, { start: [2, 2, 2], shape: [15, 15, 15] });
  assert.throws(() => framesAt(kernels, part, 1, [[5, 9, 9]]), RangeError);
  assert.deepEqual(framesAt(kernels, part, 1, []), []);
});

Deno.test("orientationScratchBytes() bounds what is taken", async () => {
  const kernels = await loadKernels();
  const shape: Zyx = [40, 90, 90];
  const raw = loadBlock(kernels, noise(shape, 3), 1);
  const out: Region = { start: [16, 16, 16], shape: [5, 50, 50] };
  const before = kernels.arena.mark();
  denseFrames(kernels, raw, 3.5, out);
  const used = kernels.arena.peak() - before;
  assert.ok(used <= orientationScratchBytes(3.5, out.shape, 1));
  assert.equal(kernels.arena.mark(), before);
  framesAt(kernels, raw, 3.5, voxelsOf(out));
  assert.equal(kernels.arena.mark(), before);
});

Deno.test({
  name: `computeDenseFrames() agrees with the original on fibsem${skipped}`,
  ignore: folder === undefined,
  async fn() {
    const volume = await readTiff(`${folder}/fibsem/volume.tif`);
    const original = await readFloat16(`${folder}/fibsem/orientation.f16.gz`);
    const kernels = await loadKernels();
    const frames = denseFrames(kernels, loadBlock(kernels, volume, 1), 3.5, wholeRegion(volume.shape));
    const count = voxelCount(volume.shape);
    for (const first of [0, 3, 6]) {
      const dots = Float32Array.from({ length: count }, (_, i) => {
        const at = (k: number) => original[9 * i + first + k] ?? NaN;
        return dot(vectorAt(frames, first, i), [at(0), at(1), at(2)]);
      });
      const median = dots.map(Math.abs).sort()[count >> 1] ?? 0;
      assert.ok(median >= 0.999, `components from ${first}: median |dot| ${median}`);
      const positive = dots.filter((value) => value > 0).length / count;
      if (first === 3) assert.ok(positive > 0.99, `e2 has the original's sign at ${positive}`);
    }
  },
});
