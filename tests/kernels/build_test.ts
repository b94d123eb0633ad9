import assert from "node:assert/strict";
import { compileKernels, KERNEL_FILES } from "../../src/kernels/build.ts";
import { ROOT } from "../helpers/project.ts";

for (const [name, isShared] of Object.entries(KERNEL_FILES)) {
  Deno.test(`src/kernels/${name} and exports.ts are what their AssemblyScript sources build to`, async () => {
    const committed = await Deno.readFile(`${ROOT}src/kernels/${name}`);
    const { module: built, signatures } = await compileKernels(isShared);
    // Not deepEqual: its message would list tens of thousands of bytes.
    const isSame = built.length === committed.length && built.every((byte, i) => byte === committed[i]);
    assert.ok(isSame, `run \`deno task kernels\` and commit src/kernels/${name}`);
    assert.equal(signatures, await Deno.readTextFile(`${ROOT}src/kernels/exports.ts`));
  });
}
