/** Evaluates context features at the samples of one block. */
import { join } from "node:path";
import type { Kernels } from "../kernels/mod.ts";
import { growRegion, type Region, regionEnd } from "../volume/region.ts";
import { type Feature, featureFileHead, featureSlots, writeFully } from "./feature_file.ts";
import type { GatherJob } from "./job.ts";
import { type PlacedSupervoxels, placeSupervoxels, poseArguments } from "./placed.ts";
import { poseReach } from "./reach.ts";
import { pickSamples, readSamples, type SampleTable } from "./sample_table.ts";
import { forEachTable } from "./score_block.ts";
import type { ColumnTable } from "./tables.ts";
import { boundingBox, type OpenVolume, openVolume, readBlock } from "./volume_block.ts";

export interface OpenGatherJob {
  readonly job: GatherJob;
  readonly open: OpenVolume;
  readonly samples: SampleTable;
  readonly slots: readonly Feature[];
}

/** Values that are computed before they are written. */
const BUFFER_VALUES = 2 ** 20;

export async function openGatherJob(job: GatherJob): Promise<OpenGatherJob> {
  return {
    job,
    open: await openVolume(job.volume),
    samples: await readSamples(job.samples),
    slots: featureSlots(job.features, job.volume.columns.length),
  };
}

/** Name of the file with the features of a block. */
export function featureFileName(write: Region): string {
  return `${write.start.join("-")}_${write.shape.join("-")}.features`;
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
  const path = join(job.folder, featureFileName(write));
  const valueBytes = job.exact ? 8 : 2;
  using file = Deno.openSync(`${path}.partial`, { write: true, create: true, truncate: true });
  writeFully(file, featureFileHead(Uint32Array.from(indices), valueBytes));
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
      job.volume.anisotropy,
    );
    await forEachTable(kernels, block, slotsByColumn(slots), region, (table, features) => {
      writeColumn(kernels, table, features, placed, job.exact, file);
    });
    kernels.arena.release(begin);
  }
  file.syncDataSync();
  Deno.renameSync(`${path}.partial`, path);
  return samples.count;
}

function slotsByColumn(slots: readonly Feature[]): Map<number, Feature[]> {
  const groups = new Map<number, Feature[]>();
  for (const slot of slots) {
    const group = groups.get(slot.column);
    if (group) group.push(slot);
    else groups.set(slot.column, [slot]);
  }
  return groups;
}

function writeColumn(
  { run, arena }: Kernels,
  table: ColumnTable,
  features: readonly Feature[],
  placed: PlacedSupervoxels,
  exact: boolean,
  file: Deno.FsFile,
): void {
  const { setup, points, frames, count, capacity } = placed;
  const valueBytes = exact ? 8 : 2;
  const atOnce = Math.max(1, Math.floor(BUFFER_VALUES / count));
  const mark = arena.mark();
  const buffer = arena.alloc((atOnce * count + 4) * valueBytes);
  for (let from = 0; from < features.length; from += atOnce) {
    const group = features.slice(from, from + atOnce);
    // each pose writes up to 3 spare values, which the next one overwrites
    for (const [i, { pose }] of group.entries()) {
      const [ox, oy, oz, perZ, r, rz] = poseArguments(pose, placed);
      const out = buffer + i * count * valueBytes;
      run.contextFeatures(
        table.address,
        setup,
        points,
        frames,
        capacity,
        ox,
        oy,
        oz,
        perZ,
        r,
        rz,
        exact ? 1 : 0,
        out,
      );
    }
    writeFully(file, arena.u8(buffer, group.length * count * valueBytes));
  }
  arena.release(mark);
}

/** Edge of the cubes in whose order samples are visited, so that neighbours read the same part of an integral image. */
const TILE = 32;

/** Indices of the samples with a centroid in the region, tile by tile. */
function samplesIn({ centroids, count }: SampleTable, region: Region): number[] {
  const end = regionEnd(region);
  const found: { index: number; tile: number }[] = [];
  for (let index = 0; index < count; index++) {
    const [z = 0, y = 0, x = 0] = centroids.subarray(index * 3, index * 3 + 3);
    if (z < region.start[0] || z >= end[0] || y < region.start[1] || y >= end[1]) continue;
    if (x < region.start[2] || x >= end[2]) continue;
    const tile = (Math.floor(z / TILE) * 65536 + Math.floor(y / TILE)) * 65536 + Math.floor(x / TILE);
    found.push({ index, tile });
  }
  return found.sort((a, b) => a.tile - b.tile || a.index - b.index).map(({ index }) => index);
}
