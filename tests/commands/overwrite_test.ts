/** Commands replace no file and no array that was there, unless they are told to. */
import assert from "node:assert/strict";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { ccboost as process, ccboostHere as ccboost, writeScores } from "../helpers/cli_process.ts";
import { filesBelow } from "../helpers/damage.ts";
import { digests } from "../helpers/run_job.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const ZARR2 = {
  zarr_format: 2,
  shape: [4, 4, 4],
  chunks: [4, 4, 4],
  dtype: "|u1",
  compressor: null,
  fill_value: 0,
  order: "C",
  filters: null,
};

/** What is in an output's place: a file, or an array of either version. */
function writePrecious(path: string, version: 2 | 3): void {
  if (!path.endsWith(".zarr")) return Deno.writeTextFileSync(path, "precious");
  Deno.mkdirSync(path);
  if (version === 2) {
    Deno.writeTextFileSync(`${path}/.zarray`, JSON.stringify(ZARR2));
    Deno.writeFileSync(`${path}/0.0.0`, new Uint8Array(64).fill(1));
  } else {
    Deno.writeTextFileSync(
      `${path}/zarr.json`,
      JSON.stringify({ zarr_format: 3, node_type: "group", attributes: {} }),
    );
  }
}

const CASES: readonly (readonly [
  what: string,
  output: string,
  version: 2 | 3,
  args: (output: string) => readonly string[],
])[] = [
  ...["tif", "tiff", "nrrd", "h5", "hdf5"].map((end) =>
    ["export", `o.${end}`, 2, (o: string) => ["export", "a.tif", o]] as const
  ),
  ["export", "o.zarr", 2, (o) => ["export", "a.tif", o]],
  ["export", "o.ome.zarr", 3, (o) => ["export", "a.tif", o]],
  ["convert", "o.zarr", 2, (o) => ["convert", "a.tif", o]],
  ["erode-dilate", "o.tif", 2, (o) => ["erode-dilate", "a.tif", "1", "1", o]],
  ["erode-dilate", "o.nrrd", 2, (o) => ["erode-dilate", "a.tif", "1", "1", o]],
  ["erode-dilate", "o.zarr", 2, (o) => ["erode-dilate", "a.tif", "1", "1", o]],
  ["evaluate --html", "o.html", 2, (o) => ["evaluate", "s.nrrd", "b.tif", "--html", o]],
  ["evaluate --curves", "o.csv", 2, (o) => ["evaluate", "s.nrrd", "b.tif", "--curves", o]],
  ["evaluate --curves", "o.json", 2, (o) => ["evaluate", "s.nrrd", "b.tif", "--curves", o]],
  ...["csv", "json", "zarr"].map((end) =>
    [
      "synapses",
      `o-synapses.${end}`,
      2,
      (o: string) => ["synapses", "s.nrrd", "--threshold", "1", "--out", o.replace(/-synapses.*/, "")],
    ] as const
  ),
  [
    "channels",
    "gauss-s1.0.nrrd",
    2,
    (o) => ["channels", "a.tif", o.replace(/\/[^/]*$/, ""), "--only", "gauss-s1.0"],
  ],
];

const INPUTS = ["a.tif", "b.tif", "s.nrrd"];

async function writeInput(folder: string): Promise<void> {
  await Deno.writeFile(`${folder}/a.tif`, encodeTiff(new Uint8Array(256).fill(255), [4, 8, 8]));
}

/** Labels of two values, and scores. */
async function writeComparison(folder: string): Promise<void> {
  const labels = Uint8Array.from({ length: 256 }, (_, index) => index % 8 < 3 ? 255 : 0);
  await Deno.writeFile(`${folder}/b.tif`, encodeTiff(labels, [4, 8, 8]));
  await writeScores(`${folder}/s.nrrd`, [...labels], [4, 8, 8]);
}

