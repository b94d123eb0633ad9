import assert from "node:assert/strict";
import fc from "fast-check";
import type { MatchRule } from "../../../src/analysis/synapse_match.ts";
import { arraySource } from "../../../src/analysis/voxel_source.ts";
import {
  evaluateSynapses,
  type EvaluateSynapsesOptions,
  type SynapseEvaluation,
} from "../../../src/stages/synapses/evaluate_synapses.ts";
import { voxelCount, type Zyx } from "../../../src/volume/region.ts";
import { namesIn } from "../../helpers/cli_process.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { shapesUpTo } from "../../helpers/shapes.ts";

type Settings = Partial<Omit<EvaluateSynapsesOptions, "folder">>;

async function compare(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  shape: Zyx,
  settings: Settings = {},
  chunk: Zyx = shape,
): Promise<SynapseEvaluation> {
  let found: SynapseEvaluation | undefined;
  await inTempFolder(async (folder) => {
    found = await evaluateSynapses(
      arraySource("scores", Float32Array.from(scores), shape, chunk),
      arraySource("labels", Uint8Array.from(labels), shape, chunk),
      { threshold: 1, folder, ...settings },
    );
    assert.deepEqual(namesIn(folder), []);
  });
  assert.ok(found);
  return found;
}

/** A row of voxels: `S` label 255, `.` 0, `?` ignored; below it the prediction, `#` where it is positive, digits its score. */
function row(labels: string, prediction: string, settings: Settings = {}): Promise<SynapseEvaluation> {
  const label = (at: string) => at === "S" ? 255 : at === "." ? 0 : 128;
  const score = (at: string) => at === "#" ? 1 : at === "." ? 0 : Number(at);
  const shape: Zyx = [1, 1, labels.length];
  return compare([...prediction].map(score), [...labels].map(label), shape, settings);
}

function figures({ detected, missed, merged, invented, split, ignored }: SynapseEvaluation) {
  return { detected, missed, merged, invented, split, ignored };
}

const NONE = { detected: 0, missed: 0, merged: 0, invented: 0, split: 0, ignored: 0 };

/** What a rule makes of labels and a prediction, one below the other. */
const CASES: readonly (readonly [
  what: string,
  labels: string,
  prediction: string,
  counts: Partial<typeof NONE>,
  Settings?,
])[] = [
  ["one found", "..SSS..", "...##..", { detected: 1 }],
  ["one found, one missed, one invented", "SS...SS....", "##.......##", {
    detected: 1,
    missed: 1,
    invented: 1,
  }],
  ["beside is not found", "SS.....", "..##...", { missed: 1, invented: 1 }],
  ["two predicted as one", ".SS..SSS..", ".#######..", { detected: 1, missed: 1, merged: 1 }],
  ["one predicted in two parts", ".SSSSSSS..", ".##.####..", { detected: 1, invented: 1, split: 1 }],
  ["only in ignored space", "??.....SS", "##.....##", { detected: 1, ignored: 1 }],
  ["partly in ignored space", "??.....SS", ".##....##", { detected: 1, invented: 1 }],
  ["nothing predicted", "SS..SS", "......", { missed: 2 }],
  // The second overlaps the first synapse best, which would leave one of each alone.
  ["as many as possible", "SSSS.SS", "#.####.", { detected: 2 }],
  ["overlap large enough", ".SSSS.", "..###.", { detected: 1 }, { rule: { kind: "overlap", share: 0.75 } }],
  ["overlap too small", ".SSSS.", "..###.", { missed: 1, invented: 1 }, {
    rule: { kind: "overlap", share: 0.76 },
  }],
  ["overlap on labelled voxels", ".SSSS????", "..#######", { detected: 1 }, {
    rule: { kind: "overlap", share: 0.75 },
  }],
  ["near enough", "SSS......", "...###...", { detected: 1 }, {
    rule: { kind: "distance", most: 3, spacing: [1, 1, 1] },
  }],
  ["too far", "SSS......", "...###...", { missed: 1, invented: 1 }, {
    rule: { kind: "distance", most: 2.9, spacing: [1, 1, 1] },
  }],
  ["near in nm", "SSS......", "...###...", { detected: 1 }, {
    rule: { kind: "distance", most: 13.5, spacing: [50, 4.5, 4.5] },
  }],
  ["small ones", "S..SS...SS", "#...##....", { detected: 1, missed: 1 }, { minSize: 2 }],
  ["found where a small one is", "S..SS..", "##.##..", { detected: 1, invented: 1 }, { minSize: 2 }],
  ["only where a small one is", "S?.SS..", "##.##..", { detected: 1, ignored: 1 }, { minSize: 2 }],
  ["another threshold", "SS..SS..", "22..33..", { detected: 1, missed: 1 }, { threshold: 2.5 }],
];

