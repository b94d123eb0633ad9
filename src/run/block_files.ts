/** What the blocks of a stage leave in the work folder. */
import type { Region, Zyx } from "../volume/region.ts";

/** What a file that a block leaves holds; names end so. */
export type BlockFileKind = "samples" | "features" | "cells";

/** Name of a block's file. */
export function blockFileName({ start, shape }: Region, kind: BlockFileKind): string {
  return `${start.join("-")}_${shape.join("-")}.${kind}`;
}

/** Arrays and files that blocks write. */
export interface BlockOutputs {
  /**
   * Zarr arrays, of which a block writes whole files. Where an array is at another resolution than the blocks, with how many of their
   * voxels one of its voxels is on each axis.
   */
  readonly arrays: readonly (string | { readonly path: string; readonly ofBlock: Zyx })[];
  /** A file per block, in a folder of them; undefined where a stage leaves none. */
  readonly files?: { readonly folder: string; readonly kind: BlockFileKind } | undefined;
}
