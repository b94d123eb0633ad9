/** What the blocks of a stage leave in the work folder. */
import type { Region } from "../volume/region.ts";

/** What a file that a block leaves holds; names end so. */
export type BlockFileKind = "samples" | "features" | "cells";

/** Name of a block's file. */
export function blockFileName({ start, shape }: Region, kind: BlockFileKind): string {
  return `${start.join("-")}_${shape.join("-")}.${kind}`;
}

/** Arrays and files that blocks write. */
export interface BlockOutputs {
  /** Zarr arrays, of which a block writes whole chunks. */
  readonly arrays: readonly string[];
  /** A file a block, in a folder of them; undefined where a stage leaves none. */
  readonly files?: { readonly folder: string; readonly kind: BlockFileKind } | undefined;
}
