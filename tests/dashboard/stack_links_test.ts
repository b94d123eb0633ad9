/** Which stack an address names. */
import assert from "node:assert/strict";
import { stackAfter, stackHref, stackOfHash } from "../../src/dashboard/page/label/stack_links.ts";

Deno.test("stackOfHash() is what stackHref() names, and the first stack where nothing is named", () => {
  for (const id of ["", "b", "a&b", "c#d", "é?=/%"]) assert.equal(stackOfHash(stackHref(id)), id);
  assert.equal(stackHref(""), "#/label");
  for (const hash of ["", "#/label", "#/label?", "#/label?other=1", "#/view"]) {
    assert.equal(stackOfHash(hash), "");
  }
});

Deno.test("stackAfter() goes through all stacks, and begins again", () => {
  const stacks = ["", "b", "c"].map((id) => ({ id, name: id, begun: "", synapses: 0, open: 0 }));
  assert.deepEqual(stacks.map(({ id }) => stackAfter({ id, stacks })), ["b", "c", ""]);
});
