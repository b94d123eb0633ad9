/** Candidates, and what people say of them. */
import assert from "node:assert/strict";
import { createJudge } from "../../src/label/judge.ts";
import { openProject } from "../../src/label/project.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { labelsOnDisk, makeProject, strokeOf } from "./project.ts";

const SHAPE: Zyx = [20, 150, 400];
const MODEL = {
  state: "ready",
  seconds: 1,
  trainedAt: null,
  strokes: 0,
  error: null,
  threshold: 10,
  labelsScored: 1,
  version: 7,
} as const;

/** Cubes of 4 voxels an edge: the left column below the threshold of 10, the others with these scores. */
const CUBES: readonly (readonly [at: Zyx, score: number])[] = [
  [[4, 20, 20], 30],
  [[4, 20, 100], 11],
  [[4, 100, 20], 8],
  [[4, 100, 100], 5], // too low even for nearly
  [[12, 60, 60], 20],
  [[12, 60, 300], 40], // not scored
];

/** A project whose model has scored the chunks with x below 256, with cubes of scores. */
async function scoredProject(folder: string, cubes = CUBES) {
  await makeProject(folder, SHAPE);
  const project = await openProject(folder);
  const path = `${project.served.root}/${project.served.scores}/7.zarr`;
  const scores = await createZarr(path, { shape: SHAPE, chunk: [16, 128, 128], dtype: "float32" });
  const voxels = new Float32Array(voxelCount(SHAPE)).fill(-5);
  for (const [[z0, y0, x0], score] of cubes) {
    for (let z = z0; z < z0 + 4; z++) {
      for (let y = y0; y < y0 + 4; y++) {
        for (let x = x0; x < x0 + 4; x++) {
          // a rim that only nearly reaches it
          voxels[(z * SHAPE[1] + y) * SHAPE[2] + x] = x === x0 ? Math.min(score, 7) : score;
        }
      }
    }
  }
  await writeRegion(scores, wholeRegion(SHAPE), voxels);
  const chunks = [0, 1].flatMap((z) => [0, 1].flatMap((y) => [0, 1].map((x) => `${z}/${y}/${x}`)));
  project.tellModel({ ...MODEL, scores: `${project.served.scores}/7.zarr` }, chunks);
  return project;
}

Deno.test("candidates: unlabelled pieces that are scored, those near the threshold first; a yes takes the shape, a no paints background", () =>
  inTempFolder(async (folder) => {
    const project = await scoredProject(folder);
    await project.set({ voxelSize: [10, 10, 10] });
    const judge = createJudge(project);
    const told: unknown[] = [];
    (await project.listen("0", (news) => void told.push(news.scores)))();
    assert.deepEqual(
      told.at(-1),
      { version: 7, chunks: project.scored().map((at) => at.join("/")) },
      "who comes late",
    );
    await project.store.stroke(strokeOf(1, [12, 61, 62, 1]));
    const first = await judge.candidates(10, 10);
    assert.deepEqual(first.candidates.map(({ at, isFound }) => [at.join(), isFound]), [
      ["5,21,102", true],
      ["5,101,21", false],
      ["5,21,22", true],
    ]);
    assert.deepEqual([first.version, first.count, first.check.of], [7, 3, 0]);
    assert.equal(first.scoredVoxels, 20 * 150 * 256);
    assert.ok(Math.abs((first.density ?? 0) - 3 / (20 * 150 * 256 / 1e6)) < 1e-9);
    const { version, count, scoredVoxels, density } = first;
    assert.deepEqual(await judge.found(10, 10), { version, count, scoredVoxels, density });
    assert.equal((await judge.found(10, 100)).count, 0);
    const [sure, nearly] = first.candidates;
    const yes = await judge.judge(sure?.id ?? "", "yes");
    assert.equal(yes.isCheck, false);
    assert.equal(yes.object?.name, "synapse 1");
    const painted = await labelsOnDisk(folder);
    assert.equal(
      painted.filter((value) => value === 2).length,
      3 * 4 * 4,
      "what reaches the threshold, no rim",
    );
    await judge.judge(nearly?.id ?? "", "no");
    assert.equal((await labelsOnDisk(folder)).filter((value) => value === 1).length, 1 + 4 * 4 * 4);
    await assert.rejects(judge.judge(sure?.id ?? "", "yes"), /ask for the candidates again/);
    const next = await judge.candidates(10, 10);
    assert.deepEqual(next.candidates.map(({ at }) => at.join()), ["5,21,22"]);
    await judge.judge(next.candidates[0]?.id ?? "", "skip");
    assert.deepEqual((await judge.candidates(10, 10)).candidates, []);
    assert.equal((await judge.candidates(10, 100)).count, 0);
    await project.close();
  }));

Deno.test("candidates: every fifth that is judged is not learned from, and tells how often the model is right", () =>
  inTempFolder(async (folder) => {
    const cubes = Array.from({ length: 12 }, (_, i): readonly [Zyx, number] => [[4, 10 + 10 * i, 40], 20]);
    const project = await scoredProject(folder, cubes);
    const judge = createJudge(project);
    const checks: boolean[] = [];
    for (let i = 0; i < 11; i++) {
      const { candidates } = await judge.candidates(10, 10);
      const before = await labelsOnDisk(folder);
      const { isCheck, object, change } = await judge.judge(candidates[0]?.id ?? "", i === 9 ? "no" : "yes");
      checks.push(isCheck);
      assert.equal(object === null, isCheck);
      assert.equal(change === null, isCheck);
      if (isCheck) assert.deepEqual(await labelsOnDisk(folder), before);
    }
    assert.deepEqual(checks.flatMap((isCheck, i) => isCheck ? [i] : []), [4, 9]);
    assert.deepEqual((await judge.candidates(10, 10)).check, { right: 1, of: 2 });
    await project.close();
    const again = await openProject(folder);
    assert.equal(again.store.judged().length, 11);
    assert.equal(again.state().objects.length, 9);
    await assert.rejects(createJudge(again).candidates(10, 10), /nothing is scored yet/);
    await again.close();
  }));

Deno.test("candidates: what was judged is not asked again where its highest score has moved a little, but what is beside it is", () =>
  inTempFolder(async (folder) => {
    const cubes: (readonly [Zyx, number])[] = [[[4, 40, 20], 20], [[4, 40, 52], 20], [[4, 100, 60], 20]];
    const project = await scoredProject(folder, cubes);
    const judge = createJudge(project);
    const asked = async () => (await judge.candidates(10, 10)).candidates.map(({ at }) => at.join()).sort();
    assert.deepEqual(await asked(), ["5,101,62", "5,41,22", "5,41,54"]);
    const verdict = { verdict: "skip", isCheck: false, isFound: true } as const;
    const box = { start: [4, 40, 20], shape: [4, 4, 36] } as const; // of two cubes
    await project.store.noteJudged({ ...verdict, box, peak: [6, 42, 18] });
    assert.deepEqual(await asked(), ["5,101,62", "5,41,54"]);
    await project.store.noteJudged({ ...verdict, box: { start: [4, 98, 40], shape: [4, 6, 44] } });
    assert.deepEqual(await asked(), ["5,41,54"], "versions before noted no highest score: the middle counts");
    await project.close();
  }));
