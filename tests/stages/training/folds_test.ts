/** Folds of space: no model sees anything of the slab that it scores. */
import assert from "node:assert/strict";
import type { Component } from "../../../src/stages/components.ts";
import {
  type FoldOptions,
  type Folds,
  type FoldVolume,
  makeFolds,
} from "../../../src/stages/training/folds.ts";
import { tilesWithSynapses } from "../../../src/stages/training/fold_regions.ts";
import {
  concatSamples,
  emptySamples,
  pickSamples,
  type SampleTable,
} from "../../../src/stages/training/sample_table.ts";
import {
  intersectRegions,
  type Region,
  regionContains,
  voxelCount,
  wholeRegion,
  type Zyx,
} from "../../../src/volume/region.ts";

const SHAPE: Zyx = [20, 256, 128];
const CHUNK: Zyx = [8, 64, 128];

/** Components of given boxes, with a positive sample at each centre, and negatives on a grid. */
function optionsOf(boxes: readonly Region[], more: Partial<FoldVolume & FoldOptions> = {}): OneVolume {
  const components = boxes.map(({ start, shape }, i): Component => {
    const centroid = start.map((s, axis) => s + ((shape[axis] ?? 1) - 1) / 2) as unknown as Zyx;
    const position = centroid.map(Math.floor) as unknown as Zyx;
    return { id: i + 1, voxels: voxelCount(shape), first: start, box: { start, shape }, position, centroid };
  });
  const negatives: Zyx[] = [];
  const [nz, ny, nx] = more.shape ?? SHAPE;
  for (let z = 2; z < nz; z += 4) {
    for (let y = 4; y < ny; y += 8) for (let x = 4; x < nx; x += 8) negatives.push([z, y, x]);
  }
  const samples = emptySamples(components.length + negatives.length);
  const labels = new Uint8Array(samples.count).fill(1, 0, components.length);
  for (const [i, { position }] of components.entries()) {
    samples.centroids.set(position, i * 3);
    samples.components[i] = i + 1;
  }
  for (const [i, at] of negatives.entries()) samples.centroids.set(at, (components.length + i) * 3);
  const { folds = 4, mostVoxels = 1e9, ...own } = more;
  const volume = {
    shape: SHAPE,
    anisotropy: 5,
    chunk: CHUNK,
    reach: [12, 60, 60] as Zyx,
    components,
    ...own,
  };
  return { folds, volume, volumes: [volume], selected: { samples, labels }, mostVoxels };
}

/** Options with their only volume. */
interface OneVolume extends FoldOptions {
  readonly volume: FoldVolume;
}

/** The samples of several volumes, and their components numbered through. */
function together(all: readonly OneVolume[], more: Partial<FoldOptions> = {}): FoldOptions {
  let before = 0;
  const volumes: FoldVolume[] = [], tables: SampleTable[] = [];
  for (const [index, { volume, selected: { samples } }] of all.entries()) {
    const add = before;
    before += volume.components.length;
    volumes.push({ ...volume, components: volume.components.map((own) => ({ ...own, id: own.id + add })) });
    tables.push({
      ...samples,
      volumes: new Uint16Array(samples.count).fill(index),
      components: samples.components.map((id) => id === 0 ? 0 : id + add),
    });
  }
  const labels = Uint8Array.from(all.flatMap(({ selected }) => [...selected.labels]));
  return {
    folds: 4,
    volumes,
    selected: { samples: concatSamples(tables), labels },
    mostVoxels: 1e9,
    ...more,
  };
}

const holds = (region: Region, point: Zyx) =>
  regionContains(region, { start: point.map(Math.floor) as unknown as Zyx, shape: [1, 1, 1] });
const box = (z: number, y: number, x: number, shape: Zyx = [3, 10, 10]): Region => ({
  start: [z, y, x],
  shape,
});
const EIGHT = [10, 40, 70, 100, 130, 160, 190, 220].map((y, i) => box(5, y, 20 + 10 * i));

