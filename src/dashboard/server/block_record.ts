/** Which blocks of which stage are done or in work, for maps. */
import { Buffer } from "node:buffer";
import { intersectRegions, type Region, voxelCount, zipAxes, type Zyx } from "../../volume/region.ts";
import { chunksOf, regionOfChunk } from "../../volume/zarr/read.ts";
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
  for (const write of done) {
    for (const at of chunksOf(write, block)) {
      const cell = regionOfChunk({ shape, chunk: block }, at);
      const sum = (covered.get(index(at)) ?? 0) + voxelCount(intersectRegions(cell, write).shape);
      covered.set(index(at), sum);
      if (sum >= voxelCount(cell.shape)) cells[index(at)] = CELL.done;
    }
  }
  return { grid, count, cells: Buffer.from(cells).toString("base64") };
}
