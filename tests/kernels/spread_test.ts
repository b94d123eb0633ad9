/** From cells to voxels. */
import assert from "node:assert/strict";
import { loadKernels } from "../../src/kernels/mod.ts";

Deno.test("spreadRow() interpolates linearly between the centres of cells and repeats the ends", async () => {
  const { run, arena } = await loadKernels();
  const cells = [3, 7, -2, 11, 4];
  const rows = [0, 1, 2, 3].map((row) => {
    const address = arena.alloc(4 * cells.length);
    arena.f32(address, cells.length).set(cells.map((value) => value * (row + 1)));
    return address;
  });
  const [a = 0, b = 0, c = 0, d = 0] = rows;
  const out = arena.alloc(4 * 64);
  const [wz, wy] = [0.25, 0.75];
  const mix = (1 - wz) * (1 - wy) + 2 * (1 - wz) * wy + 3 * wz * (1 - wy) + 4 * wz * wy;
  for (const size of [1, 2, 4]) {
    for (const first of [0, 1, 3]) {
      const count = size * cells.length - first;
      run.spreadRow(a, b, c, d, wz, wy, first, count, size, cells.length, 0, out);
      for (const [i, value] of arena.f32(out, count).entries()) {
        const place = (first + i + 0.5) / size - 0.5;
        const at = (cell: number) => cells[Math.min(Math.max(cell, 0), cells.length - 1)] ?? 0;
        const low = Math.floor(place);
        const expected = mix * (at(low) + (at(low + 1) - at(low)) * (place - low));
        assert.ok(
          Math.abs(value - expected) < 1e-4,
          `size ${size}, voxel ${first + i}: ${value}, ${expected}`,
        );
      }
    }
  }
});
