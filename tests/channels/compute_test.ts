import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Channel,
  channelName,
  channelScratchBytes,
  componentsOf,
  computeChannel,
  defaultChannels,
  parseChannelName,
  rangeOf,
  reachOf,
  slicesBytes,
} from "../../src/channels/mod.ts";
import { loadKernels } from "../../src/kernels/mod.ts";
import { growRegion, type Region, voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import {
  columnsOf,
  cut,
  loadBlock,
  noise,
  plainColumns,
  plainEigenvalues,
  volumeOf,
} from "../helpers/channels_support.ts";

function named(...stems: string[]): Channel[] {
  return stems.map((stem) => {
    const channel = parseChannelName(stem);
    assert.ok(channel, stem);
    return channel;
  });
}

const kinds: readonly Channel[] = [
  { kind: "raw" },
  ...named(
    "gauss-s1.3",
    "log-s1.1",
    "gradient-magnitude-s1.6",
    "hessian-s1.2",
    "stensor-s0.5-r1.0",
    "stensor-s0.8-r1.6",
  ),
];

Deno.test("computeChannel() agrees with the definition in float64 for every kind and anisotropy", async () => {
  const kernels = await loadKernels();
  const shapes: readonly Zyx[] = [[9, 11, 21], [1, 7, 5], [3, 1, 18], [4, 20, 1]];
  for (const [seed, shape] of shapes.entries()) {
    const volume = noise(shape, seed);
    for (const anisotropy of [1, 2.5, 10]) {
      const mark = kernels.arena.mark();
      const raw = loadBlock(kernels, volume, anisotropy);
      for (const channel of kinds) {
        const ours = columnsOf(kernels, raw, channel, wholeRegion(shape));
        const plain = plainColumns(volume, channel, anisotropy);
        const largest = Math.max(...plain.map((column) => Math.max(...column.map(Math.abs))), 1e-3);
        for (const [component, column] of plain.entries()) {
          const worst = column.reduce(
            (m, v, i) => Math.max(m, Math.abs(v - (ours[component]?.[i] ?? NaN))),
            0,
          );
          assert.ok(worst / largest < 3e-6, `${channelName(channel)} ${component}: ${worst / largest}`);
        }
      }
      kernels.arena.release(mark);
    }
  }
});

Deno.test("computeChannel() gives the same bits for any region and any raw block that holds its context", async () => {
  const kernels = await loadKernels();
  const axis = (max: number) => fc.tuple(fc.nat(max - 1), fc.integer({ min: 1, max }), fc.nat(5));
  const wholes = new Map<string, Float32Array[]>();
  fc.assert(
    fc.property(
      fc.constantFrom<Zyx>([18, 33, 41], [2, 40, 19]),
      fc.constantFrom(...kinds, ...defaultChannels),
      fc.constantFrom(1, 2.5, 10),
      fc.tuple(axis(18), axis(33), axis(41)),
      (shape, channel, anisotropy, [z, y, x]) => {
        const mark = kernels.arena.mark();
        const volume = noise(shape, 7);
        const start: Zyx = [z[0] % shape[0], y[0] % shape[1], x[0] % shape[2]];
        const out: Region = {
          start,
          shape: [
            Math.min(z[1], shape[0] - start[0]),
            Math.min(y[1], shape[1] - start[1]),
            Math.min(x[1], shape[2] - start[2]),
          ],
        };
        const key = `${shape} ${channelName(channel)} ${anisotropy}`;
        const whole = wholes.get(key) ??
          columnsOf(kernels, loadBlock(kernels, volume, anisotropy), channel, wholeRegion(shape));
        wholes.set(key, whole);
        const held = growRegion(
          growRegion(out, reachOf(channel, anisotropy), shape),
          [z[2], y[2], x[2]],
          shape,
        );
        const part = columnsOf(kernels, loadBlock(kernels, volume, anisotropy, held), channel, out);
        for (const [component, column] of part.entries()) {
          const expected = cut(whole[component] ?? new Float32Array(), shape, out);
          const wrong = expected.findIndex((value, i) => !Object.is(value, column[i]));
          assert.equal(wrong, -1, `${key} component ${component} voxel ${wrong}`);
        }
        kernels.arena.release(mark);
      },
    ),
    { numRuns: 250, seed: 1 },
  );
});

Deno.test("computeChannel() gives the same bits for any part of a volume that is deeper than what is held of it", async () => {
  const kernels = await loadKernels();
  const shape: Zyx = [90, 5, 18];
  const raw = loadBlock(kernels, noise(shape, 3), 1);
  for (const channel of [...kinds, ...defaultChannels]) {
    const whole = columnsOf(kernels, raw, channel, wholeRegion(shape));
    for (const [from, slices] of [[0, 61], [1, 60], [7, 50], [20, 69]] as const) {
      const out: Region = { start: [from, 0, 0], shape: [slices, 5, 18] };
      for (const [component, column] of columnsOf(kernels, raw, channel, out).entries()) {
        const expected = cut(whole[component] ?? new Float32Array(), shape, out);
        const wrong = expected.findIndex((value, i) => !Object.is(value, column[i]));
        assert.equal(
          wrong,
          -1,
          `${channelName(channel)} from ${from}, component ${component}, voxel ${wrong}`,
        );
      }
    }
  }
});

Deno.test("computeChannel() answers 0 on a constant volume, and keeps the constant when smoothing", async () => {
  const kernels = await loadKernels();
  const shape: Zyx = [5, 12, 17];
  for (const anisotropy of [1, 10]) {
    const raw = loadBlock(kernels, volumeOf(shape, () => 200), anisotropy);
    for (const channel of [...kinds, ...defaultChannels]) {
      for (const column of columnsOf(kernels, raw, channel, wholeRegion(shape))) {
        const smooth = channel.kind === "raw" || channel.kind === "gauss";
        for (const v of column) {
          assert.ok(smooth ? Math.abs(v - 200) < 1e-4 : v === 0, `${channelName(channel)}: ${v}`);
        }
      }
    }
  }
});

/** The columns at one voxel. */
async function valuesAt(
  shape: Zyx,
  value: (z: number, y: number, x: number) => number,
  anisotropy: number,
  channel: Channel,
  at: Zyx,
): Promise<number[]> {
  const kernels = await loadKernels();
  const raw = loadBlock(kernels, volumeOf(shape, value), anisotropy);
  return columnsOf(kernels, raw, channel, { start: at, shape: [1, 1, 1] }).map(([v]) => v ?? NaN);
}

function assertNear(values: readonly number[], expected: readonly number[]): void {
  assert.equal(values.length, expected.length);
  for (const [i, v] of values.entries()) {
    assert.ok(Math.abs(v - (expected[i] ?? 0)) < 1e-4, `${values} != ${expected}`);
  }
}

Deno.test("computeChannel() measures the slope of a ramp per x/y voxel", async () => {
  const [gradient, tensor] = named("gradient-magnitude-s1.6", "stensor-s0.8-r1.6");
  assert.ok(gradient && tensor);
  const shape: Zyx = [31, 31, 31];
  const ramp = (z: number, y: number, x: number) => 2 * z + 3 * y + x;
  assertNear(await valuesAt(shape, ramp, 1, gradient, [15, 15, 15]), [Math.sqrt(14)]);
  assertNear(await valuesAt(shape, ramp, 2, gradient, [15, 15, 15]), [Math.sqrt(11)]);
  assertNear(await valuesAt(shape, ramp, 2, tensor, [15, 15, 15]), [0, 0, 11]);
});

Deno.test("computeChannel() measures the curvatures of a parabola", async () => {
  const [hessian, laplacian] = named("hessian-s1.0", "log-s1.0");
  assert.ok(hessian && laplacian);
  const shape: Zyx = [17, 17, 17];
  const parabola = (z: number, y: number, x: number) =>
    (x - 8) ** 2 + 2 * (y - 8) ** 2 - (z - 8) ** 2 + 2 * (x - 8) * (y - 8) / 2 + 40;
  assertNear(await valuesAt(shape, parabola, 1, laplacian, [8, 8, 8]), [4]);
  assertNear(await valuesAt(shape, parabola, 1, hessian, [8, 8, 8]), plainEigenvalues(2, 1, 4, 0, 0, -2));
  assertNear(await valuesAt(shape, parabola, 2, laplacian, [8, 8, 8]), [5.5]);
});

Deno.test("computeChannel() stays within rangeOf() on a step of full contrast", async () => {
  const shape: Zyx = [32, 32, 48];
  const kernels = await loadKernels();
  for (const anisotropy of [1, 10]) {
    for (const diagonal of [0, 1]) {
      const raw = loadBlock(
        kernels,
        volumeOf(shape, (_, y, x) => x + diagonal * y > 23 ? 255 : 0),
        anisotropy,
      );
      for (const channel of [...kinds, ...defaultChannels]) {
        const columns = columnsOf(kernels, raw, channel, wholeRegion(shape));
        const { low, high } = rangeOf(channel, columns.length - 1);
        const top = columns.at(-1)?.reduce((a, b) => Math.max(a, Math.abs(b)), 0) ?? 0;
        assert.ok(top <= high && low <= 0, `${channelName(channel)}: ${top} > ${high}`);
        if (channel.kind !== "log") assert.ok(top > high * 0.2, `${channelName(channel)}: ${top} << ${high}`);
      }
    }
  }
});

Deno.test("channelScratchBytes() bounds what computeChannel() takes, and not by far", async () => {
  for (const [anisotropy, slices] of [[1, 60], [10, 60], [10, 12]] as const) {
    for (const channel of [...kinds, ...defaultChannels]) {
      const kernels = await loadKernels();
      const volume = noise([slices, 130, 130], 3);
      const out: Region = { start: [slices >> 1, 30, 30], shape: [6, 70, 66] };
      const raw = loadBlock(kernels, volume, anisotropy);
      const before = kernels.arena.mark();
      columnsOf(kernels, raw, channel, out);
      const used = kernels.arena.peak() - before;
      const bound = channelScratchBytes(channel, out.shape, anisotropy, slices) +
        slicesBytes(componentsOf(channel), out.shape);
      assert.equal(kernels.arena.mark(), before);
      assert.ok(
        used <= bound && bound < 1.1 * used + 2000,
        `${channelName(channel)}: used ${used}, bound ${bound}`,
      );
    }
  }
});

Deno.test("computeChannel() throws and frees its memory when the block lacks context or the region leaves the volume", async () => {
  const kernels = await loadKernels();
  const shape: Zyx = [20, 20, 20];
  const held: Region = { start: [2, 2, 2], shape: [12, 12, 12] };
  const raw = loadBlock(kernels, noise(shape, 1), 1, held);
  const before = kernels.arena.mark();
  for (const channel of kinds) {
    const tooFar: Region = channel.kind === "raw" ? { start: [1, 4, 4], shape: [2, 2, 2] } : held;
    assert.throws(() => computeChannel(kernels, raw, channel, tooFar, () => {}), RangeError);
    const outside: Region = { start: [0, 0, 15], shape: [1, 1, 6] };
    assert.throws(() => computeChannel(kernels, raw, channel, outside, () => {}), RangeError);
    assert.equal(kernels.arena.mark(), before);
  }
  assert.equal(voxelCount(held.shape), 1728);
});

Deno.test("eigenvalues() are right to 2e-6 of the largest, also where two or three are equal", async () => {
  const { run, arena } = await loadKernels();
  const entry = fc.double({ min: -1, max: 1, noNaN: true }).map((v) =>
    Math.round(v * 4) % 3 === 0 ? Math.round(v * 2) / 2 : v
  );
  const matrix = fc.tuple(
    fc.tuple(entry, entry, entry),
    fc.tuple(entry, entry, entry),
    fc.constantFrom(1e-9, 1e-3, 1, 1e4),
    fc.boolean(),
  );
  const planes = arena.alloc(6 * 16);
  const out = arena.alloc(3 * 16);
  fc.assert(
    fc.property(matrix, ([[a, b, c], [d, e, f], scale, product]) => {
      const six = product ? [a * a, a * b, b * b, a * c, b * c, c * c] : [a, d, b, e, f, c];
      const stored = six.map((v) => Math.fround(v * scale));
      for (const [i, v] of stored.entries()) arena.f32(planes + 16 * i, 4).fill(v);
      run.eigenvalues(planes, 16, 1, out, 16);
      const [xx, xy, yy, xz, yz, zz] = stored;
      const expected = plainEigenvalues(xx ?? 0, xy ?? 0, yy ?? 0, xz ?? 0, yz ?? 0, zz ?? 0);
      const values = [0, 1, 2].map((i) => arena.f32(out + 16 * i, 1)[0] ?? NaN);
      assert.ok(
        Math.abs(values[0] ?? 0) <= Math.abs(values[1] ?? 0) &&
          Math.abs(values[1] ?? 0) <= Math.abs(values[2] ?? 0),
      );
      const largest = Math.max(Math.abs(expected[2] ?? 0), 1e-15);
      const ascending = (list: number[]) => [...list].sort((p, q) => p - q);
      const [found, right] = [ascending(values), ascending(expected)];
      for (const i of [0, 1, 2]) {
        assert.ok(
          Math.abs((found[i] ?? NaN) - (right[i] ?? 0)) / largest < 2e-6,
          `${stored}: ${found} != ${right}`,
        );
      }
    }),
    { numRuns: 3000 },
  );
});
