/** From annotated volumes to a table of synapses: what is planted must be found, where it is and the way it points. */
import assert from "node:assert/strict";
import { writeDemo } from "../../fixtures/generate.ts";
import type { FixtureSynapse } from "../../fixtures/fixture.ts";
import { arraySource, zarrBytes, zarrScores } from "../../src/analysis/voxel_source.ts";
import { evaluate } from "../../src/analysis/evaluate.ts";
import { readStumpFile } from "../../src/boosting/mod.ts";
import { type Component, findComponents } from "../../src/stages/components.ts";
import { finalScores } from "../../src/stages/refine/refine.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { openZarr } from "../../src/volume/zarr/mod.ts";
import { ccboostHere, resultOf } from "../helpers/cli_process.ts";
import { filesBelow } from "../helpers/damage.ts";
import { digests, runJob } from "../helpers/run_job.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const SHAPE: Zyx = [96, 96, 96];

/** A line of the table. */
interface Row {
  readonly place: Zyx;
  readonly direction: readonly [x: number, y: number, z: number];
}

function readRows(csv: string): Row[] {
  const [names = "", ...lines] = csv.trimEnd().split("\n");
  return lines.map((line) => {
    const cells = line.split(",");
    const of = (name: string) => Number(cells[names.split(",").indexOf(name)] || NaN);
    return { place: [of("z"), of("y"), of("x")], direction: [of("dx"), of("dy"), of("dz")] };
  });
}

function distance(a: Zyx, b: Zyx): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** Mean position of a component's voxels. */
function centroids(labels: Uint8Array, numbers: Uint32Array, components: readonly Component[]): Zyx[] {
  const sums = components.map(() => [0, 0, 0]);
  for (const i of labels.keys()) {
    const sum = sums[(numbers[i] ?? 0) - 1];
    if (sum === undefined) continue;
    const [z, y, x] = [Math.floor(i / 96 / 96), Math.floor(i / 96) % 96, i % 96];
    for (const [axis, value] of [z, y, x].entries()) sum[axis] = (sum[axis] ?? 0) + value;
  }
  return components.map(({ voxels }, i) => (sums[i] ?? []).map((sum) => sum / voxels) as unknown as Zyx);
}

async function planted(labels: Uint8Array): Promise<Zyx[]> {
  const numbers = new Uint32Array(labels.length);
  const { components } = await findComponents(arraySource("labels", labels, SHAPE), {
    shape: SHAPE,
    chunk: SHAPE,
    write: (_region, data) => Promise.resolve(numbers.set(data)),
  });
  return centroids(labels, numbers, components);
}

function degreesBetween({ direction: [x, y, z] }: Row, { direction: [u, v, w] }: FixtureSynapse): number {
  return Math.acos(Math.min(1, Math.max(-1, x * u + y * v + z * w))) * 180 / Math.PI;
}

