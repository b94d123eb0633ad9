/** The model that a run writes or loads. */
import { type Model, readStumpFile } from "../boosting/mod.ts";
import type { Settings } from "../config/settings.ts";
import type { FragmentJoin } from "../supervoxels/grid.ts";
import type { VolumeJob } from "./job.ts";

/** Path of the model that a run writes. */
export function modelPath({ outFileName }: Settings): string {
  return `${outFileName}-stumps.cfg`;
}

/** What small fragments joined in the supervoxels that a model learnt from. @throws {UserError} where its file is no model */
export async function joinOfModel(path: string): Promise<FragmentJoin> {
  // thresholds, which depend on the anisotropy, are not asked for
  return (await readStumpFile(path, { anisotropy: 1 })).join;
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
