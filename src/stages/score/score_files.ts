/** The files that scoring leaves. */
import { join } from "node:path";
import type { Settings } from "../../config/settings.ts";
import { mayRefine } from "../refine/expected.ts";
import type { TestFeaturePaths } from "./test_features.ts";

/** A file that a run wrote. */
export interface WrittenFile {
  /** Where it is. */
  readonly path: string;
  /** What people read. */
  readonly what: string;
}

/** Where the features of a test volume's supervoxels are written. */
export function testFeaturePaths({ outFileName }: Settings, index: number): TestFeaturePaths {
  const prefix = `${outFileName}-${index}-`;
  return {
    own: `${prefix}-testFeaturesA.bin`,
    flipped: `${prefix}-testFeaturesB.bin`,
    winning: `${prefix}testFeatures-max.bin`,
  };
}

/** Whether the score of the worse frame is written: it is the counterpart of the first stage's score, not of a refined one. */
export function writesWorseFrame({ outputFirstStage }: Settings, isRefined: boolean): boolean {
  return outputFirstStage || !isRefined;
}

/** The files that `scoreVolume` writes, for plans. @param isRefined default: as far as the settings tell */
export function scoreFiles(settings: Settings, index: number, isRefined = mayRefine(settings)): string[] {
  return [
    "max",
    ...(writesWorseFrame(settings, isRefined) ? ["min"] : []),
    ...(settings.outputFirstStage ? ["first"] : []),
  ].map((name) => scoreFile(settings, index, name));
}

/** The file or folder that scores are written to: those of the first stage are no probabilities. @param name `max`, `min` or `first` */
export function scoreFile(
  { outFileName, outputPlattScaling, outputFormat }: Settings,
  index: number,
  name: string,
): string {
  const isProbability = outputPlattScaling && name !== "first";
  const extensions = {
    file: isProbability ? "tif" : "nrrd",
    "ome-zarr": "ome.zarr",
    precomputed: "precomputed",
  };
  return `${outFileName}-${index}-ab-${name}.${extensions[outputFormat]}`;
}

/** Most bytes a voxel of such a file: probabilities have 8 bits, and further resolutions a third at most. */
export function bytesOfVoxel(path: string, { outputPlattScaling }: Settings): number {
  const isMultiscale = /\.(zarr|precomputed)$/.test(path);
  const isProbability = outputPlattScaling && !/-ab-first\.[a-z.]+$/.test(path);
  return (isProbability ? 1 : 4) * (isMultiscale ? 4 / 3 : 1);
}

/** The array of a test volume's final scores. */
export function scoresPath(workFolder: string, index: number): string {
  return join(workFolder, "scores", `${index}-max.zarr`);
}

/** The arrays of scores that `scoreVolume` leaves in the work folder, for plans. */
export function scoreArrays(settings: Settings, index: number): string[] {
  const isRefined = mayRefine(settings);
  const names = [
    ...(isRefined ? ["first"] : []),
    "max",
    ...(writesWorseFrame(settings, isRefined) ? ["min"] : []),
  ];
  return names.map((name) => `scores/${index}-${name}.zarr`);
}
