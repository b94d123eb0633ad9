import assert from "node:assert/strict";
import {
  attributedVoxelSize,
  describeVoxelSize,
  nanometresOf,
  voxelSizeAttribute,
} from "../src/volume/voxel_size.ts";

Deno.test("attributedVoxelSize() reads what voxelSizeAttribute() keeps", () => {
  assert.deepEqual(attributedVoxelSize({ ...voxelSizeAttribute([50, 4.6, 4.6]), other: 1 }), [50, 4.6, 4.6]);
  assert.equal(attributedVoxelSize(voxelSizeAttribute(undefined)), undefined);
});

Deno.test("attributedVoxelSize() takes no size that is not three lengths above 0", () => {
  for (const voxelSize of [[1, 2], [1, 2, 0], [1, 2, "3"], [1, 2, -3], [1, 2, Infinity], "1", null, {}]) {
    assert.equal(attributedVoxelSize({ voxelSize }), undefined, JSON.stringify(voxelSize));
  }
});

Deno.test("nanometresOf() knows the units that EM files use", () => {
  assert.deepEqual(["um", "µm", "\\u00B5m", "micron", "Nanometer", "inch"].map(nanometresOf), [
    1e3,
    1e3,
    1e3,
    1e3,
    1,
    25.4e6,
  ]);
  assert.equal(nanometresOf("pixel"), undefined);
});

Deno.test("describeVoxelSize() names the axes in the order people do", () => {
  assert.equal(describeVoxelSize([50, 4.6, 4.6]), "4.6 x 4.6 x 50 nm (x, y, z)");
});
