/** What a TIFF stack is, once its pages and its description were read. */
import type { SourceDtype } from "../dtype.ts";
import type { Zyx } from "../region.ts";
import type { VoxelSize } from "../voxel_size.ts";

/** A stack of grey pages of one size and type. */
export interface TiffStack {
  readonly shape: Zyx;
  readonly dtype: SourceDtype;
  /** Whether voxels are places in a palette of colours. */
  readonly isPalette: boolean;
  /** Text of the first page. */
  readonly description: string;
  /** Undefined where the file does not tell it. */
  readonly voxelSize: VoxelSize | undefined;
  /** TIFF compression number of every page; 1 is none. */
  readonly compression: number;
  /** Byte of the file at which each page's directory begins. */
  readonly directories: readonly number[];
  /** Most bytes that decoding holds at a time. */
  readonly heldBytes: number;
  /** Slices of each page: more than 1 where it says so (ImageDepth). */
  readonly pageDepth: number;
  /** Byte at which each page's voxels begin where they lie in one run; -1 elsewhere. */
  readonly runs: readonly number[];
}
