import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type CellFeature,
  cellFeatures,
  featureReach,
  type FeatureSettings,
  sortingNetwork,
} from "../../src/autocontext/cell_features.ts";
import { computeFeatures, featureBytes } from "../../src/autocontext/compute_features.ts";
import { type Kernels, loadKernels } from "../../src/kernels/mod.ts";
import {
  growRegion,
  intersectRegions,
  type Region,
  voxelCount,
  wholeRegion,
  type Zyx,
} from "../../src/volume/region.ts";
import { plainFeature } from "./cells_reference.ts";
import { cut } from "../helpers/channels_support.ts";
import { seededRandom } from "../helpers/seeded_random.ts";
import { load } from "./load_values.ts";

/** Mean scores and intensities of all cells of a volume. */
interface Cells {
  readonly grid: Zyx;
  readonly score: Float32Array;
  readonly raw: Float32Array;
}

const SETTINGS: readonly FeatureSettings[] = [
  { space: "slice", anisotropy: 10, cell: [1, 2, 2] },
  { space: "slice", anisotropy: 2.5, cell: [4, 8, 8] },
  { space: "volume", anisotropy: 1, cell: [2, 2, 2] },
  { space: "volume", anisotropy: 2.5, cell: [1, 4, 4] },
  { space: "volume", anisotropy: 10, cell: [1, 16, 16] },
];

/** Features of other scales and places than those that are used. */
const OTHERS: readonly CellFeature[] = [
  { kind: "beside", of: "raw", sigma: 2, cells: 1, take: "smaller" },
  { kind: "around", of: "score", sigma: 2, distance: 12, place: 3 },
  { kind: "around", of: "score", sigma: 2, distance: 6, place: 7 },
  { kind: "window", of: "raw", sigma: 1, halfWidth: 0 },
  { kind: "deviation", of: "score", sigma: 1 },
];

function randomCells(grid: Zyx, seed: number): Cells {
  const random = seededRandom(seed);
  const values = (of: () => number) => Float32Array.from({ length: voxelCount(grid) }, of);
  return { grid, score: values(() => 4 * random() - 2), raw: values(() => 255 * random()) };
}

/** The features of the cells of `write`, computed from a block of the cells of `read`. */
function featuresOf(
  kernels: Kernels,
  cells: Cells,
  features: readonly CellFeature[],
  settings: FeatureSettings,
  write = wholeRegion(cells.grid),
  read = growRegion(write, featureReach(features, settings), cells.grid),
): Float32Array[] {
  const { arena } = kernels;
  const mark = arena.mark();
  const score = load(kernels, cut(cells.score, cells.grid, read));
  const raw = load(kernels, cut(cells.raw, cells.grid, read));
  const results: Float32Array[] = [];
  const top = arena.mark();
  const block = { score, raw, read, write, grid: cells.grid };
  computeFeatures(kernels, features, settings, block, (index, address) => {
    assert.equal(results[index], undefined, `feature ${index} twice`);
    results[index] = arena.f32(address, voxelCount(write.shape)).slice();
  });
  assert.equal(arena.mark(), top);
  arena.release(mark);
  return results;
}

Deno.test("cellFeatures() lists no feature twice", () => {
  for (const [space, count] of [["slice", 58], ["volume", 46]] as const) {
    const features = cellFeatures(space);
    assert.equal(features.length, count);
    assert.equal(new Set(features.map((feature) => JSON.stringify(feature))).size, count);
  }
});

Deno.test("featureReach() is the smoothing's radius and what a feature looks at beyond", () => {
  const slice: FeatureSettings = { space: "slice", anisotropy: 10, cell: [1, 2, 2] };
  // 24 voxels at scale 5 are 12 cells and ceil(7.5); scale 12 alone is 18 cells.
  assert.deepEqual(featureReach(cellFeatures("slice"), slice), [2, 20, 20]);
  const volume: FeatureSettings = { space: "volume", anisotropy: 3, cell: [1, 4, 4] };
  assert.deepEqual(featureReach([{ kind: "smooth", of: "raw", sigma: 12 }], volume), [12, 9, 9]);
  assert.deepEqual(featureReach([{ kind: "smooth", of: "raw", sigma: 1 }], volume), [1, 0, 0]);
  assert.deepEqual(featureReach([], volume), [0, 0, 0]);
});

Deno.test("sortingNetwork() sorts the ranks that are wanted", () => {
  const all = (count: number) => Array.from({ length: count }, (_, rank) => rank);
  assert.equal(sortingNetwork(8, all(8)).length, 19);
  // A network that sorts all sequences of 0 and 1 sorts all sequences (Knuth, TAOCP vol. 3, 5.3.4, theorem Z).
  for (const [count, wanted] of [[8, all(8)], [8, [0, 2, 5]], [13, all(13)], [14, [3, 12]]] as const) {
    const network = sortingNetwork(count, wanted);
    for (let bits = 0; bits < 2 ** count; bits++) {
      const values = all(count).map((i) => (bits >> i) & 1);
      const zeros = values.filter((value) => value === 0).length;
      for (const [a, b] of network) {
        [values[a], values[b]] = [(values[a] ?? 0) & (values[b] ?? 0), (values[a] ?? 0) | (values[b] ?? 0)];
      }
      assert.ok(wanted.every((rank) => values[rank] === (rank < zeros ? 0 : 1)), `${count} ${bits}`);
    }
  }
});

