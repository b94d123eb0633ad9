import assert from "node:assert/strict";
import { ROOT } from "./helpers/project.ts";

/** Folders of tests of what is not in `src`, and of what belongs to no one folder of it. */
const OTHERS: readonly string[] = ["bench", "fixtures", "portable", "fuzz", "helpers", "jobs"];

/** Folders below a folder, as paths from it. */
function foldersIn(root: string, below = ""): string[] {
  return Array.from(Deno.readDirSync(`${root}/${below}`))
    .filter(({ isDirectory }) => isDirectory)
    .flatMap(({ name }) => [`${below}${name}`, ...foldersIn(root, `${below}${name}/`)]);
}

Deno.test("tests mirror src: every folder of tests is one of src, or known not to be", () => {
  const sources = new Set(foldersIn(`${ROOT}src`));
  const strange = foldersIn(`${ROOT}tests`).filter((folder) =>
    !sources.has(folder) && !OTHERS.includes(folder.split("/")[0] ?? "")
  );
  assert.ok(sources.has("volume/zarr"));
  assert.deepEqual(strange, []);
});
