/** The direction across a synapse that was painted. */
import type { LabelObject } from "../../api.ts";
import { axisAcross, type Direction } from "../axis.ts";
import type { Point } from "../geometry.ts";
import type { LabelChunks } from "./label_chunks.ts";

/** Voxels that are looked at; a larger synapse is thinned. */
const MOST_VOXELS = 20_000;

/** Estimates it from the shape of the labels; undefined until their chunks have come. */
export function shapeAxis(
  chunks: LabelChunks,
  { id, box }: LabelObject,
  anisotropy: number,
): Direction | undefined {
  if (!box) return undefined;
  const { begin, end } = box;
  const [cz, cy, cx] = chunks.chunkShape;
  const all = (end[0] - begin[0]) * (end[1] - begin[1]) * (end[2] - begin[2]);
  const every = Math.max(1, Math.ceil(Math.cbrt(all / (8 * MOST_VOXELS))));
  const found: Point[] = [];
  let isComplete = true;
  for (let z = begin[0]; z < end[0]; z += every) {
    for (let y = begin[1]; y < end[1]; y += every) {
      for (let x = begin[2]; x < end[2]; x += every) {
        const voxels = chunks.chunk(Math.floor(z / cz), Math.floor(y / cy), Math.floor(x / cx));
        if (voxels === undefined) isComplete = false;
        if (!(voxels instanceof Uint32Array)) continue;
        if (voxels[((z % cz) * cy + y % cy) * cx + x % cx] === id) found.push([z, y, x]);
      }
    }
  }
  return isComplete && found.length > 0 ? axisAcross(found, anisotropy) : undefined;
}
