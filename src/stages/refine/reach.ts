/** Context and memory of the stages that work on cells. */
import {
  cellBytes,
  contextFeatures,
  featureBytes,
  smoothingReach,
  smoothScratchBytes,
} from "../../autocontext/mod.ts";
import type { ContextSpace, Refinement } from "../../boosting/mod.ts";
import type { BlockPlan } from "../../engine/mod.ts";
import { voxelCount, zipAxes, type Zyx } from "../../volume/region.ts";
import { defaultChunk } from "../../volume/zarr/mod.ts";
import type { CellJob } from "../job.ts";
import { planStage, type RunContext } from "../run_context.ts";
import { planParts } from "../part_plan.ts";
import type { Folds } from "../training/folds.ts";
import { featureSettings, reachOfFeatures, voxelContext } from "./open_cells.ts";

/** What of a volume the plan of a stage of cells needs to know. */
export type CellVolume = Pick<CellJob, "cell" | "anisotropy"> & { readonly shape: Zyx };

/** Where the surroundings of scores are looked at: where no axis differs from the others there is only one way. */
export function spacesOf(anisotropy: number): readonly ContextSpace[] {
  return anisotropy > 1 ? ["slice", "volume"] : ["volume"];
}

/** Slices of voxels that are read at once, at least; see `open_cells.ts`. */
const SLAB = 16;

/** A function for the bytes of a block of cells with these features. `inUse`: bytes for each wanted cell besides. */
function cellBlockBytes(
  job: Pick<CellJob, "cell" | "anisotropy">,
  spaces: readonly ContextSpace[],
  inUse: number,
): (read: Zyx, write: Zyx) => number {
  // planning tries thousands of shapes
  const lists = spaces.map((space) => ({
    list: contextFeatures([space]).map(({ feature }) => feature),
    settings: featureSettings({ raw: "", scores: "", ...job }, space),
  }));
  const cells = (shape: Zyx) => zipAxes((n, c) => Math.ceil(n / c), shape, job.cell);
  return (read, write) => {
    const inside = cells(read), wanted = cells(write);
    const slab = (SLAB + 2 * job.cell[0]) * read[1] * read[2] * 4;
    const features = lists.map(({ list, settings }) => featureBytes(list, settings, inside, wanted));
    return 2 * cellBytes(inside) + Math.max(slab, ...features) + voxelCount(wanted) * inUse +
      cellBytes(wanted);
  };
}

/** Plans the recording of the cells of the folds' parts. */
export function planCells(
  context: Pick<RunContext, "resources">,
  { shape, spaces, ...job }: CellVolume & { readonly spaces: readonly ContextSpace[] },
  { parts, chunk }: Pick<Folds, "parts" | "chunk">,
): BlockPlan {
  const reach = voxelContext(reachOfFeatures(job, contextFeatures(spaces)), job.cell);
  return planParts(context, parts, {
    shape,
    chunk,
    context: reach,
    // labels and the values of recorded cells lie outside of kernel memory
    bytesNeeded: cellBlockBytes(job, spaces, 2 + 8 * spaces.length),
  });
}

/** Cells around those that are wanted: what is between the centres of two cells needs both. */
export const BESIDE = 1;

/** Plans the refinement of a volume's scores. */
export function planRefine(
  context: Pick<RunContext, "resources">,
  { shape, ...job }: CellVolume,
  refinement: Refinement,
): BlockPlan {
  const chunk = defaultChunk(shape, job.anisotropy);
  const reach = refineReach(job, refinement);
  const { autoContext } = refinement;
  const forestBytes = autoContext &&
    cellBlockBytes(job, [autoContext.space], autoContext.features.length + 8);
  return planStage(context, {
    shape,
    chunk,
    context: voxelContext(zipAxes((r) => r + BESIDE, reach, reach), job.cell),
    bytesNeeded(read, write) {
      const grown = zipAxes((n, c) => n + 2 * BESIDE * c, write, job.cell);
      const out = voxelCount(write) * 4;
      if (forestBytes !== undefined) return forestBytes(read, grown) + out;
      const cells = (of: Zyx) => zipAxes((n, c) => Math.ceil(n / c), of, job.cell);
      const { sigma, settings } = smoothingSettings(job, refinement.smoothing.sigma);
      const slab = (SLAB + 2 * job.cell[0]) * read[1] * read[2] * 4;
      const smoothing = smoothScratchBytes(sigma, settings, cells(read), cells(grown));
      return 2 * cellBytes(cells(read)) + 2 * cellBytes(cells(grown)) + Math.max(slab, smoothing) + out;
    },
  });
}

/** Cells on either side of each axis that a refined cell depends on. */
export function refineReach(
  job: Pick<CellJob, "cell" | "anisotropy">,
  { smoothing, autoContext }: Refinement,
): Zyx {
  if (autoContext) return reachOfFeatures(job, contextFeatures([autoContext.space]));
  const { sigma, settings } = smoothingSettings(job, smoothing.sigma);
  return smoothingReach(sigma, settings);
}

/** A smoothing that differs across slices, as the smoothing of cells takes it. */
export function smoothingSettings(
  { cell, anisotropy }: Pick<CellJob, "cell" | "anisotropy">,
  [inSlice, acrossSlices]: readonly [number, number],
) {
  const space: ContextSpace = acrossSlices === 0 ? "slice" : "volume";
  const along = acrossSlices === 0 ? anisotropy : anisotropy * inSlice / acrossSlices;
  return { sigma: inSlice, settings: { cell, anisotropy: along, space } };
}
