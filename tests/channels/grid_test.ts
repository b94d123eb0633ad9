/** Channels at the points of a grid, and the voxels between them (docs/algorithm.md, section 2). */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Channel,
  channelName,
  channelScratchBytes,
  coarsestSteps,
  componentsOf,
  defaultChannels,
  pointsAtMost,
  pointsOf,
  reachOf,
  storeChannel,
} from "../../src/channels/mod.ts";
import { loadKernels } from "../../src/kernels/mod.ts";
import { columnsOf as fixedColumns } from "../../src/block/columns.ts";
import { growRegion, type Region, voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { gridColumnsOf } from "../helpers/channels_grid_support.ts";
import { compare, readFloat16, readTiff, referenceFolder } from "../helpers/channels_reference.ts";
import { columnsOf, cut, loadBlock, noise } from "../helpers/channels_support.ts";

const folder = await referenceFolder();
const skipped = folder === undefined ? " (skipped: no reference data)" : "";

const channels: readonly Channel[] = [
  ...defaultChannels,
  { kind: "gauss", sigma: 3 },
  { kind: "log", sigma: 3.3 },
  { kind: "hessian", sigma: 4 },
  { kind: "stensor", sigma: 3, rho: 3.5 },
];
const onGrid = channels.filter((channel) => coarsestSteps(channel, 1)[2] === 2);

Deno.test("coarsestSteps() leaves out voxels along the axes along which a channel is smooth", () => {
  assert.deepEqual(onGrid.map(channelName), [
    "gradient-magnitude-s5.0",
    "stensor-s1.8-r3.5",
    "stensor-s2.5-r5.0",
    "gauss-s3.0",
    "log-s3.3",
    "stensor-s3.0-r3.5",
  ]);
  assert.deepEqual(coarsestSteps({ kind: "gauss", sigma: 8 }, 2), [2, 2, 2]);
  assert.deepEqual(coarsestSteps({ kind: "gauss", sigma: 8 }, 4), [1, 2, 2]);
  assert.deepEqual(coarsestSteps({ kind: "stensor", sigma: 1.4, rho: 5 }, 1), [1, 1, 1]);
});

Deno.test({
  name: `columns from a grid agree with the original on every default column of fibsem${skipped}`,
  ignore: folder === undefined,
  async fn() {
    const volume = await readTiff(`${folder}/fibsem/volume.tif`);
    const kernels = await loadKernels();
    const raw = loadBlock(kernels, volume, 1);
    for (const channel of defaultChannels.filter((channel) => onGrid.includes(channel))) {
      const original = await readFloat16(`${folder}/fibsem/${channelName(channel)}.f16.gz`);
      const columns = gridColumnsOf(kernels, raw, channel, wholeRegion(volume.shape));
      const fixed = fixedColumns([{ kind: "computed", name: channelName(channel) }], 1);
      for (const [component, column] of columns.entries()) {
        const { low = 0, scale = 1 } = fixed[component] ?? {};
        const values = new Float32Array(column.length);
        for (const [i, value] of column.entries()) values[i] = value / scale + low;
        const theirs = { values: original, first: component, step: columns.length };
        const { correlation, slope } = compare({ values }, theirs);
        const name = `${channelName(channel)} component ${component}`;
        assert.ok(correlation >= 0.999, `${name}: correlation ${correlation}`);
        assert.ok(Math.abs(slope - 1) <= 0.03, `${name}: slope ${slope}`);
      }
    }
  },
});

/** What a cubic through points at -1, 0, 1 and 2 has at 1/2, along each axis in turn where a voxel is between two points. */
function interpolated(points: (z: number, y: number, x: number) => number, at: Zyx, steps: Zyx): number {
  const along = (axis: 0 | 1 | 2, place: Zyx): number => {
    const step = steps[axis];
    const below = Math.floor(at[axis] / step);
    const moved = (by: number) => place.map((p, i) => i === axis ? below + by : p) as unknown as Zyx;
    const value = (by: number) => axis === 2 ? points(...moved(by)) : along((axis + 1) as 1 | 2, moved(by));
    if (at[axis] % step === 0) return value(0);
    return (9 * (value(0) + value(1)) - value(-1) - value(2)) / 16;
  };
  return along(0, at);
}

Deno.test("columns from a grid have at its points what every voxel's computation gives, and cubics between", async () => {
  const kernels = await loadKernels();
  const shape: Zyx = [13, 22, 27];
  const region: Region = { start: [2, 3, 5], shape: [9, 17, 20] };
  for (const anisotropy of [1, 10]) {
    const raw = loadBlock(kernels, noise(shape, 4), anisotropy);
    for (const channel of onGrid) {
      const steps = coarsestSteps(channel, anisotropy);
      const name = `${channelName(channel)} anisotropy ${anisotropy}`;
      const [{ low, scale, limit }] = fixedColumns(
        [{ kind: "computed", name: channelName(channel) }],
        anisotropy,
      ) as [ReturnType<typeof fixedColumns>[number]];
      const [column = new Uint16Array()] = gridColumnsOf(kernels, raw, channel, region);
      const grid = pointsOf(region, steps);
      const mark = kernels.arena.mark();
      const to = kernels.arena.alloc(voxelCount(grid.shape) * 2 + 32);
      const [first, slots] = [grid.start[0], grid.shape[0]];
      const stored = [{ component: 0, to, first, slots, fixed: { low, scale, limit } }];
      storeChannel(kernels, raw, channel, grid, stored, () => {}, steps);
      const points = kernels.arena.u16(to, voxelCount(grid.shape)).slice();
      kernels.arena.release(mark);
      const pointAt = (z: number, y: number, x: number) => {
        const [, ny, nx] = grid.shape;
        const value = points[
          ((z - grid.start[0]) * ny + y - grid.start[1]) * nx + x - grid.start[2]
        ];
        assert.ok(value !== undefined);
        return value;
      };
      const every = columnsOf(kernels, raw, channel, region)[0] ?? new Float32Array();
      for (let i = 0; i < column.length; i++) {
        const [, ny, nx] = region.shape;
        const at: Zyx = [
          region.start[0] + Math.floor(i / nx / ny),
          region.start[1] + Math.floor(i / nx) % ny,
          region.start[2] + i % nx,
        ];
        const expected = Math.floor(interpolated(pointAt, at, steps) + 0.5);
        assert.equal(column[i], Math.min(Math.max(expected, 0), limit), `${name} at ${at}`);
        if (channel.kind === "stensor" || at.some((p, axis) => p % (steps[axis] ?? 1) !== 0)) continue;
        const exact = Math.floor(Math.fround(Math.fround(Math.fround((every[i] ?? 0) - low) * scale) + 0.5));
        assert.equal(column[i], Math.min(Math.max(exact, 0), limit), `${name} at point ${at}`);
      }
    }
  }
});

Deno.test("columns from a grid are the same bits for any region and any raw block that holds their context", async () => {
  const kernels = await loadKernels();
  const axis = (max: number) => fc.tuple(fc.nat(max - 1), fc.integer({ min: 1, max }), fc.nat(5));
  const wholes = new Map<string, Uint16Array[]>();
  fc.assert(
    fc.property(
      fc.constantFrom<Zyx>([18, 33, 41], [2, 40, 20], [1, 1, 1]),
      fc.constantFrom(...onGrid),
      fc.constantFrom(1, 2.5, 10),
      fc.tuple(axis(18), axis(33), axis(41)),
      (shape, channel, anisotropy, [z, y, x]) => {
        const { arena } = kernels;
        const mark = arena.mark();
        const volume = noise(shape, 7);
        const start: Zyx = [z[0] % shape[0], y[0] % shape[1], x[0] % shape[2]];
        const size = (axis: 0 | 1 | 2, wanted: number) => Math.min(wanted, shape[axis] - start[axis]);
        const region: Region = { start, shape: [size(0, z[1]), size(1, y[1]), size(2, x[1])] };
        const steps = coarsestSteps(channel, anisotropy);
        const key = `${shape} ${channelName(channel)} ${anisotropy}`;
        const whole = wholes.get(key) ??
          gridColumnsOf(kernels, loadBlock(kernels, volume, anisotropy), channel, wholeRegion(shape));
        wholes.set(key, whole);
        const context = growRegion(region, reachOf(channel, anisotropy, steps), shape);
        const held = growRegion(context, [z[2], y[2], x[2]], shape);
        const part = gridColumnsOf(kernels, loadBlock(kernels, volume, anisotropy, held), channel, region);
        for (const [component, column] of part.entries()) {
          const expected = cut(whole[component] ?? new Uint16Array(), shape, region);
          const wrong = expected.findIndex((value, i) => value !== column[i]);
          assert.equal(wrong, -1, `${key} component ${component} voxel ${wrong}`);
        }
        arena.release(mark);
      },
    ),
    { numRuns: 200, seed: 1 },
  );
});

Deno.test("channelScratchBytes() bounds what the points of a grid take, and not by far", async () => {
  for (const [anisotropy, slices] of [[1, 60], [10, 60], [10, 12]] as const) {
    for (const channel of onGrid) {
      const kernels = await loadKernels();
      const steps = coarsestSteps(channel, anisotropy);
      const raw = loadBlock(kernels, noise([slices, 140, 130], 3), anisotropy);
      const region: Region = { start: [slices >> 1, 30, 30], shape: [6, 70, 66] };
      const grid = pointsOf(region, steps);
      const stored = Array.from({ length: componentsOf(channel) }, (_, component) => ({
        component,
        to: kernels.arena.alloc(voxelCount(grid.shape) * 4),
        first: grid.start[0],
        slots: grid.shape[0],
      }));
      const before = kernels.arena.mark();
      storeChannel(kernels, raw, channel, grid, stored, () => {}, steps);
      const used = kernels.arena.peak() - before;
      const [depth] = pointsAtMost([slices, 1, 1], steps);
      const bound = channelScratchBytes(
        channel,
        pointsAtMost(region.shape, steps),
        anisotropy,
        depth,
        1,
        steps,
      );
      assert.ok(used <= bound && bound < 1.3 * used + 2000, `${channelName(channel)}: ${used}, ${bound}`);
    }
  }
});
