import assert from "node:assert/strict";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { writeStumpFile } from "../../src/boosting/mod.ts";
import { createZarr, openZarr, readRegion, writeRegion } from "../../src/volume/zarr/mod.ts";
import { wholeRegion, type Zyx } from "../../src/volume/region.ts";
import {
  ccboost as startCcboost,
  ccboostHere as ccboost,
  namesIn,
  resultOf,
  writeScores,
} from "../helpers/cli_process.ts";
import { hills, writeScoredFolder } from "../dashboard/scored_folder.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const SHAPE: Zyx = [4, 5, 30];

/** Two bars that score 2 and 3, of 60 and 40 voxels, and a voxel that scores 9. */
function scores(): Float32Array {
  const values = new Float32Array(600).fill(-1);
  for (const i of values.keys()) {
    const x = i % 30;
    if (x < 3) values[i] = 2;
    if (x >= 10 && x < 12) values[i] = 3;
  }
  values[29] = 9;
  return values;
}

const MODEL = {
  stumps: [{ pose: 0, column: 0, threshold: 1, invert: false, alpha: 4 }],
  platt: { A: -2, B: 0 },
  join: "nearest",
} as const;

async function cells(path: string): Promise<Record<string, string>[]> {
  const [names = "", ...lines] = (await Deno.readTextFile(path)).trimEnd().split("\n");
  return lines.map((line) => {
    const values = line.split(",");
    return Object.fromEntries(names.split(",").map((name, i) => [name, values[i] ?? ""]));
  });
}

Deno.test("ccboost synapses writes table, labels and annotations of scores in a NRRD file", () =>
  inTempFolder(async (folder) => {
    await writeScores(`${folder}/a-0-ab-max.nrrd`, [...scores()], SHAPE);
    const flags = ["--threshold", "1.5", "--min-size", "30", "--voxel-size", "4,5,40", "--json"];
    const finished = await startCcboost("synapses", `${folder}/a-0-ab-max.nrrd`, ...flags);
    assert.equal(finished.code, 0, finished.err);
    const { summary, threshold, unit } = resultOf(finished) as {
      summary: { count: number; perCubicMicrometre: number };
      threshold: number;
      unit: string;
    };
    assert.deepEqual([summary.count, threshold, unit], [2, 1.5, "nm"]);
    assert.ok(Math.abs(summary.perCubicMicrometre - 2 / (600 * 800 / 1e9)) < 1e-3);
    assert.deepEqual(namesIn(folder), [
      "a-0-ab-max.nrrd",
      "a-0-annotations",
      "a-0-synapses.csv",
      "a-0-synapses.json",
      "a-0-synapses.zarr",
    ]);
    const [first, second] = await cells(`${folder}/a-0-synapses.csv`);
    assert.deepEqual([first?.["voxels"], first?.["x"], first?.["x_nm"], first?.["dx"]], ["60", "1", "4", ""]);
    assert.deepEqual([second?.["voxels"], second?.["mean_score"], second?.["x"]], ["40", "3", "10.5"]);
    const labels = await openZarr(`${folder}/a-0-synapses.zarr`);
    assert.deepEqual(labels.voxelSize, [40, 5, 4]);
    const numbers = new Uint32Array(600);
    await readRegion(labels, wholeRegion(SHAPE), numbers);
    assert.deepEqual(
      Array.from(numbers),
      Array.from(scores(), (score) => score === 2 ? 1 : score === 3 ? 2 : 0),
    );
    assert.match(await Deno.readTextFile(`${folder}/a-0-annotations/info`), /"POINT"/);

    const text = await ccboost(
      "synapses",
      `${folder}/a-0-ab-max.nrrd`,
      "--threshold",
      "1.5",
      "--out",
      `${folder}/b`,
    );
    assert.match(
      text.out,
      /0 synapses: at least 100 voxels with a score of at least 1\.5 \(3 smaller ones removed\)/,
    );
    assert.match(text.out, /The highest score is 9: choose a lower --threshold/);
    assert.match(text.out, /--voxel-size/);
    assert.match(text.err, /warning: no directions found/);
  }));

