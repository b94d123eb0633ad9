/** Plans of the stages that work on cells. */
import { cellBytes, contextFeatures, smoothScratchBytes } from "../../autocontext/mod.ts";
import type { ContextSpace, Refinement, Smoothing } from "../../boosting/mod.ts";
import type { BlockPlan } from "../../engine/mod.ts";
import { type Region, voxelCount, zipAxes, type Zyx } from "../../volume/region.ts";
import { defaultChunk } from "../../volume/zarr/mod.ts";
import type { BlocksOfScores } from "../export/level_arrays.ts";
import type { CellJob } from "../stage_jobs.ts";
import { type PartPlanOptions, planParts } from "../../run/part_plan.ts";
import { planStage } from "../../run/plan_stage.ts";
import type { RunContext } from "../../run/run_context.ts";
import { reachOfFeatures, voxelContext } from "./open_cells.ts";
import { BESIDE, cellBlockBytes, reachOfOutput, refineReach, SLAB, smoothingSettings } from "./reach.ts";

/** What of a volume the plan of a stage of cells needs to know. */
type CellVolume = Pick<CellJob, "cell" | "anisotropy"> & { readonly shape: Zyx };

/** Plans the recording of the cells of the folds' parts. */
export function planCells(
  context: Pick<RunContext, "resources">,
  { shape, spaces, ...job }: CellVolume & { readonly spaces: readonly ContextSpace[] },
  { parts, chunk }: { readonly parts: readonly Region[]; readonly chunk: Zyx },
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

/** Plans the refinement of a volume's scores. */
export function planRefine(
  context: Pick<RunContext, "resources">,
  { shape, ...job }: CellVolume,
  refinement: Refinement,
  { parts, chunk = defaultChunk(shape, job.anisotropy), bytesBeside = () => 0 }: Partial<BlocksOfScores> & {
    readonly parts?: readonly Region[] | undefined;
  } = {},
): BlockPlan {
  const reach = refineReach(job, refinement);
  const { autoContext, smoothedBy } = refinement;
  const around = reachOfOutput(job, refinement);
  const forestBytes = autoContext &&
    cellBlockBytes(job, [autoContext.space], autoContext.features.length + 8);
  const options: PartPlanOptions = {
    shape,
    chunk,
    context: voxelContext(zipAxes((r) => r + BESIDE, reach, reach), job.cell),
    bytesNeeded(read, write) {
      const grown = zipAxes((n, c) => n + 2 * BESIDE * c, write, job.cell);
      const out = voxelCount(write) * 4 + bytesBeside(write);
      const cells = (of: Zyx) => zipAxes((n, c) => Math.ceil(n / c), of, job.cell);
      const scratchBytes = (sigmas: Smoothing["sigma"], from: Zyx, to: Zyx) => {
        const { sigma, settings } = smoothingSettings(job, sigmas);
        return smoothScratchBytes(sigma, settings, cells(from), cells(to));
      };
      if (forestBytes !== undefined) {
        if (smoothedBy === undefined) return forestBytes(read, grown) + out;
        const scored = zipAxes(
          (n, c) => n + c,
          grown,
          voxelContext(zipAxes((r) => 2 * r, around, around), job.cell),
        );
        return forestBytes(read, scored) + cellBytes(cells(scored)) +
          scratchBytes(smoothedBy, scored, grown) + out;
      }
      const slab = (SLAB + 2 * job.cell[0]) * read[1] * read[2] * 4;
      const smoothing = scratchBytes(refinement.smoothing.sigma, read, grown);
      return 2 * cellBytes(cells(read)) + 2 * cellBytes(cells(grown)) + Math.max(slab, smoothing) + out;
    },
  };
  return parts === undefined ? planStage(context, options) : planParts(context, parts, options);
}