const NONE = { axis: 0, bounds: [] as readonly number[], gap: 0 };

function foldsOf(options: FoldOptions): Folds {
  const folds = makeFolds(options);
  assert.ok(!("reason" in folds), JSON.stringify(folds));
  return folds;
}

Deno.test("makeFolds() leaves out of each model every sample within the gap and every synapse that reaches there", () => {
  // the last one lies across a border
  const options = optionsOf([...EIGHT, box(12, 55, 80, [3, 80, 10])]);
  const { divisions: [{ axis, bounds, gap } = NONE], labels } = foldsOf(options);
  assert.equal(axis, 1);
  assert.equal(bounds.length, 5);
  assert.ok(gap > 0);
  const { samples, labels: all } = options.selected;
  for (const [k, own] of labels.entries()) {
    const from = (bounds[k] ?? 0) - gap, to = (bounds[k + 1] ?? 0) + gap;
    for (const [i, label] of own.entries()) {
      const y = samples.centroids[i * 3 + 1] ?? 0;
      const component = options.volume.components.find(({ id }) => id === samples.components[i]);
      const { start, shape } = component?.box ?? { start: [0, y, 0], shape: [1, 1, 1] };
      const isLeftOut = y >= from && y < to || start[1] < to && start[1] + shape[1] > from;
      assert.equal(label, isLeftOut ? 2 : all[i], `sample ${i} at y = ${y}, model ${k}`);
    }
    assert.ok(own.includes(0) && own.includes(1), `model ${k} has samples of both classes`);
  }
});

Deno.test("makeFolds() divides the whole volume into parts of whole chunks that do not meet", () => {
  const { divisions: [{ bounds } = NONE], chunks: [chunk = CHUNK], ...folds } = foldsOf(optionsOf(EIGHT));
  const parts = folds.parts.map(({ region }) => region);
  assert.equal(parts.reduce((sum, { shape }) => sum + voxelCount(shape), 0), voxelCount(SHAPE));
  for (const [k, part] of parts.entries()) {
    assert.ok(regionContains(wholeRegion(SHAPE), part));
    assert.ok(part.start.every((at, axis) => at % (chunk[axis] ?? 1) === 0), `part ${k} begins at a chunk`);
    for (const other of parts.slice(k + 1)) {
      assert.equal(voxelCount(intersectRegions(part, other).shape), 0);
    }
  }
  for (const [k, end] of bounds.slice(1).entries()) {
    const own = EIGHT.filter(({ start: [, y] }) => y + 5 >= (bounds[k] ?? 0) && y + 5 < end);
    assert.ok(own.length >= 1, `slab ${k} has a synapse`);
  }
});

Deno.test("makeFolds() makes fewer folds where synapses lie together, and says why there are none", () => {
  assert.equal(foldsOf(optionsOf(EIGHT.slice(0, 5), { folds: 3 })).parts.length, 3);
  const twoPlaces = [10, 20, 30].flatMap((x) => [box(5, 20, x), box(5, 200, x)]);
  assert.equal(foldsOf(optionsOf(twoPlaces)).parts.length, 2);
  for (
    const [count, reason] of [
      [1, "there is only one synapse, and at least 6 are needed"],
      [5, "there are only 5 synapses, and at least 6 are needed"],
    ] as const
  ) assert.deepEqual(makeFolds(optionsOf(EIGHT.slice(0, count))), { reason });
  const close = makeFolds(optionsOf([10, 20, 30, 40, 50, 60].map((x) => box(5, 100 + x / 10, x))));
  assert.match("reason" in close ? close.reason : "", /so close together/);
});

