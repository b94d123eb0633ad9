/** What the labelling page takes of what a browser kept: what it wrote itself, and nothing else. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { lookOf, numberOf, toolOf } from "../../src/dashboard/page/label/label_memory.ts";
import { FIRST_TOOL, type Tool } from "../../src/dashboard/page/label/painting.ts";

const again = <T>(value: T): unknown => JSON.parse(JSON.stringify(value));

Deno.test("toolOf(), lookOf() and numberOf() give back what was kept, and show what is hidden", () => {
  for (
    const tool of [FIRST_TOOL, {
      paints: "not",
      by: "outline",
      radius: 0.5,
      isCareful: true,
    }] satisfies Tool[]
  ) assert.deepEqual(toolOf(again(tool)), tool);
  const look = { opacity: 0.7, isOutline: true, isHidden: true };
  assert.deepEqual(lookOf(again(look)), { ...look, isHidden: false });
  assert.equal(numberOf(again(0)), 0);
  assert.equal(numberOf(again(12.5)), 12.5);
});

Deno.test("toolOf(), lookOf() and numberOf() take nothing else", () => {
  for (const wrong of [{ paints: "all" }, { by: "" }, { radius: 7 }, { radius: "4" }, { isCareful: 1 }]) {
    assert.equal(toolOf({ ...FIRST_TOOL, ...wrong }), undefined, JSON.stringify(wrong));
  }
  for (const wrong of [{ opacity: 0 }, { opacity: 1.1 }, { opacity: "1" }, { isOutline: 0 }]) {
    assert.equal(lookOf({ opacity: 0.5, isOutline: false, ...wrong }), undefined, JSON.stringify(wrong));
  }
  for (const wrong of [-1, "1", null, {}]) assert.equal(numberOf(wrong), undefined);
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    assert.equal(toolOf(value), undefined);
    assert.equal(lookOf(value), undefined);
  }));
});
