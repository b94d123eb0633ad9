import assert from "node:assert/strict";
import { synapseFiles, writeSynapses } from "../../../../src/stages/synapses/write_synapses.ts";
import { partOf } from "../../../../src/stages/synapses/review/reviewed_plan.ts";
import { placesOf, type TablePlaces } from "../../../../src/stages/synapses/review/table_places.ts";
import { reviewedFiles, writeReviewed } from "../../../../src/stages/synapses/review/write_reviewed.ts";
import { packDirection } from "../../../../src/orientation/direction.ts";
import { directionSource } from "../../../../src/stages/synapses/directions.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../../../src/volume/region.ts";
import { createZarr, openZarr, readRegion, writeRegion } from "../../../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../../../helpers/temp_folder.ts";
import { createReviewing } from "./reviewing.ts";

const SHAPE: Zyx = [12, 24, 40];
const UNIT: Zyx = [40, 5, 5];
const WHOLE = wholeRegion(SHAPE);

/** Boxes of high scores: from z, y, x up to, not including, z, y, x. */
const BOXES: readonly (readonly [Zyx, Zyx])[] = [
  [[1, 1, 1], [4, 6, 20]], // 1, two synapses
  [[1, 12, 1], [4, 16, 8]], // 2 and 3, one synapse
  [[1, 12, 10], [4, 16, 16]],
  [[6, 2, 25], [9, 8, 33]], // 4, none
  [[6, 14, 20], [10, 20, 28]], // 5, points the other way
  [[7, 2, 2], [9, 6, 9]], // 6, nobody looked
];

/** Voxels z, y, x, length that were missed: some of them are in synapse 6, some where synapse 4 was. */
const MISSED = [7, 3, 7, 6, 8, 3, 7, 6, 7, 4, 24, 3];

function voxelsOf(inside: (at: Zyx) => number): Float32Array {
  const [, height, width] = SHAPE;
  return Float32Array.from({ length: voxelCount(SHAPE) }, (_, i) => {
    const row = Math.floor(i / width);
    return inside([Math.floor(row / height), row % height, i % width]);
  });
}

function boxAt(at: Zyx): number {
  return BOXES.findIndex(([from, to]) =>
    at.every((n, axis) => n >= (from[axis] ?? 0) && n < (to[axis] ?? 0))
  );
}

/** Writes the volumes, and the table that is reviewed. */
async function writeVolumes(folder: string) {
  const array = { shape: SHAPE, chunk: [5, 7, 16] as const };
  const scores = await createZarr(`${folder}/scores.zarr`, { ...array, dtype: "float32" });
  await writeRegion(scores, WHOLE, voxelsOf((at) => boxAt(at) < 0 ? 0 : 2 + boxAt(at) + at[2] / 64));
  const directions = await createZarr(`${folder}/direction.zarr`, { ...array, dtype: "uint32" });
  const packed = new Uint32Array(voxelCount(SHAPE)).fill(packDirection(0, 0.6, 0.8));
  await writeRegion(directions, WHOLE, packed);
  const options = { threshold: 1, minSize: 1, voxelSize: UNIT, directions: directionSource(directions) };
  const files = synapseFiles(`${folder}/plain`);
  const { synapses } = await writeSynapses(scores, { name: "scores", files, ...options });
  return { scores, options, csv: files.csv, table: placesOf(synapses) };
}

async function numbersIn(path: string): Promise<Float32Array> {
  const volume = await openZarr(path);
  const values = volume.dtype === "uint8"
    ? new Uint8Array(voxelCount(SHAPE))
    : new Uint32Array(voxelCount(SHAPE));
  await readRegion(volume, WHOLE, values);
  return Float32Array.from(values);
}

const SEEDS: readonly Zyx[] = [[2, 3, 4], [2, 3, 16]];

function decide(table: TablePlaces) {
  const { ask, decisions } = createReviewing();
  ask({ kind: "split", id: 1, seeds: SEEDS }, table);
  ask({ kind: "merge", ids: [2, 3] }, table);
  ask({ kind: "verdict", id: 4, verdict: "rejected" }, table);
  ask({ kind: "flip", id: 5 }, table);
  ask({ kind: "comment", id: 5, comment: 'large, "double"' }, table);
  ask({ kind: "add", id: null, runs: MISSED }, table);
  ask({ kind: "comment", id: -1, comment: "=1+1" }, table);
  return decisions;
}

