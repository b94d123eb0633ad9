/** Sums the votes of all stumps for the supervoxels of a block. */
import type { Kernels } from "../../kernels/mod.ts";
import { growRegion, type Region } from "../../volume/region.ts";
import { voteAll } from "./context_features.ts";
import type { FixedStump, VolumeJob } from "../volume_job.ts";
import { keepPlaced, moveTables, type PlacedSupervoxels } from "./placed.ts";
import { poseReach } from "./pose_reach.ts";
import { type ColumnTable, integrateSource } from "./tables.ts";
import type { VolumeBlock } from "../volume_block.ts";

/** A stump with its place in the model. */
export type NumberedStump = FixedStump & { readonly index: number };

/** The region of tables that the supervoxels need for these stumps. */
export function tableRegion(
  bounds: Region,
  stumps: readonly FixedStump[],
  { volumeShape, anisotropy }: VolumeBlock["raw"],
): Region {
  return growRegion(bounds, poseReach(stumps.map(({ pose }) => pose), anisotropy), volumeShape);
}

/**
 * Lets every stump vote. With `leastScore` a supervoxel is left as soon as neither of its scores can reach that any more, whatever the stumps
 * to come say: its scores are then what they were. When that is looked at depends on the model alone, so that blocks change nothing.
 * @param all supervoxels placed in `tableRegion`; they are not to be used afterwards
 * @param onColumn is given each column's table with its stumps
 * @returns scores of supervoxels, in their frames and in the flipped ones
 */
export async function sumVotes(
  kernels: Kernels,
  block: VolumeBlock,
  { volume, stumps, leastScore }: {
    readonly volume: VolumeJob;
    readonly stumps: readonly FixedStump[];
    /** Scores need not be complete where they are lower than this; `null`: all are. */
    readonly leastScore: number | null;
  },
  all: PlacedSupervoxels,
  onColumn?: (table: ColumnTable, stumps: readonly NumberedStump[]) => void,
): Promise<{ own: Float64Array; flipped: Float64Array }> {
  const { arena } = kernels;
  const { count, stride } = all;
  const begin = arena.mark();
  const scores = { own: arena.alloc(stride * 8), flipped: arena.alloc(stride * 8) };
  arena.f64(scores.own, stride).fill(0);
  arena.f64(scores.flipped, stride).fill(0);
  const votes = { own: new Float64Array(count), flipped: new Float64Array(count) };
  const numbers = Int32Array.from({ length: count }, (_, i) => i);
  let placed = all;
  let left = weightOf(stumps);
  // sums in another order may differ by this, no more
  const slack = left * 1e-9;
  const leaveBelow = (least: number) => {
    const own = arena.f64(scores.own, stride), flipped = arena.f64(scores.flipped, stride);
    const kept = new Int32Array(placed.count);
    let hopeful = 0;
    for (let i = 0; i < placed.count; i++) {
      const a = own[i] ?? 0, b = flipped[i] ?? 0;
      if (Math.max(a, b) >= least) {
        own[hopeful] = a;
        flipped[hopeful] = b;
        kept[hopeful++] = i;
        continue;
      }
      const number = numbers[i] ?? 0;
      votes.own[number] = a;
      votes.flipped[number] = b;
    }
    if (hopeful === placed.count) return;
    const slots = kept.subarray(0, hopeful);
    for (const [to, from] of slots.entries()) numbers[to] = numbers[from] ?? 0;
    placed = keepPlaced(kernels, placed, slots);
  };
  for (const { source, byColumn } of sourcesByWeight(stumps, volume)) {
    if (placed.count === 0) break;
    if (leastScore !== null) {
      placed = moveTables(kernels, placed, tableRegion(placed.bounds, stumps, block.raw));
    }
    await integrateSource(kernels, block, source, new Set(byColumn.keys()), placed.region, (table) => {
      const voting = byColumn.get(table.column) ?? [];
      left -= weightOf(voting);
      if (placed.count === 0) return;
      voteAll(kernels, table, voting, placed, scores);
      onColumn?.(table, voting);
      if (leastScore !== null) leaveBelow(leastScore - left - slack);
    });
  }
  if (placed.count > 0) leaveBelow(Infinity); // what is known now is final
  arena.release(begin);
  return votes;
}

function weightOf(stumps: readonly FixedStump[]): number {
  return stumps.reduce((sum, { alpha }) => sum + Math.abs(alpha), 0);
}

/** The stumps of each source by column, in their order, so that sums over them are the same in every block. Sources whose stumps weigh most come first, so that most is decided early. */
function sourcesByWeight(stumps: readonly FixedStump[], { columns }: VolumeJob) {
  const numbered = stumps.map((stump, index) => ({ ...stump, index }));
  const bySource = Map.groupBy(numbered, ({ column }) => columns[column]?.source ?? 0);
  return [...bySource]
    .map(([source, of]) => ({
      source,
      weight: weightOf(of),
      byColumn: Map.groupBy(of, ({ column }) => column),
    }))
    .sort((a, b) => b.weight - a.weight || a.source - b.source);
}
