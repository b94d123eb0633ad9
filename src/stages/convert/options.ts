/** How a volume is converted. */
import { basename } from "node:path";
import type { RescaleSetting } from "../../config/settings.ts";
import type { Dtype } from "../../volume/dtype.ts";
import type { Region, Zyx } from "../../volume/region.ts";
import type { Clipped } from "../../volume/value_map.ts";
import type { VoxelSize } from "../../volume/voxel_size.ts";
import type { ChunkCodec } from "../../volume/zarr/mod.ts";
import type { Reporter } from "../../engine/mod.ts";

/** Bytes for voxels in memory where the options do not say. */
export const DEFAULT_MEMORY = 128 * 2 ** 20;

/** How to convert a volume. */
export interface ConvertOptions {
  /**
   * `uint8`: an EM volume or ground truth; the file must be 8-bit with one component, unless `rescale` or `labels` say what
   * becomes of others. `float32`: a channel or an orientation, any number type, 1 to 9 components. Any other: that of the file, which
   * is kept as it is.
   */
  readonly dtype: Dtype;
  /** Which values of a volume of one component become 0 and 255; needs `dtype` uint8. */
  readonly rescale?: RescaleSetting | undefined;
  /** An 8-bit volume may have several components per voxel; as an EM volume or ground truth it has one. */
  readonly anyComponents?: boolean | undefined;
  /**
   * The volume holds labels, whose values mean what `parseLabels` says of this; needs `dtype` uint8. They become 0, 255 and 128; as
   * `PAINTED_LABELS` integers of any type, from 0 to 255, stay what they are.
   */
  readonly labels?: string | undefined;
  /** Whether labels whose values are listed may be without negative ones, since other volumes have some. */
  readonly mayLackNegative?: boolean | undefined;
  /** Told which values labels have and what they mean, where they are not painted. */
  readonly onLabels?: ((text: string) => void) | undefined;
  /** In the place of what the file tells. */
  readonly voxelSize?: VoxelSize | undefined;
  /** Told which values become 0 and 255, once they are known. */
  readonly onRescale?: ((low: number, high: number) => void) | undefined;
  /** Told the first file of a chunk that had been written and is gone; its part is converted again. */
  readonly onLost?: ((file: string) => void) | undefined;
  /** Converts this part alone, with values as they are; what is used in place is not cropped. */
  readonly region?: Region | undefined;
  /** Arrays that may have been made of this input when it had another path; the first that was gets the output's name. */
  readonly others?: readonly string[] | undefined;
  /** Told that the input has another time of change than when it was converted, so that it is compared with its copy. */
  readonly onCompare?: (() => void) | undefined;
  /** Leaves alone what is at the output's place and no conversion of this input, with whatever settings; default: another Zarr array is replaced. */
  readonly keepsOthers?: boolean | undefined;
  /** Told how many chunks were taken for absent because a web server forbids them, where there are any. */
  readonly onForbidden?: ((chunks: number) => void) | undefined;
  /** Told how many voxels of a volume that was rescaled by given values were outside of the values that became 0 and 255, and how many there are. */
  readonly onClipped?: ((clipped: Readonly<Clipped>, voxels: number) => void) | undefined;
  /** Told that this value is left out of the percentiles of `auto`, as padding, and how many voxels have it. */
  readonly onPadding?: ((value: number, share: number) => void) | undefined;
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
  readonly signal?: AbortSignal | undefined;
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

/**
 * Tells a reporter what a user should know of a conversion.
 * @param name what messages call the volume
 */
export function conversionNotes(
  reporter: Pick<Reporter, "message" | "warn">,
  path: string,
  name = basename(path),
) {
  return {
    onLabels: (text) => reporter.message(`${name}: ${text}`),
    onClipped(clipped, voxels) {
      const text = describeClipped(name, clipped, voxels);
      if (text !== undefined) reporter.warn(text);
    },
    onPadding: (value, share) => reporter.warn(describePadding(name, value, share)),
    onForbidden: (chunks) => reporter.warn(describeForbidden(path, chunks)),
    onCompare: () =>
      reporter.message(`${name}: has another time of change than before; it is compared with its copy`),
    onLost: (file) => reporter.warn(`${file} is missing; its part is converted again`),
  } satisfies Partial<ConvertOptions>;
}

/** What is said of chunks that were taken for absent because a web server forbids them. */
function describeForbidden(address: string, chunks: number): string {
  const what = chunks === 1
    ? "1 chunk for which the server answered 403 (forbidden) was"
    : `${chunks} chunks for which the server answered 403 (forbidden) were`;
  return `${address}: ${what} treated as missing and read as the fill value`;
}

/** More than the percentiles of `auto` leave out on purpose. */
const MOST_CLIPPED = 0.01;

/** What is said of voxels that were clipped; undefined where they are as few as should be. */
export function describeClipped(
  name: string,
  { below, above }: Readonly<Clipped>,
  voxels: number,
): string | undefined {
  if (below + above <= MOST_CLIPPED * voxels) return undefined;
  const parts = [[below, "below the range, which became 0"], [
    above,
    "above the range, which became 255",
  ]] as const;
  const found = parts.filter(([count]) => count > 0).map(([count, where]) =>
    `${percent(count / voxels)} ${where}`
  );
  return `${name}: of the voxels, ${found.join(", and ")}; check the values of --rescale`;
}

/** What is said of a value that is left out as padding. */
export function describePadding(name: string, value: number, share: number): string {
  return `${name}: ${
    percent(share)
  } of the voxels are ${value}; this looks like padding, so the percentiles ` +
    "ignore them";
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(share > 0.9995 ? 4 : 2))} %`;
}
