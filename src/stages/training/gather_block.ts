/** Evaluates context features at the samples of one block. */
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { poseAt } from "../../boosting/mod.ts";
import type { Kernels } from "../../kernels/mod.ts";
import { temporaryName, writeFully } from "../../volume/file.ts";
import { growRegion, type Region, regionEnd } from "../../volume/region.ts";
import {
  BUFFER_VALUES,
  type Feature,
  featureFileHead,
  featureSlots,
  sealFeatureFile,
} from "../../block/feature_file.ts";
import type { GatherJob } from "../stage_jobs.ts";
import { type PlacedSupervoxels, placeSupervoxels } from "../../block/context/placed.ts";
import { poseReach } from "../../block/context/pose_reach.ts";
import { pickSamples, readSamples, type SampleTable } from "./sample_table.ts";
import { gatherPoses, lookUpPoses, type PoseLookUp } from "../../block/context/context_features.ts";
import { type ColumnTable, forEachTable } from "../../block/context/tables.ts";
import { boundingBox, type OpenVolume, openVolume, readBlock } from "../../block/volume_block.ts";
import { blockFileName } from "../../run/block_files.ts";

interface OpenGatherJob {
  readonly job: GatherJob;
  readonly open: OpenVolume;
  readonly samples: SampleTable;
  readonly slots: readonly Feature[];
}

export async function openGatherJob(job: GatherJob): Promise<OpenGatherJob> {
  return {
    job,
    open: await openVolume(job.volume),
    samples: await readSamples(job.samples),
    slots: featureSlots(job.features, job.volume.columns.length),
  };
}

/** Writes the features of the samples whose centroid lies in `write`; returns how many samples that are. */
export async function gatherBlock(
  kernels: Kernels,
  opened: OpenGatherJob,
  read: Region,
  write: Region,
): Promise<number> {
  const { job, open, slots } = opened;
  const indices = samplesIn(opened.samples, write);
  const samples = pickSamples(opened.samples, indices);
  const path = join(job.folder, blockFileName(write, "features"));
  const valueBytes = job.exact ? 8 : 2;
  const temporary = temporaryName(path); // two processes may be given the same block
  using file = Deno.openSync(temporary, { write: true, createNew: true });
  writeFully(file, featureFileHead(Uint32Array.from(indices), valueBytes));
  const sums = new Uint32Array(slots.length);
  if (samples.count > 0) {
    const begin = kernels.arena.mark();
    const block = await readBlock(kernels, open, read);
    const reach = poseReach(slots.map((slot) => slot.pose), job.volume.anisotropy);
    const region = growRegion(boundingBox(samples.centroids), reach, open.raw.shape);
    const placed = placeSupervoxels(
      kernels,
      samples.centroids,
      samples.frames,
      region,
      open.raw.shape,
      job.volume,
    );
    const places = slots.map((slot, place) => ({ ...slot, place }));
    const out = { file, begin: file.seekSync(0, Deno.SeekMode.Current), isExact: job.exact, sums };
    const byColumn = Map.groupBy(places, ({ column }) => column);
    await forEachTable(kernels, block, byColumn, region, (table, features) => {
      writeColumn(kernels, table, features, placed, out);
    });
    kernels.arena.release(begin);
  }
  sealFeatureFile(temporary, sums);
  Deno.renameSync(temporary, path);
  return samples.count;
}

/** Where a block's features go. */
interface FeatureTarget {
  readonly file: Deno.FsFile;
  /** Byte at which slot 0 begins. */
  readonly begin: number;
  /** f64 instead of u16. */
  readonly isExact: boolean;
  /** Receives the checksum of each slot's values. */
  readonly sums: Uint32Array;
}

/** Computes one column's features, box size by box size, and writes each to its slot. */
function writeColumn(
  kernels: Kernels,
  table: ColumnTable,
  features: readonly (Feature & { readonly place: number })[],
  placed: PlacedSupervoxels,
  { file, begin, isExact, sums }: FeatureTarget,
): void {
  const { arena } = kernels;
  const valueBytes = isExact ? 8 : 2;
  const stride = placed.capacity * valueBytes;
  const atOnce = Math.max(1, Math.floor(BUFFER_VALUES / placed.capacity));
  const begun = arena.mark();
  const buffer = arena.alloc(Math.min(atOnce, features.length) * stride);
  for (const [radius, sameRadius] of Map.groupBy(features, ({ pose }) => poseAt(pose).radius)) {
    const mark = arena.mark();
    const poses = sameRadius.map(({ pose }) => pose);
    const lookUp: PoseLookUp = isExact
      ? (some, into) => gatherPoses(kernels, table, some, placed, true, into)
      : lookUpPoses(kernels, table, placed, radius, poses);
    for (let from = 0; from < poses.length; from += atOnce) {
      const some = sameRadius.slice(from, from + atOnce);
      lookUp(some.map(({ pose }) => pose), buffer);
      for (const [i, { place }] of some.entries()) {
        file.seekSync(begin + place * placed.count * valueBytes, Deno.SeekMode.Start);
        const values = arena.u8(buffer + i * stride, placed.count * valueBytes);
        writeFully(file, values);
        sums[place] = crc32(values);
      }
    }
    arena.release(mark);
  }
  arena.release(begun);
}

/** Edge of the cubes in whose order samples are visited, so that neighbours read the same part of an integral image. */
const CUBE = 32;

/** Indices of the samples with a centroid in the region, tile by tile. */
function samplesIn({ centroids, count }: SampleTable, region: Region): number[] {
  const end = regionEnd(region);
  const found: { index: number; tile: number }[] = [];
  for (let index = 0; index < count; index++) {
    const [z = 0, y = 0, x = 0] = centroids.subarray(index * 3, index * 3 + 3);
    if (z < region.start[0] || z >= end[0] || y < region.start[1] || y >= end[1]) continue;
    if (x < region.start[2] || x >= end[2]) continue;
    const tile = (Math.floor(z / CUBE) * 65536 + Math.floor(y / CUBE)) * 65536 + Math.floor(x / CUBE);
    found.push({ index, tile });
  }
  return found.sort((a, b) => a.tile - b.tile || a.index - b.index).map(({ index }) => index);
}
