/** Which of the volumes that are compared are read where they are, and by which blocks. */
import { blockShape, USUAL_CHUNK } from "../analysis/voxel_source.ts";
import { PAINTED_LABELS } from "../config/label_values.ts";
import { bytesPerVoxel } from "../volume/dtype.ts";
import type { OpenVolume } from "../volume/open.ts";
import { voxelCount, zipAxes, type Zyx } from "../volume/region.ts";
import { defaultChunk } from "../volume/zarr/mod.ts";

/** How a volume can be read. */
export type ReadingWay =
  /** Its rows, in any order, and only as a whole. */
  | { readonly kind: "rows"; readonly rowBytes: number }
  /** Its chunks, in any order. */
  | {
    readonly kind: "boxes";
    readonly chunk: Zyx;
    readonly heldBytes: number;
    /** Of the library that reads it, which all such volumes share. */
    readonly libraryBytes: number;
  }
  /** As a Zarr array, where it is. */
  | { readonly kind: "zarr"; readonly chunk: Zyx }
  /** Only once and in order, or only in another type: as a Zarr array that is made of it. */
  | { readonly kind: "converted"; readonly chunk: Zyx };

/** How volumes are read together. */
export interface ReadPlan {
  /** Regions of so many voxels are read of all without waste. */
  readonly chunk: Zyx;
  /** Of each volume, bytes of rows to be kept, so that each is read once in a pass. */
  readonly keptBytes: readonly number[];
  /** Bytes that readers hold, all together. */
  readonly heldBytes: number;
}

/** Bytes that the library of HDF5 takes. */
const HDF5_BYTES = 64 * 2 ** 20;

/**
 * How a volume can be read again and again.
 * @param labels as of `openVolumeFile`
 */
export function readingWay(open: OpenVolume, labels?: string): ReadingWay {
  const { shape, dtype } = open.kind === "zarr" ? open.volume : open.source;
  const isKept = labels === undefined || (labels === PAINTED_LABELS && dtype === "uint8");
  if (isKept && open.kind === "zarr") return { kind: "zarr", chunk: open.volume.chunk };
  if (isKept && open.kind === "rows" && open.source.access === "random" && open.source.heldBytes === 0) {
    return { kind: "rows", rowBytes: shape[2] * bytesPerVoxel(dtype) };
  }
  // What is on a server is fetched once.
  if (isKept && open.kind === "boxes" && open.source.identity === undefined) {
    const { chunk, heldBytes } = open.source;
    return { kind: "boxes", chunk, heldBytes, libraryBytes: open.format === "hdf5" ? HDF5_BYTES : 0 };
  }
  return { kind: "converted", chunk: defaultChunk(shape, 1) };
}

/**
 * Plans how volumes of one shape are read block by block, several times.
 *
 * @param shape of the part that is read
 * @param blockVoxels voxels of a block at most
 * @param bytes for what readers hold
 * @returns undefined where their chunks do not fit each other or the memory: then what is no Zarr array is to be converted
 */
export function planReading(
  ways: readonly ReadingWay[],
  shape: Zyx,
  { blockVoxels, bytes }: { readonly blockVoxels: number; readonly bytes: number },
): ReadPlan | undefined {
  const chunks = ways.flatMap((way) => way.kind === "rows" ? [] : [zipAxes(Math.min, way.chunk, shape)]);
  const common = chunks.length === 0
    ? chunkOfRows(shape)
    : chunks.reduce((all, one) => zipAxes(Math.max, all, one));
  if (voxelCount(common) > blockVoxels || !chunks.every((one) => divides(one, common, shape))) {
    return undefined;
  }
  // Of the same size as those of arrays of components, so that all blocks are made of the same chunks.
  const chunk = zipAxes(Math.min, blockShape(shape, common, USUAL_CHUNK), shape);
  const block = zipAxes(Math.min, blockShape(shape, chunk, blockVoxels), shape);
  const keptBytes = ways.map((way) =>
    way.kind === "rows" && block[2] < shape[2] ? block[0] * block[1] * way.rowBytes : 0
  );
  const boxes = ways.filter((way) => way.kind === "boxes");
  const held = [...keptBytes, ...boxes.map((way) => way.heldBytes)].reduce((sum, one) => sum + one, 0);
  const heldBytes = held + Math.max(0, ...boxes.map((way) => way.libraryBytes));
  return heldBytes <= bytes ? { chunk, keptBytes, heldBytes } : undefined;
}

/** Rows that lie behind each other in a file, or whole slices. */
function chunkOfRows([depth, height, width]: Zyx): Zyx {
  const rows = Math.max(1, Math.floor(USUAL_CHUNK / width));
  return rows < height ? [1, rows, width] : [Math.min(depth, Math.floor(rows / height)), height, width];
}

/** Whether regions of whole chunks of one size are whole chunks of another. */
function divides(small: Zyx, large: Zyx, shape: Zyx): boolean {
  return large.every((length, axis) => length % (small[axis] ?? 1) === 0 || length >= (shape[axis] ?? 0));
}
