import assert from "node:assert/strict";
import fc from "fast-check";
import { editDistance, nearestName } from "../../src/config/nearest_name.ts";

Deno.test("editDistance() counts insertions, deletions, replacements and swaps", () => {
  assert.equal(editDistance("", "abc"), 3);
  assert.equal(editDistance("abc", ""), 3);
  assert.equal(editDistance("kitten", "sitting"), 3);
  assert.equal(editDistance("seed", "sede"), 1);
  assert.equal(editDistance("ca", "abc"), 3);
});

Deno.test("editDistance() is 0 for equal texts only, symmetric, and at most the longer length", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });
  fc.assert(fc.property(text, text, (a, b) => {
    const distance = editDistance(a, b);
    assert.equal(distance === 0, a === b);
    assert.equal(distance, editDistance(b, a));
    assert(distance <= Math.max(a.length, b.length) && distance >= Math.abs(a.length - b.length));
  }));
});

Deno.test("nearestName() finds the nearest whatever the case, and nothing where all are far", () => {
  assert.equal(nearestName("NUMSTUMP", ["seed", "numStumps", "numStamps"]), "numStumps");
  assert.equal(nearestName("sed", ["svox", "seed"]), "seed");
  assert.equal(nearestName("whatever", ["seed", "svox"]), undefined);
});
