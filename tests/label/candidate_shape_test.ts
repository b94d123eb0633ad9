/** Shapes of candidates on made-up scores. */
import assert from "node:assert/strict";
import {
  boxOfPlaces,
  peaksOf,
  pieceOfRuns,
  runsOfPlaces,
  shapesAround,
  shownPlace,
  synapseSize,
} from "../../src/label/candidate_shape.ts";
import { findCandidates } from "../../src/label/candidates.ts";
import { type Region, voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

/** A slice of scores, a digit each, in a box that starts elsewhere. */
function pieceOf(rows: readonly string[]) {
  const width = rows[0]?.length ?? 0;
  const box: Region = { start: [3, 10, 20], shape: [1, rows.length, width] };
  const scores = Float32Array.from([...rows.join("")].map(Number));
  const runs = rows.flatMap((_, y) => [3, 10 + y, 20, width]);
  return { ...pieceOfRuns(box, runs, scores), width };
}

/** The shape as a drawing. */
function drawn(places: readonly number[], width: number, rows: number): string[] {
  return Array.from(
    { length: rows },
    (_, y) => Array.from({ length: width }, (_, x) => places.includes(y * width + x) ? "#" : ".").join(""),
  );
}

Deno.test("shapesAround() goes down from a peak over faces, not below the least score, and stops at the most voxels", () => {
  const rows = [
    "123217",
    "249310",
    "125600",
    "000177",
  ];
  const { width, ...piece } = pieceOf(rows);
  const of = (from: number, most: number) =>
    shapesAround(piece, [{ place: 8, from }], most).map((places) => drawn(places, width, rows.length))[0];
  assert.deepEqual(
    of(3, Infinity),
    ["..#...", ".###..", "..##..", "......"],
    "7 touches it by a corner alone",
  );
  assert.deepEqual(of(3, 4), ["......", ".##...", "..##..", "......"], "the highest ones");
  assert.deepEqual(of(1, Infinity)?.[3], "...###");
});

Deno.test("shapesAround() divides a ridge where it is lowest, and leaves to nobody what is too much for a shape", () => {
  const row = "9987643678";
  const { width, ...piece } = pieceOf([row]);
  const of = (most: number, ...seeds: (readonly [place: number, from: number])[]) =>
    shapesAround(piece, seeds.map(([place, from]) => ({ place, from })), most).map((places) =>
      drawn(places, width, 1)[0]
    );
  assert.deepEqual(of(9, [0, 4], [9, 3]), ["######....", "......####"]);
  assert.deepEqual(of(3, [0, 4], [9, 3]), ["###.......", ".......###"]);
  assert.deepEqual(of(3, [0, 4]), ["###......."]);
  assert.deepEqual(of(9, [0, 7]), ["####......"], "what lies behind a saddle is no part of it");
});

Deno.test("shapesAround() with any limit is connected, and a smaller one lies in a larger one", () => {
  const shape: Zyx = [7, 8, 9];
  const scores = Float32Array.from(
    { length: voxelCount(shape) },
    (_, i) => (Math.imul(i, 0x9e3779b1) >>> 24) % 50,
  );
  const box = { start: [0, 0, 0] as const, shape };
  const piece = () =>
    pieceOfRuns(box, [...Array(56).keys()].flatMap((row) => [Math.floor(row / 8), row % 8, 0, 9]), scores);
  const [peak = 0] = peaksOf(piece());
  assert.equal(scores[peak], Math.max(...scores));
  let before: number[] = [];
  for (let most = 1; most < 200; most += 7) {
    const [places = []] = shapesAround(piece(), [{ place: peak, from: 10 }], most);
    assert.ok(before.every((place) => places.includes(place)));
    const beside = (place: number) =>
      [1, 9, 72].flatMap((step) => [place - step, place + step]).some((other) => places.includes(other));
    assert.ok(places.length === 1 || places.every(beside));
    assert.deepEqual(places, [...places].sort((a, b) => a - b));
    before = places;
  }
});

Deno.test("peaksOf() finds each hill once, also a flat one, the highest first", () => {
  const { width: _, ...piece } = pieceOf(["0550000", "0550090", "0000000", "3000000"]);
  assert.deepEqual(peaksOf(piece), [12, 1, 21]);
});

Deno.test("runs, box and the shown place of a shape are those of its voxels in the volume", () => {
  const box: Region = { start: [3, 10, 20], shape: [2, 2, 4] };
  const places = [2, 3, 4, 12, 13, 14];
  assert.deepEqual(runsOfPlaces(box, places), [3, 10, 22, 2, 3, 11, 20, 1, 4, 11, 20, 3]);
  assert.deepEqual(boxOfPlaces(box, places), { start: [3, 10, 20], shape: [2, 2, 4] });
  assert.deepEqual(boxOfPlaces(box, [13]), { start: [4, 11, 21], shape: [1, 1, 1] });
  assert.equal(shownPlace(box, [0, 4, 5, 6]), 5, "the middle of the slice");
  assert.equal(shownPlace(box, [0, 12, 13, 14]), 13, "in the slice with most of it");
});

Deno.test("synapseSize() is the median of what is painted", () => {
  const object = (voxels: number, edge: number) => ({
    voxels,
    box: voxels === 0 ? null : { begin: [0, 0, 0], end: [edge, 2, 3] } as const,
  });
  assert.equal(synapseSize([object(0, 1)], 1), undefined);
  assert.deepEqual(synapseSize([object(0, 1), object(9, 1), object(80, 2), object(30, 4)], 4), {
    voxels: 30,
    extent: 8,
  });
});

const SHAPE: Zyx = [16, 64, 128];
/** Three hills of one ridge, 40 apart; few voxels of the last reach 10. */
const HILLS: readonly (readonly [x: number, height: number])[] = [[20, 30], [60, 24], [100, 10.5]];

async function findIn(folder: string, change: Partial<Parameters<typeof findCandidates>[0]> = {}) {
  const scores = await createZarr(`${folder}/scores.zarr`, { shape: SHAPE, chunk: SHAPE, dtype: "float32" });
  const labels = await createZarr(`${folder}/labels.zarr`, { shape: SHAPE, chunk: SHAPE, dtype: "uint32" });
  const values = new Float32Array(voxelCount(SHAPE)).fill(-5);
  for (let z = 4; z < 10; z++) {
    for (let y = 30; y < 36; y++) {
      for (let x = 5; x < 120; x++) {
        const hills = HILLS.map(([at, height]) => height - Math.hypot(z - 7, y - 33, x - at));
        values[(z * SHAPE[1] + y) * SHAPE[2] + x] = Math.max(6.5, ...hills);
      }
    }
  }
  values[(2 * SHAPE[1] + 5) * SHAPE[2] + 5] = 50; // one voxel
  await writeRegion(scores, wholeRegion(SHAPE), values);
  return await findCandidates({
    scores,
    scored: [[0, 0, 0]],
    labels,
    threshold: 10,
    minSize: 10,
    anisotropy: 1,
    size: { voxels: 100, extent: 20 },
    isJudged: () => false,
    most: 12,
    ...change,
  });
}

const byPeak = (found: Awaited<ReturnType<typeof findCandidates>>) =>
  found.candidates.toSorted((a, b) => b.score - a.score).map(({ peak, voxels, isFound }) => [
    peak.join(),
    voxels,
    isFound,
  ]);

Deno.test("findCandidates() asks about each hill of a ridge by itself, with at most twice the voxels of a synapse", () =>
  inTempFolder(async (folder) => {
    const found = await findIn(folder);
    assert.equal(found.count, 2, "the third hill has too few voxels that reach the threshold");
    assert.deepEqual(byPeak(found), [
      ["7,33,20", 200, true],
      ["7,33,60", 200, true],
      ["7,33,100", 200, false],
    ]);
    for (const { runs, box, voxels } of found.candidates) {
      assert.equal(runs.reduce((sum, part, i) => i % 4 === 3 ? sum + part : sum, 0), voxels);
      assert.ok(Math.max(...box.shape) < 20, "the ridge is not followed far");
    }
  }));

Deno.test("findCandidates() of what is labelled or judged asks about the other hills alone", () =>
  inTempFolder(async (folder) => {
    const { candidates } = await findIn(folder, { isJudged: ([, , x]) => x === 60 });
    assert.deepEqual(candidates.map(({ peak }) => peak[2]).sort(), [100, 20]);
    const labels = await createZarr(`${folder}/painted.zarr`, {
      shape: SHAPE,
      chunk: SHAPE,
      dtype: "uint32",
    });
    const painted = new Uint32Array(voxelCount(SHAPE));
    painted[(7 * SHAPE[1] + 33) * SHAPE[2] + 22] = 7;
    await writeRegion(labels, wholeRegion(SHAPE), painted);
    const others = await findIn(folder, { labels });
    assert.deepEqual(others.candidates.map(({ peak }) => peak[2]).sort(), [100, 60]);
    const alone = await findIn(folder, { size: undefined });
    assert.deepEqual(
      alone.candidates.map(({ peak }) => peak[2]),
      [20],
      "nobody knows how large synapses are",
    );
  }));
