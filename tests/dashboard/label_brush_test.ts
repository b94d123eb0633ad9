/** Brushes, filled outlines and runs of the labelling page. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { PLANES, type Point } from "../../src/dashboard/page/geometry.ts";
import { fillOutline, RADII, steppedRadius, sweep } from "../../src/dashboard/page/label/brush.ts";
import { createRuns, partsOf } from "../../src/dashboard/page/label/runs.ts";

const SHAPE: Point = [20, 30, 40];
const [XY, ZY, XZ] = [PLANES[0] ?? assert.fail(), PLANES[1] ?? assert.fail(), PLANES[2] ?? assert.fail()];

/** The voxels of runs, as numbers in raster order. */
function voxelsOf(flat: readonly number[], [, ny, nx]: Point = SHAPE): number[] {
  const voxels: number[] = [];
  for (let i = 0; i < flat.length; i += 4) {
    const [z = 0, y = 0, x = 0, length = 0] = flat.slice(i, i + 4);
    for (let k = 0; k < length; k++) voxels.push((z * ny + y) * nx + x + k);
  }
  return voxels;
}

function painted(
  paint: (take: (z: number, y: number, from: number, to: number) => void) => void,
): Set<string> {
  const runs = createRuns(SHAPE);
  paint(runs.add);
  const [, ny, nx] = SHAPE;
  return new Set(
    voxelsOf(runs.flat()).map((i) => [Math.floor(i / nx / ny), Math.floor(i / nx) % ny, i % nx].join()),
  );
}

Deno.test("createRuns() keeps each voxel once, in raster order, inside the volume", () => {
  const run = fc.tuple(
    fc.integer({ min: -2, max: 21 }),
    fc.integer({ min: -2, max: 31 }),
    fc.integer({ min: -5, max: 45 }),
    fc.integer({ min: 0, max: 20 }),
  );
  fc.assert(fc.property(fc.array(run, { maxLength: 40 }), (given) => {
    const runs = createRuns(SHAPE);
    const expected = new Set<number>();
    for (const [z, y, x, length] of given) {
      runs.add(z, y, x, x + length);
      if (z < 0 || z >= SHAPE[0] || y < 0 || y >= SHAPE[1]) continue;
      for (let k = Math.max(0, x); k < Math.min(SHAPE[2], x + length); k++) {
        expected.add((z * SHAPE[1] + y) * SHAPE[2] + k);
      }
    }
    assert.deepEqual(voxelsOf(runs.flat()), [...expected].sort((a, b) => a - b));
    const flat = runs.flat();
    for (let i = 4; i < flat.length; i += 4) {
      const touches = flat[i] === flat[i - 4] && flat[i + 1] === flat[i - 3] &&
        (flat[i - 2] ?? 0) + (flat[i - 1] ?? 0) >= (flat[i + 2] ?? 0);
      assert.ok(!touches, "runs that touch are one");
    }
  }));
});

Deno.test("partsOf() divides runs and loses none", () => {
  const flat = Array.from({ length: 4 * 7 }, (_, i) => i);
  assert.deepEqual(partsOf(flat, 3).map((part) => part.length), [12, 12, 4]);
  assert.deepEqual(partsOf(flat, 3).flat(), flat);
});

Deno.test("sweep() paints all voxels within the radius of the line, on every plane, a disc in its slice alone", () => {
  const place = fc.tuple(
    fc.double({ min: 2, max: 18, noNaN: true }),
    fc.double({ min: 2, max: 28, noNaN: true }),
    fc.double({ min: 2, max: 38, noNaN: true }),
  );
  const options = fc.record({
    plane: fc.constantFrom(XY, ZY, XZ),
    shape: fc.constantFrom("disc" as const, "ball" as const),
    radius: fc.constantFrom(...RADII.slice(0, 8)),
    anisotropy: fc.constantFrom(1, 2.5, 10),
  });
  fc.assert(
    fc.property(options, place, place, (brush, from, to) => {
      const found = painted((take) => sweep(brush, from, to, take));
      const slice = Math.floor(from[brush.plane.cut]);
      const flat = (point: Point): Point => {
        const moved: [number, number, number] = [...point];
        if (brush.shape === "disc") moved[brush.plane.cut] = slice + 0.5;
        return moved;
      };
      const [a, b] = [flat(from), flat(to)];
      for (let z = 0; z < SHAPE[0]; z++) {
        for (let y = 0; y < SHAPE[1]; y++) {
          for (let x = 0; x < SHAPE[2]; x++) {
            const at: Point = [z, y, x];
            const isEnd = [a, b].some((end) => end.every((n, k) => Math.floor(n) === at[k]));
            const isInSlice = brush.shape === "ball" || at[brush.plane.cut] === slice;
            const distance = distanceTo([z + 0.5, y + 0.5, x + 0.5], a, b, brush.anisotropy);
            if (Math.abs(distance - brush.radius) < 1e-9) continue; // either is right
            assert.equal(found.has(at.join()), isEnd || (isInSlice && distance < brush.radius), at.join());
          }
        }
      }
    }),
    { numRuns: 30 },
  );
});

/** Distance of a place to a line, by looking at many places on it. */
function distanceTo(point: Point, a: Point, b: Point, anisotropy: number): number {
  const scaled = ([z, y, x]: Point) => [z * anisotropy, y, x] as const;
  const [p, s, e] = [scaled(point), scaled(a), scaled(b)];
  const along = [e[0] - s[0], e[1] - s[1], e[2] - s[2]] as const;
  const squared = along[0] ** 2 + along[1] ** 2 + along[2] ** 2;
  const dot = along[0] * (p[0] - s[0]) + along[1] * (p[1] - s[1]) + along[2] * (p[2] - s[2]);
  const share = squared === 0 ? 0 : Math.max(0, Math.min(1, dot / squared));
  return Math.hypot(...[0, 1, 2].map((k) => (p[k] ?? 0) - (s[k] ?? 0) - share * (along[k] ?? 0)));
}

Deno.test("fillOutline() fills what is inside, on every plane, and nothing of the slices beside", () => {
  const found = painted((take) =>
    fillOutline(XY, 5, [[5, 10, 10], [5, 10, 20], [5, 14, 20], [5, 14, 10]], take)
  );
  assert.equal(found.size, 40);
  assert.ok(found.has("5,10,10") && found.has("5,13,19") && !found.has("5,14,19") && !found.has("5,13,20"));
  const side = painted((take) => fillOutline(ZY, 7, [[2, 10, 7], [6, 10, 7], [6, 12, 7], [2, 12, 7]], take));
  assert.deepEqual([side.size, side.has("2,10,7"), side.has("5,11,7"), side.has("6,11,7")], [
    8,
    true,
    true,
    false,
  ]);
  const below = painted((take) => fillOutline(XZ, 9, [[2, 9, 3], [2, 9, 8], [4, 9, 8], [4, 9, 3]], take));
  assert.deepEqual([below.size, below.has("3,9,7")], [10, true]);
  assert.equal(painted((take) => fillOutline(XY, 5, [[5, 10, 10]], take)).size, 0, "a point has no inside");
});

Deno.test("steppedRadius() steps through all sizes and stays within them", () => {
  let radius: number = RADII[0];
  for (let i = 0; i < 40; i++) radius = steppedRadius(radius, 1);
  assert.equal(radius, RADII.at(-1));
  for (let i = 0; i < 40; i++) radius = steppedRadius(radius, -1);
  assert.equal(radius, RADII[0]);
});