Deno.test("makeFolds() divides several volumes laid one after the other, with a synapse in each fold", () => {
  const few = optionsOf(EIGHT.slice(0, 2)), many = optionsOf(EIGHT), wide = optionsOf([box(5, 20, 20)]);
  const options = together([few, many, wide]);
  const { count, divisions, parts, labels } = foldsOf(options);
  assert.equal(count, 4);
  const { samples, labels: all } = options.selected;
  for (const [volume, { axis, bounds }] of divisions.entries()) {
    assert.equal(bounds[0], 0);
    assert.equal(bounds.at(-1), SHAPE[axis], `volume ${volume} belongs to folds as a whole`);
  }
  for (let fold = 0; fold < count; fold++) {
    const own = parts.filter((part) => part.fold === fold);
    const held = options.volumes.flatMap(({ components }, volume) =>
      components.filter(({ centroid }) =>
        own.some((part) => part.volume === volume && holds(part.region, centroid))
      )
    );
    assert.ok(held.length >= 1 && held.length <= 5, `fold ${fold} has ${held.length} synapses`);
    // nothing of the parts that a model scores was learned from by it, and nothing else is left out without reason
    for (const [i, label] of (labels[fold] ?? []).entries()) {
      const at = [...samples.centroids.subarray(i * 3, i * 3 + 3)] as unknown as Zyx;
      const isScored = own.some(({ volume, region }) => volume === samples.volumes[i] && holds(region, at));
      if (isScored) assert.equal(label, 2, `sample ${i} of volume ${samples.volumes[i]}, fold ${fold}`);
      const isElsewhere = own.every(({ volume }) => volume !== samples.volumes[i]);
      if (isElsewhere) {
        assert.equal(label, all[i], `sample ${i} of volume ${samples.volumes[i]}, fold ${fold}`);
      }
    }
  }
  const voxels = parts.reduce((sum, { region }) => sum + voxelCount(region.shape), 0);
  assert.equal(voxels, 3 * voxelCount(SHAPE), "every voxel is scored once");
});

Deno.test("makeFolds() divides volumes with one synapse each, and leaves whole volumes out", () => {
  const single = EIGHT.slice(0, 6).map((own) => optionsOf([own]));
  const { count, divisions, labels } = foldsOf(together(single, { folds: 4 }));
  assert.equal(count, 4);
  assert.ok(divisions.some(({ bounds }) => bounds.length === 2), "some volume is not divided");
  for (const own of labels) assert.ok(own.includes(0) && own.includes(1));
});

Deno.test("makeFolds() takes a volume without synapses, or without samples, for what it is", () => {
  const empty = optionsOf([]);
  const none: OneVolume = { ...empty, selected: { samples: emptySamples(0), labels: new Uint8Array() } };
  const { count, parts } = foldsOf(together([optionsOf(EIGHT), empty, none]));
  assert.equal(count, 4);
  assert.ok(parts.some(({ volume }) => volume === 1));
  assert.ok(!parts.some(({ volume }) => volume === 2), "nothing is scored where nothing is labelled");
});

Deno.test("makeFolds() scores no empty part where a cut lies beyond the samples of a volume", () => {
  const samplesFrom = (all: OneVolume, from: number): OneVolume => {
    const { samples, labels } = all.selected;
    const kept = [...labels.keys()].filter((i) => (samples.centroids[i * 3 + 1] ?? 0) >= from);
    return {
      ...all,
      selected: { samples: pickSamples(samples, kept), labels: labels.filter((_, i) => kept.includes(i)) },
    };
  };
  // the first volume is a little less than half of the line, so that the second is cut just before its first sample
  const upper = optionsOf(EIGHT.slice(4));
  const { parts, divisions } = foldsOf(
    together([samplesFrom(upper, 148), samplesFrom(upper, 130)], { folds: 2 }),
  );
  assert.ok(divisions.some(({ bounds }) => bounds.length > 2), JSON.stringify(divisions));
  for (const { region } of parts) assert.ok(voxelCount(region.shape) > 0, JSON.stringify(parts));
});

