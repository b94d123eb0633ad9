/** Which files a run converts. */
import assert from "node:assert/strict";
import { inputFiles } from "../../src/stages/input_files.ts";
import { inputArrayName } from "../../src/stages/inputs.ts";
import { settingsOf } from "../helpers/run_job.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("inputFiles() names a file of labels once for each way in which training volumes take its values", () =>
  inTempFolder(async (folder) => {
    for (const name of ["raw-0.tif", "raw-1.tif", "raw-2.tif", "ids.tif"]) {
      await Deno.writeFile(`${folder}/${name}`, new Uint8Array());
    }
    const group = (index: number, labels: string) =>
      `{ rawVolume = "raw-${index}.tif"; groundTruth = "ids.tif"; labels = "${labels}"; }`;
    const groups = [group(0, "ids"), group(1, "0/1"), group(2, "ids")];
    await Deno.writeTextFile(`${folder}/job.cfg`, `outFileName = "out"; train = ( ${groups.join(", ")} );`);
    const labels = inputFiles(await settingsOf(folder)).filter(({ kind }) => kind === "labels");
    assert.deepEqual(labels.map((file) => file.labels), ["ids", "0/1"]);
    const names = await Promise.all(labels.map((file) => inputArrayName(file.path, file.kind, file)));
    assert.equal(new Set(names).size, 2);
  }));
