/** What a file gives to a conversion: rows of voxels, as they are stored. */
import type { SourceDtype } from "./dtype.ts";
import type { Zyx } from "./region.ts";
import type { VoxelSize } from "./voxel_size.ts";

/** A file of voxels that is open for reading; `[z, y, x, component]`, components fastest. */
export interface RowSource {
  readonly path: string;
  readonly shape: Zyx;
  readonly components: number;
  readonly dtype: SourceDtype;
  readonly littleEndian: boolean;
  /** The channel and time point that were chosen of several; see `describePick`. */
  readonly picked?: string;
  /** The text of its first page, of TIFF. */
  readonly description?: string;
  /** Voxels are places in a palette of colours: labels they may be, an image not. */
  readonly isPalette?: boolean;
  /** Undefined where the file does not tell it. */
  readonly voxelSize?: VoxelSize | undefined;
  /**
   * `random`: any rows in any order cost the same. `forward`: rows must be read in the order of the file, each once;
   * rows may be left out.
   */
  readonly access: "random" | "forward";
  /** All files that the voxels come from, for recognising the same input again. */
  readonly files: readonly string[];
  /** What is told about how it is read. */
  readonly notes?: readonly string[] | undefined;
  /** Bytes that are held at most while rows are read and decoded, beside `out`. */
  readonly heldBytes: number;
  /**
   * Reads `rows` full rows of slice `z` from row `y` on.
   * @param out exactly `rows * shape[2] * components` voxels of `dtype`
   * @throws UserError if the file is truncated or damaged
   */
  readRows(z: number, y: number, rows: number, out: Uint8Array): Promise<void>;
  /** Says whether the end is as expected, once the last row was read. @throws UserError if it is not */
  finish(): Promise<void>;
  close(): void;
}