Deno.test("makeFolds() keeps the whole gap beside a narrow slab by which a fold reaches into a volume", () => {
  const reach: Zyx = [12, 20, 20];
  const long: Zyx = [20, 512, 128], short: Zyx = [20, 208, 128];
  const boxesTo = (end: number) => EIGHT.filter(({ start: [, y] }) => y < end);
  const many = [...EIGHT, ...EIGHT.map(({ start: [z, y, x], shape }) => box(z, y + 250, x, shape))];
  const options = together([
    optionsOf(boxesTo(190), { shape: short, reach }),
    optionsOf(many, { shape: long, reach }),
  ], { folds: 3 });
  const { divisions } = foldsOf(options);
  const { bounds, gap } = divisions[1] ?? NONE;
  const widths = bounds.slice(1).map((to, k) => to - (bounds[k] ?? 0));
  assert.ok(Math.min(...widths) < 80, `${bounds}: the test needs a narrow slab`);
  assert.equal(gap, 20, `${bounds}`);
});

Deno.test("makeFolds() leaves out what other labels of the same voxels tell of a part, too", () => {
  const other = EIGHT.map(({ start: [z, y, x], shape }) => box(z + 8, y, x, shape));
  const options = together([optionsOf(EIGHT, { raw: "same" }), optionsOf(other, { raw: "same" })]);
  const { parts, labels, count } = foldsOf(options);
  assert.ok(count >= 2);
  const halves = makeFolds({ ...options, folds: 2 });
  assert.match("reason" in halves ? halves.reason : "", /in labels of the same raw volume, that no part/);
  const { samples } = options.selected;
  for (const { fold, region } of parts) {
    for (const [i, label] of (labels[fold] ?? []).entries()) {
      const at = [...samples.centroids.subarray(i * 3, i * 3 + 3)] as unknown as Zyx;
      if (holds(region, at)) {
        assert.equal(label, 2, `sample ${i} of volume ${samples.volumes[i]}, fold ${fold}`);
      }
    }
  }
});

Deno.test("makeFolds() scores of a large volume the parts that hold most synapses", () => {
  const boxes = [
    ...EIGHT,
    ...EIGHT.map(({ start: [, y, x], shape }) => ({ start: [12, y, x] as Zyx, shape })),
  ]
    .map(({ start: [z, y, x], shape }) => ({ start: [z + 40, y, x] as Zyx, shape }));
  const shape: Zyx = [64, 256, 128];
  const options = optionsOf(boxes, { shape, anisotropy: 1, mostVoxels: voxelCount(shape) / 4 });
  const parts = foldsOf(options).parts.map(({ region }) => region);
  assert.ok(parts.reduce((sum, part) => sum + voxelCount(part.shape), 0) <= voxelCount(shape) / 4);
  for (const part of parts) {
    const held = boxes.filter((own) => voxelCount(intersectRegions(own, part).shape) > 0);
    assert.ok(held.length > 0, JSON.stringify(part));
  }
});

Deno.test("tilesWithSynapses() gives disjoint tiles of whole chunks around all synapses, and not too many voxels", () => {
  const shape: Zyx = [200, 1000, 900];
  const boxes = [box(5, 40, 20), box(6, 45, 30), box(150, 990, 890), box(120, 500, 400)];
  const options = { ...optionsOf(boxes, { shape, chunk: [8, 64, 64] }).volume, mostVoxels: 3e6 };
  const tiles = tilesWithSynapses(options);
  assert.equal(tiles.length, 3, "the first two share one");
  assert.ok(tiles.reduce((sum, tile) => sum + voxelCount(tile.shape), 0) <= options.mostVoxels);
  for (const { centroid } of options.components) {
    assert.ok(tiles.some((tile) => regionContains(tile, { start: centroid, shape: [1, 1, 1] })));
  }
  for (const [i, tile] of tiles.entries()) {
    assert.ok(regionContains(wholeRegion(shape), tile));
    assert.ok(tile.start.every((at, axis) => at % (options.chunk[axis] ?? 1) === 0));
    for (const other of tiles.slice(i + 1)) assert.equal(voxelCount(intersectRegions(tile, other).shape), 0);
  }
  assert.deepEqual(tilesWithSynapses({ ...options, mostVoxels: 1e9 }), [wholeRegion(shape)]);
});
