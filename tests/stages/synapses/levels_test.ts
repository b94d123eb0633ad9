import assert from "node:assert/strict";
import fc from "fast-check";
import { arraySource } from "../../../src/analysis/voxel_source.ts";
import { countLevels, type SynapseLevels } from "../../../src/stages/synapses/levels.ts";
import { findSynapses } from "../../../src/stages/synapses/synapses.ts";
import type { Zyx } from "../../../src/volume/region.ts";
import { referencePath } from "../../helpers/project.ts";

const SHAPE: Zyx = [9, 14, 17];
const VOXELS = 9 * 14 * 17;

/** Hills of scores over noise, some voxels without a number. */
function scoresOf(seed: number, share: number): Float32Array {
  let state = seed;
  const next = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const scores = Float32Array.from(
    { length: VOXELS },
    () => next() < share ? Math.round(next() * 12) / 4 - 1 : -3,
  );
  for (let hill = 0; hill < 6; hill++) {
    const [z, y, x] = [next() * 9, next() * 14, next() * 17];
    for (let i = 0; i < VOXELS; i++) {
      const away = Math.hypot(Math.floor(i / 238) - z, Math.floor(i / 17) % 14 - y, i % 17 - x);
      if (away < 3) scores[i] = Math.max(scores[i] ?? 0, 5 - away + next() / 3);
    }
  }
  scores[Math.floor(next() * VOXELS)] = NaN;
  return scores;
}

/** The count at a threshold and a size of the list. */
function countAt({ thresholds, sizes, counts }: SynapseLevels, threshold: number, size: number): number {
  return counts[thresholds.indexOf(threshold)]?.[sizes.indexOf(size)] ?? NaN;
}

Deno.test("countLevels() counts at every threshold and size as findSynapses() does", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1e9 }),
      fc.double({ min: 0, max: 0.5, noNaN: true }),
      async (seed, share) => {
        const scores = arraySource("scores", scoresOf(seed, share), SHAPE, [4, 5, 6]);
        const levels = await countLevels(scores, { threshold: -0.123, blockVoxels: 1 });
        assert.ok(levels.thresholds.includes(-0.123));
        for (const threshold of levels.thresholds.filter((_, i) => i % 7 === seed % 7)) {
          const { synapses } = await findSynapses(scores, { threshold, minSize: 1 });
          for (const size of levels.sizes.slice(0, 30)) {
            const expected = synapses.filter(({ voxels }) => voxels >= size).length;
            assert.equal(countAt(levels, threshold, size), expected, `${threshold}, ${size} voxels`);
          }
          const at = levels.thresholds.indexOf(threshold);
          assert.equal(levels.largest[at], Math.max(0, ...synapses.map(({ voxels }) => voxels)));
          assert.equal(levels.voxels[at], synapses.reduce((sum, { voxels }) => sum + voxels, 0));
        }
      },
    ),
    { numRuns: 8 },
  );
});

Deno.test("countLevels() gives the same bits for any chunks and blocks", async () => {
  const scores = scoresOf(7, 0.3);
  const all = [];
  for (const chunk of [SHAPE, [2, 5, 17], [3, 14, 17], [9, 2, 5], [2, 3, 4]] as const) {
    for (const blockVoxels of [1, 300]) {
      all.push(
        JSON.stringify(await countLevels(arraySource("scores", scores, SHAPE, chunk), { blockVoxels })),
      );
    }
  }
  assert.equal(new Set(all).size, 1);
});

Deno.test("countLevels() looks at no scores below those that are complete, and at none where there are none", async () => {
  const scores = arraySource("scores", scoresOf(3, 0.3), SHAPE);
  const { thresholds } = await countLevels(scores, { threshold: 1, leastScore: 1 });
  assert.equal(thresholds[0], 1);
  const nothing = arraySource("nothing", new Float32Array(VOXELS).fill(NaN), SHAPE);
  assert.deepEqual((await countLevels(nothing, { threshold: 1 })).counts.map((row) => row[0]), [0]);
  const flat = await countLevels(arraySource("flat", new Float32Array(VOXELS).fill(2), SHAPE));
  assert.deepEqual([flat.thresholds, flat.counts[0]?.[0], flat.largest], [[2], 1, [VOXELS]]);
});

Deno.test("countLevels() says so where more is open than the memory holds", async () => {
  const noise = scoresOf(5, 0.5);
  await assert.rejects(
    countLevels(arraySource("noise", noise, SHAPE, [3, 14, 17]), {
      threshold: -1,
      treeBytes: 1000,
      blockVoxels: 1,
    }),
    /noise has more separate pieces than fit the memory/,
  );
});

Deno.test("countLevels() counts on vnc as findSynapses() does at ten thresholds", async () => {
  const path = referencePath("vnc/original-scores-max.f16.gz");
  if (await Deno.stat(path).catch(() => undefined) === undefined) {
    // deno-lint-ignore no-console -- says why a test did not run
    return console.log(`skipped: no reference data in ${referencePath("")}`);
  }
  const file = await Deno.open(path);
  const bytes = await new Response(file.readable.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  const halves = Float32Array.from(new Float16Array(bytes));
  const scores = arraySource("vnc", halves, [20, 1024, 512], [16, 128, 128]);
  const levels = await countLevels(scores, { threshold: 2.345 });
  for (let i = 0; i < 10; i++) {
    const threshold = levels.thresholds[Math.round(i * (levels.thresholds.length - 1) / 9)] ?? NaN;
    const { synapses } = await findSynapses(scores, { threshold, minSize: 1 });
    for (const size of [1, 100, 1000]) {
      const expected = synapses.filter(({ voxels }) => voxels >= size).length;
      assert.equal(countAt(levels, threshold, size), expected, `${threshold}, ${size} voxels`);
    }
  }
});
