/** Labels in the page: what is shown before the server has it, and what comes from there. */
import assert from "node:assert/strict";
import { PLANES, type PlaneView, type Point } from "../../src/dashboard/page/geometry.ts";
import {
  createLabelChunks,
  DamagedChunk,
  forRuns,
  type LabelSource,
} from "../../src/dashboard/page/label/label_chunks.ts";
import { fillGrid, gridOf } from "../../src/dashboard/page/label/label_grid.ts";

const SHAPE: Point = [20, 30, 40];
const CHUNK: Point = [4, 8, 16];
const [XY, ZY, XZ] = [PLANES[0] ?? assert.fail(), PLANES[1] ?? assert.fail(), PLANES[2] ?? assert.fail()];

/** A server of labels whose answers come when they are let. */
function slowSource() {
  const disk = new Map<string, Uint32Array>();
  const waiting: (() => void)[] = [];
  const later = <T>(look: () => T) =>
    new Promise<T>((done, fail) => {
      const now = (() => {
        try {
          return { value: look() };
        } catch (error) {
          return { error };
        }
      })();
      waiting.push(() => "error" in now ? fail(now.error) : done(now.value as T));
    });
  const damaged = new Set<string>();
  const source: LabelSource = {
    layer: (z) => later(() => new Set([...disk.keys()].filter((key) => key.startsWith(`${z}/`)))),
    chunk: (key) =>
      later(() => {
        if (damaged.has(key)) throw new DamagedChunk(key);
        return disk.get(key)?.slice();
      }),
  };
  return {
    source,
    damaged,
    /** Paints on the disk of the server. */
    write(flat: readonly number[], value: number) {
      forRuns(flat, CHUNK, (key, first, length) => {
        const voxels = disk.get(key) ?? new Uint32Array(CHUNK[0] * CHUNK[1] * CHUNK[2]);
        disk.set(key, voxels.fill(value, first, first + length));
      });
    },
    /** Lets what was asked so far come. */
    async answer() {
      for (const let_ of waiting.splice(0)) let_();
      await new Promise((done) => setTimeout(done));
    },
  };
}

function valueOf(chunks: ReturnType<typeof createLabelChunks>, z: number, y: number, x: number) {
  const voxels = chunks.chunk(Math.floor(z / 4), Math.floor(y / 8), Math.floor(x / 16));
  return voxels instanceof Uint32Array ? voxels[((z % 4) * 8 + y % 8) * 16 + x % 16] : voxels;
}

Deno.test("a stroke is shown at once, and stays where its chunk comes later from the server", async () => {
  const server = slowSource();
  server.write([1, 1, 0, 5], 3);
  const chunks = createLabelChunks(SHAPE, CHUNK, server.source);
  assert.equal(valueOf(chunks, 1, 1, 1), undefined);
  const stroke = chunks.begin(7, "unpainted");
  chunks.paint(stroke, [1, 1, 3, 20]);
  for (let i = 0; i < 3; i++) await server.answer();
  assert.deepEqual([4, 5, 15, 16, 22].map((x) => valueOf(chunks, 1, 1, x)), [3, 7, 7, 7, 7]);
  assert.equal(valueOf(chunks, 1, 1, 23), 0);
  assert.equal(valueOf(chunks, 9, 9, 9), undefined, "its layer has not come");
  await server.answer();
  assert.equal(valueOf(chunks, 9, 9, 9), "empty");
});

Deno.test("a chunk that was asked for before a stroke was saved does not hide the stroke", async () => {
  const server = slowSource();
  server.write([1, 1, 0, 5], 3);
  const chunks = createLabelChunks(SHAPE, CHUNK, server.source);
  valueOf(chunks, 1, 1, 1);
  await server.answer();
  valueOf(chunks, 1, 1, 1); // asked, and read on the server before the stroke is there
  const stroke = chunks.begin(7, "all");
  chunks.paint(stroke, [1, 1, 2, 2]);
  server.write([1, 1, 2, 2], 7);
  chunks.saved(stroke);
  await server.answer();
  assert.deepEqual([1, 2, 3, 4].map((x) => valueOf(chunks, 1, 1, x)), [3, 7, 7, 3]);
});

