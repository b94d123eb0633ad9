/** Final scores of the parts of the training volumes that have scores of the first stage, and a threshold that suits them. */
import { join } from "node:path";
import type { Refinement } from "../../boosting/mod.ts";
import type { RunContext } from "../../run/run_context.ts";
import { stageArray } from "../../run/work_folder.ts";
import { readRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { suffixOf, titleOf } from "../../run/volume_suffix.ts";
import type { ScoredParts } from "../training/cross_fit.ts";
import { usedComponents } from "../training/training_volume.ts";
import type { CellSamples } from "./cell_samples.ts";
import { refineScores } from "./refine.ts";
import {
  growRegion,
  intersectRegions,
  type Region,
  regionContains,
  voxelCount,
  type Zyx,
} from "../../volume/region.ts";
import type { Component } from "../components.ts";

/** What is refined. */
export interface RefinedParts {
  /** The stage that scored the parts, in whose folders the final scores are kept, too. */
  readonly stage: string;
  readonly scored: readonly ScoredParts[];
  /** Undefined where the scores are final as they are. */
  readonly refinement: Refinement | undefined;
  /** What the thresholds that are tried lie apart; up to 4096 are tried. */
  readonly step: number;
  /** The labelled cells, and their final scores. */
  readonly cells: CellSamples;
  readonly sums: ArrayLike<number>;
}

/**
 * The lowest threshold from `least` on with which what is found around labelled synapses is not much larger than they are.
 * @param dependsOn what the model depends on
 */
export async function thresholdOfParts(
  context: RunContext,
  { stage, scored, refinement, step, cells, sums }: RefinedParts,
  dependsOn: unknown,
  least: number,
): Promise<number> {
  const around: Surroundings[] = [];
  for (const own of scored) {
    around.push({
      scores: refinement ? await refineOwn(context, own, { stage, refinement, dependsOn }) : own.scores,
      components: usedComponents(own),
      anisotropy: own.volume.job.anisotropy,
      within: own.parts.map(({ region }) => region),
    });
  }
  const bySize = await thresholdBySize(around, least, context.signal, step);
  // thin labels may make it too high for synapses that the models have not seen
  return Math.max(least, Math.min(bySize, medianOfPositives(cells, sums)));
}

async function refineOwn(
  context: RunContext,
  { index, volume, parts, chunk, scores }: ScoredParts,
  { stage, refinement, dependsOn }: Pick<RefinedParts, "stage"> & {
    readonly refinement: Refinement;
    readonly dependsOn: unknown;
  },
): Promise<ZarrVolume> {
  const regions = parts.map(({ region }) => region);
  const all = { dependsOn, parts: regions, refinement };
  const name = `${stage}${suffixOf(index)}`;
  const { target, generation } = await stageArray(join(context.workFolder, name, "refined.zarr"), all, {
    shape: volume.raw.shape,
    chunk,
    dtype: "float32",
  });
  for (const [k, within] of regions.entries()) {
    await refineScores(context, volume, {
      name: `${name}-refined-${k}`,
      title: `${titleOf(stage, index)}, refined`,
      refinement,
      first: scores,
      out: target,
      within,
      dependsOn: { all, generation },
    });
  }
  return target;
}

/** The median score of the positive cells. */
function medianOfPositives({ labels }: CellSamples, scores: ArrayLike<number>): number {
  const own = Float64Array.from(
    labels.entries().filter(([, label]) => label === 1).map(([i]) => scores[i] ?? 0),
  );
  return own.sort()[Math.floor(own.length / 2)] ?? 0;
}

/**
 * Times as many voxels as are labelled may be found around them. On `vnc` 1.2 to 1.8 times as many have a score of 1 or more around the
 * synapses of the test volume; on `fibsem`, where labels are thin and most of the volume is unlabelled, it was 29 times.
 */
const MOST_TIMES = 4;

/** Voxels around a synapse that are looked at: half its size on each side, and at least so many x/y voxels. */
const LEAST_MARGIN = 10;

/** Log-odds are counted in steps of this, up to 64 above the least threshold: they come nowhere near. */
export const LOG_ODDS_STEP = 1 / 64;
const COUNTERS = 4096;
const SLAB_VOXELS = 2 ** 20;

/** What is looked at of a volume. */
interface Surroundings {
  /** Final scores. */
  readonly scores: ZarrVolume;
  /** The synapses that are learned from. */
  readonly components: readonly Pick<Component, "voxels" | "box">[];
  readonly anisotropy: number;
  /** Disjoint parts of the volume that have scores. */
  readonly within: readonly Region[];
}

/** The lowest threshold from `least` on that lets through at most four times as many voxels around synapses as are labelled. */
export async function thresholdBySize(
  volumes: readonly Surroundings[],
  least: number,
  signal: AbortSignal | undefined,
  step = LOG_ODDS_STEP,
): Promise<number> {
  const counts = new Float64Array(COUNTERS);
  for (const { scores, components, anisotropy, within } of volumes) {
    const boxes = components.flatMap(({ box }) => {
      const around = surroundings(box, scores.shape, anisotropy);
      return within.map((part) => intersectRegions(around, part)).filter(({ shape }) =>
        voxelCount(shape) > 0
      );
    });
    for (const [k, box] of boxes.entries()) {
      await countScores(scores, { box, before: boxes.slice(0, k) }, { least, step }, counts, signal);
    }
  }
  const labelled = volumes.flatMap(({ components }) => components).reduce(
    (sum, { voxels }) => sum + voxels,
    0,
  );
  const most = MOST_TIMES * labelled;
  let found = 0, passed = COUNTERS;
  while (passed > 0 && found + (counts[passed - 1] ?? 0) <= most) found += counts[--passed] ?? 0;
  return least + passed * step;
}

function surroundings(box: Region, shape: Zyx, anisotropy: number): Region {
  const margin = box.shape.map((n, axis) =>
    Math.ceil(Math.max(n / 2, axis === 0 ? LEAST_MARGIN / anisotropy : LEAST_MARGIN))
  ) as unknown as Zyx;
  return growRegion(box, margin, shape);
}

/** Counts the scores in a box that lie in none of those before it. */
async function countScores(
  scores: ZarrVolume,
  { box, before }: { readonly box: Region; readonly before: readonly Region[] },
  { least, step: size }: { readonly least: number; readonly step: number },
  counts: Float64Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [depth, height, width] = box.shape;
  const [z0, y0, x0] = box.start;
  const step = Math.max(1, Math.floor(SLAB_VOXELS / (height * width)));
  for (let z = 0; z < depth; z += step) {
    signal?.throwIfAborted();
    const slab: Region = { start: [z0 + z, y0, x0], shape: [Math.min(step, depth - z), height, width] };
    const values = new Float32Array(voxelCount(slab.shape));
    await readRegion(scores, slab, values);
    for (let i = 0; i < values.length; i++) {
      const above = (values[i] ?? 0) - least;
      if (!(above >= 0)) continue;
      const at: Zyx = [
        z0 + z + Math.floor(i / (height * width)),
        y0 + Math.floor(i / width) % height,
        x0 + i % width,
      ];
      if (before.some((other) => regionContains(other, { start: at, shape: [1, 1, 1] }))) continue;
      const counter = Math.min(COUNTERS - 1, Math.floor(above / size));
      counts[counter] = (counts[counter] ?? 0) + 1;
    }
  }
}
