import assert from "node:assert/strict";
import fc from "fast-check";
import type { SynapseRows } from "../../src/analysis/synapse_columns.ts";
import { cutAcross, edgesOf } from "../../src/dashboard/page/cut_across.ts";
import { directionsOn, discPlace, nearestRow, placesOn } from "../../src/dashboard/page/density.ts";
import { countAt, doubtAt, firstPlace, lastSize } from "../../src/dashboard/page/level_counts.ts";
import type { Volume } from "../../src/dashboard/page/volume.ts";

function rowsOf(columns: Record<string, readonly number[]>): SynapseRows {
  const count = Object.values(columns)[0]?.length ?? 0;
  const made = Object.entries(columns).map(([name, values]) => [name, Float64Array.from(values)] as const);
  return { count, unit: "nm", columns: new Map(made) };
}

const LEVELS = {
  thresholds: [0, 1, 2.5, 4],
  sizes: [1, 50, 100, 200, 400],
  counts: [[9, 5, 3, 1, 1], [8, 5, 4, 2, 0], [6, 3, 2, 1, 0], [1, 0, 0, 0, 0]],
  largest: [900, 250, 210, 20],
  voxels: [1200, 800, 600, 20],
};

Deno.test("firstPlace() is the model's threshold and 100 voxels, from which the sliders start", () => {
  assert.deepEqual(firstPlace(LEVELS, 2.5), { level: 2, size: 2 });
  assert.equal(countAt(LEVELS, firstPlace(LEVELS, 2.5)), 2);
  assert.deepEqual(firstPlace(LEVELS, null), { level: 0, size: 2 });
  assert.deepEqual(firstPlace(LEVELS, 99), { level: 3, size: 2 });
  assert.equal(lastSize(LEVELS), 4);
  assert.equal(lastSize({ ...LEVELS, largest: [3, 2, 1, 1] }), 2);
});

Deno.test("doubtAt() warns where one synapse has most of the voxels", () => {
  assert.match(doubtAt(LEVELS, { level: 0, size: 2 }), /merged/);
  assert.equal(doubtAt(LEVELS, { level: 1, size: 2 }), "");
  assert.equal(doubtAt(LEVELS, { level: 3, size: 0 }), "", "a single synapse has all of them");
});

Deno.test("placesOn() and directionsOn() count every synapse once, in the field where it lies", () => {
  const rows = rowsOf({
    x: [0, 9, 9, NaN],
    y: [0, 4, 4, 1],
    dx: [0, 1, 0, NaN],
    dy: [0, 0, -1, NaN],
    dz: [1, 0, -1e-9, NaN],
  });
  const all = Uint32Array.of(0, 1, 2, 3);
  const places = placesOn(rows, all, ["x", "y"], [10, 5], [10, 5]);
  assert.deepEqual([places.counts[0], places.counts[49], places.most], [1, 2, 2]);
  const up = directionsOn(rows, all, 1, 3), down = directionsOn(rows, all, -1, 3);
  assert.deepEqual([...up.counts], [0, 0, 0, 0, 1, 1, 0, 0, 0]);
  assert.deepEqual([...down.counts], [0, 1, 0, 0, 0, 0, 0, 0, 0]);
});

Deno.test("discPlace() shows equal areas of the sphere as equal areas", () => {
  fc.assert(fc.property(fc.double({ min: 0.001, max: 1, noNaN: true }), (z) => {
    const flat = Math.sqrt(1 - z * z);
    const [x, y] = discPlace(flat, 0, z);
    assert.equal(y, 0);
    assert.ok(Math.abs(x * x - Math.min(0.9999 ** 2, 1 - z)) < 1e-9, "area within: that of the cap, 1 - z");
  }));
});

Deno.test("nearestRow() finds the nearest of those that are shown, and none that is far", () => {
  const rows = rowsOf({ x: [0, 10, 12], y: [0, 10, 10] });
  const nearest = (order: number[], at: [number, number]) =>
    nearestRow(rows, Uint32Array.from(order), ["x", "y"], at, [5, 5]);
  assert.equal(nearest([0, 1, 2], [11.5, 10]), 2);
  assert.equal(nearest([0, 1], [11.5, 10]), 1);
  assert.equal(nearest([0, 1, 2], [50, 50]), -1);
});

/** A volume whose value at a voxel is a plane: x + 10 y + 100 z. */
function planeVolume(shape: readonly [number, number, number], missing = ""): Volume {
  const chunk = [4, 5, 6] as const;
  const info = { shape, levels: [{ chunk }] };
  return {
    info,
    fillValue: () => 0,
    chunk: (_level: number, _component: number, at: readonly [number, number, number]) => {
      if (at.join() === missing) return undefined;
      const value = (i: number) => {
        const [z, y, x] = [Math.floor(i / 30), Math.floor(i / 6) % 5, i % 6];
        return (at[2] * 6 + x) + 10 * (at[1] * 5 + y) + 100 * (at[0] * 4 + z);
      };
      return Float64Array.from({ length: 120 }, (_, i) => value(i));
    },
  } as unknown as Volume;
}

Deno.test("edgesOf() turns a picture so that a direction lies up, as a slice is seen where it lies up there", () => {
  assert.deepEqual(edgesOf([0, -1, 0]), { right: [1, 0, 0], up: [0, -1, 0] });
  assert.deepEqual(edgesOf(), edgesOf([0, -2, 0]));
  assert.deepEqual(edgesOf([0, 0, 1]), { right: [1, 0, 0], up: [0, 0, 1] });
  assert.deepEqual(edgesOf([1, 0, 0]), { right: [0, 1, 0], up: [1, 0, 0] });
});

Deno.test("cutAcross() takes each value from where it lies, whatever the direction and the anisotropy", () => {
  const volume = planeVolume([20, 30, 36]);
  const centre = [10, 14, 17] as const;
  const direction = fc.tuple(...[1, 2, 3].map(() => fc.double({ min: -1, max: 1, noNaN: true })))
    .filter((parts) => Math.hypot(...parts) > 0.1) as fc.Arbitrary<[number, number, number]>;
  fc.assert(fc.property(direction, fc.constantFrom(1, 2.5), (up, anisotropy) => {
    const values = cutAcross(volume, { centre, up, half: 4, pixels: 4, anisotropy }) ?? [];
    const edges = edgesOf(up);
    for (const [i, value] of values.entries()) {
      const [right, above] = [2 * (i % 4) - 3, 3 - 2 * Math.floor(i / 4)];
      const [x, y, z] = [0, 1, 2].map((k) => right * (edges.right[k] ?? 0) + above * (edges.up[k] ?? 0)) as [
        number,
        number,
        number,
      ];
      const expected = 17 + x + 10 * (14 + y) + 100 * (10 + z / anisotropy);
      assert.ok(Math.abs(value - expected) < 1e-6, `${value} instead of ${expected}`);
    }
  }));
});

Deno.test("cutAcross() waits for all chunks, and shows nothing outside the volume", () => {
  const cut = { centre: [10, 14, 17] as const, up: undefined, half: 4, pixels: 4, anisotropy: 1 };
  assert.equal(cutAcross(planeVolume([20, 30, 36], "2,2,2"), cut), undefined);
  const corner = cutAcross(planeVolume([20, 30, 36]), { ...cut, centre: [0, 0, 0] });
  assert.deepEqual([corner?.[0], corner?.[15]], [NaN, 33]);
});
