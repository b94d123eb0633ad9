/** Context and memory of the stages that work on cells. */
import { cellBytes, contextFeatures, featureBytes, smoothingReach } from "../../autocontext/mod.ts";
import type { ContextSpace, Refinement } from "../../boosting/mod.ts";
import { voxelCount, zipAxes, type Zyx } from "../../volume/region.ts";
import type { CellJob } from "../stage_jobs.ts";
import { featureSettings, reachOfFeatures } from "./open_cells.ts";

/** Where the surroundings of scores are looked at: where no axis differs from the others there is only one way. */
export function spacesOf(anisotropy: number): readonly ContextSpace[] {
  return anisotropy > 1 ? ["slice", "volume"] : ["volume"];
}

/** Slices of voxels that are read at once, at least; see `open_cells.ts`. */
export const SLAB = 16;

/** A function for the bytes of a block of cells with these features. `inUse`: bytes for each wanted cell besides. */
export function cellBlockBytes(
  job: Pick<CellJob, "cell" | "anisotropy">,
  spaces: readonly ContextSpace[],
  inUse: number,
): (read: Zyx, write: Zyx) => number {
  const bytesOf = spaces.map((space) =>
    featureBytes(
      contextFeatures([space]).map(({ feature }) => feature),
      featureSettings({ raw: "", scores: "", ...job }, space),
    )
  );
  const cells = (shape: Zyx) => zipAxes((n, c) => Math.ceil(n / c), shape, job.cell);
  return (read, write) => {
    const inside = cells(read), wanted = cells(write);
    const slab = (SLAB + 2 * job.cell[0]) * read[1] * read[2] * 4;
    const features = bytesOf.map((bytes) => bytes(inside, wanted));
    return 2 * cellBytes(inside) + Math.max(slab, ...features) + voxelCount(wanted) * inUse +
      cellBytes(wanted);
  };
}

/** Cells around those that are wanted: what is between the centres of two cells needs both. */
export const BESIDE = 1;

/** Cells on either side of each axis that a refined cell depends on. */
export function refineReach(
  job: Pick<CellJob, "cell" | "anisotropy">,
  refinement: Refinement,
): Zyx {
  const { smoothing, autoContext } = refinement;
  if (autoContext === undefined) return reachOfSmoothing(job, smoothing.sigma);
  const reach = reachOfFeatures(job, contextFeatures([autoContext.space]));
  return zipAxes((a, b) => a + b, reach, reachOfOutput(job, refinement));
}

/** Cells on either side of each axis that the smoothing of the second stage's scores looks at. */
export function reachOfOutput(
  job: Pick<CellJob, "cell" | "anisotropy">,
  { smoothedBy }: Pick<Refinement, "smoothedBy">,
): Zyx {
  return smoothedBy === undefined ? [0, 0, 0] : reachOfSmoothing(job, smoothedBy);
}

function reachOfSmoothing(job: Pick<CellJob, "cell" | "anisotropy">, sigmas: readonly [number, number]): Zyx {
  const { sigma, settings } = smoothingSettings(job, sigmas);
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