Deno.test("ccboost synapses finds every planted synapse, the way it points, and no other, for all blocks", () =>
  inTempFolder(async (folder) => {
    const shapes = { shape: SHAPE, trainShape: [96, 160, 160] } as const;
    const { test } = await writeDemo(folder, { ...shapes, anisotropy: 1, seed: 1 });
    await Deno.rename(`${folder}/demo.cfg`, `${folder}/job.cfg`);
    await runJob(folder, { resources: { workers: 2 } });
    const score = ["savedStumpsPath=demo-stumps.cfg", "usedSavedStumpsPathOnlyForTesting=true"];
    const blocks: readonly Zyx[] = [[64, 64, 128]];
    for (const blockShape of blocks) {
      const set = [...score, `outFileName=${blockShape.join("x")}`];
      await runJob(folder, { set, resources: { workers: 2, blockShape } });
    }

    const names = ["demo", ...blocks.map((shape) => shape.join("x"))];
    const tables: Record<string, unknown>[] = [];
    for (const name of names) {
      const table = `${folder}/${name}-0-synapses`;
      const labels = () => digests(filesBelow(`${table}.zarr`).sort());
      const ofRun = [await Deno.readTextFile(`${table}.csv`), await labels()];
      const scores = `${folder}/${name}-work/scores/0-max.zarr`;
      const finished = await ccboostHere("synapses", scores, "--json", "--overwrite");
      assert.equal(finished.code, 0, finished.err);
      assert.deepEqual([await Deno.readTextFile(`${table}.csv`), await labels()], ofRun, "as in the run");
      tables.push(resultOf(finished));
    }
    const outputs = (name: string) => [
      `${folder}/${name}-0-synapses.csv`,
      ...filesBelow(`${folder}/${name}-0-annotations`).sort(),
      ...filesBelow(`${folder}/${name}-0-synapses.zarr`).sort(),
    ];
    const expected = await digests(outputs("demo"));
    for (const name of names) {
      assert.deepEqual(
        (await digests(outputs(name))).map((text) => text.replace(name, "demo")),
        expected,
        name,
      );
    }

    const rows = readRows(await Deno.readTextFile(`${folder}/demo-0-synapses.csv`));
    const places = await planted(test.labels);
    assert.ok(places.length >= 10, `${places.length} planted`);
    assert.equal(places.length, test.synapses.length);
    const nearest = places.map((place) =>
      rows.reduce((a, b) => distance(a.place, place) <= distance(b.place, place) ? a : b)
    );
    const away = places.map((place, i) => distance(nearest[i]?.place ?? [NaN, 0, 0], place));
    assert.ok(away.every((voxels) => voxels < 4), `not found or not there: ${away}`);
    assert.equal(rows.length, places.length, "none is invented");
    assert.equal(new Set(nearest).size, rows.length);
    const turned = test.synapses.map((synapse, i) => {
      const row = nearest[i];
      return row ? degreesBetween(row, synapse) : NaN;
    });
    const right = turned.filter((degrees) => degrees < 45).length;
    assert.ok(right >= 0.95 * places.length, `degrees from the planted directions: ${turned}`);
    const model = await readStumpFile(`${folder}/demo-stumps.cfg`, { anisotropy: 1 });
    const { threshold } = finalScores(model, { smoothing: "auto", autoContext: true });
    assert.equal(tables[0]?.["threshold"], threshold);
  }));

Deno.test("runCcboost() keeps the threshold that is best on the training volume with the model and the scores", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    await runJob(folder); // its test volume is its training volume
    const scores = await openZarr(`${folder}/out-work/scores/0-max.zarr`);
    const labels = Array.from(Deno.readDirSync(`${folder}/out-work/volumes`), ({ name }) => name)
      .find((name) => name.startsWith("labels-"));
    const truth = await openZarr(`${folder}/out-work/volumes/${labels}`);
    const { bestF1 } = await evaluate(zarrScores(scores), zarrBytes(truth));
    assert.ok(bestF1.threshold > 0);
    const { threshold } = await readStumpFile(`${folder}/out-stumps.cfg`, { anisotropy: 1 });
    assert.equal(threshold, bestF1.threshold);
    assert.equal(scores.attributes["threshold"], threshold);
    await assert.rejects(Deno.stat(`${folder}/out-work/threshold`), { name: "NotFound" });

    // another threshold in the model is told to the scores that are there, which are not computed again
    const text = await Deno.readTextFile(`${folder}/out-stumps.cfg`);
    await Deno.writeTextFile(
      `${folder}/m.cfg`,
      text.replace(/bestThreshold = [^;]*;/, "bestThreshold = 1.25;"),
    );
    const score = ["savedStumpsPath=m.cfg", "usedSavedStumpsPathOnlyForTesting=true"];
    const { said } = await runJob(folder, { set: score });
    assert.match(said, /score 0: already done/);
    const told = await openZarr(`${folder}/out-work/scores/0-max.zarr`);
    assert.equal(told.attributes["threshold"], 1.25);
  }));
