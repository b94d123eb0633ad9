import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Channel,
  channelName,
  componentsOf,
  defaultChannels,
  parseChannelName,
  rangeOf,
  reachOf,
} from "../../src/channels/mod.ts";
import { halfKernels, kernelRadius } from "../../src/channels/gaussian.ts";

Deno.test("defaultChannels have the names of the original's files, and 17 columns with the raw intensity", () => {
  assert.deepEqual(defaultChannels.map(channelName), [
    "gradient-magnitude-s1.0",
    "gradient-magnitude-s1.6",
    "gradient-magnitude-s3.5",
    "gradient-magnitude-s5.0",
    "stensor-s0.5-r1.0",
    "stensor-s0.8-r1.6",
    "stensor-s1.8-r3.5",
    "stensor-s2.5-r5.0",
  ]);
  assert.equal(defaultChannels.reduce((sum, channel) => sum + componentsOf(channel), 1), 17);
});

Deno.test("parseChannelName() reads back what channelName() writes", () => {
  const scale = fc.integer({ min: 1, max: 5000 }).map((n) => n / 100);
  const channel: fc.Arbitrary<Channel> = fc.oneof(
    fc.record({ kind: fc.constantFrom("gauss", "log", "gradient-magnitude", "hessian"), sigma: scale }, {
      noNullPrototype: true,
    }),
    fc.record({ kind: fc.constant("stensor" as const), sigma: scale, rho: scale }, { noNullPrototype: true }),
  );
  fc.assert(fc.property(channel, (c) => assert.deepEqual(parseChannelName(channelName(c)), c)));
});

Deno.test("parseChannelName() gives undefined when the stem names no channel or a scale is out of range", () => {
  const stems = [
    "",
    "raw",
    "gauss",
    "gauss-s",
    "gauss-s0",
    "gauss-s-1",
    "gauss-s51",
    "gauss-s1.0 ",
    "Gauss-s1",
    "gauss-s1e1",
  ];
  for (
    const stem of [
      ...stems,
      "gauss-s1.0-r2.0",
      "stensor-s1.0",
      "stensor-s0-r1",
      "stensor-s1-r0",
      "stensor-s1-r99",
      "log-s1.2.3",
    ]
  ) {
    assert.equal(parseChannelName(stem), undefined, stem);
  }
  assert.deepEqual(parseChannelName("log-s2"), { kind: "log", sigma: 2 });
});

Deno.test("reachOf() is the radius of every filter in turn, along z in voxels of z", () => {
  assert.deepEqual(reachOf({ kind: "raw" }, 1), [0, 0, 0]);
  assert.deepEqual(reachOf({ kind: "gradient-magnitude", sigma: 5 }, 1), [20, 20, 20]);
  assert.deepEqual(reachOf({ kind: "gradient-magnitude", sigma: 5 }, 10), [2, 20, 20]);
  assert.deepEqual(reachOf({ kind: "stensor", sigma: 2.5, rho: 5 }, 1), [30, 30, 30]);
  assert.deepEqual(reachOf({ kind: "stensor", sigma: 0.5, rho: 1 }, 10), [5, 6, 6]);
});

/** Applies the half kernel of an order to the samples f(-radius) ... f(radius). */
function apply(sigma: number, spacing: number, order: number, f: (k: number) => number): number {
  const radius = kernelRadius(sigma);
  const weights = halfKernels(sigma, spacing).subarray(order * (radius + 1), (order + 1) * (radius + 1));
  return weights.reduce((sum, w, k) => {
    if (k === 0) return order === 0 ? w * f(0) : 0;
    const sides = order === 1 ? f(k) - f(-k) : f(k) + f(-k) - (order === 2 ? 2 * f(0) : 0);
    return sum + w * sides;
  }, 0);
}

Deno.test("halfKernels() keep a constant, a ramp's slope and a parabola's curvature at every scale", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.001, max: 50, noNaN: true }),
      fc.constantFrom(1, 2.5, 10),
      (sigma, spacing) => {
        const near = (value: number, expected: number) =>
          assert.ok(Math.abs(value - expected) < 1e-6, `${value}`);
        near(apply(sigma, spacing, 0, () => 1), 1);
        near(apply(sigma, spacing, 1, (k) => k * spacing), 1);
        near(apply(sigma, spacing, 2, (k) => (k * spacing) ** 2 / 2), 1);
        near(apply(sigma, spacing, 1, () => 1), 0);
        near(apply(sigma, spacing, 2, () => 1), 0);
      },
    ),
  );
});

Deno.test("halfKernels() become the identity and central differences when the scale is tiny", () => {
  for (const sigma of [0.001, 0.01, 0.05]) {
    assert.deepEqual([...halfKernels(sigma, 1)], [1, 0, 0, 0.5, 0, 1]);
    assert.deepEqual([...halfKernels(sigma, 2)], [1, 0, 0, 0.25, 0, 0.25]);
  }
});

Deno.test("halfKernels() sample the Gaussian", () => {
  const weights = halfKernels(1.5, 1);
  for (let k = 0; k <= 6; k++) {
    assert.ok(Math.abs((weights[k] ?? 0) / (weights[0] ?? 0) - Math.exp((-k * k) / 4.5)) < 1e-7);
  }
});

Deno.test("rangeOf() covers the answer to an ideal edge, and shrinks with the scale", () => {
  assert.deepEqual(rangeOf({ kind: "raw" }, 0), { low: 0, high: 255 });
  assert.deepEqual(rangeOf({ kind: "gauss", sigma: 2 }, 0), { low: 0, high: 255 });
  const edge = rangeOf({ kind: "gradient-magnitude", sigma: 2 }, 0).high;
  assert.ok(Math.abs(edge - 1.1 * 255 / (2 * Math.sqrt(2 * Math.PI))) < 1e-9);
  for (const kind of ["hessian", "log"] as const) {
    const { low, high } = rangeOf({ kind, sigma: 2 }, 0);
    assert.equal(low, -high);
    assert.ok(Math.abs(high / rangeOf({ kind, sigma: 4 }, 0).high - 4) < 1e-9);
  }
  const tensor = [0, 1, 2].map((component) => rangeOf({ kind: "stensor", sigma: 1, rho: 2 }, component).high);
  assert.deepEqual(tensor.map((high) => high / (tensor[2] ?? 0)), [0.25, 0.5, 1]);
});