Deno.test("evaluateSynapses() counts found, missed and invented synapses as by hand", async () => {
  for (const [what, labels, prediction, counts, settings] of CASES) {
    assert.deepEqual(figures(await row(labels, prediction, settings)), { ...NONE, ...counts }, what);
  }
});

Deno.test("evaluateSynapses() gives precision, recall and F1 of synapses, and tells the wrong ones", async () => {
  const found = await row("SSS..SS....S..", "2#3.......9#..");
  assert.deepEqual(figures(found), { ...NONE, detected: 2, missed: 1 });
  const { precision, recall, f1, misses, matches, inventions } = await row(
    "SS..SSS...S....",
    "##..0.0..5#.7..",
  );
  assert.deepEqual([precision, recall, f1], [2 / 3, 2 / 3, 2 / 3]);
  assert.deepEqual(matches.map((pair) => [pair.truth, pair.prediction, pair.sharedVoxels, pair.overlap]), [
    [1, 1, 2, 1],
    [3, 2, 1, 1 / 2],
  ]);
  assert.deepEqual(
    [misses, inventions].map((
      [wrong],
    ) => [wrong?.voxels, wrong?.centroid, wrong?.position, wrong?.peakScore]),
    [[3, [0, 0, 5], [0, 0, 5], 0], [1, [0, 0, 12], [0, 0, 12], 7]],
  );
  const empty = await row("SS..", "....");
  assert.deepEqual([empty.precision, empty.recall, empty.f1], [0, 0, 0]);
});

Deno.test("evaluateSynapses() joins voxels through corners, in the prediction and in the ground truth", async () => {
  const diagonal = [255, 0, 0, 0, 0, 0, 0, 255];
  const found = await compare(diagonal, diagonal, [2, 2, 2]);
  assert.deepEqual(figures(found), { ...NONE, detected: 1 });
});

const volumes = fc.record({
  shape: shapesUpTo([5, 6, 9], [1, 1, 3]),
  chunk: shapesUpTo([3, 4, 4]),
  blockVoxels: fc.integer({ min: 1, max: 40 }),
  minSize: fc.integer({ min: 1, max: 3 }),
  rule: fc.oneof(
    fc.constantFrom<MatchRule>({ kind: "overlap", share: 0 }, { kind: "overlap", share: 0.3 }),
    fc.record({
      kind: fc.constant("distance" as const),
      most: fc.integer({ min: 0, max: 6 }),
      spacing: fc.constantFrom<Zyx>([1, 1, 1], [3, 1, 1]),
    }),
  ),
  noise: fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
}).map(({ noise, ...rest }) => {
  const next = () => noise.next().value ?? 0;
  const voxels = Array.from({ length: voxelCount(rest.shape) }, (_, i) => i);
  // The first three are one synapse, so that there is one of every least size.
  const labels = voxels.map((i) => i < 3 ? 255 : [255, 128][next()] ?? 0);
  const scores = voxels.map(() => next() < 2 ? 2 : -next() / 4);
  return { ...rest, labels, scores };
});

Deno.test("evaluateSynapses() gives the same to the bit whatever the chunks and blocks", async () => {
  await fc.assert(
    fc.asyncProperty(volumes, async ({ shape, chunk, labels, scores, blockVoxels, ...settings }) => {
      const whole = await compare(scores, labels, shape, settings);
      assert.deepEqual(await compare(scores, labels, shape, { ...settings, blockVoxels }, chunk), whole);
    }),
    { numRuns: 30 },
  );
});

