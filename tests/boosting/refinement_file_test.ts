/** What follows the stumps, in a model's file. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ContextTree, Refinement } from "../../src/boosting/mod.ts";
import { formatStumps, parseStumps } from "../../src/boosting/stump_file.ts";

const STUMP = { pose: 5, column: 1, threshold: 10, invert: false, alpha: 0.5 };

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value + 0);
const calibration = fc.record({
  platt: fc.record({ A: number, B: number }, { noNullPrototype: true }),
  threshold: number,
}, { noNullPrototype: true });
const tree: fc.Arbitrary<ContextTree> = fc.integer({ min: 1, max: 6 }).chain((depth) =>
  fc.record({
    features: fc.array(fc.nat(2), { minLength: depth, maxLength: depth }),
    thresholds: fc.array(number, { minLength: depth, maxLength: depth }),
    leaves: fc.array(fc.integer({ min: -32768, max: 32767 }), {
      minLength: 2 ** depth,
      maxLength: 2 ** depth,
    }),
  }, { noNullPrototype: true })
);
const refinement: fc.Arbitrary<Refinement> = fc.record({
  smoothing: fc.tuple(fc.float({ min: 0, max: 100, noNaN: true }), fc.constant(0), calibration)
    .map(([inSlice, acrossSlices, rest]) => ({ sigma: [inSlice + 0, acrossSlices] as const, ...rest })),
  autoContext: fc.tuple(
    fc.constantFrom("slice" as const, "volume" as const),
    fc.integer({ min: -9999, max: 9999 }),
    fc.array(tree, { maxLength: 4 }),
    calibration,
    fc.option(fc.array(number, { minLength: 3, maxLength: 3 })),
  ).map(([space, bias, trees, rest, weights]) => ({
    space,
    features: ["a", "b", "c"],
    bias,
    trees,
    ...rest,
    ...(weights === null ? {} : { weights }),
  })),
}, { noNullPrototype: true });

Deno.test("parseStumps() reads back what follows the stumps, to the bit", () => {
  fc.assert(fc.property(refinement, fc.integer({ min: 1, max: 4 }), (follows, count) => {
    const model = {
      stumps: Array.from({ length: 2 * count }, () => STUMP),
      platt: { A: -2, B: 0 },
      join: "nearest" as const,
      orientSigma: 5,
      gridStep: 2 as const,
      models: [count, count],
      refinement: follows,
    };
    assert.deepStrictEqual(parseStumps(formatStumps(model, 3), "a.cfg", { anisotropy: 3 }), model);
  }));
});

const textOf = (more: string) =>
  `${
    formatStumps({ stumps: [STUMP, STUMP, STUMP, STUMP], platt: { A: -2, B: 0 }, join: "nearest" }, 1)
  } ${more}`;
const parse = (more: string, numStumps?: number) =>
  parseStumps(textOf(more), "a.cfg", { anisotropy: 1, ...(numStumps === undefined ? {} : { numStumps }) });

Deno.test("parseStumps() keeps the first stumps of each model, and then nothing that follows them", () => {
  const text = "models = [2, 2]; smoothing = { sigma = [3.0, 0.0]; };";
  const whole = parse(text);
  assert.deepEqual([whole.models, whole.stumps.length], [[2, 2], 4]);
  assert.deepEqual(whole.refinement?.smoothing.sigma, [3, 0]);
  assert.ok(parse(text, 4).refinement);
  const some = parse(text, 1);
  assert.deepEqual([some.models, some.stumps.length], [[1, 1], 2]);
  assert.equal(some.refinement, undefined);
});

Deno.test("parseStumps() names what is wrong with what follows the stumps", () => {
  const tree = (text: string) =>
    `smoothing = { sigma = [3.0, 0.0]; }; autoContext = { space = "slice"; features = ["a"]; bias = 0; trees = ( ${text} ); };`;
  for (
    const [text, message] of [
      [
        "models = [2, 3];",
        /models of the file is .*; expected numbers that add up to the number of stumps, 4, not 5/,
      ],
      ["models = [4, 0];", /models of the file contains 0; expected whole numbers from 1 to 4/],
      ["models = 4;", /expected an array or a list/],
      ["orientSigma = 0;", /orientSigma of the file is 0; expected a number above 0/],
      ["gridStep = 3;", /gridStep of the file is 3; expected 1 or 2/],
      ["smoothing = 3;", /smoothing of the file is 3; expected a group/],
      ["smoothing = { sigma = [1.0]; };", /two numbers/],
      ["smoothing = { sigma = [-1.0, 0.0]; };", /numbers from 0 to 100/],
      ["smoothing = { };", /smoothing has no sigma/],
      ["autoContext = { };", /autoContext but no smoothing/],
      [tree("").replace("slice", "plane"), /space of autoContext is "plane"; expected "slice" or "volume"/],
      [tree("").replace("bias = 0", "bias = 0.5"), /bias of autoContext is 0.5; expected a whole number/],
      [tree("3"), /tree 1 of autoContext is 3; expected a group/],
      [tree("{ features = [1]; thresholds = [0.0]; leaves = [1, 2]; }"), /features of tree 1 .* from 0 to 0/],
      [tree("{ features = [0]; thresholds = [0.0]; leaves = [1, 2, 3]; }"), /3 leaves; expected/],
      [tree("{ features = [0]; thresholds = [0.0]; leaves = [1, 99999]; }"), /from -32768 to 32767/],
    ] as const
  ) assert.throws(() => parse(text), message, text);
});
