import assert from "node:assert/strict";
import fc from "fast-check";
import { type SlicSettings, supervoxelReach } from "../../src/supervoxels/grid.ts";
import { supervoxelKey } from "../../src/supervoxels/identity.ts";
import {
  growRegion,
  type Region,
  regionEnd,
  voxelCount,
  wholeRegion,
  zipAxes,
  type Zyx,
} from "../../src/volume/region.ts";
import { referenceSupervoxels } from "./reference.ts";
import { CONTENTS, contents, findSupervoxels, slicSettings } from "../helpers/supervoxels_support.ts";

function assertAsReference(
  raw: Uint8Array,
  shape: Zyx,
  settings: SlicSettings,
): number {
  const found = findSupervoxels(raw, shape, settings);
  const expected = referenceSupervoxels(raw, shape, settings);
  assert.equal(found.orphans, expected.orphans);
  const names = new Array<string>(raw.length);
  for (const { seed, first, voxels, centroid } of expected.supervoxels) {
    const name = supervoxelKey(seed, first);
    for (const i of voxels) names[i] = name;
    assert.deepEqual(found.byName.get(name), { centroid: [...centroid], voxels: voxels.length, owned: true });
  }
  assert.deepEqual(found.names, names);
  assert.equal(found.byName.size, expected.supervoxels.length);
  return expected.orphans;
}

Deno.test("segment() finds the supervoxels of plain loops in volumes of any shape and contents", () => {
  const size = fc.integer({ min: 1, max: 11 });
  const property = fc.property(
    fc.tuple(size, size, size),
    fc.constantFrom(...CONTENTS),
    fc.integer({ min: 1, max: 1000 }),
    slicSettings,
    (shape, kind, random, settings) => {
      assertAsReference(contents(kind, shape, random), shape, settings);
    },
  );
  fc.assert(property, { numRuns: 150, seed: 1 });
});

Deno.test("segment() gives voxels that no seed's window reaches to supervoxels, too", () => {
  let orphans = 0;
  for (let random = 1; random <= 12; random++) {
    const shape: Zyx = [6, 12, 13];
    // few intensities and no compactness: centres wander
    const raw = contents("noise", shape, random).map((value) => value > 200 ? 250 : 10);
    orphans += assertAsReference(raw, shape, { seed: 3, cubeness: 0, anisotropy: 1, join: "scan" });
  }
  assert.ok(orphans > 20, `${orphans} orphans are too few to tell anything`);
});

Deno.test("segment() covers every voxel with a supervoxel that has as many voxels as it says", () => {
  const size = fc.integer({ min: 1, max: 30 });
  const property = fc.property(
    fc.tuple(size, size, size),
    fc.constantFrom(...CONTENTS),
    slicSettings,
    (shape, kind, settings) => {
      const { byName, names } = findSupervoxels(contents(kind, shape, 5), shape, settings);
      const counts = new Map<string, number>();
      for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
      assert.deepEqual([...byName].map(([name, { voxels }]) => [name, voxels]), [...counts]);
    },
  );
  fc.assert(property, { numRuns: 60, seed: 2 });
});

/** A write region within a volume. */
function writeRegions(shape: Zyx, most: Zyx): fc.Arbitrary<Region> {
  const axis = (n: number, m: number) =>
    fc.integer({ min: 1, max: Math.min(n, m) }).chain((length) =>
      fc.integer({ min: 0, max: n - length }).map((start) => [start, length] as const)
    );
  return fc.tuple(axis(shape[0], most[0]), axis(shape[1], most[1]), axis(shape[2], most[2]))
    .map(([z, y, x]) => ({ start: [z[0], y[0], x[0]], shape: [z[1], y[1], x[1]] }));
}

