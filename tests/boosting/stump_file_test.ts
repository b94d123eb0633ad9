import assert from "node:assert/strict";
import fc from "fast-check";
import { poseAt } from "../../src/boosting/poses.ts";
import { formatStumps, parseStumps, readStumpFile, writeStumpFile } from "../../src/boosting/stump_file.ts";
import { fixedThreshold, type Stump, thresholdOfCut } from "../../src/boosting/stumps.ts";
import { UserError } from "../../src/user_error.ts";
import { referenceText } from "./reference_data.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const group = (settings: Record<string, string>) => {
  const all = {
    threshold: "100.0",
    invert: "true",
    column: "3",
    poseIdx: "4402",
    abweight: "1.5",
    description: '"x"',
  };
  return `{ ${Object.entries({ ...all, ...settings }).map(([key, text]) => `${key} = ${text};`).join(" ")} }`;
};
const fileOf = (...groups: string[]) => `stumps = ( ${groups.join(", ")} );\n`;

const anyStump: fc.Arbitrary<Stump> = fc.record({
  pose: fc.nat(7259),
  column: fc.nat(16),
  threshold: fc.tuple(
    fc.nat(65535),
    fc.double({ min: -1e4, max: 1e4, noNaN: true }),
    fc.float({ min: 1, max: 1e5, noNaN: true }),
  )
    .map(([cut, low, scale]) => thresholdOfCut(cut, { low, scale })),
  invert: fc.boolean(),
  alpha: fc.double({ min: 1e-300, max: 1e6, noNaN: true }),
}, { noNullPrototype: true });

Deno.test("parseStumps() reads back what formatStumps() wrote, to the bit", () => {
  fc.assert(fc.property(
    fc.array(anyStump, { minLength: 1, maxLength: 8 }),
    fc.double({ min: 1, max: 12, noNaN: true }),
    fc.record({ A: fc.double({ min: -1e30, max: 1e30, noNaN: true }), B: fc.constant(-0.125) }, {
      noNullPrototype: true,
    }),
    fc.constantFrom("nearest" as const, "scan" as const),
    fc.option(fc.float({ min: 0, max: 1e6, noNaN: true }).map((score) => score + 0)),
    (stumps, anisotropy, platt, join, threshold) => {
      const model = { stumps, platt, join, ...(threshold === null ? {} : { threshold }) };
      const text = formatStumps(model, anisotropy);
      assert.deepStrictEqual(parseStumps(text, "a.cfg", { anisotropy }), model);
    },
  ));
});

Deno.test("parseStumps() takes a file that does not say how small fragments join for one of the original's", () => {
  const text = fileOf(group({}));
  assert.equal(parseStumps(text, "a.cfg", { anisotropy: 1 }).join, "scan");
  assert.equal(parseStumps(`${text} svoxJoin = "nearest";`, "a.cfg", { anisotropy: 1 }).join, "nearest");
  assert.throws(
    () => parseStumps(`${text} svoxJoin = "far";`, "a.cfg", { anisotropy: 1 }),
    /a\.cfg:\d+:\d+: svoxJoin is "far"; expected "nearest" or "scan"/,
  );
});

Deno.test("parseStumps() keeps the threshold of a whole model only, and rejects what is none", () => {
  const text = `${fileOf(group({}), group({}))} bestThreshold = 1.5;`;
  assert.equal(parseStumps(text, "a.cfg", { anisotropy: 1, numStumps: 2 }).threshold, 1.5);
  assert.ok(!("threshold" in parseStumps(text, "a.cfg", { anisotropy: 1, numStumps: 1 })));
  assert.ok(!("threshold" in parseStumps(fileOf(group({})), "a.cfg", { anisotropy: 1 })));
  assert.throws(
    () => parseStumps(`${fileOf(group({}))} bestThreshold = "high";`, "a.cfg", { anisotropy: 1 }),
    /a\.cfg:\d+:\d+: bestThreshold of the file is "high"; expected a number/,
  );
});

Deno.test("parseStumps() turns sums over the full box into means", () => {
  const text = fileOf(group({ poseIdx: "6955", threshold: "12463.5" })); // radius 6
  const [isotropic] = parseStumps(text, "a.cfg", { anisotropy: 1 }).stumps;
  assert.equal(isotropic?.threshold, 12463.5 / 13 ** 3);
  const [flat] = parseStumps(text, "a.cfg", { anisotropy: 10 }).stumps;
  assert.equal(flat?.threshold, 12463.5 / 13 ** 2);
});

Deno.test("parseStumps() keeps the first numStumps and has unfitted Platt scaling where the file has none", () => {
  const text = fileOf(group({ column: "0" }), group({ column: "1" }), group({ column: "2" }));
  const model = parseStumps(text, "a.cfg", { anisotropy: 1, numStumps: 2 });
  assert.deepEqual(model.stumps.map(({ column }) => column), [0, 1]);
  assert.deepEqual(model.platt, { A: -2, B: 0 });
  assert.equal(parseStumps(text, "a.cfg", { anisotropy: 1, numStumps: 9 }).stumps.length, 3);
});

