/** Labels as a training takes them: 255 on synapses, 0 where there is none, 128 where nobody knows. */
import { join } from "node:path";
import { zarrBytes, zarrSink } from "../analysis/voxel_source.ts";
import { findComponents } from "../stages/components.ts";
import type { GroundTruth } from "../stages/training/ground_truth.ts";
import { UserError } from "../user_error.ts";
import { discard } from "../volume/bytes.ts";
import { type Region, regionAround, voxelCount, zipAxes, type Zyx } from "../volume/region.ts";
import { createZarr, readRegion, writeRegion, type ZarrVolume } from "../volume/zarr/mod.ts";
import { regionOfChunk } from "../volume/zarr/read.ts";
import { outsideChunks } from "./regions.ts";
import { chunkKey } from "./runs.ts";
import { LABEL } from "./state.ts";

const NEGATIVE = 0, POSITIVE = 255, IGNORED = 128;

/** A chunk that holds labels. */
export interface PaintedChunk {
  readonly at: Zyx;
  /** The smallest region that holds them. */
  readonly box: Region;
}

/** What a truth is made of. */
export interface TruthOptions {
  readonly labels: ZarrVolume;
  /** Chunks that hold a label, and where in them. */
  readonly painted: readonly PaintedChunk[];
  /** Synapses to learn from; the others are ignored. */
  readonly used: ReadonlySet<number>;
  /** Smaller pieces are ignored, voxels. */
  readonly minSize: number;
  /** Whether there may be none, since there are other stacks. */
  readonly mayLackSynapses?: boolean;
  /** The truth before, to tell what has changed. */
  readonly before?: LabelTruth | undefined;
  /** Folder that receives the arrays. */
  readonly folder: string;
}

/** Labels as a training takes them. Where their supervoxels are is left to the caller. */
export interface LabelTruth extends GroundTruth {
  readonly painted: readonly PaintedChunk[];
  /** Regions that hold all voxels whose label is another than in the truth before; undefined where there was none. */
  readonly changed: readonly Region[] | undefined;
}

/**
 * Makes the truth of chunks that are painted; nothing else is read or written.
 * @throws {UserError} where no synapse is large enough to learn from, unless that may be
 */
export async function makeTruth(options: TruthOptions): Promise<LabelTruth> {
  const { labels, painted, used, minSize, folder, before, mayLackSynapses = false } = options;
  const { shape, chunk } = labels;
  const target = await createZarr(join(folder, "truth.zarr"), {
    shape,
    chunk,
    dtype: "uint8",
    codec: "zstd",
    fillValue: IGNORED,
  });
  for (const { at } of painted) await writeTruth(labels, target, at, used);
  const isUnlabelled = outsideChunks(painted.map(({ at }) => at), chunk);
  const components = await createZarr(join(folder, "components.zarr"), {
    shape,
    chunk,
    dtype: "uint32",
    codec: "zstd",
  });
  const list = await findComponents({ ...zarrBytes(target), isUnlabelled }, zarrSink(components), {
    minSize,
  });
  if (!mayLackSynapses) requirePieces([{ list }], minSize);
  const changed = before && await changedRegions(before, { labels: target, painted });
  return { labels: target, components, list, identity: null, painted, changed };
}

/** @throws {UserError} where no synapse of any stack is large enough to learn from */
export function requirePieces(truths: readonly Pick<GroundTruth, "list">[], minSize: number): void {
  if (truths.some(({ list }) => list.components.length > 0)) return;
  throw new UserError(`no synapse has a piece of at least ${minSize} voxels; paint on one`);
}

/** The smallest region of each chunk that holds all voxels with another label. */
async function changedRegions(
  before: LabelTruth,
  now: Pick<LabelTruth, "labels" | "painted">,
): Promise<Region[]> {
  const chunks = new Map([...before.painted, ...now.painted].map(({ at }) => [chunkKey(at), at]));
  const changed: Region[] = [];
  for (const at of chunks.values()) {
    const region = regionOfChunk(now.labels, at);
    const [were, are] = [new Uint8Array(voxelCount(region.shape)), new Uint8Array(voxelCount(region.shape))];
    await readRegion(before.labels, region, were);
    await readRegion(now.labels, region, are);
    const box = boxOfDifferences(were, are, region.shape);
    discard(were, are);
    if (box) changed.push({ start: zipAxes((a, b) => a + b, region.start, box.start), shape: box.shape });
  }
  return changed;
}

function boxOfDifferences(a: Uint8Array, b: Uint8Array, [, height, width]: Zyx): Region | undefined {
  let box: Region | undefined;
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue;
    const row = Math.floor(i / width);
    const voxel: Region = { start: [Math.floor(row / height), row % height, i % width], shape: [1, 1, 1] };
    box = box ? regionAround(box, voxel) : voxel;
  }
  return box;
}

async function writeTruth(
  labels: ZarrVolume,
  target: ZarrVolume,
  at: Zyx,
  used: ReadonlySet<number>,
): Promise<void> {
  const region = regionOfChunk(labels, at);
  const values = new Uint32Array(voxelCount(region.shape));
  await readRegion(labels, region, values);
  const truth = new Uint8Array(values.length).fill(IGNORED);
  for (const [i, value] of values.entries()) {
    if (value === LABEL.not) truth[i] = NEGATIVE;
    else if (used.has(value)) truth[i] = POSITIVE;
  }
  await writeRegion(target, region, truth);
  discard(values, truth);
}
