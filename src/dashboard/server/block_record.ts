/** Which blocks of which stage are done or in work, for maps. */
import { Buffer } from "node:buffer";
import { type Region, voxelCount, zipAxes, type Zyx } from "../../volume/region.ts";
import type { BlockGrid } from "../../run/telemetry.ts";
import { type BlockMap, CELL } from "../api.ts";

/** Blocks of a run, by stages. */
export interface BlockRecord {
  /** A stage is divided anew; what was in work is not any more. */
  grid(grid: BlockGrid): void;
  begun(stage: string, start: Zyx): void;
  done(stage: string, fingerprint: string, write: Region): void;
  /** Names of the stages with a grid, by their titles. */
  titles(): ReadonlyMap<string, string>;
  /** Names of the stages that have more than one block. */
  divided(): ReadonlySet<string>;
  map(stage: string): BlockMap | undefined;
}

interface StageBlocks {
  fingerprint: string;
  done: Region[];
  working: Map<string, Zyx>;
}

/** Makes an empty record. */
export function createBlockRecord(): BlockRecord {
  const grids = new Map<string, BlockGrid>();
  const stages = new Map<string, StageBlocks>();
  const of = (stage: string): StageBlocks => {
    const known = stages.get(stage);
    if (known) return known;
    const made = { fingerprint: "", done: [], working: new Map() };
    stages.set(stage, made);
    return made;
  };
  return {
    grid({ stage, title, fingerprint, shape, block }) {
      grids.set(stage, { stage, title, fingerprint, shape, block });
      of(stage).working.clear();
    },
    begun: (stage, start) => void of(stage).working.set(start.join(), start),
    done(stage, fingerprint, write) {
      const own = of(stage);
      // The journal goes on from older runs; blocks of other settings do not count any more.
      if (own.fingerprint !== fingerprint) [own.fingerprint, own.done] = [fingerprint, []];
      own.done.push(write);
      own.working.delete(write.start.join());
    },
    titles: () => new Map([...grids.values()].map(({ stage, title }) => [title, stage])),
    divided: () =>
      new Set(
        [...grids.values()].filter(({ shape, block }) => shape.some((n, axis) => n > (block[axis] ?? n)))
          .map(({ stage }) => stage),
      ),
    map(stage) {
      const grid = grids.get(stage);
      if (!grid) return undefined;
      const { fingerprint, done, working } = of(stage);
      return mapOf(grid, fingerprint === grid.fingerprint ? done : [], [...working.values()]);
    },
  };
}

function mapOf(grid: BlockGrid, done: readonly Region[], working: readonly Zyx[]): BlockMap {
  const { shape, block } = grid;
  const count = zipAxes((n, b) => Math.ceil(n / b), shape, block);
  const cells = new Uint8Array(count[0] * count[1] * count[2]);
  const index = ([z, y, x]: Zyx) => (z * count[1] + y) * count[2] + x;
  for (const start of working) {
    cells[index(zipAxes((s, b) => Math.floor(s / b), start, block))] = CELL.working;
  }
  // Blocks of an earlier run may have had another shape, so voxels are counted and not blocks.
  const covered = new Map<number, number>();
  for (const { start, shape: size } of done) {
    const low = zipAxes((s, b) => Math.floor(s / b), start, block);
    const end = zipAxes((s, n) => s + n, start, size);
    const high = zipAxes((e, b) => Math.ceil(e / b), end, block);
    for (let z = low[0]; z < high[0]; z++) {
      for (let y = low[1]; y < high[1]; y++) {
        for (let x = low[2]; x < high[2]; x++) {
          const at: Zyx = [z, y, x];
          const from = zipAxes((i, b) => i * b, at, block);
          const to = zipAxes(Math.min, zipAxes((f, b) => f + b, from, block), shape);
          const overlap = zipAxes(
            (e, s) => Math.max(0, e - s),
            zipAxes(Math.min, to, end),
            zipAxes(Math.max, from, start),
          );
          const sum = (covered.get(index(at)) ?? 0) + voxelCount(overlap);
          covered.set(index(at), sum);
          if (sum >= voxelCount(zipAxes((t, f) => t - f, to, from))) cells[index(at)] = CELL.done;
        }
      }
    }
  }
  return { grid, count, cells: Buffer.from(cells).toString("base64") };
}
