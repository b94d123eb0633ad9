/** How a volume is converted. */
import type { RescaleSetting } from "../../config/settings.ts";
import type { Zyx } from "../../volume/region.ts";
import type { VoxelSize } from "../../volume/voxel_size.ts";
import type { ChunkCodec } from "../../volume/zarr/mod.ts";

/** How to convert a volume. */
export interface ConvertOptions {
  /**
   * `uint8`: an EM volume or ground truth; the file must be 8-bit with one component, unless `rescale` or `labels` say what
   * becomes of others. `float32`: a channel or an orientation, any number type, 1 to 9 components.
   */
  readonly dtype: "uint8" | "float32";
  /** Which values of a volume of one component become 0 and 255; needs `dtype` uint8. */
  readonly rescale?: RescaleSetting | undefined;
  /**
   * The volume holds labels, whose values mean what `parseLabels` says of this; needs `dtype` uint8. They become 0, 255 and 128; as
   * `PAINTED_LABELS` integers of any type, from 0 to 255, stay what they are.
   */
  readonly labels?: string | undefined;
  /** Told which values labels have and what they mean, where they are not painted. */
  readonly onLabels?: ((text: string) => void) | undefined;
  /** In the place of what the file tells. */
  readonly voxelSize?: VoxelSize | undefined;
  /** Told which values become 0 and 255, once they are known. */
  readonly onRescale?: ((low: number, high: number) => void) | undefined;
  /** Told how often the volume was read to find these, a part of one reading included, of how many. */
  readonly onRange?: ((done: number, total: number) => void) | undefined;
  /** Voxel size in z over voxel size in x and y; shapes the chunks. */
  readonly anisotropy: number;
  /** Default `defaultChunk`. */
  readonly chunk?: Zyx;
  /** Default `none` for uint8 and `zstd` for float32. */
  readonly codec?: ChunkCodec;
  /** Bytes for voxels in memory, default 128 MiB; at least one row of chunks is read at a time whatever it says. */
  readonly memory?: number;
  /** Stops the conversion; it can go on later. */
  readonly signal?: AbortSignal;
  /** Voxels done and voxels in all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Where several processes share the conversion: what this one does of it. A call without it finishes the array. */
  readonly part?: ConversionPart;
}

/** A part of a conversion. */
export interface ConversionPart {
  /** First slice of its bands. */
  readonly from: number;
  /** The slice after them. The same as `from`: the conversion is begun, which must come first. */
  readonly to: number;
  /** Told how bands may be read, and where those begin that are finished, unless the volume is ready to use. */
  readonly onBegun?: (access: "random" | "forward", finished: ReadonlySet<number>) => void;
}
