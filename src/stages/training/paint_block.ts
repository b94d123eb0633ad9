/** Writes the final training weights into the voxels of their supervoxels. */
import type { Kernels } from "../../kernels/mod.ts";
import { supervoxelKey } from "../../supervoxels/identity.ts";
import { type Region, voxelCount } from "../../volume/region.ts";
import { openZarr, writeRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { segmentBlock } from "../../block/block_supervoxels.ts";
import type { PaintJob } from "../stage_jobs.ts";
import { type OpenVolume, openVolume, readBlock } from "../../block/volume_block.ts";
import { readSealedFile, writeSealedFile } from "../../engine/mod.ts";
import type { SampleTable } from "./sample_table.ts";

interface OpenPaintJob {
  readonly open: OpenVolume;
  readonly positive: ZarrVolume;
  readonly negative: ZarrVolume;
  /** Weights by identity of the supervoxel. */
  readonly weights: ReadonlyMap<string, readonly [positive: number, negative: number]>;
}

export async function openPaintJob(job: PaintJob): Promise<OpenPaintJob> {
  return {
    open: await openVolume(job.volume),
    positive: await openZarr(job.positive),
    negative: await openZarr(job.negative),
    weights: await readWeights(job.values),
  };
}

/** Computes the block's supervoxels and writes both volumes of weights; 0 where a supervoxel is no sample. */
export async function paintBlock(
  kernels: Kernels,
  { open, positive, negative, weights }: OpenPaintJob,
  read: Region,
  write: Region,
): Promise<void> {
  const { run, arena } = kernels;
  const begin = arena.mark();
  const voxels = voxelCount(write.shape);
  const block = await readBlock(kernels, open, read);
  const map = arena.alloc(voxels * 4);
  const inner = arena.mark();
  const { count, names } = segmentBlock(kernels, open, block, write, map);
  const { seeds, first } = names();
  arena.release(inner);
  const values = arena.alloc(count * 4);
  const painted = arena.alloc(voxels * 4);
  for (const [sign, target] of [positive, negative].entries()) {
    const chosen = arena.f32(values, count);
    for (let i = 0; i < count; i++) {
      chosen[i] = weights.get(supervoxelKey(seeds[i] ?? 0, first[i] ?? 0))?.[sign === 0 ? 0 : 1] ?? 0;
    }
    run.paintSupervoxels(map, voxels, values, painted);
    await writeRegion(target, write, arena.f32(painted, voxels));
  }
  arena.release(begin);
}

/**
 * Writes each sample's identity and weight: four f64 a sample (seed, first voxel, positive weight, negative weight).
 * @param labels 1 positive, 0 negative
 */
export async function writeWeights(
  path: string,
  samples: SampleTable,
  labels: Uint8Array,
  weights: Float64Array,
): Promise<void> {
  const values = new Float64Array(samples.count * 4);
  for (let i = 0; i < samples.count; i++) {
    const weight = weights[i] ?? 0;
    const positive = labels[i] === 1;
    values.set(
      [samples.seeds[i] ?? 0, samples.first[i] ?? 0, positive ? weight : 0, positive ? 0 : weight],
      i * 4,
    );
  }
  await writeSealedFile(path, new Uint8Array(values.buffer));
}

/** Weights by supervoxel. One that is a positive and an artificial negative has both. */
async function readWeights(path: string): Promise<Map<string, readonly [number, number]>> {
  const bytes = await readSealedFile(path);
  const values = new Float64Array(bytes.buffer, 0, bytes.length / 8);
  const weights = new Map<string, readonly [number, number]>();
  for (let i = 0; i < values.length; i += 4) {
    const [seed = 0, first = 0, positive = 0, negative = 0] = values.subarray(i, i + 4);
    const key = supervoxelKey(seed, first);
    const known = weights.get(key) ?? [0, 0];
    weights.set(key, [known[0] + positive, known[1] + negative]);
  }
  return weights;
}
