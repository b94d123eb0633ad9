/** Surfaces of sets of voxels. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { createSurface, type Surface } from "../../src/analysis/surface.ts";
import type { Zyx } from "../../src/volume/region.ts";

function surfaceOf([depth, height, width]: Zyx, isIn: (z: number, y: number, x: number) => boolean): Surface {
  const maker = createSurface(height, width);
  for (let z = 0; z < depth; z++) {
    const mask = Uint8Array.from(
      { length: height * width },
      (_, i) => isIn(z, Math.floor(i / width), i % width) ? 1 : 0,
    );
    maker.addPlane(mask);
  }
  const surface = maker.finish();
  assert(surface);
  return surface;
}

/** Signed volume of a closed surface: positive where triangles are counter-clockwise as seen from outside. */
function volumeOf({ vertices, triangles }: Surface): number {
  let sum = 0;
  for (let t = 0; t < triangles.length; t += 3) {
    const [a = [], b = [], c = []] = [0, 1, 2].map((k) => {
      const v = 3 * (triangles[t + k] ?? 0);
      return Array.from(vertices.subarray(v, v + 3));
    });
    const [ax = 0, ay = 0, az = 0] = a, [bx = 0, by = 0, bz = 0] = b, [cx = 0, cy = 0, cz = 0] = c;
    sum += ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx);
  }
  return sum / 6;
}

/** Edges that one triangle runs along in one direction and no other in the opposite one. */
function openEdges({ triangles }: Surface): number {
  const balance = new Map<string, number>();
  for (let t = 0; t < triangles.length; t += 3) {
    for (const k of [0, 1, 2]) {
      const [a = 0, b = 0] = [triangles[t + k], triangles[t + (k + 1) % 3]];
      const key = a < b ? `${a},${b}` : `${b},${a}`;
      balance.set(key, (balance.get(key) ?? 0) + (a < b ? 1 : -1));
    }
  }
  return [...balance.values()].filter((n) => n !== 0).length;
}

Deno.test("createSurface() makes a closed surface of one voxel, around its centre", () => {
  const one = surfaceOf([1, 1, 1], () => true);
  // eight cells touch the voxel, with a vertex in each
  assert.deepEqual([one.vertices.length / 3, one.triangles.length / 3, openEdges(one)], [8, 12, 0]);
  const sums = [0, 1, 2].map((k) => one.vertices.filter((_, i) => i % 3 === k).reduce((a, b) => a + b, 0));
  assert(sums.every((sum) => Math.abs(sum) < 1e-6), `${sums}`);
  assert(volumeOf(one) > 0);
});

Deno.test("createSurface() encloses the volume of a ball, with the outside outside", () => {
  const radius = 10, c = 12;
  const ball = surfaceOf([25, 25, 25], (z, y, x) => Math.hypot(z - c, y - c, x - c) <= radius);
  const expected = 4 / 3 * Math.PI * radius ** 3;
  assert(Math.abs(volumeOf(ball) / expected - 1) < 0.03, `${volumeOf(ball)} of ${expected}`);
  for (let v = 0; v < ball.vertices.length; v += 3) {
    const [x = 0, y = 0, z = 0] = ball.vertices.subarray(v, v + 3);
    assert(Math.abs(Math.hypot(x - c, y - c, z - c) - radius) < 0.9);
  }
});

Deno.test("createSurface() closes the surface of any voxels, and keeps within half a voxel of them", () => {
  const sizes = fc.tuple(...[4, 5, 6].map((max) => fc.integer({ min: 1, max }))) as fc.Arbitrary<
    [number, number, number]
  >;
  const cases = sizes.chain(([d, h, w]) =>
    fc.record({
      shape: fc.constant<Zyx>([d, h, w]),
      voxels: fc.array(fc.boolean(), { minLength: d * h * w, maxLength: d * h * w }),
    })
  );
  fc.assert(
    fc.property(cases, ({ shape, voxels }) => {
      const [depth, height, width] = shape;
      const isIn = (z: number, y: number, x: number) =>
        z >= 0 && y >= 0 && x >= 0 && z < depth && y < height && x < width &&
        voxels[(z * height + y) * width + x] === true;
      const surface = surfaceOf(shape, isIn);
      assert.equal(openEdges(surface), 0);
      assert(voxels.includes(true) ? volumeOf(surface) > 0 : surface.triangles.length === 0);
      assert(volumeOf(surface) <= voxels.filter(Boolean).length + 1e-6);
      for (let v = 0; v < surface.vertices.length; v += 3) {
        const [x = 0, y = 0, z = 0] = surface.vertices.subarray(v, v + 3);
        const around = [0, 1, 2, 3, 4, 5, 6, 7].map((k) =>
          isIn(Math.floor(z) + (k >> 2), Math.floor(y) + (k >> 1 & 1), Math.floor(x) + (k & 1))
        );
        assert(around.includes(true) && around.includes(false));
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});

Deno.test("createSurface() says when there are more triangles than it may hold", () => {
  const maker = createSurface(1, 1, 11);
  maker.addPlane(Uint8Array.of(1));
  assert.equal(maker.finish(), undefined);
});
