/** The model that a run writes or loads, and what of its training scoring must do alike. */
import { type Model, readStumpFile } from "../boosting/mod.ts";
import { DEFAULT_ORIENTATION_SIGMA, type OrientationSource, type Settings } from "../config/settings.ts";
import type { FragmentJoin } from "../supervoxels/grid.ts";
import type { GridStep, VolumeJob } from "../block/volume_job.ts";

/** How the supervoxels and columns were made that a model learnt from. */
export interface LearntWith {
  /** What small fragments joined. */
  readonly join: FragmentJoin;
  /** The scale of the orientation, x/y voxels. */
  readonly sigma: number;
  /** Voxels between the points at which channels of large scales were computed. */
  readonly gridStep: GridStep;
}

/** What new models learn with. */
export function newModel({ gridStep }: Pick<Settings, "gridStep">): LearntWith {
  return { join: "nearest", sigma: DEFAULT_ORIENTATION_SIGMA, gridStep: gridStep === 1 ? 1 : 2 };
}

/** The scale of models whose files do not tell: that of the original. */
const ORIGINAL_SIGMA = 3.5;

/** Path of the model that a run writes. */
export function modelPath({ outFileName }: Settings): string {
  return `${outFileName}-stumps.cfg`;
}

/** How the supervoxels and columns were made that the model in a file learnt from. @throws {UserError} where the file is no model */
export async function learntWith(path: string): Promise<LearntWith> {
  // thresholds, which depend on the anisotropy, are not asked for
  const { join, orientSigma = ORIGINAL_SIGMA, gridStep = 1 } = await readStumpFile(path, { anisotropy: 1 });
  return { join, sigma: orientSigma, gridStep };
}

/** What to compute the frames from, where the settings leave it to the model. */
export function orientationSource(
  orientation: OrientationSource,
  { sigma }: LearntWith,
): Exclude<OrientationSource, { kind: "model" }> {
  return orientation.kind === "model" ? { kind: "computed", sigma } : orientation;
}

/** The first `numStumps` stumps of `savedStumpsPath`. */
export function loadModel(settings: Settings, job: VolumeJob): Promise<Model> {
  return readStumpFile(settings.savedStumpsPath, {
    anisotropy: job.anisotropy,
    columns: job.columns.length,
    numStumps: settings.numStumps,
  });
}

/** Whether a run takes the stumps of a file as they are and does not train. */
export function usesSavedModel(
  { savedStumpsPath, relearnThresholds }: Pick<Settings, "savedStumpsPath" | "relearnThresholds">,
): boolean {
  return savedStumpsPath !== "" && !relearnThresholds;
}
