import assert from "node:assert/strict";
import fc from "fast-check";
import { arraySink, arraySource } from "../../../../src/analysis/voxel_source.ts";
import { blocksOfShape } from "../../../../src/engine/mod.ts";
import { joinParts } from "../../../../src/stages/synapses/blocks/join.ts";
import { type BlockParts, findParts } from "../../../../src/stages/synapses/blocks/parts.ts";
import { findSynapses } from "../../../../src/stages/synapses/synapses.ts";
import { UserError } from "../../../../src/user_error.ts";
import { inTempFolder } from "../../../helpers/temp_folder.ts";
import { type Region, voxelCount, type Zyx } from "../../../../src/volume/region.ts";

const ABOUT = { name: "scores", voxelSize: [40, 4, 5] as const, anisotropy: 1, threshold: 1 };

/** Some voxels point nowhere, the others in different directions. */
function directionsIn(shape: Zyx) {
  return {
    shape,
    read: ({ start: [z0, y0, x0], shape: [, ny, nx] }: Region) =>
      Promise.resolve((voxel: number): readonly [number, number, number] | undefined => {
        const place = z0 + Math.floor(voxel / (ny * nx)) + 3 * (y0 + Math.floor(voxel / nx) % ny) +
          5 * (x0 + voxel % nx);
        const angle = place / 7;
        return place % 4 === 0 ? undefined : [Math.cos(angle), Math.sin(angle), 0];
      }),
  };
}

/** Finds the synapses of a volume in blocks of a shape. */
function findInBlocks(
  values: Float32Array,
  shape: Zyx,
  blockShape: Zyx,
  options: { minSize: number; chunk: Zyx; tableBytes?: number },
) {
  return inTempFolder((folder) => findIn(folder, values, shape, blockShape, options));
}

async function findIn(
  folder: string,
  values: Float32Array,
  shape: Zyx,
  blockShape: Zyx,
  { minSize, chunk, tableBytes = 2 ** 24 }: { minSize: number; chunk: Zyx; tableBytes?: number },
) {
  const scores = arraySource("scores", values, shape, chunk);
  const directions = directionsIn(shape);
  const files = new Map<string, BlockParts>();
  const blocks = [];
  for (const { write } of blocksOfShape({ shape, blockShape, context: [0, 0, 0] })) {
    const { found, counts } = await findParts(write, { scores, directions, threshold: 1, minSize });
    assert.equal(found.border.length, 2 * counts.border);
    files.set(write.start.join(), found);
    blocks.push({ write, counts });
  }
  const read = ({ start }: Region) => Promise.resolve(files.get(start.join()) as BlockParts);
  const options = { ...ABOUT, shape, blockShape, minSize, tableBytes, hasDirections: true, folder, read };
  const { table, ...joined } = await joinParts(blocks, options);
  const synapses = [...table.synapses];
  assert.deepEqual([...table.synapses], synapses, "they can be listed again");
  return { blocks, files, ...joined, table: { ...table, synapses } };
}

const size = (max: number) => fc.integer({ min: 1, max });
const volumes = fc.record({
  shape: fc.tuple(size(7), size(9), size(11)),
  chunk: fc.tuple(size(3), size(3), size(3)),
  chunks: fc.tuple(size(3), size(3), size(3)),
  minSize: size(6),
  seed: fc.integer({ min: 1, max: 2 ** 30 }),
  share: fc.double({ min: 0.02, max: 0.7, noNaN: true }),
});

Deno.test("joinParts() of the parts of any blocks gives the table that findSynapses() gives, to the bit", async () => {
  await fc.assert(
    fc.asyncProperty(volumes, async ({ shape, chunk, chunks, minSize, seed, share }) => {
      let state = seed;
      const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
      const values = Float32Array.from(
        { length: voxelCount(shape) },
        () => random() < share ? 1 + 3 * random() : random() < 0.1 ? NaN : random(),
      );
      const numbers = new Uint32Array(values.length);
      const whole = await findSynapses(arraySource("scores", values, shape), {
        ...ABOUT,
        minSize,
        directions: directionsIn(shape),
        labels: arraySink(numbers, shape),
      });
      const blockShape = chunk.map((n, axis) => n * (chunks[axis] ?? 1)) as unknown as Zyx;
      const joined = await findInBlocks(values, shape, blockShape, { minSize, chunk });
      assert.deepEqual(joined.table, whole);
      const highest = Math.max(...joined.blocks.map(({ counts }) => counts.highest ?? -Infinity));
      assert.equal(highest, values.reduce((most, value) => value > most ? value : most, -Infinity));
      // the runs with their numbers are the labels
      const labels = new Uint32Array(values.length);
      for (const [i, { write }] of joined.blocks.entries()) {
        const { runs = new Int32Array() } = joined.files.get(write.start.join()) ?? {};
        for (let at = 0; at < runs.length; at += 4) {
          const [row = 0, start = 0, end = 0, part = 0] = runs.subarray(at, at + 4);
          const z = write.start[0] + Math.floor(row / write.shape[1]);
          const y = write.start[1] + row % write.shape[1];
          const first = (z * shape[1] + y) * shape[2];
          labels.fill(joined.numbers[(joined.bases[i] ?? 0) + part] ?? 0, first + start, first + end);
        }
      }
      assert.deepEqual(labels, numbers);
    }),
    { numRuns: 120 },
  );
});

Deno.test("joinParts() says what to do where the parts do not fit the memory", async () => {
  const shape: Zyx = [8, 16, 16];
  const values = Float32Array.from({ length: voxelCount(shape) }, (_, i) => i % 2);
  const options = { minSize: 1, chunk: [4, 4, 4] as const, tableBytes: 2 ** 12 };
  await assert.rejects(
    findInBlocks(values, shape, [4, 4, 4], options),
    (error: Error) =>
      error instanceof UserError && /scores has more than .* raise the threshold/.test(error.message),
  );
});
