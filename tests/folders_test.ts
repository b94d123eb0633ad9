import assert from "node:assert/strict";
import { ROOT } from "./helpers/project.ts";

/** Folders of tests of what is not in `src`, and of what belongs to no one folder of it. */
const OTHERS: readonly string[] = ["bench", "fixtures", "portable", "fuzz", "helpers", "jobs", "long"];

/** Folders below a folder that hold files, as paths from it with a slash at their end. */
function foldersIn(root: string, below = ""): string[] {
  const entries = [...Deno.readDirSync(`${root}${below}`)];
  const deeper = entries.filter(({ isDirectory }) => isDirectory)
    .flatMap(({ name }) => foldersIn(root, `${below}${name}/`));
  return entries.some(({ isFile }) => isFile) ? [below, ...deeper] : deeper;
}

Deno.test("tests mirror src: every folder of tests is one of src, or known not to be", () => {
  const sources = new Set(foldersIn(`${ROOT}src/`));
  const strange = foldersIn(`${ROOT}tests/`).filter((folder) =>
    !sources.has(folder) && !OTHERS.includes(folder.split("/")[0] ?? "")
  );
  assert.ok(sources.has("volume/zarr/"));
  assert.deepEqual(strange, []);
});
