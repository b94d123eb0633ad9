import assert from "node:assert/strict";
import fc from "fast-check";
import { arraySink, arraySource } from "../../src/analysis/voxel_source.ts";
import type { Neighbours } from "../../src/analysis/label_slab.ts";
import { type ComponentOptions, findComponents } from "../../src/stages/components.ts";
import { voxelCount, type Zyx } from "../../src/volume/region.ts";
import { shapesUpTo } from "../helpers/shapes.ts";

async function label(
  labels: Uint8Array,
  shape: Zyx,
  options: ComponentOptions = {},
  chunk: Zyx = shape,
  from = chunk,
) {
  const numbers = new Uint32Array(labels.length).fill(77);
  const source = arraySource("labels", labels, shape, from);
  const result = await findComponents(source, arraySink(numbers, shape, chunk), options);
  return { ...result, numbers };
}

/** From a voxel to its neighbours. */
function neighbourOffsets(neighbours: Neighbours): Zyx[] {
  const steps = [-1, 0, 1];
  const all = steps.flatMap((z) => steps.flatMap((y) => steps.map((x): Zyx => [z, y, x])));
  const most = neighbours === 6 ? 1 : 3;
  return all.filter((offset) => {
    const axes = offset.filter((step) => step !== 0).length;
    return axes > 0 && axes <= most;
  });
}

/** Flood fill, one voxel after the other. */
function floodFill(labels: Uint8Array, shape: Zyx, minSize: number, neighbours: Neighbours = 6) {
  const offsets = neighbourOffsets(neighbours);
  const [nz, ny, nx] = shape;
  const numbers = new Uint32Array(labels.length);
  const seen = new Set<number>();
  const components: number[][] = [];
  let dropped = 0;
  for (const first of labels.keys()) {
    if (labels[first] !== 255 || seen.has(first)) continue;
    const members = [first];
    seen.add(first);
    for (const i of members) {
      const z = Math.floor(i / (nx * ny)), y = Math.floor(i / nx) % ny, x = i % nx;
      for (const [dz, dy, dx] of offsets) {
        const [v, u, t] = [z + dz, y + dy, x + dx];
        const j = (v * ny + u) * nx + t;
        if (v < 0 || u < 0 || t < 0 || v >= nz || u >= ny || t >= nx || labels[j] !== 255 || seen.has(j)) {
          continue;
        }
        seen.add(j);
        members.push(j);
      }
    }
    if (members.length < minSize) dropped++;
    else components.push(members.sort((a, b) => a - b));
  }
  for (const [k, members] of components.entries()) for (const i of members) numbers[i] = k + 1;
  return { numbers, components, dropped };
}

const volumes = fc.record({
  shape: shapesUpTo([7, 7, 9]),
  chunk: shapesUpTo([4, 8, 9]),
  sourceChunk: shapesUpTo([8, 3, 4]),
  blockVoxels: fc.integer({ min: 1, max: 60 }),
  minSize: fc.integer({ min: 1, max: 6 }),
  neighbours: fc.constantFrom<Neighbours>(6, 26),
  density: fc.integer({ min: 1, max: 9 }),
  noise: fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
}).map(({ shape, density, noise, ...rest }) => {
  const labels = new Uint8Array(voxelCount(shape));
  for (const i of labels.keys()) {
    const value = noise.next().value ?? 0;
    labels[i] = value < density ? 255 : value === 9 ? 128 : 0;
  }
  return { shape, labels, ...rest };
});

Deno.test("findComponents() agrees with flood fill for any chunks and blocks", async () => {
  await fc.assert(
    fc.asyncProperty(volumes, async ({ shape, labels, chunk, sourceChunk, ...options }) => {
      const expected = floodFill(labels, shape, options.minSize, options.neighbours);
      const found = await label(labels, shape, options, chunk, sourceChunk);
      assert.deepEqual(found.numbers, expected.numbers);
      assert.equal(found.dropped, expected.dropped);
      assert.equal(found.components.length, expected.components.length);
      assert.equal(found.counts.positive, labels.filter((v) => v === 255).length);
      assert.equal(found.counts.negative, labels.filter((v) => v === 0).length);
      assert.equal(found.counts.ignored, labels.filter((v) => v === 128).length);
      const place = (i: number): Zyx => [
        Math.floor(i / (shape[1] * shape[2])),
        Math.floor(i / shape[2]) % shape[1],
        i % shape[2],
      ];
      for (const [k, members] of expected.components.entries()) {
        const component = found.components[k];
        assert.ok(component);
        assert.equal(component.id, k + 1);
        assert.equal(component.voxels, members.length);
        assert.deepEqual(component.first, place(members[0] ?? -1));
        const axes = [0, 1, 2].map((axis) => members.map((i) => place(i)[axis] ?? 0));
        assert.deepEqual(component.box.start, axes.map((values) => Math.min(...values)));
        assert.deepEqual(
          component.box.shape,
          axes.map((values) => Math.max(...values) - Math.min(...values) + 1),
        );
        const centroid = axes.map((values) => values.reduce((a, b) => a + b, 0) / values.length);
        const away = (p: Zyx) => p.reduce((sum, v, axis) => sum + (v - (centroid[axis] ?? 0)) ** 2, 0);
        const least = Math.min(...members.map((i) => away(place(i))));
        assert.ok(Math.abs(away(component.position) - least) < 1e-9);
        const [z, y, x] = component.position;
        assert.equal(found.numbers[(z * shape[1] + y) * shape[2] + x], k + 1);
      }
    }),
  );
});

