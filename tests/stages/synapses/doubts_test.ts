import assert from "node:assert/strict";
import { doubtsAbout, doubtText } from "../../../src/stages/synapses/doubts.ts";

const SHAPE = [100, 100, 100] as const;

function doubts(sizes: readonly number[], labelled?: number): string {
  const doubt = doubtsAbout({ sizes: Float64Array.from(sizes), shape: SHAPE }, labelled, 0.5);
  return doubt ? doubtText(doubt) : "";
}

Deno.test("doubtsAbout() says nothing where objects are about as large as the labelled synapses", () => {
  assert.equal(doubts([500, 700, 900], 700), "");
  assert.equal(doubts([5000], 700), "", "one synapse has most voxels where there is one");
  assert.equal(doubts([100, 400, 2000], 700), "");
  assert.equal(doubts([500, 700, 900]), "");
});

Deno.test("doubtsAbout() tells one object with most voxels, sizes far from the labels', and an empty table", () => {
  assert.match(
    doubts([300, 32_000], 758),
    /^one object has 32000 of the 32300 voxels .*758.*higher --threshold/,
  );
  assert.match(
    doubts([300, 32_000]),
    /^one object has 32000 of the 32300 voxels found: .*merged.*higher --threshold/,
  );
  assert.match(doubts([9000, 9000, 9000], 758), /^the median size is 9000 voxels.*higher --threshold/);
  assert.match(doubts([60, 60, 60], 758), /^the median size is 60 voxels.*fragments.*lower --threshold/);
  assert.match(doubts([]), /^no synapse was found, and the highest score is 0\.5; .*lower --threshold/);
});
