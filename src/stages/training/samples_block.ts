/** Finds the labelled supervoxels of one block. */
import { join } from "node:path";
import type { Kernels } from "../../kernels/mod.ts";
import { chanceOf } from "../../supervoxels/identity.ts";
import type { SupervoxelNames } from "../../supervoxels/names.ts";
import type { BlockSupervoxels } from "../../supervoxels/slic.ts";
import { type Region, voxelCount, type Zyx } from "../../volume/region.ts";
import { openZarr, readRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { segmentBlock } from "../../block/block_supervoxels.ts";
import type { SamplesJob } from "../stage_jobs.ts";
import { LABEL_SLAB } from "../../block/reach.ts";
import { pickSamples, writeSamples } from "./sample_table.ts";
import { framesAt, type OpenVolume, openVolume, readBlock } from "../../block/volume_block.ts";
import { blockFileName } from "../../run/block_files.ts";

/** Share of a supervoxel's voxels that must be labelled 0 for a negative sample. */
const NEGATIVE_SHARE = 0.8;

/** Share of a supervoxel's voxels that must lie in one component for a positive sample. */
const POSITIVE_SHARE = 0.9;

interface OpenSamplesJob {
  readonly job: SamplesJob;
  readonly open: OpenVolume;
  readonly labels: ZarrVolume;
  readonly components: ZarrVolume;
}

/** How many samples a block has, for the log. */
export interface SampleCounts {
  readonly supervoxels: number;
  readonly positives: number;
  /** All negatives, recorded or not. */
  readonly negatives: number;
}

export async function openSamplesJob(job: SamplesJob): Promise<OpenSamplesJob> {
  return {
    job,
    open: await openVolume(job.volume),
    labels: await openZarr(job.labels),
    components: await openZarr(job.components),
  };
}

/** Writes the samples of the supervoxels whose first voxel lies in `write` to a file named after it. */
export async function samplesBlock(
  kernels: Kernels,
  opened: OpenSamplesJob,
  read: Region,
  write: Region,
): Promise<SampleCounts> {
  const { arena } = kernels;
  const { job, open } = opened;
  const begin = arena.mark();
  const block = await readBlock(kernels, open, read);
  const map = arena.alloc(voxelCount(write.shape) * 4);
  const inner = arena.mark();
  const supervoxels = segmentBlock(kernels, open, block, write, map);
  const names = supervoxels.names();
  const labels = await countLabels(kernels, opened, supervoxels);
  const chosen = classify(job, { ...supervoxels, names }, labels, open.raw.shape);
  arena.release(inner);

  const { count, centroids } = supervoxels;
  const { components } = chosen;
  const samples = pickSamples(
    { count, volumes: new Uint16Array(count), ...names, centroids, components, frames: new Float32Array(0) },
    chosen.indices,
  );
  samples.frames.set(await framesAt(kernels, open, block, samples.centroids));
  await writeSamples(join(job.folder, blockFileName(write, "samples")), samples);
  arena.release(begin);
  return chosen.counts;
}

/**
 * Counts of labels, 4 a supervoxel: negatives, positives of one component, that component, voxels of other components. They lie in kernel
 * memory until the arena is released.
 */
async function countLabels(
  kernels: Kernels,
  { labels, components }: OpenSamplesJob,
  { region, numberOf, count }: BlockSupervoxels,
): Promise<Int32Array> {
  const { run, arena } = kernels;
  const address = arena.alloc(count * 16);
  arena.i32(address, count * 4).fill(0);
  const slice = region.shape[1] * region.shape[2];
  const depth = Math.min(LABEL_SLAB, region.shape[0]);
  const labelSlab = arena.alloc(depth * slice);
  const componentSlab = arena.alloc(depth * slice * 4);
  const forEachSlab = async (use: (numbers: number, slab: Region) => void | Promise<void>) => {
    for (let z = 0; z < region.shape[0]; z += depth) {
      const slab: Region = {
        start: [region.start[0] + z, region.start[1], region.start[2]],
        shape: [Math.min(depth, region.shape[0] - z), region.shape[1], region.shape[2]],
      };
      await readRegion(components, slab, arena.u32(componentSlab, voxelCount(slab.shape)));
      await use(numberOf + z * slice * 4, slab);
    }
  };
  await forEachSlab(async (numbers, slab) => {
    const voxels = voxelCount(slab.shape);
    await readRegion(labels, slab, arena.u8(labelSlab, voxels));
    run.supervoxelLabels(numbers, labelSlab, componentSlab, voxels, address);
  });
  const counts = arena.i32(address, count * 4);
  const mixed = mixedSupervoxels(counts);
  if (mixed.size > 0) {
    await forEachSlab((numbers, slab) => {
      const voxels = voxelCount(slab.shape);
      tallyComponents(mixed, arena.i32(numbers, voxels), arena.u32(componentSlab, voxels));
    });
    for (const [number, tally] of mixed) {
      const [component, voxels] = [...tally].reduce((a, b) => b[1] > a[1] ? b : a);
      counts.set([voxels, component], number * 4 + 1);
    }
  }
  return counts;
}

/** Voxels of each component, for supervoxels that the kernel counted for a component they may hardly have: the first it met. */
type MixedSupervoxels = Map<number, Map<number, number>>;

function mixedSupervoxels(counts: Int32Array): MixedSupervoxels {
  const mixed: MixedSupervoxels = new Map();
  for (let at = 0; at < counts.length; at += 4) {
    if ((counts[at + 3] ?? 0) > (counts[at + 1] ?? 0)) mixed.set(at / 4, new Map());
  }
  return mixed;
}

function tallyComponents(mixed: MixedSupervoxels, numbers: Int32Array, components: Uint32Array): void {
  for (const [voxel, component] of components.entries()) {
    if (component === 0) continue;
    const tally = mixed.get(numbers[voxel] ?? -1);
    tally?.set(component, (tally.get(component) ?? 0) + 1);
  }
}

function classify(
  job: SamplesJob,
  { count, centroids, voxels, names }: Pick<BlockSupervoxels, "count" | "centroids" | "voxels"> & {
    readonly names: SupervoxelNames;
  },
  labels: Int32Array,
  volumeShape: Zyx,
) {
  const used = new Set(job.useComponents);
  const indices: number[] = [];
  const components = new Int32Array(count);
  const counts = { supervoxels: 0, positives: 0, negatives: 0 };
  for (let i = 0; i < count; i++) {
    if (names.owned[i] !== 1) continue;
    counts.supervoxels++;
    if (isNearBorder(centroids.subarray(i * 3, i * 3 + 3), job, volumeShape)) continue;
    const [negative = 0, positive = 0, component = 0] = labels.subarray(i * 4, i * 4 + 3);
    const size = voxels[i] ?? 0;
    if (positive >= POSITIVE_SHARE * size && positive > 0) {
      if (used.size > 0 && !used.has(component)) continue;
      components[i] = component;
      indices.push(i);
      counts.positives++;
    } else if (negative >= NEGATIVE_SHARE * size) {
      counts.negatives++;
      const chance = chanceOf(job.seed, "negative", names.seeds[i] ?? 0, names.first[i] ?? 0);
      if (chance < job.negativeShare) indices.push(i);
    }
  }
  return { indices, components, counts };
}

function isNearBorder(centroid: Int32Array, { borderMinDist, volume }: SamplesJob, shape: Zyx): boolean {
  const [z = 0, y = 0, x = 0] = centroid;
  const along = borderMinDist / volume.anisotropy;
  return Math.min(x, shape[2] - 1 - x, y, shape[1] - 1 - y) < borderMinDist ||
    Math.min(z, shape[0] - 1 - z) < along;
}
