import assert from "node:assert/strict";
import fc from "fast-check";
import { keepingRows } from "../../src/analysis/file_source.ts";
import { arraySource, chunkBlocks, type VoxelSource } from "../../src/analysis/voxel_source.ts";
import { planReading, type ReadingWay } from "../../src/commands/read_plan.ts";
import { type Region, voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { shapesUpTo } from "../helpers/shapes.ts";

/** A source that counts the voxels of the rows that are read of it. */
function counting(shape: Zyx): { source: VoxelSource<Uint8Array>; read: () => number } {
  const voxels = Uint8Array.from({ length: voxelCount(shape) }, (_, i) => i * 7 % 251);
  const source: VoxelSource<Uint8Array> = arraySource<Uint8Array>("v", voxels, shape, [1, 1, shape[2]]);
  let read = 0;
  return {
    source: {
      ...source,
      read: (region, out) => {
        read += region.shape[0] * region.shape[1] * shape[2];
        return source.read(region, out);
      },
    },
    read: () => read,
  };
}

const places = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9));

Deno.test("keepingRows() gives the voxels of any regions in any order, whatever it may keep", async () => {
  await fc.assert(
    fc.asyncProperty(
      shapesUpTo([9, 9, 9]),
      fc.array(fc.tuple(places, places), { maxLength: 8 }),
      fc.nat(300),
      async (shape, corners, bytes) => {
        const { source } = counting(shape);
        const kept = keepingRows(source, bytes);
        for (const [a, b] of corners) {
          const start = shape.map((length, axis) => (a[axis] ?? 0) % length) as unknown as Zyx;
          const region: Region = {
            start,
            shape: shape.map((length, axis) =>
              1 + (b[axis] ?? 0) % (length - (start[axis] ?? 0))
            ) as unknown as Zyx,
          };
          const [expected, found] = [0, 0].map(() => new Uint8Array(voxelCount(region.shape)));
          assert.ok(expected && found);
          await source.read(region, expected);
          await kept.read(region, found);
          assert.deepEqual(found, expected);
        }
      },
    ),
  );
});

Deno.test("keepingRows() reads every row once while blocks follow each other along x", async () => {
  const shape: Zyx = [8, 12, 40];
  for (const [bytes, readings] of [[4 * 4 * 40, 1], [4 * 4 * 40 - 1, 5], [0, 5]] as const) {
    const { source, read } = counting(shape);
    const kept = keepingRows(source, bytes);
    for (const block of chunkBlocks(wholeRegion(shape), [4, 4, 8], 0)) {
      await kept.read(block, new Uint8Array(voxelCount(block.shape)));
    }
    assert.equal(read(), readings * voxelCount(shape), `${bytes}`);
  }
});

const rows: ReadingWay = { kind: "rows", rowBytes: 4000 };
const boxes = (chunk: Zyx, heldBytes = 1000): ReadingWay => ({
  kind: "boxes",
  chunk,
  heldBytes,
  libraryBytes: 500,
});
const zarr = (chunk: Zyx): ReadingWay => ({ kind: "zarr", chunk });

Deno.test("planReading() reads by chunks that suit both volumes, or not at all", () => {
  const shape: Zyx = [100, 1000, 1000];
  const limits = { blockVoxels: 1 << 20, bytes: 1 << 24 };
  const plan = (...ways: ReadingWay[]) => planReading(ways, shape, limits);
  assert.deepEqual(plan(rows, rows), { chunk: [1, 262, 1000], keptBytes: [0, 0], heldBytes: 0 });
  const whole = planReading([rows], [100, 20, 1000], limits);
  assert.deepEqual(whole?.chunk, [13, 20, 1000], "slices behind each other");
  // of blocks of 100 x 128 x 64 voxels
  const kept = 100 * 128 * 4000;
  assert.equal(plan(zarr([64, 64, 64]), rows), undefined, "more rows than the memory holds");
  assert.deepEqual(planReading([zarr([64, 64, 64]), rows], shape, { ...limits, bytes: kept }), {
    chunk: [64, 64, 64],
    keptBytes: [0, kept],
    heldBytes: kept,
  });
  assert.deepEqual(plan(boxes([32, 64, 64]), zarr([64, 64, 32]))?.chunk, [64, 64, 64]);
  assert.deepEqual(plan(boxes([1, 1000, 1000]), boxes([1, 500, 1000]))?.heldBytes, 2500);
  assert.equal(plan(boxes([64, 64, 64]), boxes([60, 64, 64])), undefined, "neither divides the other");
  assert.equal(plan(boxes([64, 1000, 1000]), rows), undefined, "larger than a block");
  assert.equal(plan(boxes([64, 64, 64], 1 << 25), zarr([64, 64, 64])), undefined, "too much is held");
  // at its end a volume has no more voxels
  assert.deepEqual(plan(boxes([128, 64, 64]), zarr([100, 64, 64]))?.chunk, [100, 64, 64]);
});
