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

/** Slices of voxels that are read at once, at least; see `open_cells.ts`. */
const SLAB = 16;

/** Bytes of a block of cells with these features. `inUse`: bytes for each wanted cell besides. */
function cellBlockBytes(
  job: Pick<CellJob, "cell" | "anisotropy">,
  spaces: readonly ContextSpace[],
  read: Zyx,
  write: Zyx,
  inUse: number,
): number {
  const cells = (shape: Zyx) => zipAxes((n, c) => Math.ceil(n / c), shape, job.cell);
  const inside = cells(read), wanted = cells(write);
  const slab = (SLAB + 2 * job.cell[0]) * read[1] * read[2] * 4;
  const features = spaces.map((space) => {
    const list = contextFeatures([space]).map(({ feature }) => feature);
    return featureBytes(list, featureSettings({ raw: "", scores: "", ...job }, space), inside, wanted);
  });
  return 2 * cellBytes(inside) + Math.max(slab, ...features) + voxelCount(wanted) * inUse + cellBytes(wanted);
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
    bytesNeeded: (read, write) => cellBlockBytes(job, spaces, read, write, 2 + 8 * spaces.length),
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
  const features = refinement.autoContext?.features.length ?? 0;
  return planStage(context, {
    shape,
    chunk,
    context: voxelContext(zipAxes((r) => r + BESIDE, reach, reach), job.cell),
    bytesNeeded(read, write) {
      const grown = zipAxes((n, c) => n + 2 * BESIDE * c, write, job.cell);
      const space = refinement.autoContext?.space;
      const out = voxelCount(write) * 4;
      if (space !== undefined) return cellBlockBytes(job, [space], read, grown, features + 8) + out;
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
