/** On which grids columns and frames of a volume are computed. */
import { coarsestSteps, EVERY_VOXEL, frameSteps } from "../channels/mod.ts";
import type { Zyx } from "../volume/region.ts";
import { channelOf } from "./columns.ts";
import type { VolumeJob } from "./volume_job.ts";

/** The grid at whose points a source is computed. */
export function stepsOf(
  { sources, anisotropy, gridStep }: Pick<VolumeJob, "sources" | "anisotropy" | "gridStep">,
  source: number,
): Zyx {
  const origin = sources[source];
  if (gridStep === 1 || origin?.kind !== "computed") return EVERY_VOXEL;
  return coarsestSteps(channelOf(origin.name), anisotropy);
}

/** The grid at whose points frames are computed. */
export function frameStepsOf(
  { frames, anisotropy, gridStep }: Pick<VolumeJob, "frames" | "anisotropy" | "gridStep">,
): Zyx {
  return gridStep === 1 || frames.kind === "file" ? EVERY_VOXEL : frameSteps(frames.sigma, anisotropy);
}

/** Whether steps leave voxels out. */
export function isOnGrid(steps: Zyx): boolean {
  return steps.some((step) => step > 1);
}
