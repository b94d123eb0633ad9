/** Synapses for scripts: found in scores, using the metadata stored with the scores. */
import type { VoxelSink, VoxelSource } from "../analysis/voxel_source.ts";
import { UserError } from "../user_error.ts";
import { directionSource } from "../stages/synapses/directions.ts";
import { keptAnisotropy, keptDirections, keptThreshold } from "../stages/synapses/kept.ts";
import { SYNAPSES_MEMORY, synapsesShares } from "../stages/synapses/memory.ts";
import { findSynapses as findIn, type SynapseTable } from "../stages/synapses/synapses.ts";
import type { VoxelSize } from "../volume/voxel_size.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import { isZarr, numbersInto, scoresFrom } from "./sources.ts";
import { asStage, memoryFrom, voxelsOf, type WorkOptions } from "./work_options.ts";

/** How to find synapses. The defaults are what scoring has stored with the scores. */
export interface FindSynapsesOptions extends WorkOptions {
  /** Minimum score of a synapse's voxels. Default: the model's threshold. */
  readonly threshold?: number;
  /** Minimum size in voxels. Default 100. */
  readonly minSize?: number;
  /** Size of a voxel in nm. Default: as the scores' array has it. */
  readonly voxelSize?: VoxelSize;
  /** Voxel size in z over voxel size in x and y, where the voxel size is not known. Default: that of the run, else 1. */
  readonly anisotropy?: number;
  /** Directions: an array that scoring wrote, or an orientation of 9 components. Default: what scoring wrote. */
  readonly directions?: ZarrVolume;
  /** Receives each voxel's synapse, 0 where there is none: an array of uint32, or voxels in memory. */
  readonly labels?: ZarrVolume | VoxelSink<Uint32Array>;
}

/**
 * Finds the synapses: connected voxels (by faces, edges or corners) whose score is at least the threshold. The table and the
 * labels are the same to the bit however the volume is read.
 *
 * @param scores `[z, y, x]`, float32, or uint8 where they are probabilities; what is not a number is no synapse
 * @throws {UserError} where no threshold is kept with the scores and none is given, the directions are of another shape, or
 *   there are more synapses than the memory holds
 *
 * @example
 * ```ts
 * import { arraySource, findSynapses } from "@ccboost/ccboost";
 * import assert from "node:assert/strict";
 *
 * const scores = arraySource("scores", Float32Array.of(-1, 4, 5, -1), [1, 1, 4]);
 * const { synapses } = await findSynapses(scores, { threshold: 3, minSize: 2 });
 * assert.deepEqual(synapses.map(({ centroid, voxels }) => [centroid, voxels]), [[[0, 0, 1.5], 2]]);
 * ```
 */
export async function findSynapses(
  scores: ZarrVolume | VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  options: FindSynapsesOptions = {},
): Promise<SynapseTable> {
  const source = scoresFrom(scores);
  const kept = isZarr(scores) ? scores : undefined;
  const threshold = options.threshold ?? (kept && keptThreshold(kept));
  if (threshold === undefined) {
    throw new UserError(`${source.name} has no threshold; pass one (evaluate() finds a good one)`);
  }
  const directions = options.directions === undefined
    ? kept && await keptDirections(kept)
    : directionSource(options.directions);
  const memory = memoryFrom(options, "findSynapses", SYNAPSES_MEMORY);
  const { minSize, labels } = options;
  return await asStage(options, "synapses", voxelsOf(source), (control) =>
    findIn(source, {
      threshold,
      directions,
      voxelSize: options.voxelSize ?? kept?.voxelSize,
      anisotropy: options.anisotropy ?? (kept && keptAnisotropy(kept)) ?? 1,
      minSize,
      labels: labels && numbersInto(labels),
      ...(memory === undefined ? {} : synapsesShares(memory)),
      ...control,
    }));
}
