/** Every key of a configuration has an effect on a run: each test would fail if its keys were ignored. */
import assert from "node:assert/strict";
import {
  EXTRA_KEYS,
  POLARITY_KEYS,
  SVOX_KEYS,
  TEST_KEYS,
  TOP_KEYS,
  TRAIN_KEYS,
} from "../../../src/config/settings_table.ts";
import { createKeyJob, type KeyJob } from "./job.ts";
import { INPUT_CASES } from "./inputs.ts";
import { OUTPUT_CASES } from "./outputs.ts";
import { REFINE_CASES } from "./refine.ts";
import { TRAINING_CASES } from "./training.ts";
import { VOLUME_CASES } from "./volumes.ts";

const CASES = [...TRAINING_CASES, ...REFINE_CASES, ...OUTPUT_CASES, ...VOLUME_CASES, ...INPUT_CASES];

let folder = "";
let started: Promise<KeyJob> | undefined;

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "ccboost-keys-" });
});

Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

for (const { keys, what, test } of CASES) {
  Deno.test(`runCcboost() obeys ${keys.join(", ")}: it ${what}`, async () => {
    started ??= createKeyJob(folder);
    await test(await started);
  });
}

Deno.test("every key of a configuration has a test here", () => {
  const { svox, extra, train, test, ...top } = TOP_KEYS;
  assert.ok(svox && extra && train && test);
  const { ccPolarity, ...rest } = TRAIN_KEYS;
  assert.ok(ccPolarity);
  const wanted = [
    ...Object.keys(top),
    ...Object.keys(SVOX_KEYS).map((key) => `svox.${key}`),
    ...Object.keys(EXTRA_KEYS).map((key) => `extra.${key}`),
    ...Object.keys(rest).map((key) => `train.${key}`),
    ...Object.keys(POLARITY_KEYS).map((key) => `train.ccPolarity[].${key}`),
    ...Object.keys(TEST_KEYS).map((key) => `test[].${key}`),
  ];
  assert.deepEqual([...new Set(CASES.flatMap(({ keys }) => keys))].sort(), wanted.sort());
});
