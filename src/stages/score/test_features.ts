/**
 * `extra.saveTestingFeatures`: what every stump thresholds, for every supervoxel of a test volume. Each block leaves a file of its own;
 * `assembleTestFeatures` makes of them the matrices that a user reads. Rows are ordered by chunk of the output, then by seed and first
 * voxel, so that no plan of blocks changes them.
 */
import { join } from "node:path";
import { checkSealedFile, sealFile } from "../../engine/mod.ts";
import type { Kernels } from "../../kernels/mod.ts";
import type { SupervoxelNames } from "../../supervoxels/names.ts";
import { temporaryName, writeFully } from "../../volume/file.ts";
import { type Region, zipAxes, type Zyx } from "../../volume/region.ts";
import { readFully } from "../../block/feature_file.ts";
import type { ScoreJob } from "../stage_jobs.ts";
import type { PlacedSupervoxels } from "../../block/context/placed.ts";
import { gatherPoses } from "../../block/context/context_features.ts";
import { fullBoxVoxels } from "../../block/context/pose_reach.ts";
import type { ColumnTable } from "../../block/context/tables.ts";
import type { NumberedStump } from "../../block/context/votes.ts";
import { blockFileName } from "../../run/block_files.ts";

/** Chunks and rows of a block's file. */
interface Head {
  readonly chunks: readonly { readonly chunk: number; readonly rows: number }[];
  readonly rows: number;
}

/**
 * Opens the file of the block that writes `write`, for its features as its columns are computed.
 * @param chunk shape of the output's chunks
 */
export function createTestFeatureWriter(
  job: ScoreJob,
  write: Region,
  volumeShape: Zyx,
  chunk: Zyx,
  names: SupervoxelNames,
) {
  const order = rowOrder(names, volumeShape, chunk);
  const head = headOf(order);
  const rows = order.length;
  const path = join(job.features, blockFileName(write, "features"));
  const temporary = temporaryName(path); // two processes may be given the same block
  const file = Deno.openSync(temporary, { write: true, createNew: true });
  const headBytes = new TextEncoder().encode(`${JSON.stringify(head)}\n`);
  writeFully(file, headBytes);
  const winners = headBytes.length;
  const values = winners + rows;
  const column = new Float32Array(rows);
  return {
    addColumn(
      kernels: Kernels,
      table: ColumnTable,
      stumps: readonly NumberedStump[],
      own: PlacedSupervoxels,
      flipped: PlacedSupervoxels,
    ): void {
      const details = job.volume.columns[table.column];
      if (!details) throw new Error(`column ${table.column} is missing`);
      for (const stump of stumps) {
        const voxels = fullBoxVoxels(stump.pose, job.volume.anisotropy);
        for (const [frame, placed] of [own, flipped].entries()) {
          const means = exactMeans(kernels, table, stump.pose, placed);
          for (const [row, { index }] of order.entries()) {
            column[row] = (details.low + (means[index] ?? 0) / details.scale) * voxels;
          }
          file.seekSync(values + (stump.index * 2 + frame) * rows * 4, Deno.SeekMode.Start);
          writeFully(file, new Uint8Array(column.buffer));
        }
      }
    },
    /** Records which frame won, and gives the sealed file its name. Scores: one per supervoxel. */
    finish(own: Float64Array, flipped: Float64Array): void {
      const flags = Uint8Array.from(order, ({ index }) => (flipped[index] ?? 0) > (own[index] ?? 0) ? 1 : 0);
      file.seekSync(winners, Deno.SeekMode.Start);
      writeFully(file, flags);
      file.close();
      sealFile(temporary);
      Deno.renameSync(temporary, path);
    },
  };
}

/** Means in fixed point of one pose's box, f64 a supervoxel. */
export function exactMeans(
  kernels: Kernels,
  table: ColumnTable,
  pose: number,
  placed: PlacedSupervoxels,
): Float64Array {
  const { arena } = kernels;
  const mark = arena.mark();
  const out = arena.alloc(placed.capacity * 8);
  gatherPoses(kernels, table, [pose], placed, true, out);
  const means = arena.f64(out, placed.count);
  arena.release(mark);
  return means;
}

