import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../../src/user_error.ts";
import { memoryPerWorker } from "../../src/engine/memory.ts";
import { type BlockPlan, planBlocks } from "../../src/engine/block_plan.ts";
import { planTeams, speedOfTeam, type TeamPlanOptions, threadsOfTeam } from "../../src/engine/team_plan.ts";
import { voxelCount, type Zyx } from "../../src/volume/region.ts";
import { shapesUpTo } from "../helpers/shapes.ts";

const MIB = 2 ** 20;

const bytesNeeded = (read: Zyx, _write: Zyx, threads: number) => 20 * voxelCount(read) + threads * MIB;

const base = {
  chunk: [64, 64, 64],
  context: [80, 80, 80],
  bytesNeeded,
  mostBytes: 4096 * MIB,
  canShare: true,
  processes: 1,
  beside: 0,
} as const satisfies Partial<TeamPlanOptions>;

function planOrNothing(plan: () => BlockPlan): BlockPlan | undefined {
  try {
    return plan();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

Deno.test("planTeams() keeps within memory and threads, and is no slower than a block for each thread or one for all", () => {
  const cases = fc.record({
    shape: shapesUpTo([700, 900, 900]),
    memory: fc.integer({ min: 200, max: 20_000 }).map((n) => n * MIB),
    threads: fc.integer({ min: 1, max: 70 }),
    canShare: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, ({ shape, memory, threads: most, canShare }) => {
      const options = { ...base, shape, memory, threads: most, canShare };
      const plan = planOrNothing(() => planTeams(options));
      const single = (workers: number, threads: number) =>
        planOrNothing(() =>
          planBlocks({
            ...base,
            shape,
            workers,
            bytesNeeded: (read, write) => bytesNeeded(read, write, threadsOfTeam(threads, workers)),
            bytesPerWorker: Math.min(memoryPerWorker(memory, workers, threads), base.mostBytes),
          })
        );
      if (plan === undefined) return assert.equal(single(1, 1), undefined);
      const { workers, threads } = plan;
      assert.ok(workers >= 1 && workers <= threads && threads <= most);
      if (!canShare) assert.equal(threads, workers);
      assert.ok(plan.bytesPerWorker <= memoryPerWorker(memory, workers, threads));
      const time = plan.makespan / speedOfTeam(Math.floor(threads / workers));
      for (const [others, of] of [[most, most], ...(canShare ? [[1, most] as const] : [])] as const) {
        const other = single(others, of);
        if (other === undefined) continue;
        const otherTime = other.makespan / speedOfTeam(Math.floor(of / others));
        assert.ok(time <= otherTime / 0.97 + 1e-6, `${workers} x ${threads}: ${time} > ${otherTime}`);
      }
    }),
    { numRuns: 40, seed: 5 },
  );
});

Deno.test("planTeams() lets all threads share one block where memory is short, and gives each its own where there is plenty", () => {
  const options = { ...base, shape: [1024, 1024, 1024] as const, threads: 16 };
  const short = planTeams({ ...options, memory: 2048 * MIB });
  assert.deepEqual([short.workers, short.threads], [1, 16]);
  const plenty = planTeams({ ...options, memory: 64 * 1024 * MIB });
  assert.ok(plenty.workers >= 8, `${plenty.workers}`);
  assert.ok(plenty.readRatio < short.readRatio);
});

Deno.test("planTeams() takes fewer threads where each would take the memory of the block", () => {
  const tight = planTeams({ ...base, shape: [256, 256, 256], memory: 400 * MIB, threads: 64 });
  assert.ok(tight.threads < 64);
});

Deno.test("planTeams() takes the teams it is told to", () => {
  const options = { ...base, shape: [512, 512, 512] as const, memory: 8192 * MIB, threads: 5 };
  for (const workers of [1, 2, 5]) {
    const plan = planTeams({ ...options, workers });
    assert.deepEqual([plan.workers, plan.threads], [workers, 5]);
  }
});
