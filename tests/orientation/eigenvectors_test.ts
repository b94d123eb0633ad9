import assert from "node:assert/strict";
import fc from "fast-check";
import { type Kernels, loadKernels } from "../../src/kernels/mod.ts";
import type { RawBlock } from "../../src/channels/mod.ts";
import {
  computeEigenvectors,
  orientationReach,
  orientationScratchBytes,
  type Rank,
} from "../../src/orientation/frames.ts";
import { growRegion, type Region, voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import {
  cut,
  loadBlock,
  noise,
  plainDerivative,
  plainEigenvalues,
  volumeOf,
} from "../helpers/channels_support.ts";

const RANKS: readonly Rank[] = [1, 2, 3];

/** Three components a rank, each over the region. */
function vectorsOf(
  kernels: Kernels,
  raw: RawBlock,
  sigma: number,
  ranks: readonly Rank[],
  out: Region,
): Float32Array[] {
  const plane = out.shape[1] * out.shape[2];
  const components = Array.from({ length: 3 * ranks.length }, () => new Float32Array(voxelCount(out.shape)));
  computeEigenvectors(kernels, raw, sigma, ranks, out, (z, planes) => {
    assert.equal(planes.length, components.length);
    for (const [i, address] of planes.entries()) {
      components[i]?.set(kernels.arena.f32(address, plane), (z - out.start[0]) * plane);
    }
  });
  return components;
}

Deno.test("computeEigenvectors() gives each rank's vector of the Hessian, its largest component positive", async () => {
  const kernels = await loadKernels();
  const shape: Zyx = [6, 9, 12];
  const orders: readonly Zyx[] = [[0, 0, 2], [0, 1, 1], [0, 2, 0], [1, 0, 1], [1, 1, 0], [2, 0, 0]];
  for (const anisotropy of [1, 4]) {
    const volume = noise(shape, 8);
    const data = Float64Array.from(volume.data);
    const [xx, xy, yy, xz, yz, zz] = orders.map((order) =>
      plainDerivative(data, shape, 1.3, anisotropy, order)
    );
    const raw = loadBlock(kernels, volume, anisotropy);
    const components = vectorsOf(kernels, raw, 1.3, RANKS, wholeRegion(shape));
    for (let i = 0; i < data.length; i++) {
      const at = (plane?: Float64Array) => plane?.[i] ?? NaN;
      const values = plainEigenvalues(at(xx), at(xy), at(yy), at(xz), at(yz), at(zz));
      const largest = Math.abs(values[2] ?? NaN);
      for (const rank of RANKS) {
        const [x = NaN, y = NaN, z = NaN] = [0, 1, 2].map((k) => components[3 * (rank - 1) + k]?.[i]);
        const value = values[rank - 1] ?? NaN;
        const rest = [
          at(xx) * x + at(xy) * y + at(xz) * z - value * x,
          at(xy) * x + at(yy) * y + at(yz) * z - value * y,
          at(xz) * x + at(yz) * y + at(zz) * z - value * z,
        ];
        assert.ok(Math.hypot(...rest) < 2e-5 * largest, `voxel ${i} rank ${rank}: ${rest} of ${largest}`);
        assert.ok(Math.abs(Math.hypot(x, y, z) - 1) < 1e-6);
        assert.ok(Math.max(x, y, z) >= -Math.min(x, y, z), `voxel ${i} rank ${rank}: ${x} ${y} ${z}`);
      }
    }
  }
});

Deno.test("computeEigenvectors() finds the axes of a sheet, whichever side of it is dark", async () => {
  const kernels = await loadKernels();
  const shape: Zyx = [21, 25, 27];
  for (const sign of [1, -1]) {
    // Curved across (3, 4) / 5 of x and y, hardly along z, and not along the third axis.
    const volume = volumeOf(shape, (z, y, x) => {
      const across = (3 * (x - 13) + 4 * (y - 12)) / 5;
      return 128 + sign * (100 * Math.exp(-across * across / 18) - 50 - (z - 10) ** 2 / 10);
    });
    const at: Region = { start: [10, 12, 13], shape: [1, 1, 1] };
    const vectors = vectorsOf(kernels, loadBlock(kernels, volume, 1), 1.5, RANKS, at).map(([v]) => v ?? NaN);
    const expected = [0.8, -0.6, 0, 0, 0, 1, 0.6, 0.8, 0];
    for (const [i, value] of expected.entries()) {
      assert.ok(Math.abs((vectors[i] ?? NaN) - value) < 0.02, `${vectors}`);
    }
  }
});

Deno.test("computeEigenvectors() gives the same bits for any region, block and choice of ranks, in the memory planned", async () => {
  const kernels = await loadKernels();
  const shape: Zyx = [14, 23, 29];
  const volume = noise(shape, 4);
  const sigma = 1.4;
  const axis = (max: number) => fc.tuple(fc.nat(max - 1), fc.integer({ min: 1, max }));
  const wholes = new Map<number, Float32Array[]>();
  fc.assert(
    fc.property(
      fc.constantFrom(1, 3),
      fc.subarray([...RANKS], { minLength: 1 }),
      fc.tuple(axis(shape[0]), axis(shape[1]), axis(shape[2])),
      fc.boolean(),
      (anisotropy, ranks, [z, y, x], isWhole) => {
        const mark = kernels.arena.mark();
        const whole = wholes.get(anisotropy) ??
          vectorsOf(kernels, loadBlock(kernels, volume, anisotropy), sigma, RANKS, wholeRegion(shape));
        wholes.set(anisotropy, whole);
        const size = (i: 0 | 1 | 2, [start, length]: [number, number]) => Math.min(length, shape[i] - start);
        const out: Region = {
          start: [z[0], y[0], x[0]],
          shape: [size(0, z), size(1, y), size(2, x)],
        };
        const held = isWhole
          ? wholeRegion(shape)
          : growRegion(out, orientationReach(sigma, anisotropy), shape);
        const part = vectorsOf(kernels, loadBlock(kernels, volume, anisotropy, held), sigma, ranks, out);
        for (const [i, rank] of ranks.entries()) {
          for (const k of [0, 1, 2]) {
            const expected = cut(whole[3 * (rank - 1) + k] ?? new Float32Array(), shape, out);
            const wrong = expected.findIndex((value, voxel) => !Object.is(value, part[3 * i + k]?.[voxel]));
            assert.equal(wrong, -1, `rank ${rank} component ${k} voxel ${wrong}`);
          }
        }
        kernels.arena.release(mark);
      },
    ),
    { numRuns: 40, seed: 1 },
  );
  const fresh = await loadKernels();
  const raw = loadBlock(fresh, volume, 1);
  const before = fresh.arena.mark();
  const out: Region = { start: [4, 4, 4], shape: [5, 12, 17] };
  vectorsOf(fresh, raw, sigma, RANKS, out);
  assert.equal(fresh.arena.mark(), before);
  assert.ok(fresh.arena.peak() - before <= orientationScratchBytes(sigma, out.shape, 1));
});
