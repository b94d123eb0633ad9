import assert from "node:assert/strict";
import fc from "fast-check";
import { loadKernels } from "../../../src/kernels/mod.ts";
import { columnsOf, fixedPointLimit } from "../../../src/block/columns.ts";

const { run, arena } = await loadKernels();

/** Rows of a strip. */
const STRIP = 3;

/** Integrates slices of f32 values `[nz, ny, nx]`. */
function integrate(
  values: Float32Array,
  [nz, ny, nx]: readonly [number, number, number],
  { low, scale, limit }: { low: number; scale: number; limit: number },
): Uint32Array {
  const mark = arena.mark();
  const slice = (ny + 1) * (nx + 1);
  const table = arena.alloc((nz + 1) * slice * 4);
  const plane = arena.alloc(ny * nx * 4 + 32);
  const quantised = arena.alloc(ny * nx * 2);
  const strips = Math.ceil(ny / STRIP);
  const sums = arena.alloc(strips * nx * 4);
  arena.u8(table, (nz + 1) * slice * 4).fill(0xaa); // what was there before must not matter
  arena.u8(table, slice * 4).fill(0);
  for (let z = 0; z < nz; z++) {
    arena.f32(plane, ny * nx).set(values.subarray(z * ny * nx, (z + 1) * ny * nx));
    run.quantise(plane, ny * nx, low, scale, limit, quantised);
    run.sumStrips(quantised, ny, nx, STRIP, sums);
    for (let s = strips - 1; s >= 0; s--) { // in any order
      const y = s * STRIP;
      const [from, to] = [table + z * slice * 4, table + (z + 1) * slice * 4];
      run.integrateStrip(quantised, from, to, nx, y, Math.min(STRIP, ny - y), sums + s * nx * 4);
    }
  }
  const result = arena.u32(table, (nz + 1) * slice).slice();
  arena.release(mark);
  return result;
}

Deno.test("integrateStrip() sums what quantise() made: floor((v - low) * scale + 1/2), cut to 0 and the limit, modulo 2^32", () => {
  const size = fc.integer({ min: 1, max: 7 });
  const width = fc.integer({ min: 1, max: 21 });
  const cases = fc.record({
    shape: fc.tuple(size, size, width),
    low: fc.float({ min: -1000, max: 1000, noNaN: true }),
    scale: fc.float({ min: Math.fround(0.01), max: 100000, noNaN: true }),
    limit: fc.integer({ min: 1, max: 65535 }),
    seed: fc.integer(),
  });
  fc.assert(fc.property(cases, ({ shape, low, scale, limit, seed }) => {
    const [nz, ny, nx] = shape;
    let state = seed;
    const values = Float32Array.from({ length: nz * ny * nx }, () => {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
      // a tenth below and above what the range holds
      return low + (((state >>> 0) / 2 ** 32) * 1.2 - 0.1) * (limit / scale);
    });
    const table = integrate(values, shape, { low, scale, limit });
    const f = Math.fround;
    const fixed = Array.from(
      values,
      (v) => Math.floor(Math.min(Math.max(f(f(f(v - low) * scale) + 0.5), 0), limit)),
    );
    for (let z = 0; z <= nz; z++) {
      for (let y = 0; y <= ny; y++) {
        for (let x = 0; x <= nx; x++) {
          let sum = 0;
          for (let k = 0; k < z; k++) {
            for (let j = 0; j < y; j++) {
              for (let i = 0; i < x; i++) sum += fixed[(k * ny + j) * nx + i] ?? 0;
            }
          }
          assert.equal(table[(z * (ny + 1) + y) * (nx + 1) + x], sum % 2 ** 32);
        }
      }
    }
  }));
});

Deno.test("columnsOf() makes a scale with which the largest box's sum fits 32 bits and a mean 16", () => {
  for (const anisotropy of [1, 1.5, 2.5, 10, 100]) {
    const limit = fixedPointLimit(anisotropy);
    const largest = 41 * 41 * (2 * Math.floor(20 / anisotropy) + 1);
    assert.ok(limit <= 65535 && limit * largest < 2 ** 32 && limit > 60000);
    const columns = columnsOf([
      { kind: "raw" },
      { kind: "computed", name: "gradient-magnitude-s1.0" },
      { kind: "computed", name: "stensor-s0.5-r1.0" },
      { kind: "file", path: "x", ranges: [[-2, 6], [5, 5]] },
    ], anisotropy);
    assert.deepEqual(columns.map(({ source }) => source), [0, 1, 2, 2, 2, 3, 3]);
    assert.deepEqual(columns.map(({ component }) => component), [0, 0, 0, 1, 2, 0, 1]);
    const [raw, , , , , file, blank] = columns;
    assert.ok(raw && file && blank);
    assert.equal(raw.low, 0);
    assert.equal(raw.scale, Math.floor(limit / 255));
    assert.equal(file.low, -2);
    assert.equal(file.scale, Math.fround(limit / 8));
    // a blank column is 0 everywhere
    assert.deepEqual([...integrate(Float32Array.of(5), [1, 1, 1], blank)], [0, 0, 0, 0, 0, 0, 0, 0]);
  }
});