Deno.test("ccboost synapses takes the threshold from a model and directions from an orientation", () =>
  inTempFolder(async (folder) => {
    const max = `${folder}/max.nrrd`, frames = `${folder}/frames.zarr`;
    await writeScores(max, [...scores()], SHAPE);
    await writeStumpFile(`${folder}/m.cfg`, { ...MODEL, threshold: 2.5 }, 1);
    const orientation = await createZarr(frames, {
      shape: SHAPE,
      chunk: SHAPE,
      dtype: "float32",
      components: 9,
    });
    await writeRegion(orientation, wholeRegion(SHAPE), new Float32Array(600).fill(-2), 7);
    const flags = [
      "--model",
      `${folder}/m.cfg`,
      "--orientation",
      frames,
      "--min-size",
      "30",
      "--anisotropy",
      "3",
    ];
    const finished = await ccboost("synapses", max, ...flags, "--json");
    assert.equal(finished.code, 0, finished.err);
    assert.equal(resultOf(finished)["threshold"], 2.5);
    const [only, ...others] = await cells(`${folder}/synapses.csv`.replace("synapses", "max-synapses"));
    assert.deepEqual(others, []);
    assert.deepEqual([only?.["dx"], only?.["dy"], only?.["dz"], only?.["agreement"]], ["0", "-1", "0", "1"]);
    // 4 slices of 3 x/y voxels each are its longest axis
    assert.equal(Number(only?.["length"]), Number((4 * Math.sqrt(144 / 12)).toPrecision(7)));
    assert.match(await Deno.readTextFile(`${folder}/max-annotations/info`), /"LINE"/);

    // of probabilities in 8 bits the threshold is floor(254 / (1 + exp(-2 * 2.5 / 4)))
    await Deno.writeFile(`${folder}/p.tif`, encodeTiff(Uint8Array.from(scores(), (s) => 60 * s), SHAPE));
    const probability = await ccboost("synapses", `${folder}/p.tif`, "--model", `${folder}/m.cfg`, "--json");
    assert.equal(resultOf(probability)["threshold"], 197);
  }));

Deno.test("ccboost synapses says what is missing or wrong", () =>
  inTempFolder(async (folder) => {
    const max = `${folder}/max.nrrd`;
    await writeScores(max, [...scores()], SHAPE);
    await writeStumpFile(`${folder}/old.cfg`, MODEL, 1);
    await Deno.mkdir(`${folder}/work/scores/0-max.zarr`, { recursive: true });
    await Deno.writeTextFile(`${folder}/work/journal.jsonl`, "");
    await Deno.mkdir(`${folder}/x-annotations/mine`, { recursive: true });
    const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
      [[max], /has no threshold.*--threshold SCORE.*--model FILE/s],
      [[max, "--model", `${folder}/old.cfg`], /old\.cfg has no bestThreshold.*--threshold/s],
      [[`${folder}/work`], /scores.0-max\.zarr: not a Zarr array that can be read/],
      [
        [max, "--threshold", "1", "--voxel-size", "4,4"],
        /--voxel-size is "4,4"; expected three lengths in nm/,
      ],
      [
        [max, "--threshold", "1", "--voxel-size", "4,4,0"],
        /--voxel-size is "4,4,0"; expected three lengths in nm/,
      ],
      [[max, "--threshold", "1", "--min-size", "0"], /--min-size is "0"; expected a whole number/],
      [[max, "--threshold", "1", "--orientation", max], /expected an orientation with 9 components/],
      [[max, "--threshold", "1", "--out", `${folder}/none/a`], /no folder/],
      [
        [max, "--threshold", "1", "--out", `${folder}/x`, "--overwrite"],
        /x-annotations: already exists and is not a folder of annotations/,
      ],
    ];
    for (const [args, message] of cases) {
      const { code, err } = await ccboost("synapses", ...args);
      assert.equal(code, 2, err);
      assert.match(err, message);
    }
    assert.ok(!namesIn(folder).some((name) => /csv|json|-synapses/.test(name)), namesIn(folder).join(" "));
  }));

Deno.test("ccboost synapses warns of a table that can hardly be right, by the labels of the model or of the run", () =>
  inTempFolder(async (folder) => {
    await writeScores(`${folder}/a.nrrd`, [...scores()], SHAPE);
    const list = ["synapses", `${folder}/a.nrrd`, "--min-size", "30", "--overwrite", "--model"];
    for (
      const [labelledVoxels, expected] of [[50, undefined], [5000, /fragments; .*lower --threshold/]] as const
    ) {
      await writeStumpFile(`${folder}/m.cfg`, { ...MODEL, threshold: 1.5, labelledVoxels }, 1);
      const { code, err } = await ccboost(...list, `${folder}/m.cfg`);
      assert.equal(code, 0, err);
      if (expected === undefined) assert.doesNotMatch(err, /fragments|merged/);
      else assert.match(err, expected);
    }
    const { work } = await writeScoredFolder(folder, hills([24, 96, 120], 40));
    const flags = ["--threshold", "5", "--min-size", "1", "--out", `${folder}/b`];
    const { code, err } = await ccboost("synapses", work, ...flags);
    assert.equal(code, 0, err);
    assert.match(
      err,
      /b-synapses\.csv: the median size is \d+ voxels, labelled synapses 400 \(median\): .*fragments/,
    );
  }));
