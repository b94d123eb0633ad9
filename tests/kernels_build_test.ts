import assert from "node:assert/strict";
import { compileKernels } from "../src/kernels/build.ts";

Deno.test("src/kernels/kernels.wasm is what its AssemblyScript sources build to", async () => {
  const committed = await Deno.readFile(new URL("../src/kernels/kernels.wasm", import.meta.url));
  const built = await compileKernels();
  // Not deepEqual: its message would list tens of thousands of bytes.
  const isSame = built.length === committed.length && built.every((byte, i) => byte === committed[i]);
  assert.ok(isSame, "run `deno task kernels` and commit src/kernels/kernels.wasm");
});
