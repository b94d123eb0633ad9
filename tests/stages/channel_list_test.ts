import assert from "node:assert/strict";
import fc from "fast-check";
import { channelName, defaultChannels } from "../../src/channels/mod.ts";
import { channelList, computedName } from "../../src/stages/channel_list.ts";

const FAMILIES = [
  "gauss",
  "log",
  "gradient-magnitude",
  "hessian",
  "stensor",
  "hess-e1",
  "hess-e2",
  "hess-e3",
  "hessOrient",
  "hessOrient-repolarized",
];

function namesOf(...args: Parameters<typeof channelList>): string[] {
  return channelList(...args).map(computedName);
}

Deno.test("channelList() is the default channels and the orientation where nothing is named", () => {
  const names = defaultChannels.map(channelName);
  assert.deepEqual(namesOf(), [...names, "hessOrient-s3.5-repolarized"]);
  assert.deepEqual(namesOf({ sigma: 2 }), [...names, "hessOrient-s2.0-repolarized"]);
  assert.deepEqual(namesOf({ names: ["gradient-magnitude", "stensor"] }), names);
});

Deno.test("channelList() takes families at the scales given, each file once", () => {
  const names = ["gauss", "log-s2", "stensor", "hess-e2", "gauss-s1.0"];
  assert.deepEqual(namesOf({ names, scales: [1, 0.2] }), [
    "gauss-s1.0",
    "gauss-s0.2",
    "log-s2.0",
    "stensor-s0.5-r1.0",
    "stensor-s0.1-r0.2",
    "hess-e2-s1.0",
    "hess-e2-s0.2",
  ]);
  assert.deepEqual(namesOf({ names: ["hess-e3", "hessOrient"], sigma: 2.5 }), [
    "hess-e3-s2.5",
    "hessOrient-s2.5",
  ]);
});

Deno.test("channelList() reads back every name that computedName() gives", () => {
  const scale = fc.integer({ min: 1, max: 5000 }).map((n) => n / 100);
  fc.assert(fc.property(fc.constantFrom(...FAMILIES), scale, (family, scale) => {
    const [computed] = channelList({ names: [family], scales: [scale] });
    assert.ok(computed);
    assert.deepEqual(channelList({ names: [computedName(computed)] }), [computed]);
  }));
});

Deno.test("channelList() refuses names that mean nothing, and scales without a family", () => {
  for (
    const name of ["", "raw", "hess-e4", "hess-e3-s0", "hess-e3-s51", "hess-e1-s2-repolarized", "toString"]
  ) {
    assert.throws(
      () => channelList({ names: [name] }),
      /is no channel that can be computed; a name is such as \S/,
    );
  }
  assert.throws(() => channelList({ scales: [1] }), /--scales is for families in --only/);
  assert.throws(
    () => channelList({ names: ["log-s2.0"], scales: [1] }),
    /--scales is for families in --only/,
  );
  assert.throws(() => channelList({ names: ["gauss"], scales: [60] }), /at most 50/);
});
