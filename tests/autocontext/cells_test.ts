import assert from "node:assert/strict";
import fc from "fast-check";
import { binFeature } from "../../src/autocontext/bin_feature.ts";
import {
  type CellFeature,
  cellFeatures,
  featureReach,
  type FeatureSettings,
} from "../../src/autocontext/cell_features.ts";
import { cellGrid, cellShape, cellsOf, computeCellMeans, voxelsOf } from "../../src/autocontext/cells.ts";
import { computeFeatures, featureBytes } from "../../src/autocontext/compute_features.ts";
import { sortingNetwork } from "../../src/autocontext/directions.ts";
import { type Kernels, loadKernels } from "../../src/kernels/mod.ts";
import {
  growRegion,
  intersectRegions,
  type Region,
  voxelCount,
  wholeRegion,
  zipAxes,
  type Zyx,
} from "../../src/volume/region.ts";
import { plainFeature } from "./cells_reference.ts";
import { cut } from "../helpers/channels_support.ts";
import { seededRandom } from "../helpers/seeded_random.ts";

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

/** Copies values into kernel memory. */
function load({ arena }: Kernels, values: ArrayLike<number>): number {
  const address = arena.alloc(4 * values.length);
  arena.f32(address, values.length).set(values);
  return address;
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

Deno.test("cellShape() is the seeds' distance rounded down to powers of two", () => {
  const shape = (seed: number, anisotropy: number) =>
    cellShape({ seed, anisotropy, cubeness: 16, join: "nearest" });
  assert.deepEqual(shape(3, 10), [1, 2, 2]);
  assert.deepEqual(shape(8, 2), [4, 8, 8]);
  assert.deepEqual(shape(7, 1), [4, 4, 4]);
  assert.deepEqual(shape(1, 1), [1, 1, 1]);
});

Deno.test("voxelsOf() gives the voxels of cellsOf() a region, clipped to the volume", () => {
  const cell: Zyx = [1, 2, 4];
  const volume: Zyx = [5, 7, 18];
  assert.deepEqual(cellGrid(volume, cell), [5, 4, 5]);
  const region: Region = { start: [1, 3, 5], shape: [4, 4, 12] };
  assert.deepEqual(cellsOf(region, cell), { start: [1, 1, 1], shape: [4, 3, 4] });
  assert.deepEqual(voxelsOf(cellsOf(region, cell), cell, volume), { start: [1, 2, 4], shape: [4, 5, 14] });
});

Deno.test("computeCellMeans() adds the voxels of each cell in the order z, y, x, for any region", async () => {
  const kernels = await loadKernels();
  const { arena } = kernels;
  const size = fc.integer({ min: 1, max: 4 });
  fc.assert(
    fc.property(
      fc.constantFrom<Zyx>([1, 1, 1], [1, 2, 2], [2, 2, 2], [4, 4, 4], [2, 8, 8]),
      fc.constantFrom<Zyx>([5, 9, 70], [3, 16, 33], [1, 3, 5]),
      fc.constantFrom("uint8" as const, "float32" as const),
      fc.tuple(fc.nat(3), fc.nat(3), fc.nat(9)),
      fc.tuple(size, size, fc.integer({ min: 1, max: 40 })),
      (cell, volume, dtype, start, shape) => {
        const cells = intersectRegions({ start, shape }, wholeRegion(cellGrid(volume, cell)));
        fc.pre(voxelCount(cells.shape) > 0);
        const random = seededRandom(5);
        const whole = Float32Array.from(
          { length: voxelCount(volume) },
          () => dtype === "uint8" ? Math.floor(256 * random()) : random(),
        );
        const region = voxelsOf(cells, cell, volume);
        const mark = arena.mark();
        const voxels = cut(whole, volume, region);
        const address = load(kernels, voxels);
        if (dtype === "uint8") arena.u8(address, voxels.length).set(voxels);
        const out = arena.alloc(4 * voxelCount(cells.shape));
        computeCellMeans(kernels, { address, dtype, region }, cell, volume, out);
        assert.deepEqual(
          [...arena.f32(out, voxelCount(cells.shape))],
          plainMeans(whole, volume, cells, cell),
        );
        arena.release(mark);
      },
    ),
    { numRuns: 300, seed: 2 },
  );
});

function plainMeans(volume: Float32Array, shape: Zyx, cells: Region, cell: Zyx): number[] {
  const [, ny, nx] = cells.shape;
  return Array.from({ length: voxelCount(cells.shape) }, (_, i) => {
    const at: Zyx = [Math.floor(i / nx / ny), Math.floor(i / nx) % ny, i % nx];
    const one: Region = { start: zipAxes((s, k) => s + k, cells.start, at), shape: [1, 1, 1] };
    const voxels = cut(volume, shape, voxelsOf(one, cell, shape));
    const sum = voxels.reduce((total, voxel) => Math.fround(total + voxel), 0);
    return Math.fround(sum * Math.fround(1 / voxels.length));
  });
}

Deno.test("computeCellMeans() throws where a region cuts a cell off", async () => {
  const kernels = await loadKernels();
  const volume: Zyx = [4, 9, 9];
  for (
    const region of [
      { start: [0, 1, 0], shape: [4, 8, 9] },
      { start: [0, 0, 0], shape: [4, 8, 7] },
      { start: [0, 0, 0], shape: [4, 9, 10] },
    ] satisfies Region[]
  ) {
    const voxels = { address: 0, dtype: "uint8" as const, region };
    assert.throws(() => computeCellMeans(kernels, voxels, [1, 2, 2], volume, 0), RangeError);
  }
});

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
      const bound = featureBytes(features, settings, read.shape, write.shape);
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

Deno.test("binFeature() counts the cuts that are less than the value", async () => {
  const kernels = await loadKernels();
  const { arena } = kernels;
  const value = fc.oneof(
    fc.float({ noNaN: true }),
    fc.integer({ min: -4, max: 4 }),
    fc.constantFrom(-0, Infinity, -Infinity),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(0, 1, 2, 7, 62, 63, 64, 128, 254, 255).chain((length) =>
        fc.array(value, { minLength: length, maxLength: length })
      ),
      fc.array(fc.oneof(value, fc.constant(NaN)), { maxLength: 40 }),
      (some, others) => {
        const mark = arena.mark();
        const cuts = Float32Array.from(some).sort();
        const values = Float32Array.from([...others, ...cuts]);
        const bins = arena.alloc(values.length + 1);
        arena.u8(bins, values.length + 1).fill(99);
        const address = load(kernels, values);
        const top = arena.mark();
        binFeature(kernels, address, values.length, cuts, bins);
        assert.equal(arena.mark(), top);
        const expected = [...values].map((v) => cuts.filter((c) => v > c).length);
        assert.deepEqual([...arena.u8(bins, values.length + 1)], [...expected, 99]);
        arena.release(mark);
      },
    ),
    { numRuns: 500, seed: 4 },
  );
  assert.throws(() => binFeature(kernels, 0, 0, new Float32Array(256), 0), RangeError);
});
