/** Ground truth for scripts: its components, and a margin that is ignored. */
import type { VoxelSink, VoxelSource } from "../analysis/voxel_source.ts";
import type { Xyz } from "../config/settings.ts";
import { findComponents as findIn } from "../stages/components.ts";
import { erodeDilate as erodeDilateIn } from "../stages/erode_dilate.ts";
import type { Region, Zyx } from "../volume/region.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import { labelsFrom, labelsInto, numbersInto } from "./sources.ts";
import { asStage, voxelsOf, type WorkOptions } from "./work_options.ts";

/** How to find components. */
export interface FindComponentsOptions extends Pick<WorkOptions, "progress" | "signal"> {
  /** Components with fewer voxels are ignored. Default 1. */
  readonly minSize?: number;
  /** 6: voxels that share a face are neighbours; 26: also those that share an edge or a corner. Default 6. */
  readonly neighbours?: 6 | 26;
  /** Receives each voxel's component, 0 where there is none: an array of uint32, or voxels in memory. */
  readonly numbers?: ZarrVolume | VoxelSink<Uint32Array>;
}

/** One component of the positives. */
export interface Component {
  /** From 1, in raster order of the first voxels. */
  readonly id: number;
  /** How many there are. */
  readonly voxels: number;
  /** Mean position of the voxels, `[z, y, x]`. */
  readonly centroid: Zyx;
  /** Bounding box. */
  readonly box: Region;
  /** For an entry of `ccPolarity`: the component's voxel nearest to the centroid, `[x, y, z]`. */
  readonly pos: Xyz;
}

/** The components of a ground truth. */
export interface Components {
  /** In the order of their numbers. */
  readonly components: readonly Component[];
  /** Components with fewer voxels than asked for. */
  readonly dropped: number;
  /** Voxels by label: 0, 255, others. */
  readonly counts: { readonly negative: number; readonly positive: number; readonly ignored: number };
}

/**
 * Finds the components of label 255, as training numbers them.
 *
 * @param labels uint8: 255 positive, 0 negative, anything else ignored
 */
export async function findComponents(
  labels: ZarrVolume | VoxelSource<Uint8Array>,
  options: FindComponentsOptions = {},
): Promise<Components> {
  const source = labelsFrom(labels);
  const { minSize, neighbours, numbers } = options;
  const found = await asStage(
    options,
    "components",
    voxelsOf(source),
    (control) => findIn(source, numbers && numbersInto(numbers), { minSize, neighbours, ...control }),
  );
  const components = found.components.map(({ id, voxels, centroid, box, position: [z, y, x] }) => ({
    id,
    voxels,
    centroid,
    box,
    pos: [x, y, z] as const,
  }));
  return { ...found, components };
}

/**
 * Adds a margin that is ignored around the labels. Erodes and dilates the positives (255) with balls: the eroded positives become
 * 255; the rest of the dilated ones, and voxels that are neither 0 nor 255, become 128 (ignored); all others become 0.
 *
 * @param erodeRadius, dilateRadius voxels, 0 to 255
 * @throws {UserError} if a radius is out of range
 */
export async function erodeDilate(
  labels: ZarrVolume | VoxelSource<Uint8Array>,
  out: ZarrVolume | VoxelSink<Uint8Array>,
  erodeRadius: number,
  dilateRadius: number,
  options: Pick<WorkOptions, "progress" | "signal"> = {},
): Promise<void> {
  const source = labelsFrom(labels);
  await asStage(
    options,
    "eroding and dilating",
    voxelsOf(source),
    (control) => erodeDilateIn(source, labelsInto(out), erodeRadius, dilateRadius, control),
  );
}
