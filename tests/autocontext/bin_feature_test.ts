import assert from "node:assert/strict";
import fc from "fast-check";
import { binFeature } from "../../src/autocontext/bin_feature.ts";
import { loadKernels } from "../../src/kernels/mod.ts";
import { load } from "./load_values.ts";

Deno.test("binFeature() counts the cuts that are less than the value", async () => {
  const kernels = await loadKernels();
  const { arena } = kernels;
  const value = fc.oneof(
    fc.float({ noNaN: true }),
    fc.integer({ min: -4, max: 4 }),
    fc.constantFrom(-0, Infinity, -Infinity),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(0, 1, 2, 7, 62, 63, 64, 128, 254, 255).chain((length) =>
        fc.array(value, { minLength: length, maxLength: length })
      ),
      fc.array(fc.oneof(value, fc.constant(NaN)), { maxLength: 40 }),
      (some, others) => {
        const mark = arena.mark();
        const cuts = Float32Array.from(some).sort();
        const values = Float32Array.from([...others, ...cuts]);
        const bins = arena.alloc(values.length + 1);
        arena.u8(bins, values.length + 1).fill(99);
        const address = load(kernels, values);
        const top = arena.mark();
        binFeature(kernels, address, values.length, cuts, bins);
        assert.equal(arena.mark(), top);
        const expected = [...values].map((v) => cuts.filter((c) => v > c).length);
        assert.deepEqual([...arena.u8(bins, values.length + 1)], [...expected, 99]);
        arena.release(mark);
      },
    ),
    { numRuns: 500, seed: 4 },
  );
  assert.throws(() => binFeature(kernels, 0, 0, new Float32Array(256), 0), RangeError);
});
