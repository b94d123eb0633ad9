/** Threads that share loops: the same bits as one thread, errors that arrive, ends that are ends. */
import assert from "node:assert/strict";
import { type Kernels, loadKernels, share, type SharedLoop } from "../../src/kernels/mod.ts";
import { coarsestSteps, computeChannel, defaultChannels } from "../../src/channels/mod.ts";
import { LOOPS } from "../../src/block/loops.ts";
import { segment } from "../../src/supervoxels/slic.ts";
import { seedGrid, type SlicSettings } from "../../src/supervoxels/grid.ts";
import { computeFrames } from "../../src/orientation/frames.ts";
import { growRegion, type Region, voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { filesBelow } from "../helpers/damage.ts";
import { UserError } from "../../src/user_error.ts";
import { finishAll, writeShared } from "../../src/block/write_shared.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { gridColumnsOf } from "../helpers/channels_grid_support.ts";
import { loadBlock, noise } from "../helpers/channels_support.ts";
import { count as helpersCount } from "../helpers/count_loop.ts";
import { startTestTeam, type TestTeam } from "./team.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

/** One thread that takes the pieces in another order, as if others had taken some: what it computes must not depend on it. */
function inAnotherOrder(kernels: Kernels, threads: number): Kernels {
  const backwards: Kernels["team"] = {
    threads,
    share(_, loop, pieces, args) {
      for (let piece = pieces - 1; piece >= 0; piece--) loop.piece(kernels, args, piece, piece % threads);
    },
  };
  return { ...kernels, team: backwards };
}

/** Supervoxels, their frames and some channels of a block, as numbers. */
function everything(kernels: Kernels, anisotropy: number): Map<string, ArrayLike<number>> {
  const { arena } = kernels;
  const results = new Map<string, ArrayLike<number>>();
  const shape: Zyx = [50, 71, 83];
  const volume = noise(shape, 7);
  const mark = arena.mark();
  const raw = loadBlock(kernels, volume, anisotropy);
  for (const join of ["nearest", "scan"] as const) {
    const settings: SlicSettings = { seed: 3, cubeness: 16, anisotropy, join };
    const write: Region = { start: [4, 8, 8], shape: [40, 50, 60] };
    const map = arena.alloc(voxelCount(write.shape) * 4);
    const inner = arena.mark();
    const found = segment(kernels, raw, seedGrid(shape, settings), wholeRegion(shape), write, map);
    const names = found.names();
    results.set(`${join} centroids`, found.centroids);
    results.set(`${join} seeds`, Float64Array.from(names.seeds));
    results.set(`${join} first`, Float64Array.from(names.first));
    results.set(`${join} map`, arena.i32(map, voxelCount(write.shape)).slice());
    results.set(`${join} orphans`, [found.orphans]);
    arena.release(inner);
    if (join === "scan") continue;
    const points = Array.from({ length: found.count }, (_, i) => found.centroids.slice(i * 3, i * 3 + 3))
      .sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d);
    const centroids = arena.alloc(points.length * 12), frames = arena.alloc(points.length * 24);
    for (const [i, point] of points.entries()) arena.i32(centroids + i * 12, 3).set(point);
    computeFrames(kernels, raw, 2, { address: centroids, count: points.length }, frames);
    results.set("frames", arena.f32(frames, points.length * 6).slice());
  }
  for (const [i, channel] of [{ kind: "raw" } as const, ...defaultChannels].entries()) {
    const out = growRegion({ start: [10, 20, 20], shape: [21, 30, 33] }, [2, 2, 2], shape);
    const slices: number[] = [];
    computeChannel(kernels, raw, channel, out, (_, planes) => {
      for (const plane of planes) slices.push(...arena.f32(plane, out.shape[1] * out.shape[2]));
    });
    results.set(`channel ${i}`, slices);
    if (coarsestSteps(channel, anisotropy)[2] === 1) continue;
    for (const [component, column] of gridColumnsOf(kernels, raw, channel, out).entries()) {
      results.set(`channel ${i} from a grid, component ${component}`, column);
    }
  }
  arena.release(mark);
  return results;
}

function assertSame(found: Map<string, ArrayLike<number>>, expected: Map<string, ArrayLike<number>>): void {
  assert.deepEqual([...found.keys()], [...expected.keys()]);
  for (const [name, values] of expected) {
    const others = found.get(name) ?? [];
    assert.equal(others.length, values.length, name);
    const differs = Array.from(values).findIndex((value, i) => !Object.is(value, others[i]));
    assert.equal(differs, -1, `${name} differs at ${differs}`);
  }
}

