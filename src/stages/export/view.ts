/** What an export writes: a region of a volume, its voxels as they are or changed one by one. */
import { UserError } from "../../user_error.ts";
import { allocateVoxels, bytesPerVoxel, type Dtype, type Voxels } from "../../volume/dtype.ts";
import {
  describeRegion,
  type Region,
  regionContains,
  voxelCount,
  wholeRegion,
  zipAxes,
  type Zyx,
} from "../../volume/region.ts";
import type { VoxelSize } from "../../volume/voxel_size.ts";
import { readRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";

/** Which voxels to export, and as what. */
export interface ViewOptions {
  /** Default all of the volume. */
  readonly region?: Region | undefined;
  /** Where the volume itself begins, if it is a part of another. */
  readonly origin?: Zyx | undefined;
  /** Writes uint8 voxels: 255 where a value is at least this, 0 elsewhere and where it is not a number. */
  readonly threshold?: number | undefined;
  /** Makes the 8-bit voxels to write from float32 voxels, one by one: the result at an index depends on the input there alone. */
  readonly transform?: (voxels: Float32Array) => Uint8Array;
  /** Instead of what the volume tells. */
  readonly voxelSize?: VoxelSize | undefined;
}

/** The voxels to write, region by region. */
export interface ExportView {
  /** How messages call it. */
  readonly name: string;
  readonly shape: Zyx;
  /** Where it begins in the volume, or in that of which the volume is a part. */
  readonly start: Zyx;
  readonly components: number;
  readonly dtype: Dtype;
  readonly voxelSize: VoxelSize | undefined;
  /** Whether voxels are 255 or 0 by a threshold. */
  readonly isMask: boolean;
  /** Of the volume. */
  readonly chunk: Zyx;
  /** Bytes that are held for each voxel of a region that is read. */
  readonly voxelBytes: number;
  /**
   * Reads a region of the view.
   * @returns a dense array a component, `[z, y, x]`, to be used before the next call
   */
  read(region: Region): Promise<readonly Voxels[]>;
}

/** @throws UserError if the region is not in the volume */
export function exportView(volume: ZarrVolume, options: ViewOptions = {}): ExportView {
  const { region = wholeRegion(volume.shape), origin = [0, 0, 0], threshold, transform } = options;
  requireInside(volume, region);
  if (transform !== undefined && volume.dtype !== "float32") {
    throw new TypeError(`${volume.path}: a transform needs float32 voxels, not ${volume.dtype}`);
  }
  const isChanged = transform !== undefined || threshold !== undefined;
  const dtype = isChanged ? "uint8" : volume.dtype;
  let buffers: readonly Voxels[] = [];
  const change = (voxels: Voxels): Voxels => {
    if (threshold !== undefined) return masked(voxels, threshold);
    return transform === undefined || !(voxels instanceof Float32Array) ? voxels : transform(voxels);
  };
  return {
    name: volume.path,
    shape: region.shape,
    start: zipAxes((at, from) => at + from, region.start, origin),
    components: volume.components,
    dtype,
    voxelSize: options.voxelSize ?? volume.voxelSize,
    isMask: threshold !== undefined,
    chunk: volume.chunk,
    voxelBytes: volume.components * (bytesPerVoxel(volume.dtype) + (isChanged ? 1 : 0)),
    async read({ start, shape }) {
      const [z, y, x] = region.start;
      const wanted: Region = { start: [z + start[0], y + start[1], x + start[2]], shape };
      const count = voxelCount(shape);
      if ((buffers[0]?.length ?? 0) < count) {
        buffers = Array.from({ length: volume.components }, () => allocateVoxels(volume.dtype, count));
      }
      const planes: Voxels[] = [];
      for (const [component, buffer] of buffers.entries()) {
        const plane = buffer.subarray(0, count);
        await readRegion(volume, wanted, plane, component);
        planes.push(change(plane));
      }
      return planes;
    },
  };
}

function masked(voxels: Voxels, threshold: number): Uint8Array {
  const mask = new Uint8Array(voxels.length);
  for (let i = 0; i < voxels.length; i++) if ((voxels[i] ?? 0) >= threshold) mask[i] = 255;
  return mask;
}

function requireInside({ path, shape }: ZarrVolume, region: Region): void {
  if (voxelCount(region.shape) > 0 && regionContains(wholeRegion(shape), region)) return;
  throw new UserError(
    `${path}: the region ${describeRegion(region)} (z, y, x) is not within its ${shape.join(" x ")} ` +
      "voxels (z, y, x); choose another region",
  );
}