Deno.test("what others change is shown when it has come, and undone strokes go", async () => {
  const server = slowSource();
  const chunks = createLabelChunks(SHAPE, CHUNK, server.source);
  valueOf(chunks, 1, 1, 1);
  await server.answer();
  const stroke = chunks.begin(7, "all");
  chunks.paint(stroke, [1, 1, 2, 2]);
  server.write([1, 1, 2, 2], 7);
  chunks.saved(stroke);
  server.write([1, 1, 3, 2], 9);
  chunks.renew(["0/0/0"]);
  assert.equal(valueOf(chunks, 1, 1, 3), 7, "what is known is shown until then");
  await server.answer();
  assert.deepEqual([2, 3, 4].map((x) => valueOf(chunks, 1, 1, x)), [7, 9, 9]);
  server.write([1, 1, 2, 3], 0);
  chunks.renew(["0/0/0", "4/0/0"]);
  await server.answer();
  assert.equal(valueOf(chunks, 1, 1, 2), 0);
});

Deno.test("a stroke that is refused is taken back, one that waits is painted over it again", async () => {
  const server = slowSource();
  const chunks = createLabelChunks(SHAPE, CHUNK, server.source);
  valueOf(chunks, 1, 1, 1);
  await server.answer();
  const [first, second] = [chunks.begin(7, "all"), chunks.begin(8, "unpainted")];
  chunks.paint(first, [1, 1, 2, 2]);
  chunks.paint(second, [1, 1, 3, 2]);
  assert.deepEqual([2, 3, 4].map((x) => valueOf(chunks, 1, 1, x)), [7, 7, 8]);
  chunks.refused(first);
  await server.answer();
  assert.deepEqual([2, 3, 4].map((x) => valueOf(chunks, 1, 1, x)), [0, 8, 8]);
});

Deno.test("a damaged chunk is told and not painted", async () => {
  const server = slowSource();
  server.write([1, 1, 0, 5], 3);
  server.damaged.add("0/0/0");
  const chunks = createLabelChunks(SHAPE, CHUNK, server.source);
  valueOf(chunks, 1, 1, 1);
  await server.answer();
  valueOf(chunks, 1, 1, 1);
  await server.answer();
  assert.equal(valueOf(chunks, 1, 1, 1), "damaged");
  chunks.paint(chunks.begin(7, "all"), [1, 1, 2, 2]);
  assert.equal(valueOf(chunks, 1, 1, 1), "damaged");
});

Deno.test("fillGrid() takes every label from its place, on every plane, whole or where something was painted", async () => {
  const server = slowSource();
  const chunks = createLabelChunks(SHAPE, CHUNK, server.source);
  for (let z = 0; z < 5; z++) valueOf(chunks, z * 4, 0, 0);
  await server.answer();
  const value = (z: number, y: number, x: number) => (z * 31 + y * 17 + x * 5) % 7;
  const view = (plane: typeof XY, zoom: number): PlaneView => ({
    plane,
    centre: [10, 15, 20],
    zoom,
    anisotropy: 1,
    width: 60,
    height: 60,
  });
  const cut = (
    plane: typeof XY,
    zoom: number,
    slice: number,
    grid = gridOf(view(plane, zoom), SHAPE),
    only?: Set<string>,
  ) => {
    fillGrid(chunks, grid, { plane }, slice, only, () => {}, () => {});
    return grid;
  };
  const before = cut(XY, 1, 9);
  for (let z = 0; z < SHAPE[0]; z++) {
    for (let y = 0; y < SHAPE[1]; y++) {
      for (let x = 0; x < SHAPE[2]; x++) chunks.paint(chunks.begin(value(z, y, x), "all"), [z, y, x, 1]);
    }
  }
  const check = (grid: typeof before, { across, down, cut }: typeof XY, slice: number) => {
    assert.ok(grid.isComplete && grid.values.length > 0);
    for (let j = 0; j < grid.v.count; j++) {
      for (let i = 0; i < grid.u.count; i++) {
        const at: [number, number, number] = [0, 0, 0];
        [at[across], at[down], at[cut]] = [
          grid.u.first + i * grid.u.every,
          grid.v.first + j * grid.v.every,
          slice,
        ];
        assert.equal(grid.values[j * grid.u.count + i], value(...at), `${at}`);
      }
    }
  };
  for (const zoom of [0.3, 1, 4]) {
    check(cut(XY, zoom, 9), XY, 9);
    check(cut(ZY, zoom, 33), ZY, 33);
    check(cut(XZ, zoom, 12), XZ, 12);
  }
  assert.ok(before.values.every((label) => label === 0));
  cut(XY, 1, 9, before, new Set(["2/1/1"]));
  const [inside, outside] = [before.values[9 * before.u.count + 17], before.values[9 * before.u.count + 15]];
  assert.deepEqual([inside, outside], [value(9, 9, 17), 0]);
  const keys = Array.from({ length: 4 * 3 }, (_, i) => `2/${Math.floor(i / 3)}/${i % 3}`);
  check(cut(XY, 1, 9, before, new Set(keys)), XY, 9);
});