function rowOrder({ owned, seeds, first }: SupervoxelNames, volumeShape: Zyx, chunk: Zyx) {
  const grid = zipAxes((n, c) => Math.ceil(n / c), volumeShape, chunk);
  const rows: { index: number; chunk: number; seed: number; first: number }[] = [];
  for (let index = 0; index < owned.length; index++) {
    if (owned[index] !== 1) continue;
    const voxel = first[index] ?? 0;
    const x = voxel % volumeShape[2];
    const y = Math.floor(voxel / volumeShape[2]) % volumeShape[1];
    const z = Math.floor(voxel / volumeShape[2] / volumeShape[1]);
    const [cz, cy, cx] = zipAxes((p, c) => Math.floor(p / c), [z, y, x], chunk);
    rows.push({ index, chunk: (cz * grid[1] + cy) * grid[2] + cx, seed: seeds[index] ?? 0, first: voxel });
  }
  return rows.sort((a, b) => a.chunk - b.chunk || a.seed - b.seed || a.first - b.first);
}

function headOf(order: readonly { readonly chunk: number }[]): Head {
  const chunks = new Map<number, number>();
  for (const { chunk } of order) chunks.set(chunk, (chunks.get(chunk) ?? 0) + 1);
  return { chunks: [...chunks].map(([chunk, rows]) => ({ chunk, rows })), rows: order.length };
}

/** Matrices of features to write: with the frame as estimated, with the flipped frame, with the one that won. */
export interface TestFeaturePaths {
  readonly own: string;
  readonly flipped: string;
  readonly winning: string;
}

/**
 * Makes the three matrices of the blocks' files: rows and columns (u32 each), then f32 column by column, little-endian.
 * @param files paths of all blocks of the volume, sealed
 * @throws {DamagedError} where one of them is not what was written
 */
export function assembleTestFeatures(
  files: readonly string[],
  stumps: number,
  paths: TestFeaturePaths,
): void {
  files.forEach(checkSealedFile);
  const blocks = files.map((path) => ({ path, ...readHead(path) }));
  const offsets = new Map<number, number>();
  let total = 0;
  for (const { chunk, rows } of blocks.flatMap((block) => block.chunks).sort((a, b) => a.chunk - b.chunk)) {
    offsets.set(chunk, total);
    total += rows;
  }
  const targets = [paths.own, paths.flipped, paths.winning].map((path) => {
    const file = Deno.openSync(`${path}.partial`, { write: true, create: true, truncate: true });
    writeFully(file, new Uint8Array(Uint32Array.of(total, stumps).buffer));
    return { path, file };
  });
  for (const block of blocks) {
    using file = Deno.openSync(block.path);
    const winners = new Uint8Array(block.rows);
    file.seekSync(block.dataStart, Deno.SeekMode.Start);
    readFully(file, winners, block.path);
    const pair = new Float32Array(block.rows * 2);
    const winning = new Float32Array(block.rows);
    for (let stump = 0; stump < stumps; stump++) {
      readFully(file, new Uint8Array(pair.buffer), block.path);
      for (const [row, flipped] of winners.entries()) winning[row] = pair[row + flipped * block.rows] ?? 0;
      const columns = [pair.subarray(0, block.rows), pair.subarray(block.rows), winning];
      for (const [i, { file: target }] of targets.entries()) {
        let row = 0;
        for (const { chunk, rows } of block.chunks) {
          const part = columns[i]?.subarray(row, row + rows) ?? winning;
          target.seekSync(8 + (stump * total + (offsets.get(chunk) ?? 0)) * 4, Deno.SeekMode.Start);
          writeFully(target, new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
          row += rows;
        }
      }
    }
  }
  for (const { path, file } of targets) {
    file.syncSync();
    file.close();
    Deno.renameSync(`${path}.partial`, path);
  }
}

function readHead(path: string): Head & { dataStart: number } {
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(Math.min(file.statSync().size, 2 ** 24));
  readFully(file, bytes, path);
  const end = bytes.indexOf(10);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) as Head;
  return { ...head, dataStart: end + 1 };
}