Deno.test("share() gives the bits of one thread, in whatever order and by whichever threads pieces are computed", async () => {
  const alone = await loadKernels();
  for (const anisotropy of [1, 4]) {
    const expected = everything(alone, anisotropy);
    for (const threads of [2, 5]) {
      assertSame(everything(inAnotherOrder(await loadKernels(), threads), anisotropy), expected);
    }
    using team = await startTestTeam(3);
    for (let round = 0; round < 3; round++) assertSame(everything(team.kernels, anisotropy), expected);
    assert.deepEqual(team.deaths, []);
  }
});

const MODULE = new URL("../helpers/team_helper.ts", import.meta.url);

/** The loops of `team_helper.ts`, as the leader computes them: it waits for a helper. */
const count: typeof helpersCount = {
  name: helpersCount.name,
  piece(kernels, args, piece, thread) {
    helpersCount.piece(kernels, args, piece, thread);
    if (thread === 0) waitFor(() => (kernels.arena.i32(args.at + 4096 + 4, 1)[0] ?? 0) > 0);
  },
};

const fail: SharedLoop<null> = {
  name: "fail",
  piece(_kernels, _args, _piece, thread) {
    if (thread === 0) waitFor(() => false, 50);
  },
};

function waitFor(isDone: () => boolean, milliseconds = 10_000): void {
  const end = performance.now() + milliseconds;
  while (!isDone() && performance.now() < end);
}

/** Shares a loop until a helper has taken part in it. */
function failOnce({ kernels }: TestTeam): string {
  for (let tries = 0; tries < 200; tries++) {
    try {
      share(kernels, fail, 8, null);
    } catch (cause) {
      return cause instanceof Error ? cause.message : String(cause);
    }
  }
  return "no helper took part";
}

Deno.test("share() has every piece computed once, some of them by helpers", async () => {
  using team = await startTestTeam(2, MODULE);
  const { arena } = team.kernels;
  for (let round = 0; round < 20; round++) { // the memory grows with each
    const at = arena.alloc(4 << 20);
    arena.u8(at, 8192).fill(0);
    share(team.kernels, count, 100, { at });
    assert.deepEqual([...arena.i32(at, 100)], Array.from({ length: 100 }, (_, i) => i + 1));
    const [own = 0, others = 0] = arena.i32(at + 4096, 2);
    assert.equal(own + others, 100);
    assert.ok(others > 0);
  }
});

Deno.test("share() throws what a helper's piece threw, and works again afterwards", async () => {
  using team = await startTestTeam(2, MODULE);
  assert.match(failOnce(team), /in a thread of a team: RangeError: piece \d of a test/);
  const at = team.kernels.arena.alloc(8192);
  team.kernels.arena.u8(at, 8192).fill(0);
  share(team.kernels, count, 10, { at });
  assert.equal(team.kernels.arena.i32(at, 10).at(-1), 10);
  assert.deepEqual(team.deaths, []);
});

Deno.test("share() throws once the team is dissolved", async () => {
  const team = await startTestTeam(2, MODULE);
  team[Symbol.dispose]();
  assert.throws(() => share(team.kernels, fail, 8, null), /dissolved/);
});

Deno.test("writeShared() writes the files that writeRegion() writes, and leaves none behind when one cannot be written", async () => {
  await inTempFolder(async (folder) => {
    using team = await startTestTeam(3);
    const { arena } = team.kernels;
    const options = { shape: [20, 30, 41], chunk: [8, 16, 16], dtype: "float32", storesAll: true } as const;
    const write: Region = { start: [8, 0, 16], shape: [12, 30, 25] };
    const count = voxelCount(write.shape);
    const address = arena.alloc(count * 4);
    arena.f32(address, count).set(noise(write.shape, 5).data);
    const [one, other] = [
      await createZarr(`${folder}/a.zarr`, options),
      await createZarr(`${folder}/b.zarr`, options),
    ];
    await writeRegion(one, write, arena.f32(address, count));
    await finishAll([await writeShared(team.kernels, other, write, address)]);
    const filesOf = (path: string) => filesBelow(path).sort().map((file) => file.slice(path.length));
    const names = filesOf(`${one.path}/c`);
    assert.deepEqual(filesOf(`${other.path}/c`), names);
    assert.equal(names.length, 8);
    for (const name of names) {
      const bytes = await Deno.readFile(`${other.path}/c${name}`);
      assert.deepEqual(bytes, await Deno.readFile(`${one.path}/c${name}`), name);
    }
    await Deno.remove(`${other.path}/c/1`, { recursive: true });
    await Deno.writeTextFile(`${other.path}/c/1`, "no folder");
    await assert.rejects(writeShared(team.kernels, other, write, address), UserError);
    assert.deepEqual(filesOf(`${other.path}/c`).filter((name) => name.endsWith(".partial")), []);
  });
});

Deno.test("every loop has a name of its own, by which helpers find it", () => {
  for (const [name, loop] of LOOPS) assert.equal(loop.name, name);
  assert.ok(LOOPS.size >= 15, `${LOOPS.size}`);
});
