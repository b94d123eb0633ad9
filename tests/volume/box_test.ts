import assert from "node:assert/strict";
import fc from "fast-check";
import { copyBox } from "../../src/volume/box.ts";
import { voxelCount, zipAxes, type Zyx } from "../../src/volume/region.ts";

const axis = fc.record({ before: fc.nat(5), box: fc.nat(9), after: fc.nat(5) });

/** Bytes of a dense array that begins `offset` bytes into its buffer; each tells its place. */
function dense(shape: Zyx, voxelBytes: number, offset: number, first: number): Uint8Array {
  const bytes = new Uint8Array(offset + voxelCount(shape) * voxelBytes + 3);
  return bytes.map((_, i) => first + i).subarray(offset, bytes.length - 3);
}

Deno.test("copyBox() copies every voxel of a box and touches no other, aligned or not", () => {
  let words = 0;
  fc.assert(
    fc.property(
      fc.tuple(axis, axis, axis),
      fc.tuple(axis, axis, axis),
      fc.constantFrom(1, 4),
      fc.constantFrom(0, 0, 1, 4),
      fc.boolean(),
      (source, target, voxelBytes, offset, isAligned) => {
        // multiples of four along x, so that rows of single bytes are words too
        const unit = isAligned ? 4 : 1;
        const x = (n: number, i: number) => i === 2 ? n * unit : n;
        const box = source.map(({ box }, i) => x(box, i)) as unknown as Zyx;
        const place = (axes: typeof source, first: number) => {
          const start = axes.map(({ before }, i) => x(before, i)) as unknown as Zyx;
          const after = axes.map(({ after }, i) => x(after, i)) as unknown as Zyx;
          const shape = zipAxes((a, b) => a + b, zipAxes((a, b) => a + b, start, box), after);
          return { shape, start, bytes: dense(shape, voxelBytes, offset, first) };
        };
        const from = place(source, 1), to = place(target, 100);
        const expected = to.bytes.slice();
        for (let z = 0; z < box[0]; z++) {
          for (let y = 0; y < box[1]; y++) {
            for (let b = 0; b < box[2] * voxelBytes; b++) {
              const at = ({ shape, start }: typeof from) =>
                (((start[0] + z) * shape[1] + start[1] + y) * shape[2] + start[2]) * voxelBytes + b;
              expected[at(to)] = from.bytes[at(from)] ?? 0;
            }
          }
        }
        copyBox(from, to, box, voxelBytes);
        assert.deepEqual(to.bytes, expected);
        if (isAligned && offset % 4 === 0 && voxelCount(box) > 0) words++;
      },
    ),
    { numRuns: 300 },
  );
  assert.ok(words > 20, "hardly any box was made of words");
});