Deno.test("computeFeatures() agrees with the definitions in float64, also in volumes smaller than the reach", async () => {
  const kernels = await loadKernels();
  const grids: readonly Zyx[] = [[5, 13, 21], [1, 3, 2], [4, 1, 19], [7, 18, 1]];
  for (const [seed, grid] of grids.entries()) {
    const cells = randomCells(grid, seed);
    for (const settings of SETTINGS) {
      const features = [...cellFeatures(settings.space), ...OTHERS];
      const ours = featuresOf(kernels, cells, features, settings);
      assert.equal(ours.length, features.length);
      for (const [i, feature] of features.entries()) {
        const plain = plainFeature(cells[feature.of], grid, feature, settings);
        // The difference of a mean of squares and a squared mean loses digits, and its root loses half of the rest near 0.
        const tolerance = feature.kind === "deviation" ? 1e-3 : 2e-6;
        const scale = feature.of === "raw" ? 255 : 2;
        const worst = plain.reduce((m, v, cell) => Math.max(m, Math.abs(v - (ours[i]?.[cell] ?? NaN))), 0);
        assert.ok(
          worst / scale < tolerance,
          `${JSON.stringify(feature)} ${JSON.stringify(settings)} ${grid}: ${worst / scale}`,
        );
      }
    }
  }
});

Deno.test("computeFeatures() gives the same bits for any write region and any block that holds its context", async () => {
  const kernels = await loadKernels();
  const axis = (max: number) => fc.tuple(fc.nat(max - 1), fc.integer({ min: 1, max }), fc.nat(5));
  const wholes = new Map<string, Float32Array[]>();
  fc.assert(
    fc.property(
      fc.constantFrom<Zyx>([9, 40, 75], [3, 50, 18]),
      fc.constantFrom(...SETTINGS),
      fc.tuple(axis(9), axis(50), axis(75)),
      (grid, settings, [z, y, x]) => {
        const features = [...cellFeatures(settings.space), ...OTHERS];
        const cells = randomCells(grid, 7);
        const start: Zyx = [z[0] % grid[0], y[0] % grid[1], x[0] % grid[2]];
        const write = intersectRegions({ start, shape: [z[1], y[1], x[1]] }, wholeRegion(grid));
        const needed = growRegion(write, featureReach(features, settings), grid);
        const read = growRegion(needed, [z[2], y[2], x[2]], grid);
        const key = `${grid} ${JSON.stringify(settings)}`;
        const whole = wholes.get(key) ?? featuresOf(kernels, cells, features, settings);
        wholes.set(key, whole);
        const part = featuresOf(kernels, cells, features, settings, write, read);
        for (const [i, values] of part.entries()) {
          const expected = cut(whole[i] ?? new Float32Array(), grid, write);
          const wrong = expected.findIndex((value, cell) => !Object.is(value, values[cell]));
          assert.equal(wrong, -1, `${key} ${JSON.stringify(features[i])} cell ${wrong}`);
        }
      },
    ),
    { numRuns: 80, seed: 1 },
  );
});

Deno.test("featureBytes() bounds what computeFeatures() takes, and not by far", async () => {
  for (const settings of SETTINGS) {
    const all = cellFeatures(settings.space);
    for (
      const features of [
        all,
        ...["smooth", "window", "around", "deviation"].map((kind) => all.filter((f) => f.kind === kind)),
      ]
    ) {
      const kernels = await loadKernels();
      const cells = randomCells([50, 100, 110], 3);
      const write: Region = { start: [24, 45, 45], shape: [4, 20, 22] };
      const read = growRegion(write, featureReach(features, settings), cells.grid);
      const block = {
        score: load(kernels, cut(cells.score, cells.grid, read)),
        raw: load(kernels, cut(cells.raw, cells.grid, read)),
      };
      const before = kernels.arena.mark();
      computeFeatures(kernels, features, settings, { ...block, read, write, grid: cells.grid }, () => {});
      const used = kernels.arena.peak() - before;
      const bound = featureBytes(features, settings)(read.shape, write.shape);
      assert.equal(kernels.arena.mark(), before);
      assert.ok(
        used <= bound && bound < 1.1 * used + 2000,
        `${JSON.stringify(settings)} ${features[0]?.kind}: used ${used}, bound ${bound}`,
      );
    }
  }
});

Deno.test("computeFeatures() throws and frees its memory when the block lacks context or the region leaves the grid", async () => {
  const kernels = await loadKernels();
  const [settings] = SETTINGS;
  assert.ok(settings);
  const features = cellFeatures(settings.space);
  const grid: Zyx = [5, 50, 50];
  const compute = (write: Region, read: Region) =>
    computeFeatures(kernels, features, settings, { score: 0, raw: 0, read, write, grid }, () => {});
  const outside: Region = { start: [0, 0, 0], shape: [5, 50, 51] };
  assert.throws(() => compute(outside, wholeRegion(grid)), RangeError);
  const middle: Region = { start: [0, 25, 25], shape: [5, 2, 2] };
  assert.throws(() => compute(middle, { start: [0, 6, 0], shape: [5, 44, 50] }), RangeError);
  const thrown = () => {
    throw new Error("by onFeature");
  };
  const address = load(kernels, new Float32Array(voxelCount(grid)));
  const block = { score: address, raw: address, read: wholeRegion(grid), write: middle, grid };
  const loaded = kernels.arena.mark();
  assert.throws(() => computeFeatures(kernels, features, settings, block, thrown), /by onFeature/);
  assert.equal(kernels.arena.mark(), loaded);
});
