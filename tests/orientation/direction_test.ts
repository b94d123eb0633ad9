import assert from "node:assert/strict";
import fc from "fast-check";
import { NO_DIRECTION, packDirection, unpackDirection } from "../../src/orientation/direction.ts";

const component = fc.double({ min: -1, max: 1, noNaN: true });

Deno.test("unpackDirection() gives back what packDirection() was given, within 2 degrees", () => {
  fc.assert(
    fc.property(component, component, component, (x, y, z) => {
      const length = Math.hypot(x, y, z);
      fc.pre(length > 1e-3);
      const packed = packDirection(x, y, z);
      assert.ok(Number.isInteger(packed) && packed > 0 && packed < 2 ** 32);
      const found = unpackDirection(packed);
      assert.ok(found);
      assert.ok(Math.abs(Math.hypot(...found) - 1) < 1e-12);
      const cosine = (found[0] * x + found[1] * y + found[2] * z) / length;
      assert.ok(Math.acos(Math.min(1, cosine)) < 2 * Math.PI / 180, `${found} for ${[x, y, z]}`);
    }),
    { numRuns: 2000, endOnFailure: true },
  );
});

Deno.test("packDirection() and unpackDirection() keep the axes, and know no direction", () => {
  for (const [x, y, z] of [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]] as const) {
    const found = unpackDirection(packDirection(x, y, z)) ?? [];
    assert.deepEqual(Array.from(found, (value) => value + 0), [x, y, z]);
  }
  assert.equal(packDirection(0, 0, 0), NO_DIRECTION);
  assert.equal(packDirection(NaN, 0, 1), NO_DIRECTION);
  assert.equal(packDirection(Infinity, 0, 1), NO_DIRECTION);
  for (const packed of [NO_DIRECTION, 1, 256, 256 * 128 + 1, 2 ** 32 - 1]) {
    assert.equal(unpackDirection(packed), undefined, `${packed}`);
  }
});
