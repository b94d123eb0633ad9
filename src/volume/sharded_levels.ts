/** How a multiscale volume is divided into shards, each of which one block writes, whatever else is done at the same time. */
import { type PyramidLevel, pyramidLevels } from "./pyramid.ts";
import { voxelCount, zipAxes, type Zyx } from "./region.ts";
import { shardFor } from "./zarr/shard.ts";

/** A level whose files are shards. */
export interface ShardedLevel extends PyramidLevel {
  /** Place among the levels, the full resolution first. */
  readonly index: number;
  readonly shard: Zyx;
  /** Voxels of the round's source that are one of this level, on each axis. */
  readonly ofSource: Zyx;
}

/** Levels that are made together, of blocks of one level. */
export interface LevelRound {
  /** Level that is read; of the first round the volume itself. */
  readonly source: number;
  /** Shape of the source. */
  readonly shape: Zyx;
  /** Blocks are made of these: in each level one is a shard. */
  readonly unit: Zyx;
  readonly levels: readonly ShardedLevel[];
}

/** Voxels of a chunk, which is half of them or more elsewhere; smaller ones would be many. */
const LEAST_CHUNK = 2 ** 16;

/** Chunks of a shard on each axis, at least: so many levels can be made of a block as this can be halved. */
const LEAST_CHUNKS = 2;

/**
 * Divides the levels of a volume into rounds. The first round's blocks are shards of the full resolution: each is its part of this and of
 * as many further levels as leave enough of it for a chunk. The next round begins with the last of these levels. Shards
 * depend on the shape and the voxel size alone: 10^12 voxels are 200,000 files.
 *
 * @param chunk of the full resolution
 */
export function levelRounds(shape: Zyx, voxelSize: Zyx, chunk: Zyx): readonly [LevelRound, ...LevelRound[]] {
  const [whole, ...coarser] = pyramidLevels(shape, voxelSize);
  if (whole === undefined) throw new RangeError(`no levels of [${shape}]`);
  const unit = shardFor(shape, chunk, LEAST_CHUNKS);
  const finest = { ...whole, chunk, index: 0, shard: unit, ofSource: [1, 1, 1] } as const;
  let last: ShardedLevel = finest;
  let round: LevelRound = { source: 0, shape, unit, levels: [finest] };
  const rounds: LevelRound[] = [];
  for (const [place, level] of coarser.entries()) {
    let next: ShardedLevel = nextLevel(level, place + 1, round.unit, last.ofSource);
    if (voxelCount(next.chunk) < LEAST_CHUNK) {
      rounds.push(round);
      const own = shardFor(last.shape, last.chunk, LEAST_CHUNKS);
      round = { source: last.index, shape: last.shape, unit: own, levels: [] };
      next = nextLevel(level, place + 1, own, [1, 1, 1]);
    }
    last = next;
    round = { ...round, levels: [...round.levels, next] };
  }
  const [first = round, ...others] = [...rounds, round];
  return [first, ...others];
}

/** A level of which one shard is what becomes of a unit. */
function nextLevel(level: PyramidLevel, index: number, unit: Zyx, before: Zyx): ShardedLevel {
  const ofSource = zipAxes((a, b) => a * b, before, level.factor);
  const shard = zipAxes((length, by) => length / by, unit, ofSource);
  return { ...level, index, ofSource, shard, chunk: zipAxes(Math.min, level.chunk, shard) };
}
