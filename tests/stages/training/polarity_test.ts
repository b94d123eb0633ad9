import assert from "node:assert/strict";
import fc from "fast-check";
import type { CleftPolarity, Xyz } from "../../../src/config/settings_types.ts";
import { UserError } from "../../../src/user_error.ts";
import {
  matchPolarity,
  MissingPolarityError,
  orientComponents,
  requirePolarity,
} from "../../../src/stages/training/polarity.ts";
import { emptySamples, pickSamples, type SampleTable } from "../../../src/stages/training/sample_table.ts";
import { type Region, voxelCount, wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import { createZarr, writeRegion, type ZarrVolume } from "../../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

const SHAPE: Zyx = [6, 10, 14];

/** Runs a test with a volume of component numbers, each in a box. */
async function withComponents(
  boxes: readonly { readonly id: number; readonly box: Region }[],
  test: (volume: ZarrVolume) => Promise<void>,
): Promise<void> {
  await inTempFolder(async (folder) => {
    const volume = await createZarr(`${folder}/c.zarr`, { shape: SHAPE, chunk: [4, 8, 8], dtype: "uint32" });
    const values = new Uint32Array(voxelCount(SHAPE));
    for (const i of values.keys()) {
      const at = [Math.floor(i / 140), Math.floor(i / 14) % 10, i % 14];
      for (const { id, box } of boxes) {
        const inside = at.every((p, k) => {
          const low = box.start[k as 0 | 1 | 2];
          return p >= low && p < low + box.shape[k as 0 | 1 | 2];
        });
        if (inside) values[i] = id;
      }
    }
    await writeRegion(volume, wholeRegion(SHAPE), values);
    await test(volume);
  });
}

const BOXES = [
  { id: 1, box: { start: [1, 1, 1], shape: [2, 3, 3] } },
  { id: 2, box: { start: [1, 1, 7], shape: [2, 3, 3] } },
  { id: 7, box: { start: [5, 9, 12], shape: [1, 1, 1] } },
] as const;

const entry = (pos: Xyz, polarity: Xyz = [0, 0, 1]): CleftPolarity => ({ pos, polarity });

Deno.test("matchPolarity() finds the component at a position, or within 2 voxels on each axis, the nearest one", () =>
  withComponents(BOXES, async (volume) => {
    const found = async (...pos: Xyz) => [...(await matchPolarity([entry(pos)], volume)).keys()][0];
    assert.equal(await found(2, 2, 2), 1); // x, y, z
    assert.equal(await found(8, 2, 1), 2);
    assert.equal(await found(3, 5, 4), 1); // 2 voxels beyond in y and in z
    assert.equal(await found(4, 2, 2), 1); // 1 from component 1, 3 from component 2
    assert.equal(await found(6, 2, 2), 2);
    assert.equal(await found(5, 2, 2), 1); // 2 from either: the lower number
    assert.equal(await found(13, 9, 5), 7);
    assert.equal(await found(13, 9, 7), 7); // outside the volume, but near
    const matched = await matchPolarity([entry([2, 2, 2], [1, 0, -1]), entry([8, 2, 2], [0, 1, 0])], volume);
    assert.deepEqual([...matched], [[1, [1, 0, -1]], [2, [0, 1, 0]]]);
  }));

Deno.test("matchPolarity() tells the entries without a component, and refuses a second one of a component", () =>
  withComponents(BOXES, async (volume) => {
    const lost = [entry([2, 2, 2]), entry([12, 5, 2]), entry([500, 2, 2]), entry([8, 2, 2])];
    await assert.rejects(matchPolarity(lost, volume), {
      name: "UserError",
      message: /\[12,5,2\].*\n.*\[500,2,2\]/,
    });
    const unmatched: string[] = [];
    const matched = await matchPolarity(lost, volume, (entry) => void unmatched.push(entry));
    assert.deepEqual([...matched.keys()], [1, 2]);
    assert.equal(unmatched.length, 2);
    assert.match(unmatched[0] ?? "", /ccPolarity\[1\] \(pos = \[12,5,2\]\).*within 2 voxels/);
    assert.match(unmatched[1] ?? "", /ccPolarity\[2\] \(pos = \[500,2,2\]\).*no labelled synapse/);

    const twice = [entry([2, 2, 2]), entry([3, 3, 2]), entry([8, 2, 2]), entry([7, 2, 2])];
    await assert.rejects(matchPolarity(twice, volume), (error: Error) => {
      assert.equal(error.name, "UserError");
      const lines = error.message.split("\n");
      assert.match(lines[0] ?? "", /ccPolarity\[1\] \(pos = \[3,3,2\]\).*synapse 1 already has an entry/);
      assert.match(lines[1] ?? "", /ccPolarity\[3\].*synapse 2 already has an entry/);
      return lines.length === 2;
    });
  }));

Deno.test("requirePolarity() lists every component with samples but without an entry, each with a position", () => {
  const components = [
    { id: 1, voxels: 11, position: [1, 2, 3] },
    { id: 2, voxels: 12, position: [4, 5, 6] },
    { id: 3, voxels: 13, position: [7, 8, 9] },
    { id: 4, voxels: 14, position: [10, 11, 12] },
  ] as const;
  const up: Xyz = [0, 0, 1];
  const unmatched = ["train.ccPolarity[1] (pos = [9,9,9]): no component"];
  const given = (...ids: number[]) => new Map(ids.map((id) => [id, up]));
  const volume = (used: readonly number[], matched: readonly number[], index = 0) => ({
    ...{
      group: index === 0 ? "train" : `train[${index}]`,
      index,
      used: new Set(used),
      matched: given(...matched),
    },
    ...{ components, unmatched },
  });
  requirePolarity([volume([1, 3], [1, 3]), volume([], [])]);
  assert.throws(
    () => requirePolarity([volume([1, 2, 4], [1])]),
    (error: Error) => {
      assert.ok(error instanceof MissingPolarityError && error instanceof UserError);
      assert.deepEqual(error.components.map(({ id }) => id), [2, 4]);
      assert.match(error.message, /no entry for 2 of the 3 /);
      assert.match(error.message, /synapse 2: \{ pos = \[6,5,4\]; polarity = .*12 voxels/);
      assert.match(error.message, /synapse 4: \{ pos = \[12,11,10\];/);
      assert.doesNotMatch(error.message, /synapse [13]/);
      assert.match(error.message, /ccPolarity\[1\] \(pos = \[9,9,9\]\)/);
      assert.match(error.message, /--polarity none/);
      return true;
    },
  );
  assert.throws(
    () => requirePolarity([volume([1], [1]), volume([2], [], 1), volume([3, 4], [4], 2)]),
    (error: Error) => {
      assert.ok(error instanceof MissingPolarityError);
      assert.deepEqual(error.components.map(({ volume, id }) => [volume, id]), [[1, 2], [2, 3]]);
      assert.match(
        error.message,
        /^train\[1\]\.ccPolarity has [^]*synapse 2: [^]*^train\[2\]\.ccPolarity has [^]*synapse 3/m,
      );
      assert.equal(error.message.match(/--polarity none/g)?.length, 1);
      return true;
    },
  );
});

/** Samples with these e3, all of component 1 unless told. */
function samplesWith(e3: readonly Xyz[], components: readonly number[] = []): SampleTable {
  const table = emptySamples(e3.length);
  for (const [i, v] of e3.entries()) {
    table.seeds[i] = i;
    table.first[i] = 10 * i;
    table.components[i] = components[i] ?? 1;
    table.frames.set([1, 2, 3, ...v], i * 6);
  }
  return table;
}

const e3Of = ({ frames, count }: SampleTable) =>
  Array.from({ length: count }, (_, i) => [...frames.subarray(i * 6 + 3, i * 6 + 6)].map((v) => v + 0));

Deno.test("orientComponents() turns every frame of a component the way of its polarity", () => {
  const table = samplesWith([[0, 0, 1], [0, 0.6, -0.8], [0, 0.6, 0.8], [0, 1, 0], [1, 0, 0]], [
    1,
    1,
    1,
    2,
    0,
  ]);
  orientComponents(table, new Map<number, Xyz>([[1, [0, 1, -1]], [2, [1, -1, 1]]]), 0);
  // the normal is z, which disagrees with the polarity -z: all of component 1 must point to -z
  assert.deepEqual(e3Of(table).map((v) => v.map((x) => Number(x.toFixed(3)))), [
    [0, 0, -1],
    [0, 0.6, -0.8],
    [0, -0.6, -0.8],
    [0, -1, 0],
    [1, 0, 0], // a negative keeps its sign
  ]);
  for (let i = 0; i < 5; i++) assert.deepEqual([...table.frames.subarray(i * 6, i * 6 + 3)], [1, 2, 3]);
});

Deno.test("orientComponents() compares frames with the e3 that agrees best with the others, not with the polarity", () => {
  // most point along x; the polarity is across, and agrees with x a little
  const table = samplesWith([[-1, 0, 0], [0.96, 0.28, 0], [-0.96, 0.28, 0], [0, 1, 0]]);
  orientComponents(table, new Map<number, Xyz>([[1, [1, -1, 0]]]), 0);
  const [first, second, third] = e3Of(table);
  assert.ok((first?.[0] ?? 0) > 0 && (second?.[0] ?? 0) > 0 && (third?.[0] ?? 0) > 0);
});

Deno.test("orientComponents() keeps the sign of a normal that is at right angles to the polarity", () => {
  const table = samplesWith([[0, 0, -1], [0, 0, 1]]);
  orientComponents(table, new Map<number, Xyz>([[1, [1, 0, 0]]]), 0);
  assert.deepEqual(e3Of(table), [[0, 0, -1], [0, 0, -1]]);
});

Deno.test("orientComponents() does not depend on the order of the samples, even where two normals are as good", () => {
  const angle = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true });
  const ties: readonly Xyz[] = [[1, 0, 0], [-0.5, Math.sqrt(3) / 2, 0]];
  const vectors = fc.oneof(
    fc.constant([...ties]),
    fc.array(fc.tuple(angle, angle), { minLength: 2, maxLength: 9 }).map((angles) =>
      angles.map(([a, b]): Xyz => [Math.cos(a) * Math.sin(b), Math.sin(a) * Math.sin(b), Math.cos(b)])
    ),
  );
  fc.assert(fc.property(vectors, (e3) => {
    const forward = samplesWith(e3);
    const backward = pickSamples(forward, e3.map((_, i) => e3.length - 1 - i));
    const matched = new Map<number, Xyz>([[1, [1, 1, 0]]]);
    orientComponents(forward, matched, 0);
    orientComponents(backward, matched, 0);
    assert.deepEqual(e3Of(backward).reverse(), e3Of(forward));
  }));
});

Deno.test("orientComponents() looks at a random 2048 frames of a large component and turns all of them", () => {
  const many = Array.from({ length: 5000 }, (_, i): Xyz => [0, 0.1, i % 3 === 0 ? 1 : -1]);
  const table = samplesWith(many);
  orientComponents(table, new Map<number, Xyz>([[1, [0, 0, 1]]]), 0);
  assert.ok(e3Of(table).every(([, , z]) => (z ?? 0) > 0));
});
