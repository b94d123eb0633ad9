import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../../src/user_error.ts";
import { memoryPerWorker, parseBytes } from "../../src/engine/memory.ts";
import { type BlockPlan, planBlocks, type PlanOptions } from "../../src/engine/block_plan.ts";
import {
  growRegion,
  regionContains,
  regionEnd,
  voxelCount,
  zipAxes,
  type Zyx,
} from "../../src/volume/region.ts";

const MIB = 2 ** 20;

const bytesNeeded = (read: Zyx, write: Zyx) => 20 * voxelCount(read) + 4 * voxelCount(write) + 1000;

function triple(min: number, max: number): fc.Arbitrary<Zyx> {
  const n = fc.integer({ min, max });
  return fc.tuple(n, n, n);
}

const anyOptions: fc.Arbitrary<PlanOptions> = fc.record({
  shape: triple(1, 60),
  chunk: triple(1, 12),
  context: triple(0, 15),
  bytesPerWorker: fc.integer({ min: 1000, max: 3 * MIB }),
  workers: fc.integer({ min: 1, max: 5 }),
}).map((options) => ({ ...options, bytesNeeded }));

/** The plan, or undefined where nothing fits. */
function planOrNothing(options: PlanOptions): BlockPlan | undefined {
  try {
    return planBlocks(options);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** How often each voxel of the volume is written. */
function timesWritten(plan: BlockPlan): Uint8Array {
  const [, ny, nx] = plan.shape;
  const times = new Uint8Array(voxelCount(plan.shape));
  for (const { write } of plan.blocks) {
    const end = regionEnd(write);
    for (let z = write.start[0]; z < end[0]; z++) {
      for (let y = write.start[1]; y < end[1]; y++) {
        for (let x = write.start[2]; x < end[2]; x++) {
          const i = (z * ny + y) * nx + x;
          times[i] = (times[i] ?? 0) + 1;
        }
      }
    }
  }
  return times;
}

Deno.test("planBlocks() tiles the volume with whole chunks within the memory, whatever the sizes", () => {
  let planned = 0;
  fc.assert(
    fc.property(anyOptions, (options) => {
      const plan = planOrNothing(options);
      if (!plan) return;
      planned++;
      assert.ok(timesWritten(plan).every((times) => times === 1));
      let worst = 0;
      for (const [index, block] of plan.blocks.entries()) {
        assert.equal(block.index, index);
        assert.ok(block.write.start.every((s, axis) => s % (plan.chunk[axis] ?? 0) === 0));
        const end = zipAxes((e, n) => e === n ? 0 : e, regionEnd(block.write), plan.shape);
        assert.ok(end.every((e, axis) => e % (plan.chunk[axis] ?? 0) === 0));
        assert.deepEqual(block.read, growRegion(block.write, options.context, plan.shape));
        assert.ok(regionContains(block.read, block.write));
        worst = Math.max(worst, bytesNeeded(block.read.shape, block.write.shape));
      }
      assert.ok(worst <= plan.bytesPerWorker && plan.bytesPerWorker <= options.bytesPerWorker);
      const read = plan.blocks.reduce((sum, block) => sum + voxelCount(block.read.shape), 0);
      assert.ok(Math.abs(plan.readRatio - read / voxelCount(plan.shape)) < 1e-12);
    }),
    { numRuns: 200, seed: 1 },
  );
  assert.ok(planned > 100, `only ${planned} of 200 plans fitted`);
});

Deno.test("planBlocks() lists blocks in raster order", () => {
  const plan = planBlocks({
    shape: [20, 30, 40],
    chunk: [10, 10, 10],
    context: [2, 2, 2],
    bytesNeeded,
    bytesPerWorker: MIB,
    workers: 1,
    blockShape: [10, 10, 10],
  });
  const starts = plan.blocks.map((block) => block.write.start);
  const sorted = [...starts].sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  assert.equal(starts.length, 24);
  assert.deepEqual(starts, sorted);
});

Deno.test("planBlocks() names a least budget that works and whose lesser does not, when nothing fits", () => {
  const needs = (read: Zyx) => 40 * MIB + 900 * voxelCount(read);
  fc.assert(
    fc.property(triple(1, 90), triple(1, 40), triple(0, 20), fc.integer({ min: 1, max: 8 }), (
      shape,
      chunk,
      context,
      workers,
    ) => {
      const options = { shape, chunk, context, bytesNeeded: needs, workers };
      const plan = (total: number) =>
        planBlocks({ ...options, bytesPerWorker: memoryPerWorker(total, workers) });
      const least = leastNamed(() => plan(200 * MIB));
      assert.ok(plan(least).blocks.length > 0);
      assert.throws(() => plan(least - 2 * MIB), UserError);
    }),
    { numRuns: 100, seed: 2 },
  );
});

/** The bytes after `--memory` in the error. */
function leastNamed(f: () => unknown): number {
  try {
    f();
  } catch (error) {
    assert.ok(error instanceof UserError);
    return parseBytes(/--memory (\S+?MiB)/.exec(error.message)?.[1] ?? "no number");
  }
  return assert.fail("the plan fitted");
}

Deno.test("planBlocks() says how many workers would do, when fewer would", () => {
  const options = {
    shape: [64, 64, 64] as const,
    chunk: [64, 64, 64] as const,
    context: [0, 0, 0] as const,
    bytesNeeded: () => 250 * MIB,
  };
  const plan = (workers: number) =>
    planBlocks({ ...options, workers, bytesPerWorker: memoryPerWorker(2048 * MIB, workers) });
  assert.throws(() => plan(8), /; --workers 4 would need no more memory$/);
  assert.equal(plan(4).blocks.length, 1);
  assert.throws(() => plan(5), UserError);
});

Deno.test("planBlocks() chooses the shape that reads least, when one worker has memory for it", () => {
  const options: PlanOptions = {
    shape: [64, 512, 512],
    chunk: [16, 64, 64],
    context: [10, 30, 30],
    bytesNeeded,
    bytesPerWorker: 60 * MIB,
    workers: 1,
  };
  const chosen = planBlocks(options);
  let cheapest = Infinity;
  for (let z = 16; z <= 64; z += 16) {
    for (let y = 64; y <= 512; y += 64) {
      for (let x = 64; x <= 512; x += 64) {
        const plan = planOrNothing({ ...options, blockShape: [z, y, x] });
        if (plan) cheapest = Math.min(cheapest, plan.readRatio);
      }
    }
  }
  assert.equal(chosen.readRatio, cheapest);
  assert.ok(chosen.readRatio > 1);
});

Deno.test("planBlocks() takes smaller blocks when workers would else have nothing to do", () => {
  const options: PlanOptions = {
    shape: [64, 64, 64],
    chunk: [16, 16, 16],
    context: [2, 2, 2],
    bytesNeeded,
    bytesPerWorker: 1000 * MIB,
    workers: 1,
  };
  assert.equal(planBlocks(options).blocks.length, 1);
  assert.equal(planBlocks({ ...options, workers: 2 }).blocks.length, 2);
  assert.ok(planBlocks({ ...options, workers: 7 }).blocks.length >= 7);
});

Deno.test("planBlocks() minimises the given cost instead of voxels read", () => {
  const options: PlanOptions = {
    shape: [32, 32, 32],
    chunk: [8, 8, 8],
    context: [4, 4, 4],
    bytesNeeded,
    bytesPerWorker: 1000 * MIB,
    workers: 1,
  };
  assert.deepEqual(planBlocks(options).blockShape, [32, 32, 32]);
  const plan = planBlocks({ ...options, cost: (read) => voxelCount(read) ** 3 });
  assert.deepEqual(plan.blockShape, [8, 8, 8]);
});

Deno.test("planBlocks() rounds a wanted block shape up to chunks and clips it to the volume", () => {
  const plan = planBlocks({
    shape: [20, 100, 100],
    chunk: [8, 16, 16],
    context: [1, 1, 1],
    bytesNeeded,
    bytesPerWorker: 100 * MIB,
    workers: 1,
    blockShape: [500, 17, 16],
  });
  assert.deepEqual(plan.blockShape, [24, 32, 16]);
  assert.equal(plan.blocks.length, 1 * 4 * 7);
});

Deno.test("planBlocks() names a shape that fits, when the wanted one does not", () => {
  const options: PlanOptions = {
    shape: [256, 256, 256],
    chunk: [64, 64, 64],
    context: [10, 10, 10],
    bytesNeeded,
    bytesPerWorker: 40 * MIB,
    workers: 2,
  };
  assert.throws(() => planBlocks({ ...options, blockShape: [256, 256, 256] }), (error) => {
    assert.ok(error instanceof UserError);
    const [z = 0, y = 0, x = 0] =
      /, or (\d+),(\d+),(\d+), which fits/.exec(error.message)?.slice(1).map(Number) ?? [];
    assert.deepEqual(planBlocks({ ...options, blockShape: [z, y, x] }).blockShape, [z, y, x]);
    return true;
  });
});

Deno.test("planBlocks() plans 10^12 voxels", () => {
  const plan = planBlocks({
    shape: [10_000, 10_000, 10_000],
    chunk: [64, 64, 64],
    context: [60, 60, 60],
    bytesNeeded: (read) => 24 * voxelCount(read),
    bytesPerWorker: 900 * MIB,
    workers: 2,
  });
  assert.ok(plan.blocks.length < 200_000);
  assert.ok(plan.readRatio < 4);
  const written = plan.blocks.reduce((sum, block) => sum + voxelCount(block.write.shape), 0);
  assert.equal(written, 1e12);
});

Deno.test("planBlocks() refuses more than a million blocks", () => {
  const options: PlanOptions = {
    shape: [1000, 1000, 1000],
    chunk: [4, 4, 4],
    context: [0, 0, 0],
    bytesNeeded: voxelCount,
    bytesPerWorker: 64,
    workers: 1,
  };
  assert.throws(() => planBlocks(options), /15625000 blocks, more than 1000000/);
});

Deno.test("planBlocks() refuses shapes that are not whole numbers above 0", () => {
  const options = { context: [0, 0, 0] as const, bytesNeeded, bytesPerWorker: MIB, workers: 1 };
  assert.throws(() => planBlocks({ ...options, shape: [0, 1, 1], chunk: [1, 1, 1] }), RangeError);
  assert.throws(() => planBlocks({ ...options, shape: [1, 1, 1], chunk: [1, 1.5, 1] }), RangeError);
});