/** The voxels of each set of neighbours (26) that has enough. */
function sets(isIn: (voxel: number) => boolean, [nz, ny, nx]: Zyx, least: number): Set<number>[] {
  const left = new Set(Array.from({ length: nz * ny * nx }, (_, i) => i).filter(isIn));
  const place = (i: number) => [Math.floor(i / (nx * ny)), Math.floor(i / nx) % ny, i % nx];
  const touch = (i: number, j: number) =>
    place(i).every((at, axis) => Math.abs(at - (place(j)[axis] ?? 0)) <= 1);
  const found: Set<number>[] = [];
  for (const first of left) {
    const set = new Set([first]);
    for (const i of set) {
      left.delete(i);
      for (const j of left) if (touch(i, j)) set.add(j);
    }
    if (set.size >= least) found.push(set);
  }
  return found;
}

/** The most pairs of rows and columns that are true and share neither, by trying everything. */
function mostPairs(allowed: readonly (readonly boolean[])[]): number {
  const [first, ...rest] = allowed;
  if (first === undefined) return 0;
  const without = (column: number) => rest.map((row) => row.map((is, j) => is && j !== column));
  return Math.max(mostPairs(rest), ...first.map((is, j) => is ? 1 + mostPairs(without(j)) : 0));
}

Deno.test("evaluateSynapses() agrees with a search of all ways to match all sets of voxels", async () => {
  await fc.assert(
    fc.asyncProperty(volumes, async ({ shape, labels, scores, minSize, rule }) => {
      const truths = sets((i) => labels[i] === 255, shape, minSize);
      const isLabelled = (i: number) => labels[i] === 0 || truths.some((truth) => truth.has(i));
      const all = sets((i) => (scores[i] ?? 0) >= 1, shape, minSize);
      const predictions = all.filter((set) => [...set].some(isLabelled));
      fc.pre(truths.length < 6 && predictions.length < 6);
      const centroid = (set: Set<number>) =>
        [shape[1] * shape[2], shape[2], 1].map((step, axis) => {
          const sum = [...set].reduce((sum, i) => sum + Math.floor(i / step) % (shape[axis] ?? 1), 0);
          return sum / set.size;
        });
      const mayMatch = (truth: Set<number>, predicted: Set<number>) => {
        if (rule.kind === "distance") {
          const [a, b] = [centroid(truth), centroid(predicted)];
          const offset = a.map((at, axis) => (at - (b[axis] ?? 0)) * (rule.spacing[axis] ?? 1));
          return Math.sqrt(offset.reduce((sum, d) => sum + d * d, 0)) <= rule.most;
        }
        const common = truth.intersection(predicted).size;
        const union = truth.size + [...predicted].filter(isLabelled).length - common;
        return common > 0 && common / union >= rule.share;
      };
      const allowed = truths.map((truth) => predictions.map((predicted) => mayMatch(truth, predicted)));
      const found = await compare(scores, labels, shape, { minSize, rule });
      const detected = mostPairs(allowed);
      assert.deepEqual([found.detected, found.missed, found.invented, found.ignored], [
        detected,
        truths.length - detected,
        predictions.length - detected,
        all.length - predictions.length,
      ]);
      const lonely = allowed.filter((row) => !row.includes(true)).length;
      assert.equal(found.merged, found.missed - lonely);
      const peaks = found.inventions.map(({ peakScore }) => peakScore);
      assert.deepEqual(peaks, peaks.map(() => 2));
    }),
    { numRuns: 60 },
  );
});

Deno.test("evaluateSynapses() says what is wrong with its inputs, and leaves nothing behind", async () => {
  const user = (message: RegExp) => ({ name: "UserError", message });
  await assert.rejects(row("....", "####"), user(/labels: no voxel is labelled 255/));
  await assert.rejects(row("S.S.", "####", { minSize: 2 }), user(/no .* has 2 voxels/));
  await assert.rejects(
    row("SSSSSS", "#.#.#.", { mostParts: 2 }),
    user(/scores has more than 2 separate pieces.*threshold/),
  );
  const far: MatchRule = { kind: "distance", most: 100, spacing: [1, 1, 1] };
  await assert.rejects(
    row("S.S.S.", "#.#.#.", { mostParts: 3, rule: far }),
    user(/more than 3 pairs .* within a distance of 100/),
  );
  const reason = new Error("stopped");
  await assert.rejects(row("S.", "#.", { signal: AbortSignal.abort(reason) }), reason);
});
