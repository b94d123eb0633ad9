/** Parts of synapses as the blocks of a large volume find them, made up without the volume. */
import { createSynapseSums, SUM_FIELDS } from "../../../../src/analysis/synapse_sums.ts";
import { blocksOfShape } from "../../../../src/engine/mod.ts";
import type { FoundBlock } from "../../../../src/stages/synapses/blocks/join.ts";
import type { BlockParts } from "../../../../src/stages/synapses/blocks/parts.ts";
import type { Region, Zyx } from "../../../../src/volume/region.ts";

const BLOCK = 256;
/** Synapses along each axis of a block, so many voxels from one to the next. */
const ALONG = 8, STEP = 32;
/** Rows and slices of a part, and voxels of a row: with the part in the next block it is twice as long. */
const THICK = 4, LONG = 12;
/** Words of the runs of a synapse: 30 rows in each of 12 slices. */
const RUN_WORDS = 4 * 30 * 12;

/** Blocks of parts, and how they are read. */
export interface MadeUpParts {
  readonly shape: Zyx;
  readonly blockShape: Zyx;
  readonly blocks: readonly FoundBlock[];
  readonly parts: number;
  /** All have at least 100 voxels. */
  readonly synapses: number;
  readonly read: (block: Region) => Promise<BlockParts>;
}

/** Blocks along each axis; the last synapses of a row of a block go on in the next block. */
export function madeUpParts([nz, ny, nx]: Zyx): MadeUpParts {
  const shape: Zyx = [nz * BLOCK, ny * BLOCK, nx * BLOCK], blockShape: Zyx = [BLOCK, BLOCK, BLOCK];
  const partsIn = ({ start }: Region) => ALONG ** 3 + (start[2] > 0 ? ALONG ** 2 : 0);
  const blocks = Array.from(blocksOfShape({ shape, blockShape, context: [0, 0, 0] }), ({ write }) => {
    const own = write.start[2] > 0 ? ALONG ** 2 : 0,
      next = write.start[2] + BLOCK < shape[2] ? ALONG ** 2 : 0;
    const counts = {
      parts: partsIn(write),
      border: THICK ** 2 * (own + next),
      dropped: 3,
      highest: 5,
    };
    return { write, counts };
  });
  const kinds = new Map<string, BlockParts>();
  return {
    shape,
    blockShape,
    blocks,
    parts: blocks.reduce((sum, { counts }) => sum + counts.parts, 0),
    synapses: ALONG ** 3 * blocks.length,
    read({ start }) {
      const hasLast = start[2] > 0, hasNext = start[2] + BLOCK < shape[2];
      const kind = `${hasLast}, ${hasNext}`;
      const parts = kinds.get(kind) ?? partsOf(hasLast, hasNext);
      kinds.set(kind, parts);
      return Promise.resolve(movedTo(start, parts));
    },
  };
}

/** Parts of a block at the origin, in raster order. */
function partsOf(hasLast: boolean, hasNext: boolean): BlockParts {
  const sums = createSynapseSums(), border: number[] = [];
  let part = 0;
  const add = (z: number, y: number, x: number, isAtBorder: boolean) => {
    for (let dz = 0; dz < THICK; dz++) {
      for (let dy = 0; dy < THICK; dy++) {
        sums.addRun(part, { z: z + dz, y: y + dy, start: x, end: x + LONG });
        if (isAtBorder) border.push(((z + dz) * BLOCK + y + dy) * BLOCK + (x === 0 ? 0 : BLOCK - 1), part);
      }
    }
    for (let voxel = 0; voxel < THICK ** 2 * LONG; voxel++) {
      sums.addScore(part, 3 + Math.sin(part / 7 + voxel));
      sums.addDirection(part, [Math.cos(part / 7), Math.sin(part / 7), 0]);
    }
    part++;
  };
  for (let k = 0; k < ALONG; k++) {
    for (let j = 0; j < ALONG; j++) {
      // what began in the block before
      if (hasLast) add(k * STEP + 8, j * STEP + 8, 0, true);
      for (let i = 1; i < ALONG; i++) add(k * STEP + 8, j * STEP + 8, i * STEP - 8, false);
      add(k * STEP + 8, j * STEP + 8, BLOCK - LONG, hasNext);
    }
  }
  return { sums: sums.records(0, part), border: Int32Array.from(border), runs: new Int32Array(0) };
}

/** Of a record of sums those numbers that are places in the volume: first voxel and box, `[z, y, x]` each. */
const PLACES = { from: 1, to: 10 };

/** The same parts in a block elsewhere, as they are read from its file: in one buffer, with runs. */
function movedTo(start: Zyx, { sums, border }: BlockParts): BlockParts {
  const runWords = sums.length / SUM_FIELDS * RUN_WORDS;
  const buffer = new ArrayBuffer(sums.byteLength + border.byteLength + 4 * runWords);
  const own = {
    sums: new Float64Array(buffer, 0, sums.length),
    border: new Int32Array(buffer, sums.byteLength, border.length),
    runs: new Int32Array(buffer, sums.byteLength + border.byteLength, runWords),
  };
  own.sums.set(sums);
  for (let at = 0; at < sums.length; at += SUM_FIELDS) {
    for (let place = PLACES.from; place < PLACES.to; place++) {
      own.sums[at + place] = (sums[at + place] ?? 0) + (start[(place - PLACES.from) % 3] ?? 0);
    }
  }
  own.border.set(border);
  own.runs.fill(1); // so that the memory is taken
  return own;
}