/** How many voxels of a write region have another supervoxel than in the whole volume. */
function differences(
  whole: ReturnType<typeof findSupervoxels>,
  part: ReturnType<typeof findSupervoxels>,
  shape: Zyx,
  write: Region,
): number {
  let count = 0;
  for (const [i, name] of part.names.entries()) {
    const [, ny, nx] = write.shape;
    const [z, y, x] = zipAxes((p, s) => p + s, write.start, [
      Math.floor(i / (nx * ny)),
      Math.floor(i / nx) % ny,
      i % nx,
    ]);
    const expected = whole.names[(z * shape[1] + y) * shape[2] + x] ?? "";
    const a = part.byName.get(name), b = whole.byName.get(expected);
    const same = name === expected && a?.voxels === b?.voxels && `${a?.centroid}` === `${b?.centroid}`;
    if (!same) count++;
  }
  return count;
}

for (
  const { settings, shape } of [
    { settings: { seed: 1, cubeness: 4, anisotropy: 1, join: "nearest" }, shape: [24, 60, 110] },
    { settings: { seed: 2, cubeness: 16, anisotropy: 1, join: "nearest" }, shape: [40, 90, 160] },
    { settings: { seed: 2, cubeness: 16, anisotropy: 1, join: "scan" }, shape: [40, 90, 160] },
    { settings: { seed: 2, cubeness: 1, anisotropy: 10, join: "scan" }, shape: [16, 90, 160] },
    { settings: { seed: 3, cubeness: 6, anisotropy: 2.5, join: "nearest" }, shape: [20, 100, 180] },
  ] as const
) {
  const name = `S=${settings.seed}, c=${settings.cubeness}, a=${settings.anisotropy}, ${settings.join}`;
  Deno.test(`segment() gives a block with supervoxelReach() of context the whole volume's supervoxels, ${name}`, () => {
    for (const kind of ["noise", "steps"] as const) {
      const raw = contents(kind, shape, 11);
      const whole = findSupervoxels(raw, shape, settings);
      const differ = (write: Region, context: number) => {
        const region = growRegion(write, [context, context, context], shape);
        return differences(whole, findSupervoxels(raw, shape, settings, region, write), shape, write);
      };
      const property = fc.property(writeRegions(shape, [40, 30, 60]), (write) => {
        assert.equal(differ(write, supervoxelReach(settings)), 0);
      });
      fc.assert(property, { numRuns: 6, seed: 3 });
      if (settings.seed === 1) continue; // every voxel is a supervoxel
      const middle = zipAxes((n) => Math.floor(n / 3), shape, shape);
      const write: Region = { start: middle, shape: middle };
      assert.ok(differ(write, settings.seed) > 0, "a context of S would do: the test sees nothing");
    }
  });
}

Deno.test("segment() lets each supervoxel be owned by exactly one block of a tiling", () => {
  const shape: Zyx = [12, 50, 70];
  const settings = { seed: 2, cubeness: 16, anisotropy: 2.5, join: "nearest" } as const;
  const raw = contents("noise", shape, 4);
  const whole = findSupervoxels(raw, shape, settings);
  for (const blockShape of [[12, 16, 32], [5, 50, 9], [7, 31, 70]] as const) {
    const owners = new Map<string, number>();
    for (let z = 0; z < shape[0]; z += blockShape[0]) {
      for (let y = 0; y < shape[1]; y += blockShape[1]) {
        for (let x = 0; x < shape[2]; x += blockShape[2]) {
          const start: Zyx = [z, y, x];
          const end = zipAxes(Math.min, shape, regionEnd({ start, shape: blockShape }));
          const write: Region = { start, shape: zipAxes((e, s) => e - s, end, start) };
          const { byName } = findSupervoxels(raw, shape, settings, wholeRegion(shape), write);
          for (const [name, { owned }] of byName) owners.set(name, (owners.get(name) ?? 0) + Number(owned));
        }
      }
    }
    assert.equal(owners.size, whole.byName.size);
    for (const [name, count] of owners) assert.equal(count, 1, `${name} has ${count} owners`);
  }
  assert.equal([...whole.byName.values()].reduce((sum, { voxels }) => sum + voxels, 0), voxelCount(shape));
});
