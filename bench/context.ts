/** Context features and stumps of one column, by one thread and by all cores at once: no supervoxels, columns or integral images in the time. */
import { type Kernels, loadKernels } from "../src/kernels/mod.ts";
import { lookUpPoses, voteAll } from "../src/block/context/context_features.ts";
import { type PlacedSupervoxels, placeSupervoxels } from "../src/block/context/placed.ts";
import { fixedStumps } from "../src/stages/score/score.ts";
import { type ColumnTable, integrateSource, tableBytes } from "../src/block/context/tables.ts";
import { framesAt, openVolume, readBlock } from "../src/block/volume_block.ts";
import { seedGrid } from "../src/supervoxels/grid.ts";
import { segment } from "../src/supervoxels/slic.ts";
import { poseAt } from "../src/boosting/mod.ts";
import { voxelCount, wholeRegion } from "../src/volume/region.ts";
import { type KernelCase, measureKernel } from "./measure.ts";
import type { Part, Setting } from "./part.ts";
import type { Kind } from "./sizes.ts";
import { measureThreads } from "./threads.ts";
import { openSetup, randomPoses, randomStumps } from "./volume_setup.ts";

export const context: Part = {
  name: "context",
  about: "stumps and context features of one column",
  repeat: 5,
  async run(setting) {
    const lines = [];
    for (const kind of ["isotropic", "anisotropic"] as const) {
      for (const line of await contextCases(setting, kind)) {
        lines.push(await measureKernel(line, setting.repeat, setting.sizes.kernelSeconds));
      }
      lines.push(await measureThreads(setting, "stumps", kind, 100e6));
      lines.push(await measureThreads(setting, "features", kind, 60e6));
    }
    return lines;
  },
};

/** The raw intensity: every column's integral image takes the same work. */
const COLUMN = 0;

/**
 * Stumps of all supervoxels of a volume, in both frames, and features of as many samples as a training has. The integral image
 * covers the whole volume, as large as one of a block is.
 */
export async function contextCases(setting: Setting, kind: Kind, use = "context"): Promise<KernelCase[]> {
  const { sizes } = setting;
  const shape = sizes.table[kind];
  await using setup = await openSetup(setting, kind, shape, use);
  const { job } = setup.volume;
  const kernels = await loadKernels();
  const { arena } = kernels;
  const whole = wholeRegion(shape);
  const open = await openVolume(job);
  const block = await readBlock(kernels, open, whole);
  const mark = arena.mark();
  const map = arena.alloc(voxelCount(shape) * 4);
  const { centroids, count } = segment(kernels, block.raw, seedGrid(shape, job.slic), whole, whole, map);
  arena.release(mark);
  const frames = await framesAt(kernels, open, block, centroids);
  const kept = arena.alloc(tableBytes(shape));
  await integrateSource(kernels, block, 0, new Set([COLUMN]), whole, ({ address }) => {
    arena.u8(kept, tableBytes(shape)).set(arena.u8(address, tableBytes(shape)));
  });
  const table = { column: COLUMN, address: kept };
  const every = Math.max(1, Math.floor(count / sizes.boosting.samples));
  const place = (step: number) => {
    const places = Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
    const points = Int32Array.from(places.flatMap((i) => [...centroids.subarray(i * 3, i * 3 + 3)]));
    const turned = Float32Array.from(places.flatMap((i) => [...frames.subarray(i * 6, i * 6 + 6)]));
    return placeSupervoxels(kernels, points, turned, whole, shape, job);
  };
  const stumps = fixedStumps(
    { stumps: randomStumps(sizes.stumps).filter(({ column }) => column === COLUMN) },
    setup.volume,
  );
  return [
    {
      ...stumpCase(kernels, table, place(1), stumps),
      name: `stumps ${kind}`,
      note: `${count} supervoxels x ${stumps.length} of ${sizes.stumps} stumps x 2 frames`,
    },
    {
      ...featureCase(kernels, table, place(every), randomPoses(sizes.boosting.poses)),
      name: `features ${kind}`,
    },
  ];
}

type Unnamed = Omit<KernelCase, "name">;

/** One evaluation is one stump on one supervoxel in one of its two frames. */
function stumpCase(
  kernels: Kernels,
  table: ColumnTable,
  placed: PlacedSupervoxels,
  stumps: Parameters<typeof voteAll>[2],
): Unnamed {
  const scores = {
    own: kernels.arena.alloc(placed.capacity * 8),
    flipped: kernels.arena.alloc(placed.capacity * 8),
  };
  kernels.arena.f64(scores.own, placed.capacity).fill(0);
  kernels.arena.f64(scores.flipped, placed.capacity).fill(0);
  return {
    unit: "evaluations/s",
    amount: 2 * placed.count * stumps.length,
    run: () => voteAll(kernels, table, stumps, placed, scores),
  };
}

function featureCase(
  kernels: Kernels,
  table: ColumnTable,
  placed: PlacedSupervoxels,
  poses: readonly number[],
): Unnamed {
  const out = kernels.arena.alloc(poses.length * placed.capacity * 2);
  return {
    unit: "features/s",
    amount: placed.count * poses.length,
    note: `${placed.count} samples x ${poses.length} poses`,
    run: () => {
      const { arena } = kernels;
      const mark = arena.mark();
      let at = out;
      for (const [radius, same] of Map.groupBy(poses, (pose) => poseAt(pose).radius)) {
        lookUpPoses(kernels, table, placed, radius, same)(same, at);
        at += same.length * placed.capacity * 2;
      }
      arena.release(mark);
    },
  };
}
