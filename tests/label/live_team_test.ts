/** What the threads that learn for a page may take together. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { memoryPerWorker } from "../../src/engine/mod.ts";
import { resourcesAlone, resourcesBeside } from "../../src/label/live_team.ts";
import { LEAST_LEARNING } from "../../src/label/memory_shares.ts";

const MIB = 2 ** 20;

/** Measured, see `src/engine/memory.ts`: the process, a worker and a helper without their arrays. */
const [PROCESS, WORKER, HELPER] = [46 * MIB, 34 * MIB, 16 * MIB];

Deno.test("resourcesBeside() leaves workers what the team's memory, which never becomes smaller, and its threads do not take", () => {
  const budget = fc.integer({ min: LEAST_LEARNING / MIB, max: 32768 });
  fc.assert(
    fc.property(
      budget,
      fc.integer({ min: 2, max: 16 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (mib, workers, share) => {
        const memory = mib * MIB;
        const held = Math.floor(share * memoryPerWorker(memory, 1, workers));
        const beside = resourcesBeside({ memory, workers, inMainThread: true }, held);
        assert.ok(beside.workers >= 1 && beside.workers <= workers && !beside.inMainThread);
        if (beside.workers === 1) return; // the thread works alone then, in the team's memory
        const arrays = beside.workers * memoryPerWorker(beside.memory, beside.workers);
        const threads = (1 + beside.workers) * WORKER + (workers - 1) * HELPER;
        assert.ok(PROCESS + held + threads + arrays <= memory, `${mib} MiB, ${held} bytes held`);
      },
    ),
  );
});

Deno.test("resourcesBeside() takes workers where there is room for them, and fewer the more the team holds", () => {
  const workersOf = (mib: number, held: number, workers: number) =>
    resourcesBeside({ memory: mib * MIB, workers }, held * MIB).workers;
  assert.deepEqual([workersOf(352, 125, 2), workersOf(1888, 200, 2), workersOf(1888, 1450, 2)], [1, 2, 1]);
  assert.deepEqual([workersOf(4096, 0, 8), workersOf(4096, 2500, 8)], [8, 6]);
});

Deno.test("resourcesAlone() is what blocks have when the thread leads its helpers", () => {
  for (const [mib, workers] of [[352, 1], [352, 2], [1888, 2], [1888, 8], [16384, 16]] as const) {
    const memory = mib * MIB;
    const alone = resourcesAlone({ memory, workers, inMainThread: true });
    assert.deepEqual([alone.workers, alone.inMainThread], [1, true]);
    const [blocks, values] = [memoryPerWorker(memory, 1, workers), memoryPerWorker(alone.memory, 1)];
    assert.ok(Math.abs(values - blocks) <= 2 * MIB && alone.memory <= memory + MIB, `${blocks} ${values}`);
  }
});
