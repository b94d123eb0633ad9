import assert from "node:assert/strict";
import fc from "fast-check";
import { cellGrid, cellShape, cellsOf, computeCellMeans, voxelsOf } from "../../src/autocontext/cells.ts";
import { loadKernels } from "../../src/kernels/mod.ts";
import {
  intersectRegions,
  type Region,
  voxelCount,
  wholeRegion,
  zipAxes,
  type Zyx,
} from "../../src/volume/region.ts";
import { cut } from "../helpers/channels_support.ts";
import { seededRandom } from "../helpers/seeded_random.ts";
import { load } from "./load_values.ts";

Deno.test("cellShape() is the seeds' distance rounded down to powers of two", () => {
  const shape = (seed: number, anisotropy: number) =>
    cellShape({ seed, anisotropy, cubeness: 16, join: "nearest" });
  assert.deepEqual(shape(3, 10), [1, 2, 2]);
  assert.deepEqual(shape(8, 2), [4, 8, 8]);
  assert.deepEqual(shape(7, 1), [4, 4, 4]);
  assert.deepEqual(shape(1, 1), [1, 1, 1]);
});

Deno.test("voxelsOf() gives the voxels of cellsOf() a region, clipped to the volume", () => {
  const cell: Zyx = [1, 2, 4];
  const volume: Zyx = [5, 7, 18];
  assert.deepEqual(cellGrid(volume, cell), [5, 4, 5]);
  const region: Region = { start: [1, 3, 5], shape: [4, 4, 12] };
  assert.deepEqual(cellsOf(region, cell), { start: [1, 1, 1], shape: [4, 3, 4] });
  assert.deepEqual(voxelsOf(cellsOf(region, cell), cell, volume), { start: [1, 2, 4], shape: [4, 5, 14] });
});

Deno.test("computeCellMeans() adds the voxels of each cell in the order z, y, x, for any region", async () => {
  const kernels = await loadKernels();
  const { arena } = kernels;
  const size = fc.integer({ min: 1, max: 4 });
  fc.assert(
    fc.property(
      fc.constantFrom<Zyx>([1, 1, 1], [1, 2, 2], [2, 2, 2], [4, 4, 4], [2, 8, 8]),
      fc.constantFrom<Zyx>([5, 9, 70], [3, 16, 33], [1, 3, 5]),
      fc.constantFrom("uint8" as const, "float32" as const),
      fc.tuple(fc.nat(3), fc.nat(3), fc.nat(9)),
      fc.tuple(size, size, fc.integer({ min: 1, max: 40 })),
      (cell, volume, dtype, start, shape) => {
        const cells = intersectRegions({ start, shape }, wholeRegion(cellGrid(volume, cell)));
        fc.pre(voxelCount(cells.shape) > 0);
        const random = seededRandom(5);
        const whole = Float32Array.from(
          { length: voxelCount(volume) },
          () => dtype === "uint8" ? Math.floor(256 * random()) : random(),
        );
        const region = voxelsOf(cells, cell, volume);
        const mark = arena.mark();
        const voxels = cut(whole, volume, region);
        const address = load(kernels, voxels);
        if (dtype === "uint8") arena.u8(address, voxels.length).set(voxels);
        const out = arena.alloc(4 * voxelCount(cells.shape));
        computeCellMeans(kernels, { address, dtype, region }, cell, volume, out);
        assert.deepEqual(
          [...arena.f32(out, voxelCount(cells.shape))],
          plainMeans(whole, volume, cells, cell),
        );
        arena.release(mark);
      },
    ),
    { numRuns: 300, seed: 2 },
  );
});

function plainMeans(volume: Float32Array, shape: Zyx, cells: Region, cell: Zyx): number[] {
  const [, ny, nx] = cells.shape;
  return Array.from({ length: voxelCount(cells.shape) }, (_, i) => {
    const at: Zyx = [Math.floor(i / nx / ny), Math.floor(i / nx) % ny, i % nx];
    const one: Region = { start: zipAxes((s, k) => s + k, cells.start, at), shape: [1, 1, 1] };
    const voxels = cut(volume, shape, voxelsOf(one, cell, shape));
    const sum = voxels.reduce((total, voxel) => Math.fround(total + voxel), 0);
    return Math.fround(sum * Math.fround(1 / voxels.length));
  });
}

Deno.test("computeCellMeans() throws where a region cuts a cell off", async () => {
  const kernels = await loadKernels();
  const volume: Zyx = [4, 9, 9];
  for (
    const region of [
      { start: [0, 1, 0], shape: [4, 8, 9] },
      { start: [0, 0, 0], shape: [4, 8, 7] },
      { start: [0, 0, 0], shape: [4, 9, 10] },
    ] satisfies Region[]
  ) {
    const voxels = { address: 0, dtype: "uint8" as const, region };
    assert.throws(() => computeCellMeans(kernels, voxels, [1, 2, 2], volume, 0), RangeError);
  }
});