Deno.test("parseStumps() names file, stump, key and range in its errors", () => {
  const good = group({});
  const cases: [string, RegExp][] = [
    [fileOf(good, group({ poseIdx: "7260" })), /^m\.cfg:1:\d+: poseIdx of stump 2 is 7260; .*0 to 7259/],
    [fileOf(group({ poseIdx: "1.5" })), /poseIdx of stump 1 is 1\.5/],
    [
      fileOf(group({ column: "5" })),
      /column of stump 1 is 5; expected at most 4, because there are 5 columns/,
    ],
    [fileOf(group({ column: "-1" })), /column of stump 1 is -1; expected a whole number from 0/],
    [fileOf(group({ threshold: '"a"' })), /threshold of stump 1 is "a"; expected a number/],
    [fileOf(group({ threshold: "1e999" })), /1e999/],
    [fileOf(group({ invert: "1" })), /invert of stump 1 is 1; expected true or false/],
    [fileOf(good.replace(/abweight.*?;/, "")), /stump 1 has no abweight/],
    [fileOf(), /stumps is a list \( \) of 0; expected a list \( \) of at least one stump/],
    ["stumps = 3;", /stumps is 3/],
    [fileOf("4"), /stump 1 is 4; expected a group/],
    ["numStumps = 3;", /m\.cfg has no stumps/],
    [fileOf(good) + "plattScaling = { A = 1.0; };", /plattScaling has no B/],
    [fileOf(good) + "plattScaling = 1;", /plattScaling is 1; expected a group/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseStumps(text, "m.cfg", { anisotropy: 1, columns: 5 }), {
      name: "UserError",
      message,
    });
  }
  assert.throws(() => parseStumps(fileOf(good), "m.cfg", { anisotropy: 1, numStumps: 0 }), UserError);
});

Deno.test("readStumpFile() reads the original program's file and writeStumpFile() keeps its numbers", async (t) => {
  const text = await referenceText("vnc/original-stumps.cfg");
  if (text === undefined) {
    return void await t.step({ name: "skipped: reference data missing", ignore: true, fn() {} });
  }
  const model = parseStumps(text, "original", { anisotropy: 10, columns: 17 });
  assert.equal(model.stumps.length, 300);
  const sums = [...text.matchAll(/threshold = (\S+);/g)].map(([, sum]) => Number(sum));
  await inTempFolder(async (folder) => {
    await writeStumpFile(`${folder}/out-stumps.cfg`, model, 10);
    assert.deepStrictEqual(await readStumpFile(`${folder}/out-stumps.cfg`, { anisotropy: 10 }), model);
    const written = await Deno.readTextFile(`${folder}/out-stumps.cfg`);
    const ours = [...written.matchAll(/threshold = (\S+);/g)].map(([, sum]) => Number(sum));
    assert.equal(ours.length, 300);
    ours.forEach((sum, i) =>
      assert.ok(Math.abs(sum - (sums[i] ?? NaN)) <= Math.abs(sum) * 2 ** -51, `stump ${i + 1}`)
    );
    await assert.rejects(readStumpFile(`${folder}/none.cfg`, { anisotropy: 1 }), {
      name: "UserError",
      message: /none\.cfg: no such file/,
    });
  });
});

Deno.test("formatStumps() describes each stump in words", () => {
  const stump = { pose: 2611, column: 12, threshold: 1, invert: false, alpha: 1 };
  const text = formatStumps({ stumps: [stump], platt: { A: -2, B: 0 }, join: "scan" }, 1);
  assert.equal(poseAt(2611).radius, 8);
  assert.match(text, /"mean of column 12 over radius 8 at distance 4, theta 33\.7, phi 40\.0"/);
});

Deno.test("fixedThreshold() gives back the cut that thresholdOfCut() was made from", () => {
  fc.assert(fc.property(
    fc.nat(65535),
    fc.double({ min: -1e4, max: 1e4, noNaN: true }),
    fc.float({ min: 1, max: 1e3, noNaN: true }),
    (cut, low, scale) => {
      const column = { low, scale };
      assert.equal(fixedThreshold(thresholdOfCut(cut, column), column), cut + 0.5);
    },
  ));
});

Deno.test("parseStumps() keeps the size of the labelled synapses, also of fewer stumps, and refuses what is no size", () => {
  const parse = (more: string, numStumps = 2) =>
    parseStumps(`${fileOf(group({}), group({}))}${more}`, "m.cfg", { anisotropy: 1, numStumps });
  const model = parse("labelledVoxels = 950;");
  assert.equal(model.labelledVoxels, 950);
  assert.equal(parse("labelledVoxels = 950;", 1).labelledVoxels, 950);
  assert.equal(parse("").labelledVoxels, undefined);
  const again = parseStumps(formatStumps(model, 1), "m.cfg", { anisotropy: 1 });
  assert.equal(again.labelledVoxels, 950);
  for (const wrong of ["0", "-3", "2.5", '"large"']) {
    assert.throws(() => parse(`labelledVoxels = ${wrong};`), /m\.cfg.*labelledVoxels/);
  }
});
