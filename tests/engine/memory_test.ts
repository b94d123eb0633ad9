import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../../src/user_error.ts";
import { formatBytes, memoryForWorkers, memoryPerWorker, parseBytes } from "../../src/engine/memory.ts";

Deno.test("parseBytes() reads numbers with and without units", () => {
  const expected: [string, number][] = [
    ["1073741824", 2 ** 30],
    ["2GiB", 2 ** 31],
    ["2 gib", 2 ** 31],
    ["2g", 2 ** 31],
    ["512MB", 512e6],
    ["1.5GiB", 1.5 * 2 ** 30],
    ["64k", 65536],
    ["1TB", 1e12],
    ["7B", 7],
  ];
  for (const [text, bytes] of expected) assert.equal(parseBytes(text), bytes, text);
});

Deno.test("parseBytes() refuses what is no amount of memory", () => {
  for (const text of ["", "GiB", "-1", "0", "2 GiBs", "1e9", "0.2B", "1.2.3G", "9999999TiB", "constructor"]) {
    assert.throws(() => parseBytes(text), UserError, text);
  }
});

Deno.test("formatBytes() gives at most three digits", () => {
  const expected: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "0.98 KiB"],
    [1024, "1 KiB"],
    [1536, "1.5 KiB"],
    [2 ** 20 - 1, "1 MiB"],
    [2 ** 31, "2 GiB"],
    [123.4 * 2 ** 20, "123 MiB"],
    [12.34 * 2 ** 40, "12.3 TiB"],
  ];
  for (const [bytes, text] of expected) assert.equal(formatBytes(bytes), text);
});

Deno.test("memoryForWorkers() is the least budget, to a MiB, with which every worker gets its bytes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 1, max: 256 }), (bytes, workers) => {
      const total = memoryForWorkers(bytes, workers);
      assert.ok(memoryPerWorker(total, workers) >= bytes);
      assert.ok(memoryPerWorker(total - 2 ** 20 - workers, workers) < bytes + 1);
    }),
    { seed: 3 },
  );
});

Deno.test("memoryPerWorker() is 0 when the program itself does not fit", () => {
  assert.equal(memoryPerWorker(2 ** 20, 1), 0);
});

Deno.test("memoryPerWorker() leaves arrays room in 1 GiB with 2 workers", () => {
  const each = memoryPerWorker(2 ** 30, 2);
  assert.ok(each > 224 * 2 ** 20 && each < 512 * 2 ** 20);
});
