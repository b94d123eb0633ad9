/** Volumes one after the other as one. */
import assert from "node:assert/strict";
import { restrictSource } from "../../src/analysis/restricted_source.ts";
import { stackSources } from "../../src/analysis/stacked_source.ts";
import { arraySource } from "../../src/analysis/voxel_source.ts";
import { type Region, regionContains, voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { seededRandom } from "../helpers/seeded_random.ts";

const SHAPES: readonly Zyx[] = [[3, 4, 9], [2, 7, 5], [1, 1, 1]];

Deno.test("stackSources() gives every voxel of every volume its place, and the filler to the rest", async () => {
  const random = seededRandom(3);
  const sources = SHAPES.map((shape, i) => {
    const voxels = Uint8Array.from({ length: voxelCount(shape) }, () => 1 + Math.floor(random() * 100));
    return arraySource(`volume ${i}`, voxels, shape);
  });
  const stacked = stackSources(sources, 200);
  assert.deepEqual(stacked.shape, [6, 7, 9]);
  const expected = async (at: Zyx): Promise<number> => {
    let [z] = at;
    for (const source of sources) {
      const one: Region = { start: [z, at[1], at[2]], shape: [1, 1, 1] };
      if (z >= 0 && regionContains(wholeRegion(source.shape), one)) {
        const found = new Uint8Array(1);
        await source.read(one, found);
        return found[0] ?? -1;
      }
      z -= source.shape[0];
    }
    return 200;
  };
  for (const region of [wholeRegion(stacked.shape), { start: [2, 3, 4], shape: [3, 2, 3] } as const]) {
    const out = new Uint8Array(voxelCount(region.shape) + 1).fill(7);
    await stacked.read(region, out);
    const [, ny, nx] = region.shape;
    for (let i = 0; i < out.length - 1; i++) {
      const at = [Math.floor(i / (nx * ny)), Math.floor(i / nx) % ny, i % nx].map((n, a) =>
        n + (region.start[a] ?? 0)
      );
      assert.equal(out[i], await expected(at as unknown as Zyx), at.join());
    }
    assert.equal(out.at(-1), 7, "nothing is written behind the region");
  }
});

Deno.test("stackSources() is the volume itself where there is one, and refuses none", () => {
  const [shape = [1, 1, 1]] = SHAPES;
  const one = restrictSource(
    arraySource("one", new Uint8Array(voxelCount(shape)), shape),
    wholeRegion(shape),
  );
  assert.equal(stackSources([one], 0), one);
  assert.throws(() => stackSources([], 0), RangeError);
});
