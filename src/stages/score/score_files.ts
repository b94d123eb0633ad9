/** The files that scoring leaves. */
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
  const extension = settings.outputPlattScaling ? "tif" : "nrrd";
  const named = (name: string, extension: string) =>
    `${settings.outFileName}-${index}-ab-${name}.${extension}`;
  return [
    named("max", extension),
    ...(writesWorseFrame(settings, isRefined) ? [named("min", extension)] : []),
    ...(settings.outputFirstStage ? [named("first", "nrrd")] : []),
  ];
}

/** Bytes a voxel of such a file: probabilities are 8-bit TIFF. */
export function bytesOfVoxel(path: string): number {
  return path.endsWith(".tif") ? 1 : 4;
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