Deno.test("findComponents() gives the same list to the bit whatever the chunks", async () => {
  await fc.assert(
    fc.asyncProperty(
      volumes,
      async ({ shape, labels, chunk, sourceChunk, minSize, neighbours, blockVoxels }) => {
        const whole = await label(labels, shape, { minSize, neighbours });
        const parts = await label(labels, shape, { minSize, neighbours, blockVoxels }, chunk, sourceChunk);
        assert.deepEqual(parts, whole);
        const listed = await findComponents(arraySource("labels", labels, shape, sourceChunk), undefined, {
          minSize,
          neighbours,
          slabDepth: 3,
        });
        assert.deepEqual(listed.components, whole.components);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("findComponents() joins two arms that meet only in a later slab", async () => {
  // U shapes: the arms begin in plane 0 and meet in plane 2.
  const labels = Uint8Array.from([255, 0, 255, 0, 255, 255, 0, 255, 0, 0, 255, 255, 255, 0, 0]);
  const { components, numbers } = await label(labels, [3, 1, 5], {}, [1, 1, 5]);
  assert.deepEqual([...numbers], [1, 0, 1, 0, 2, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0]);
  assert.deepEqual(components.map(({ voxels, first }) => ({ voxels, first })), [
    { voxels: 7, first: [0, 0, 0] },
    { voxels: 1, first: [0, 0, 4] },
  ]);
});

Deno.test("findComponents() returns an empty list where nothing is labelled 255", async () => {
  const { components, dropped, numbers } = await label(new Uint8Array(8).fill(254), [2, 2, 2]);
  assert.deepEqual([components.length, dropped, Math.max(...numbers)], [0, 0, 0]);
});

Deno.test("findComponents() reports progress to the end and stops when its signal is aborted", async () => {
  const done: number[] = [];
  await label(new Uint8Array(8), [4, 2, 1], { onProgress: (share) => done.push(share) }, [1, 2, 1]);
  assert.deepEqual(done, [...done].sort((a, b) => a - b));
  assert.equal(done.at(-1), 1);
  const reason = new Error("stopped");
  await assert.rejects(label(new Uint8Array(8), [2, 2, 2], { signal: AbortSignal.abort(reason) }), reason);
});

Deno.test("findComponents() reads slabs again that are too many to be remembered, with the same components", async () => {
  const shape = [1200, 1000, 1] as const; // more rows than are remembered
  const voxels = new Uint8Array(1200 * 1000);
  const bar = (z0: number, z1: number, y: number) => {
    for (let z = z0; z < z1; z++) voxels[z * 1000 + y] = 255;
  };
  bar(0, 1200, 10);
  bar(1100, 1200, 500);
  const source = arraySource("bars", voxels, shape, [64, 64, 1]);
  let read = 0;
  const counting = {
    ...source,
    read(...given: Parameters<typeof source.read>) {
      read += voxelCount(given[0].shape);
      return source.read(...given);
    },
  };
  const numbers = new Uint32Array(voxels.length);
  const { components } = await findComponents(counting, arraySink(numbers, shape, [64, 64, 1]));
  assert.deepEqual(components.map(({ voxels }) => voxels), [1200, 100]);
  assert.ok(read > voxels.length && read < 2 * voxels.length, `${read} voxels were read`);
  const counts = [1, 2].map((id) => numbers.reduce((sum, own) => sum + (own === id ? 1 : 0), 0));
  assert.deepEqual(counts, [1200, 100]);
  assert.equal(numbers[1199 * 1000 + 500], 2);
});