Deno.test("writeReviewed() applies every kind of decision to table and label volume, whatever is read at once", () =>
  inTempFolder(async (folder) => {
    const { scores, options, csv, table } = await writeVolumes(folder);
    const decisions = decide(table);
    const rowsIn = async (path: string) => (await Deno.readTextFile(path)).trimEnd().split("\n");
    const written = new Set<string>();
    for (const blockVoxels of [50, 700, 1e6]) {
      const files = reviewedFiles(`${folder}/reviewed-${blockVoxels}`);
      const { notes } = await writeReviewed(scores, {
        name: "scores",
        files,
        decisions,
        blockVoxels,
        ...options,
      });
      assert.deepEqual(notes, []);

      // 1 and 2: the parts of 1; 3: 2 and 3; 4: 5; 5: 6; 6: what was missed
      const missed = (at: Zyx) =>
        [0, 4, 8].some((i) => {
          const [z, y, x = 0, length = 0] = MISSED.slice(i, i + 4);
          return at[0] === z && at[1] === y && at[2] >= x && at[2] < x + length;
        });
      const expected = voxelsOf((at) => {
        const box = boxAt(at);
        if (box === 0) return 1 + partOf(at, SEEDS, UNIT);
        return [0, 0, 3, 3, 0, 4, 5][box + 1] || (missed(at) ? 6 : 0);
      });
      assert.deepEqual(await numbersIn(files.labels), expected);
      const training = voxelsOf((at) => {
        const number = expected[(at[0] * SHAPE[1] + at[1]) * SHAPE[2] + at[2]];
        return number === 0 ? boxAt(at) === 3 ? 0 : 128 : number === 5 ? 128 : 255;
      });
      assert.deepEqual(await numbersIn(files.training), training);

      const [names = "", ...rows] = await rowsIn(files.csv);
      const [, ...before] = await rowsIn(csv);
      assert.match(names, /,touches_border,review,changes,found_as,comment$/);
      const figures = (row = "") => row.split(",").slice(1, 27).join();
      assert.equal(figures(rows[4]), figures(before[5])); // nobody looked: the same
      assert.deepEqual(rows.map((row) => row.split(",").slice(27).join(",")), [
        "accepted,split,1,",
        "accepted,split,1,",
        "accepted,merged,2+3,",
        'accepted,flipped,5,"large, ""double"""',
        "not looked at,,6,",
        "accepted,added,,'=1+1",
      ]);
      const cell = (row: number, name: string) =>
        Number(rows[row]?.split(",")[names.split(",").indexOf(name)]);
      assert.deepEqual([0, 1, 2, 5].map((row) => cell(row, "voxels")), [
        ...[1, 2, 3, 6].map((number) => expected.filter((value) => value === number).length),
      ]);
      assert.ok(Math.abs(cell(3, "dz") + 0.8) < 1e-3 && Math.abs(cell(0, "dz") - 0.8) < 1e-3);
      assert.equal(cell(2, "x_to"), 15);
      assert.equal(cell(2, "peak_score"), 2 + 2 + 15 / 64);
      const texts = [await Deno.readTextFile(files.csv), await Deno.readTextFile(files.json)];
      written.add(JSON.stringify(texts));
      const { review, synapses } = JSON.parse(texts[1] ?? "");
      assert.deepEqual([review.count, review.accepted, review.rejected, review.added], [6, 4, 1, 1]);
      assert.deepEqual([synapses[3].comment, synapses[3].review], ['large, "double"', "accepted"]);
      const info = JSON.parse(await Deno.readTextFile(`${files.annotations}/info`));
      assert.equal(info.properties.at(-1).id, "review");
      assert.deepEqual(
        await Array.fromAsync(Deno.readDir(folder)).then((all) =>
          all.filter(({ name }) => name.endsWith(".partial"))
        ),
        [],
      );
    }
    assert.equal(written.size, 1);
  }));

Deno.test("writeReviewed() measures a part as findSynapses() measures the same voxels", () =>
  inTempFolder(async (folder) => {
    const { scores, options, table: found } = await writeVolumes(folder);
    const files = reviewedFiles(`${folder}/reviewed`);
    const decisions = decide(found);
    const { table } = await writeReviewed(scores, { name: "scores", files, decisions, ...options });
    // a volume that has the first part alone
    const numbers = await numbersIn(files.labels);
    const values = voxelsOf((at) => boxAt(at) < 0 ? 0 : 2 + boxAt(at) + at[2] / 64);
    await writeRegion(scores, WHOLE, values.map((value, i) => numbers[i] === 1 ? value : 0));
    const alone = await writeSynapses(scores, {
      name: "scores",
      files: synapseFiles(`${folder}/a`),
      ...options,
    });
    assert.deepEqual(table.synapses[0], alone.synapses[0]);
  }));

Deno.test("writeReviewed() leaves out what has no voxels in another table, and says so", () =>
  inTempFolder(async (folder) => {
    const { scores, options, table } = await writeVolumes(folder);
    const { ask, decisions } = createReviewing();
    ask({ kind: "verdict", id: 2, verdict: "accepted" }, table);
    ask({ kind: "add", id: null, runs: [7, 3, 3, 4] }, table); // all in synapse 6
    ask({ kind: "add", id: null, runs: [10, 3, 3, 4] }, table);
    ask({ kind: "verdict", id: 4, verdict: "rejected" }, table);
    const files = reviewedFiles(`${folder}/reviewed`);
    // with this threshold synapse 1 is gone, so that all have other numbers
    const other = { ...options, threshold: 2.9 };
    const reviewed = await writeReviewed(scores, { name: "scores", files, decisions, ...other });
    assert.deepEqual(reviewed.table.review?.marks.map(({ foundAs, review }) => [...foundAs, review]), [
      [1, "accepted"],
      [2, "not looked at"],
      [4, "not looked at"],
      [5, "not looked at"],
      ["accepted"],
    ]);
    assert.match(reviewed.notes.join("\n"), /decisions about another table that apply .*: 2$/m);
    assert.match(reviewed.notes.join("\n"), /parts and added synapses that are left out.*: 1$/m);
    assert.deepEqual(new Set(await numbersIn(files.labels)), new Set([0, 1, 2, 3, 4, 5]));
  }));
