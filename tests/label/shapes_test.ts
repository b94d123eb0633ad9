import assert from "node:assert/strict";
import fc from "fast-check";
import { shapesBetween, squaredDistances } from "../../src/label/interpolate.ts";
import { supervoxelAt } from "../../src/label/grow.ts";
import { workingRegions } from "../../src/label/regions.ts";
import {
  growRegion,
  intersectRegions,
  type Region,
  regionBetween,
  regionContains,
  voxelCount,
  type Zyx,
} from "../../src/volume/region.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { makeProject, strokeOf, withProject } from "./project.ts";

/** The voxels of runs, as text. */
function voxelsOf(runs: readonly number[]): string[] {
  const voxels: string[] = [];
  for (let i = 0; i < runs.length; i += 4) {
    const [z = 0, y = 0, x = 0, length = 0] = runs.slice(i, i + 4);
    for (let k = 0; k < length; k++) voxels.push([z, y, x + k].join());
  }
  return voxels.sort();
}

Deno.test("squaredDistances() finds the nearest pixel, also beyond the border", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 7 }),
      fc.infiniteStream(fc.nat(1)),
      fc.constantFrom(1, Infinity),
      (height, width, bits, beyond) => {
        const pixels = Uint8Array.from([...bits.take(height * width)]);
        const found = squaredDistances(pixels, 1, [height, width], beyond);
        for (const [i, distance] of found.entries()) {
          const y = Math.floor(i / width), x = i % width;
          let least =
            Math.min(...[y + beyond, x + beyond, height - 1 - y + beyond, width - 1 - x + beyond]) ** 2;
          for (const [k, pixel] of pixels.entries()) {
            if (pixel === 1) least = Math.min(least, (y - Math.floor(k / width)) ** 2 + (x - k % width) ** 2);
          }
          assert.equal(distance, least, `${pixels} ${height} ${width} ${i}`);
        }
      },
    ),
  );
});

Deno.test("shapesBetween() goes from one outline to the other, along a line where they lie apart", () =>
  inTempFolder(async (folder) => {
    await makeProject(folder);
    await withProject(folder, async ({ store }) => {
      const { id } = await store.addObject();
      const disc = (z: number, cy: number, cx: number, radius: number) => {
        const runs: number[] = [];
        for (let y = cy - radius; y <= cy + radius; y++) {
          const half = Math.floor(Math.sqrt(radius ** 2 - (y - cy) ** 2));
          runs.push(z, y, cx - half, 2 * half + 1);
        }
        return runs;
      };
      await store.stroke(strokeOf(id, disc(2, 20, 20, 4)));
      await store.stroke(strokeOf(id, disc(10, 60, 100, 12)));
      const { box } = store.summary().objects[0] ?? {};
      assert.ok(box);
      const region = regionBetween(box.begin, box.end);
      const runs = await shapesBetween(store.chunks.volume, id, region, 10, 2);
      const slices = new Map<number, { voxels: number; y: number; x: number }>();
      for (const voxel of voxelsOf(runs)) {
        const [z = 0, y = 0, x = 0] = voxel.split(",").map(Number);
        const sum = slices.get(z) ?? { voxels: 0, y: 0, x: 0 };
        slices.set(z, { voxels: sum.voxels + 1, y: sum.y + y, x: sum.x + x });
      }
      assert.deepEqual([...slices.keys()].sort((a, b) => a - b), [3, 4, 5, 6, 7, 8, 9]);
      for (const [z, { voxels, y, x }] of slices) {
        const part = (z - 2) / 8;
        assert.ok(Math.abs(y / voxels - (20 + 40 * part)) < 1, `${z}`);
        assert.ok(Math.abs(x / voxels - (20 + 80 * part)) < 1, `${z}`);
        const radius = 4 + 8 * part;
        assert.ok(Math.abs(Math.sqrt(voxels / Math.PI) - radius) < 0.8, `${z}: ${voxels}`);
      }
      const between = (from: number, to: number) => shapesBetween(store.chunks.volume, id, region, from, to);
      await assert.rejects(between(2, 3), /no slice between/);
      await assert.rejects(between(2, 9), /nothing of this synapse is painted in slice 9/);
    });
  }));

Deno.test("supervoxelAt() gives the same supervoxel for each of its voxels", () =>
  inTempFolder(async (folder) => {
    await makeProject(folder, [20, 40, 40]);
    await withProject(folder, async ({ raw }) => {
      for (const at of [[0, 0, 0], [10, 20, 20], [19, 39, 39]] as const) {
        const own = voxelsOf(await supervoxelAt(raw, 1, 2, at));
        assert.ok(own.includes(at.join()));
        assert.ok(own.length < 500);
        for (const other of [own[0], own[own.length >> 1], own.at(-1)]) {
          const place = (other ?? "").split(",").map(Number) as unknown as Zyx;
          assert.deepEqual(voxelsOf(await supervoxelAt(raw, 1, 2, place)), own);
        }
      }
    });
  }));

Deno.test("workingRegions() are disjoint, and hold every box with its margin", () => {
  const shape: Zyx = [60, 200, 300];
  const box = fc.tuple(fc.nat(55), fc.nat(190), fc.nat(290), fc.nat(20), fc.nat(30), fc.nat(30)).map(
    ([z, y, x, d, h, w]): Region =>
      intersectRegions({ start: [z, y, x], shape: [d + 1, h + 1, w + 1] }, { start: [0, 0, 0], shape }),
  );
  fc.assert(
    fc.property(fc.array(box, { maxLength: 30 }), (boxes) => {
      const regions = workingRegions(boxes, [3, 3, 3], [5, 10, 10], shape);
      for (const one of boxes) {
        assert.ok(regions.some((region) => regionContains(region, growRegion(one, [3, 3, 3], shape))));
      }
      for (const [i, a] of regions.entries()) {
        for (const b of regions.slice(i + 1)) assert.equal(voxelCount(intersectRegions(a, b).shape), 0);
      }
    }),
  );
});
