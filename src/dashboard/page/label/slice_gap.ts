/** Slices between those in which a synapse is painted. */
import type { LabelObject } from "../../api.ts";
import type { LabelChunks } from "./label_chunks.ts";

/** Slices, along z, in which a synapse is painted as far as its chunks have come, first one first. */
export function paintedSlices(chunks: LabelChunks, { id, box }: LabelObject): number[] {
  if (!box) return [];
  const { begin, end } = box;
  const [cz, cy, cx] = chunks.chunkShape;
  const isIn = (z: number) => {
    for (let y = begin[1]; y < end[1]; y++) {
      for (let x = begin[2]; x < end[2];) {
        const [kz, ky, kx] = [Math.floor(z / cz), Math.floor(y / cy), Math.floor(x / cx)];
        const stop = Math.min(end[2], (kx + 1) * cx);
        const voxels = chunks.chunk(kz, ky, kx);
        if (voxels instanceof Uint32Array) {
          const row = ((z - kz * cz) * cy + y - ky * cy) * cx - kx * cx;
          if (voxels.subarray(row + x, row + stop).includes(id)) return true;
        }
        x = stop;
      }
    }
    return false;
  };
  return Array.from({ length: end[0] - begin[0] }, (_, i) => begin[0] + i).filter(isIn);
}

/** The two neighbours in a list of slices that have others between them and lie around a slice. */
export function gapAt(
  slices: readonly number[],
  at: number,
): readonly [from: number, to: number] | undefined {
  for (const [i, from] of slices.entries()) {
    const to = slices[i + 1];
    if (to !== undefined && to - from > 1 && from <= at && at <= to) return [from, to];
  }
  return undefined;
}
