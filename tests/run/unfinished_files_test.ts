import assert from "node:assert/strict";
import { removeUnfinishedFiles } from "../../src/run/work_folder.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("removeUnfinishedFiles() removes what a run left under way, and nothing of another run beside it", () =>
  inTempFolder(async (folder) => {
    const unnamed = (name: string) => `${name}.${crypto.randomUUID()}.partial`;
    await Deno.mkdir(`${folder}/out-work/scores`, { recursive: true });
    const gone = [unnamed("out-0-ab-max.nrrd"), unnamed("out-work/journal"), unnamed("out-work/scores/c")];
    const kept = [
      unnamed("out2-0-ab-max.nrrd"),
      "out-0-ab-max.nrrd",
      "out-work/journal.jsonl",
      "out-x.partial",
    ];
    for (const name of [...gone, ...kept]) await Deno.writeTextFile(`${folder}/${name}`, "x");
    removeUnfinishedFiles(`${folder}/out-work`, `${folder}/out`);
    for (const name of gone) await assert.rejects(Deno.stat(`${folder}/${name}`), Deno.errors.NotFound, name);
    for (const name of kept) assert.ok((await Deno.stat(`${folder}/${name}`)).isFile, name);
  }));
