/** Stacks of slices with one missing, twice, or a stranger among them. */
import assert from "node:assert/strict";
import { oddSlices } from "../../src/volume/slice_names.ts";
import { describeVolumeFile } from "../../src/volume/open.ts";
import { loadSettings } from "../../src/config/settings.ts";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { ccboostHere as ccboost, resultOf } from "../helpers/cli_process.ts";
import { rejected } from "../helpers/hostile_files.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const range = (from: number, to: number, name: (i: number) => string, step = 1) =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => name(from + i * step));
const plain = (i: number) => `${i}.tif`;
const padded = (i: number) => `em_${String(i).padStart(4, "0")}.tif`;

const CASES: readonly (readonly [what: string, names: readonly string[], odd: RegExp | undefined])[] = [
  ["all of them", range(1, 12, plain), undefined],
  ["all of them, from 0 and padded", range(0, 120, padded), undefined],
  ["every fifth", range(0, 100, padded, 5), undefined],
  ["downwards numbers", range(-0, 9, (i) => `z${9 - i}.tif`), undefined],
  ["letters alone", ["a.tif", "b.tif", "c.tif", "e.tif"], undefined],
  ["hashes", ["3f2a.tif", "9bc1.tif", "d0e7.tif", "aa12.tif"], undefined],
  ["one file", ["7.tif"], undefined],
  ["two files", ["1.tif", "5.tif"], undefined],
  [
    "a grid of sections and tiles",
    ["1_1.tif", "1_2.tif", "2_1.tif", "2_2.tif", "4_1.tif", "4_2.tif"],
    undefined,
  ],
  ["a date that stays", range(1, 9, (i) => `2019-04-0${3}_${i}.tif`), undefined],
  ["a time that changes", range(1, 9, (i) => `run_${i * i * 7 + 1000}_${i}.tif`), undefined],
  ["one missing", range(1, 12, plain).filter((name) => name !== "7.tif"), /^slice 7 is missing$/],
  ["some missing", range(0, 99, padded).filter((_, i) => i < 20 || i > 29), /^slices 20 to 29 are missing$/],
  ["one missing of every second", range(0, 40, padded, 2).filter((_, i) => i !== 4), /^slice 8 is missing$/],
  [
    "missing at two places",
    range(1, 12, plain).filter((name) => !/^[49]\./.test(name)),
    /slice 4 is missing;slice 9 is missing/,
  ],
  [
    "one missing beside a time that changes",
    range(1, 9, (i) => `run_${i * i * 7 + 1000}_${i}.tif`).filter((_, i) => i !== 4),
    /slice 5 is missing/,
  ],
  ["a copy", [...range(1, 12, plain), "5 (copy).tif"], /^5 \(copy\)\.tif is named unlike the others$/],
  ["a copy of Windows", [...range(1, 12, plain), "5 - Copy.tif"], /5 - Copy\.tif is named unlike/],
  ["a copy with a number", [...range(1, 12, plain), "5 (1).tif"], /5 \(1\)\.tif is named unlike/],
  ["a projection", [...range(1, 12, padded), "MAX_stack.tif"], /MAX_stack\.tif is named unlike/],
  ["one twice by case", [...range(1, 12, plain), "12.TIF"], /^slice 12 is there 2 times: 12\.tif, 12\.TIF$/],
  ["one twice by zeros", [...range(1, 12, plain), "003.tif"], /slice 3 is there 2 times/],
  ["two kinds of names for TIFF", [...range(1, 12, plain), "13.tiff"], /13\.tiff is named unlike/],
  ["the same name in two folders", ["a/1.tif", "a/2.tif", "b/2.tif", "b/3.tif"], /slice 2 is there 2 times/],
];

for (const [what, names, odd] of CASES) {
  Deno.test(`oddSlices() looks at names of ${what}`, () => {
    const found = oddSlices(names.map((name) => `/data/${name}`)).found.join(";");
    if (odd === undefined) assert.equal(found, "");
    else assert.match(found, odd);
  });
}

Deno.test("oddSlices() is not sure where more are missing than there are", () => {
  assert.equal(oddSlices(["1.tif", "2.tif", "10.tif"]).isSure, false);
  assert.equal(oddSlices(["1.tif", "2.tif", "10.tif", "2.TIF"]).isSure, true);
  assert.equal(oddSlices(range(1, 12, plain).filter((name) => name !== "7.tif")).isSure, true);
});

async function writeSlices(folder: string, names: readonly string[]): Promise<void> {
  await Deno.mkdir(`${folder}/s`);
  for (const [i, name] of names.entries()) {
    await Deno.writeFile(`${folder}/s/${name}`, encodeTiff(new Uint8Array(64).fill(i), [1, 8, 8]));
  }
}

Deno.test("describeVolumeFile() names a missing slice of a folder and of a pattern, and reads it as listed with a note", () =>
  inTempFolder(async (folder) => {
    await writeSlices(folder, range(1, 9, plain).filter((name) => name !== "4.tif"));
    for (const location of [`${folder}/s`, `${folder}/s/*.tif`]) {
      await rejected(
        () => describeVolumeFile(location),
        /slice 4 is missing; put that right, .* give --as-listed/,
      );
      const { shape, notes = [] } = await describeVolumeFile(`as-listed:${location}`);
      assert.deepEqual(shape, [8, 8, 8]);
      assert.match(notes.join(), /slice 4 is missing; its 8 files are read as they are/);
    }
    assert.deepEqual(
      await describeVolumeFile(`${folder}/s/[5-9].tif`.replace("[5-9]", "?"))
        .catch((cause: Error) => /slice 4/.test(cause.message)),
      true,
    );
  }));

Deno.test("ccboost info, convert and export take a stack as listed with a flag alone", () =>
  inTempFolder(async (folder) => {
    await writeSlices(folder, [...range(1, 6, plain), "5 (copy).tif"]);
    for (const args of [["info"], ["convert", `${folder}/o.zarr`], ["export", `${folder}/o.nrrd`]]) {
      const [name = "", ...others] = args;
      const refused = await ccboost(name, `${folder}/s`, ...others);
      assert.equal(refused.code, 2);
      assert.match(refused.err, /5 \(copy\)\.tif is named unlike the others/);
      const taken = await ccboost(name, `${folder}/s`, ...others, "--as-listed", "--json");
      assert.equal(taken.code, 0, taken.out);
      assert.deepEqual(resultOf(taken)["shape"], [7, 8, 8]);
    }
  }));

Deno.test("loadSettings() takes as-listed: before a path from the configuration's folder", () =>
  inTempFolder(async (folder) => {
    await writeSlices(folder, ["1.tif", "2.tif", "4.tif"]);
    await Deno.writeTextFile(
      `${folder}/c.cfg`,
      `outFileName="out"; savedStumpsPath="m.cfg"; usedSavedStumpsPathOnlyForTesting=true; test = ({ rawVolume = "as-listed:s"; }, { rawVolume = "as-listed:s/*.tif"; });`,
    );
    await Deno.writeTextFile(`${folder}/m.cfg`, "");
    const { test } = await loadSettings(`${folder}/c.cfg`, { isKnownChannel: () => true });
    assert.deepEqual(test.map(({ rawVolume }) => rawVolume), [
      `as-listed:${folder}/s`,
      `as-listed:${folder}/s/*.tif`,
    ]);
  }));
