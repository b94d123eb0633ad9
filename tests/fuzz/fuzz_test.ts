/** A short run of the fuzzer; `tests/long` has a longer one, and `deno task fuzz` runs as long as is wanted. */
import assert from "node:assert/strict";
import { inputOf } from "./inputs.ts";
import { mutateBytes } from "./mutate_bytes.ts";
import { randomOf } from "./random.ts";
import { readInput } from "./read_input.ts";
import { runFuzz } from "./run_fuzz.ts";
import { KINDS, makeSeeds } from "./seeds.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("readers read or reject 1000 mutated files, without a crash, a hang or much memory", async () => {
  const { read, rejected, findings } = await runFuzz({
    inputs: 1000,
    seed: 2026,
    patience: 10_000,
    budget: 512,
  });
  assert.deepEqual(findings, []);
  assert.equal(read + rejected, 1000);
  assert.ok(read > 50 && rejected > 50, `${read} read, ${rejected} rejected`);
});

Deno.test("runFuzz() tells of a child that exceeds its budget, and goes on after it", async () => {
  const { findings } = await runFuzz({ inputs: 2, seed: 1, patience: 10_000, budget: 1 });
  assert.deepEqual(findings.map(({ index, what }) => [index, what]), [[0, "over-budget"], [
    1,
    "over-budget",
  ]]);
});

Deno.test("runFuzz() tells of a child that does not answer", async () => {
  const { findings } = await runFuzz({ inputs: 1, seed: 1, patience: 1, budget: 512 });
  assert.deepEqual(findings.map(({ index, what }) => [index, what]), [[0, "hang"]]);
});

Deno.test("makeSeeds() makes files of every kind that are read", () =>
  inTempFolder(async (folder) => {
    Deno.mkdirSync(`${folder}/seeds`);
    const seeds = await makeSeeds(`${folder}/seeds`);
    assert.deepEqual(new Set(seeds.map(({ kind }) => kind)), new Set(KINDS));
    for (const [index, seed] of seeds.entries()) {
      const place = `${folder}/${index}`;
      for (const [name, bytes] of seed.files) {
        Deno.mkdirSync(`${place}/${name}`.replace(/[^/]*$/, ""), { recursive: true });
        Deno.writeFileSync(`${place}/${name}`, bytes);
      }
      assert.equal(
        await readInput(seed, `${place}/${seed.main}`, `${place}/out`, "slabs"),
        "read",
        `seed ${index}`,
      );
    }
    const bytesOf = (index: number) =>
      [...inputOf(seeds, 3, index).files.values()].map((bytes) => bytes.join(","));
    assert.deepEqual(bytesOf(7), bytesOf(7));
    assert.notDeepEqual(bytesOf(7), bytesOf(12));
  }));

Deno.test("mutateBytes() changes most files and leaves the original as it is", () => {
  const original = Uint8Array.from({ length: 100 }, (_, index) => index);
  const copy = original.slice();
  const mutated = Array.from(
    { length: 200 },
    (_, index) => mutateBytes(original, randomOf(1, index), [copy]),
  );
  assert.deepEqual(original, copy);
  assert.ok(mutated.filter((bytes) => bytes.join() !== original.join()).length > 150);
  assert.ok(new Set(mutated.map((bytes) => bytes.length)).size > 20);
});
