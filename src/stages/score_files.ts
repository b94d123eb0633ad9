/** The files that scoring leaves. */
import type { Settings } from "../config/settings.ts";
import { mayRefine } from "./refine/expected.ts";
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

/** The files that `scoreVolume` writes, for plans. */
export function scoreFiles(settings: Settings, index: number): string[] {
  const extension = settings.outputPlattScaling ? "tif" : "nrrd";
  const files = ["max", "min"].map((name) => `${settings.outFileName}-${index}-ab-${name}.${extension}`);
  return settings.outputFirstStage ? [...files, `${settings.outFileName}-${index}-ab-first.nrrd`] : files;
}

/** Bytes a voxel of such a file: probabilities are 8-bit TIFF. */
export function bytesOfVoxel(path: string): number {
  return path.endsWith(".tif") ? 1 : 4;
}

/** The arrays of scores that `scoreVolume` leaves in the work folder, for plans. */
export function scoreArrays(settings: Settings, index: number): string[] {
  const names = mayRefine(settings) ? ["first", "max", "min"] : ["max", "min"];
  return names.map((name) => `scores/${index}-${name}.zarr`);
}
