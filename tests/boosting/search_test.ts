/** The search of stumps in parts: what is found does not depend on the parts, nor on how features lie in memory. */
import { crc32 } from "node:zlib";
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  betterStump,
  boost,
  MAX_BINS,
  NO_STUMP,
  type SearchTask,
  searchTask,
} from "../../src/boosting/mod.ts";
import { drawRoundSamples } from "../../src/boosting/round_samples.ts";
import { createSampleState } from "../../src/boosting/sample_state.ts";
import { searchStumps } from "../../src/boosting/search.ts";
import { type Kernels, loadKernels } from "../../src/kernels/mod.ts";
import type { BinnedMatrix } from "../../src/stages/stage_jobs.ts";
import { openSearchJob } from "../../src/stages/training/stump_search.ts";

import { DamagedError } from "../../src/volume/damaged_error.ts";
import { matrixOf, syntheticData } from "./data.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const SAMPLES = 300, COLUMNS = 5, POSES = 7;
const kernels = await loadKernels();

/** Bins that resemble chance, in a file with its checksums. */
async function writeMatrix(folder: string): Promise<{ files: BinnedMatrix; bins: Uint8Array }> {
  const bins = Uint8Array.from(
    { length: SAMPLES * COLUMNS * POSES },
    (_, i) => Math.imul(i + 1, 2654435761) >>> 24,
  );
  const cuts = new Uint16Array(MAX_BINS);
  const sums = Uint32Array.from({ length: 2 * COLUMNS * POSES }, (_, i) =>
    crc32(
      i % 2 === 0 ? bins.subarray(i / 2 * SAMPLES, (i / 2 + 1) * SAMPLES) : new Uint8Array(cuts.buffer),
    ));
  const files = {
    matrix: `${folder}/matrix.bin`,
    cuts: `${folder}/cuts.bin`,
    sums: `${folder}/sums.bin`,
    candidates: COLUMNS * POSES,
    samples: SAMPLES,
  };
  await Deno.writeFile(files.matrix, bins);
  await Deno.writeFile(files.cuts, new Uint8Array(cuts.byteLength * files.candidates));
  await Deno.writeFile(files.sums, new Uint8Array(sums.buffer));
  return { files, bins };
}

/** The search of a first round over all poses, and what it finds in `bins`. */
function firstRound(bins: Uint8Array) {
  const { arena } = kernels;
  const address = arena.alloc(bins.length);
  arena.u8(address, bins.length).set(bins);
  const matrix = {
    samples: SAMPLES,
    candidates: COLUMNS * POSES,
    column: (i: number) => address + i * SAMPLES,
  };
  const state = createSampleState(
    kernels,
    Uint8Array.from({ length: SAMPLES }, (_, i) => Number(i % 6 === 0)),
  );
  const samples = drawRoundSamples(kernels, state, { seed: 3, round: 0, ratio: 2 });
  const { entries, count, positive, total } = samples;
  const poses = Array.from({ length: POSES }, (_, place) => place);
  const task: SearchTask = { poses, entries: arena.u8(entries, 8 * count).slice(), positive, total };
  return { task, found: searchStumps(kernels, { columns: COLUMNS, matrix }, poses, samples) };
}

Deno.test("openSearchJob() finds the same stump in parts, of poses that are held and of others", () =>
  inTempFolder(async (folder) => {
    const { files, bins } = await writeMatrix(folder);
    const { task, found } = firstRound(bins);
    assert.ok(Number.isFinite(found.code));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: POSES }),
        fc.integer({ min: 0, max: POSES }),
        async (parts, mostHeld) => {
          let best = NO_STUMP;
          for (let part = 0; part < parts; part++) {
            const job = { stage: "search", matrix: files, columns: COLUMNS, part, parts, mostHeld } as const;
            const { search, close } = openSearchJob(await loadKernels(), job);
            const poses = task.poses.filter((place) => place % parts === part);
            best = betterStump(best, search({ ...task, poses }));
            close();
          }
          assert.deepEqual(best, found);
        },
      ),
      { numRuns: 25 },
    );
  }));

Deno.test("openSearchJob() names the matrix where a bit of it is flipped, held or not", () =>
  inTempFolder(async (folder) => {
    const { files, bins } = await writeMatrix(folder);
    const { task } = firstRound(bins);
    const damaged = bins.slice();
    damaged[SAMPLES * COLUMNS + 17] = (damaged[SAMPLES * COLUMNS + 17] ?? 0) ^ 4;
    await Deno.writeFile(files.matrix, damaged);
    for (const mostHeld of [0, POSES]) {
      const job = { stage: "search", matrix: files, columns: COLUMNS, part: 0, parts: 1, mostHeld } as const;
      const fresh = await loadKernels();
      assert.throws(
        () => openSearchJob(fresh, job).search(task),
        (error) => error instanceof DamagedError && error.file === files.matrix,
      );
    }
  }));

/** The columns of a pose as `searchPose` reads them. */
function heldPose({ run, arena }: Kernels, columns: readonly Uint8Array[]): number {
  const samples = columns[0]?.length ?? 0;
  const held = arena.alloc(samples * columns.length);
  const mark = arena.mark();
  const plain = arena.alloc(samples * columns.length);
  for (const [i, column] of columns.entries()) arena.u8(plain + i * samples, samples).set(column);
  run.interleaveColumns(plain, columns.length, samples, held);
  arena.release(mark);
  return held;
}

Deno.test("boost() finds the same stumps where others search parts of the poses, held sample by sample or not", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        samples: fc.integer({ min: 40, max: 90 }),
        poses: fc.integer({ min: 1, max: 9 }),
        columns: fc.integer({ min: 1, max: 6 }),
        range: fc.constantFrom(5, 40, 256),
        seed: fc.nat(),
        parts: fc.integer({ min: 1, max: 4 }),
      }),
      async ({ samples, poses, columns, range, seed, parts }) => {
        const data = syntheticData(samples, columns * poses, range, seed);
        const others = await loadKernels();
        const matrix = matrixOf(others, data.columnsOfBins);
        const held = Array.from(
          { length: poses },
          (_, place) => heldPose(others, data.columnsOfBins.slice(place * columns, (place + 1) * columns)),
        );
        const features = {
          columns,
          matrix,
          pose: (place: number) => place % 3 === 0 ? undefined : held[place],
        };
        const search = (task: SearchTask) => {
          const found = Array.from({ length: parts }, (_, part) => {
            const own = task.poses.filter((place) => place % parts === part);
            return searchTask(others, features, { ...task, poses: own });
          });
          return Promise.resolve(found.reduceRight(betterStump, NO_STUMP));
        };
        const settings = {
          columns,
          seed,
          labels: data.labels,
          numStumps: 12,
          numWLToExplorePerIter: 12,
          reweightingSamplingRatio: 2,
          thresholdSearchOnWholeData: false,
        };
        const expected = await boost(others, { ...settings, matrix });
        assert.deepEqual(
          await boost(kernels, { ...settings, matrix: matrixOf(kernels, data.columnsOfBins), search }),
          expected,
        );
      },
    ),
    { numRuns: 40 },
  );
});
