/** More of the fuzzer than `tests/fuzz/fuzz_test.ts`; `deno task fuzz` runs as long as is wanted. */
import assert from "node:assert/strict";
import { runFuzz } from "../fuzz/run_fuzz.ts";

Deno.test("readers read or reject 4000 mutated files, without a crash, a hang or much memory", async () => {
  const { read, rejected, findings } = await runFuzz({
    inputs: 4000,
    seed: 2026,
    patience: 10_000,
    budget: 512,
  });
  assert.deepEqual(findings, []);
  assert.equal(read + rejected, 4000);
  assert.ok(read > 100 && rejected > 100, `${read} read, ${rejected} rejected`);
});