for (const [command, output, version, args] of CASES) {
  Deno.test(`ccboost ${command} leaves an ${output} that exists alone, and replaces it with --overwrite`, () =>
    inTempFolder(async (folder) => {
      await writeInput(folder);
      await writeComparison(folder);
      const path = `${folder}/${output}`;
      writePrecious(path, version);
      const contents = () => digests(output.endsWith(".zarr") ? filesBelow(path).sort() : [path]);
      const before = await contents();
      const words = args(path).map((word) => INPUTS.includes(word) ? `${folder}/${word}` : word);
      const refused = await ccboost(...words);
      assert.equal(refused.code, 2, refused.err);
      assert.match(
        refused.err,
        new RegExp(`${output}:? exists.*left alone; name another (output|folder), or\\s+give --overwrite`),
      );
      assert.deepEqual(await contents(), before);
      const { code, err } = await ccboost(...words, "--overwrite");
      assert.equal(code, 0, err);
      assert.notDeepEqual(await contents(), before);
      assert.ok(!Array.from(Deno.readDirSync(folder)).some(({ name }) => /partial|\.ccboost/.test(name)));
      if (command === "synapses") return;
      assert.deepEqual(
        Array.from(Deno.readDirSync(folder), ({ name }) => name).sort(),
        [...INPUTS, output].sort(),
      );
    }));
}

Deno.test("ccboost convert goes on with its own array of the same input, and refuses one of another", () =>
  inTempFolder(async (folder) => {
    await writeInput(folder);
    const words = ["convert", `${folder}/a.tif`, `${folder}/o.zarr`];
    assert.equal((await process(...words)).code, 0);
    assert.equal((await ccboost(...words)).code, 0);
    assert.equal((await ccboost(...words, "--rescale", "0,100")).code, 0);
    await Deno.writeFile(`${folder}/b.tif`, encodeTiff(new Uint8Array(256).fill(9), [4, 8, 8]));
    assert.match(
      (await ccboost("convert", `${folder}/b.tif`, `${folder}/o.zarr`)).err,
      /give --overwrite to replace it/,
    );
    assert.equal((await ccboost("convert", `${folder}/b.tif`, `${folder}/o.zarr`, "--overwrite")).code, 0);
  }));

Deno.test("ccboost export leaves labels within an image alone, and adds others", () =>
  inTempFolder(async (folder) => {
    await writeInput(folder);
    const input = `${folder}/a.tif`, image = `${folder}/i.ome.zarr`;
    assert.equal((await ccboost("export", input, image)).code, 0);
    assert.equal((await ccboost("export", input, `${image}/labels/one`)).code, 0);
    assert.equal((await ccboost("export", input, `${image}/labels/two`)).code, 0);
    assert.match(
      (await ccboost("export", input, `${image}/labels/one`)).err,
      /labels\/one exists, so it is left alone/,
    );
    assert.equal((await ccboost("export", input, `${image}/labels/one`, "--overwrite")).code, 0);
    assert.match(
      (await ccboost("export", input, image, "--overwrite")).err,
      /holds labels, which replacing it would remove/,
    );
  }));

Deno.test("ccboost leaves folders that are no Zarr alone, with --overwrite too", () =>
  inTempFolder(async (folder) => {
    await writeInput(folder);
    Deno.mkdirSync(`${folder}/o.zarr`);
    Deno.writeTextFileSync(`${folder}/o.zarr/letters.txt`, "precious");
    for (
      const words of [["export", "a.tif", "o.zarr"], ["convert", "a.tif", "o.zarr"], [
        "erode-dilate",
        "a.tif",
        "1",
        "1",
        "o.zarr",
      ]]
    ) {
      const { code } = await ccboost(
        ...words.map((word) => /\./.test(word) ? `${folder}/${word}` : word),
        "--overwrite",
      );
      assert.equal(code, 2);
      assert.equal(Deno.readTextFileSync(`${folder}/o.zarr/letters.txt`), "precious");
    }
  }));
