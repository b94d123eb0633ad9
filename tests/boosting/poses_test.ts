import assert from "node:assert/strict";
import fc from "fast-check";
import { boxVoxels, distinctPose, POSE_COUNT, poseAt, poseIndex } from "../../src/boosting/poses.ts";
import { referenceText } from "./reference_data.ts";

const near = (actual: number, expected: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, expected ${expected}`);

Deno.test("poseAt() lists angles, distances and radii in the order of poseIndex()", () => {
  assert.equal(POSE_COUNT, 7260);
  const seen = new Set<number>();
  for (let theta = 0; theta < 6; theta++) {
    for (let phi = 0; phi < 10; phi++) {
      for (let distance = 0; distance < 11; distance++) {
        for (let radius = 0; radius < 11; radius++) {
          const index = poseIndex(theta, phi, distance, radius);
          const pose = poseAt(index);
          seen.add(index);
          assert.equal(pose.index, index);
          near(pose.theta, theta * (Math.PI / 2 - 0.1) / 5, 1e-12, "theta");
          near(pose.phi, phi * 2 * Math.PI / 9, 1e-12, "phi");
          assert.equal(pose.distance, -20 + 4 * distance);
          assert.equal(pose.radius, 2 * radius);
        }
      }
    }
  }
  assert.equal(seen.size, POSE_COUNT);
  assert.deepEqual([Math.min(...seen), Math.max(...seen)], [0, POSE_COUNT - 1]);
});

Deno.test("poseAt() gives offsets of the right length and direction, exact in float32", () => {
  for (let index = 0; index < POSE_COUNT; index++) {
    const { theta, phi, distance, offset: [x, y, z] } = poseAt(index);
    near(x, distance * Math.cos(phi) * Math.sin(theta), 2 ** -19, `x of ${index}`);
    near(y, distance * Math.sin(phi) * Math.sin(theta), 2 ** -19, `y of ${index}`);
    near(z, distance * Math.cos(theta), 2 ** -19, `z of ${index}`);
    for (const value of [x, y, z]) assert.ok(Object.is(Math.fround(value), value) && !Object.is(value, -0));
  }
  assert.deepEqual(poseAt(poseIndex(0, 4, 0, 0)).offset, [0, 0, -20]);
});

Deno.test("poseAt() throws where there is no such pose", () => {
  for (const index of [-1, POSE_COUNT, 1.5, NaN]) assert.throws(() => poseAt(index), RangeError);
});

Deno.test("poseAt() agrees with the descriptions that the original program wrote", async (t) => {
  const text = await referenceText("vnc/original-stumps.cfg");
  if (text === undefined) {
    return void await t.step({ name: "skipped: reference data missing", ignore: true, fn() {} });
  }
  let checked = 0;
  const pattern = /p: (\d+), d: ([\d.]+), th: (\S+), ph: (\S+) r: (\d+)/g;
  for (const [, index, distance, theta, phi, radius] of text.matchAll(pattern)) {
    const { offset: [x, y, z], ...pose } = poseAt(Number(index));
    assert.equal(pose.radius, Number(radius));
    near(Math.hypot(x, y, z), Number(distance), 0.01, `length of ${index}`);
    checked++;
    if (Number(distance) === 0) continue;
    near(Math.acos(z / Math.hypot(x, y, z)) * 180 / Math.PI, Number(theta), 0.06, `theta of ${index}`);
    if (Math.hypot(x, y) < 1e-3) continue;
    const turn = (Math.atan2(y, x) * 180 / Math.PI - Number(phi) + 540) % 360 - 180;
    near(turn, 0, 0.06, `phi of ${index}`);
  }
  assert.equal(checked, 300);
});

Deno.test("distinctPose() gives the lowest index of the same box", () => {
  const lowest = new Map<string, number>();
  for (let index = 0; index < POSE_COUNT; index++) {
    const { offset, radius } = poseAt(index);
    const box = `${offset} ${radius}`;
    if (!lowest.has(box)) lowest.set(box, index);
    assert.equal(distinctPose(index), lowest.get(box));
  }
  assert.equal(lowest.size, 5071);
});

Deno.test("boxVoxels() counts the voxels of a box", () => {
  assert.equal(boxVoxels(0, 1), 1);
  assert.equal(boxVoxels(2, 1), 125);
  assert.equal(boxVoxels(20, 1), 41 ** 3);
  assert.equal(boxVoxels(6, 10), 13 * 13);
  fc.assert(fc.property(fc.nat(10), fc.double({ min: 1, max: 20, noNaN: true }), (half, anisotropy) => {
    let voxels = 0;
    const radius = 2 * half;
    for (let z = -radius; z <= radius; z++) if (Math.abs(z) <= Math.floor(radius / anisotropy)) voxels++;
    assert.equal(boxVoxels(radius, anisotropy), voxels * (2 * radius + 1) ** 2);
  }));
});
