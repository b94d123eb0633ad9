/** Reading of all voxels of a volume, before it is converted. */
import { nextTurn } from "../../engine/mod.ts";
import { discard } from "../../volume/bytes.ts";
import { type Region, voxelCount } from "../../volume/region.ts";
import { slabShape, slabsOfBand } from "../../volume/slab.ts";
import type { ValueMap } from "../../volume/value_map.ts";
import { defaultChunk } from "../../volume/zarr/mod.ts";
import { openSlabs } from "./slab_source.ts";

/** How to read, and whom to tell. */
export interface RangeOptions {
  /** Bytes for voxels in memory. */
  readonly memory: number;
  /** Where a source that goes forward only may leave voxels meanwhile. */
  readonly spill: string;
  readonly signal?: AbortSignal | undefined;
  /** Told of a value that is left out as padding, and which share of the voxels has it. */
  readonly onPadding?: ((value: number, share: number) => void) | undefined;
  /** Readings of the whole volume that are done, a part of one included, and how many there are. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Reads all voxels once, slab by slab. @param reading the number of this reading, and how many there are; `map`: what becomes of each value before it is a float */
export async function readAll(
  location: string,
  [reading, readings]: readonly [number, number],
  { memory, spill, signal, onProgress }: RangeOptions,
  take: (voxels: Float32Array, region: Region) => void | Promise<void>,
  map?: ValueMap,
): Promise<void> {
  const source = await openSlabs(location, "float32", memory);
  try {
    const { shape } = source;
    const slab = slabShape(shape, defaultChunk(shape, 1), Float32Array.BYTES_PER_ELEMENT, memory);
    const buffer = new Float32Array(voxelCount(slab));
    const total = voxelCount(shape);
    let done = 0;
    for (let z = 0; z < shape[0]; z += slab[0]) {
      const band = await source.band(slab, z, spill, map);
      try {
        for (const region of slabsOfBand(shape, slab, z)) {
          await nextTurn();
          signal?.throwIfAborted();
          const voxels = buffer.subarray(0, voxelCount(region.shape));
          await band.read(region, [voxels]);
          await take(voxels, region);
          done += voxels.length;
          onProgress?.(reading + done / total, readings);
        }
      } finally {
        band.close();
      }
    }
    await source.finish();
    discard(buffer);
  } finally {
    source.close();
  }
}
