/** Labels of other formats than a row of numbers, and of other settings than before. */
import assert from "node:assert/strict";
import { parseLabels } from "../../../src/config/label_values.ts";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../../src/volume/zarr/mod.ts";
import { rejected } from "../../helpers/hostile_files.ts";
import { bytesOf, writeNrrd } from "./label_files.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { tiffBytes } from "../../helpers/tiff_files.ts";

Deno.test("convertVolume() reads labels of a Zarr array that it would use where it is", () =>
  inTempFolder(async (folder) => {
    const shape: Zyx = [1, 1, 4];
    for (
      const [dtype, values] of [["uint8", Uint8Array.of(0, 1, 1, 0)], [
        "uint32",
        Uint32Array.of(0, 70000, 1, 0),
      ]] as const
    ) {
      const given = await createZarr(`${folder}/${dtype}`, { shape, chunk: shape, dtype });
      await writeRegion(given, wholeRegion(shape), values);
      const made = await convertVolume(given.path, `${folder}/${dtype}-out`, {
        dtype: "uint8",
        labels: "ids",
        anisotropy: 1,
      });
      assert.deepEqual(await bytesOf(made), [0, 255, 255, 0]);
    }
  }));

Deno.test("convertVolume() converts labels anew where they are to mean something else", () =>
  inTempFolder(async (folder) => {
    writeNrrd(`${folder}/l.nrrd`, "uint8", [0, 1, 2]);
    const as = async (labels: string) =>
      await bytesOf(
        await convertVolume(`${folder}/l.nrrd`, `${folder}/o`, { dtype: "uint8", labels, anisotropy: 1 }),
      );
    assert.deepEqual(await as("ids"), [0, 255, 255]);
    assert.deepEqual(await as("0/255"), [0, 1, 2]);
    assert.deepEqual(await as("1/2"), [128, 0, 255]);
  }));

Deno.test("convertVolume() reads a TIFF with a palette of colours as labels only", () =>
  inTempFolder(async (folder) => {
    const colours = Array.from({ length: 768 }, (_, i) => i * 50);
    Deno.writeFileSync(
      `${folder}/p.tif`,
      await tiffBytes(Uint8Array.of(0, 1, 2, 1), [1, 2, 2], { fields: { 262: [3], 320: colours } }),
    );
    assert.equal((await describeVolumeFile(`${folder}/p.tif`)).isPalette, true);
    const as = (options: { labels?: string; rescale?: [number, number]; dtype?: "float32" }) =>
      convertVolume(`${folder}/p.tif`, `${folder}/o`, { dtype: "uint8", anisotropy: 1, ...options });
    assert.deepEqual(await bytesOf(await as({ labels: "0/2" })), [0, 128, 255, 128]);
    for (const options of [{}, { rescale: [0, 2] as [number, number] }, { dtype: "float32" as const }]) {
      await rejected(() => as(options), /palette of colours; expected an image: save it as greyscale/);
    }
  }));

Deno.test("parseLabels() understands what is written and nothing else", () => {
  assert.deepEqual(parseLabels("0,-1/*"), { kind: "values", negative: [0, -1], positive: "others" });
  assert.deepEqual(parseLabels("18446744073709551614/7"), { kind: "values", negative: [-2], positive: [7] });
  for (
    const wrong of [
      "",
      "id",
      "0",
      "0/",
      "/1",
      "*/*",
      "0/0",
      "0,1/1",
      "0/1/2",
      "0.5/1",
      "a/b",
      "0/18446744073709551616",
      "0/9007199254740993",
    ]
  ) {
    assert.equal(parseLabels(wrong), undefined, wrong);
  }
});
