/** `evaluate()` against scikit-learn, which Debian has as python3-sklearn; skipped where that is missing. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { evaluate, type Evaluation } from "../../src/analysis/evaluate.ts";
import { arraySource } from "../../src/analysis/voxel_source.ts";
import { pythonWith } from "../helpers/other_programs.ts";
import { seededRandom } from "../helpers/seeded_random.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

/** Largest difference that is allowed, of measures of 0 to 1. */
const CLOSE = 1e-6;

interface Case {
  readonly what: string;
  readonly scores: readonly number[];
  readonly labels: readonly number[];
  readonly threshold: number;
}

interface Measures {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly jaccard: number;
}

interface Expected {
  readonly averagePrecision: number;
  readonly rocAuc: number;
  readonly threshold: readonly number[];
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  readonly falsePositiveRate: readonly number[];
  readonly truePositiveRate: readonly number[];
  readonly atThreshold: Measures;
  readonly bestF1: number;
  readonly atBestF1: Measures;
}

/** Labels, and scores that positives have somewhat more of. */
function cases(): Case[] {
  const random = seededRandom(6);
  const draw = (
    what: string,
    voxels: number,
    threshold: number,
    score: (isPositive: boolean) => number,
  ): Case => {
    const labels = Array.from({ length: voxels }, (_, i) => i === 0 || random() < 0.1 ? 255 : 0);
    return { what, labels, scores: labels.map((label) => Math.fround(score(label === 255))), threshold };
  };
  const bell = (isPositive: boolean) => random() + random() + random() - 1.5 + (isPositive ? 0.4 : 0);
  return [
    draw("all different", 20_000, 0.5, bell),
    draw("few voxels", 30, 0, bell),
    draw("ties", 20_000, 0.3, (isPositive) => Math.round(10 * bell(isPositive)) / 10),
    draw(
      "8-bit probabilities",
      50_000,
      180,
      (isPositive) => Math.floor(254 / (1 + Math.exp(-4 * bell(isPositive)))),
    ),
    draw("constant", 1000, 1, () => 1),
    draw("constant, below the threshold", 1000, 2, () => 1),
    draw("two values", 1000, 1, (isPositive) => random() < (isPositive ? 0.6 : 0.2) ? 1 : 0),
    draw("worse than chance", 5000, 0, (isPositive) => -bell(isPositive)),
    draw("perfect", 5000, 1, (isPositive) => (isPositive ? 1 : 0) + random()),
    draw("far apart", 5000, 1e10, (isPositive) => bell(isPositive) * 10 ** (60 * random() - 30)),
  ];
}

/** The measures by scikit-learn; undefined where it is not installed. */
async function byScikitLearn(given: readonly object[]): Promise<Expected[] | undefined> {
  const python = pythonWith("numpy", "sklearn.metrics");
  if (python === undefined) return undefined;
  let found: Expected[] | undefined;
  await inTempFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/cases.json`, JSON.stringify(given));
    const script = fileURLToPath(new URL("scikit_learn.py", import.meta.url));
    const output = await new Deno.Command(python, { args: ["-B", script, `${folder}/cases.json`] }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assert.equal(output.code, 0, text(output.stderr));
    found = JSON.parse(text(output.stdout)) as Expected[];
  });
  return found;
}

Deno.test("evaluate() gives scikit-learn's figures and curves, also with ties and constant scores", async () => {
  const given = cases();
  const results: Evaluation[] = [];
  for (const { scores, labels, threshold } of given) {
    const shape = [1, 1, scores.length] as const;
    const isBytes = scores.every((score) => Number.isInteger(score) && score > 1 && score < 256);
    const voxels = isBytes ? Uint8Array.from(scores) : Float32Array.from(scores);
    const source = voxels instanceof Uint8Array
      ? arraySource("scores", voxels, shape)
      : arraySource("scores", voxels, shape);
    results.push(
      await evaluate(source, arraySource("labels", Uint8Array.from(labels), shape), { threshold }),
    );
  }
  const expected = await byScikitLearn(
    given.map((one, i) => ({ ...one, best: results[i]?.bestF1.threshold ?? 0 })),
  );
  if (expected === undefined) {
    // deno-lint-ignore no-console -- says why a test did not run
    console.log("skipped: there is no /usr/bin/python3 with scikit-learn; apt-get install python3-sklearn");
    return;
  }
  const largest: Record<string, number> = {};
  const compare = (measure: string, what: string, ours: number, theirs: number) => {
    const difference = Math.abs(ours - theirs);
    assert.ok(difference <= CLOSE, `${measure} of ${what}: ${ours} instead of ${theirs}`);
    largest[measure] = Math.max(largest[measure] ?? 0, difference);
  };
  assert.equal(expected.length, given.length);
  for (const [i, theirs] of expected.entries()) {
    const what = given[i]?.what ?? "", ours = results[i];
    assert.ok(ours?.atThreshold);
    compare("averagePrecision", what, ours.averagePrecision, theirs.averagePrecision);
    compare("rocAuc", what, ours.rocAuc, theirs.rocAuc);
    for (const measure of ["precision", "recall", "f1", "jaccard"] as const) {
      compare(measure, what, ours.atThreshold[measure], theirs.atThreshold[measure]);
      compare(measure, what, ours.atBestF1[measure], theirs.atBestF1[measure]);
    }
    compare("best F1", what, ours.bestF1.value, theirs.bestF1);
    const placeOf = new Map(theirs.threshold.map((threshold, place) => [threshold, place]));
    if (theirs.threshold.length <= 1024) assert.equal(ours.curve.length, theirs.threshold.length, what);
    for (const point of ours.curve) {
      const place = placeOf.get(point.threshold);
      assert.ok(place !== undefined, `${what}: no threshold ${point.threshold}`);
      compare("curve of precision", what, point.precision, theirs.precision[place] ?? NaN);
      compare("curve of recall", what, point.recall, theirs.recall[place] ?? NaN);
      compare("curve of recall", what, point.recall, theirs.truePositiveRate[place] ?? NaN);
      compare(
        "curve of false positive rate",
        what,
        point.falsePositiveRate,
        theirs.falsePositiveRate[place] ?? NaN,
      );
    }
  }
  await Deno.stderr.write(new TextEncoder().encode(`largest differences: ${JSON.stringify(largest)}\n`));
});
