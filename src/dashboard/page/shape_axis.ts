/** The direction across a labelled synapse, estimated from its shape. */
import type { Region } from "../../volume/region.ts";
import { axisAcross, type Direction } from "./axis.ts";
import type { Point } from "./geometry.ts";
import type { ChunkVoxels } from "./volume.ts";

/** Voxels that are looked at; a larger synapse is thinned. */
const MOST_VOXELS = 20_000;

/** Labels in chunks. */
interface Labels {
  readonly chunkShape: Point;
  /** A chunk; undefined until it has come, a word where it has no voxels. */
  readonly chunkAt: (z: number, y: number, x: number) => ChunkVoxels | string | undefined;
}

/** The axis across the voxels of the number `id` in a box; undefined until their chunks have come. */
export function shapeAxis(
  { chunkShape: [cz, cy, cx], chunkAt }: Labels,
  id: number,
  { start, shape }: Region,
  anisotropy: number,
): Direction | undefined {
  const all = shape[0] * shape[1] * shape[2];
  const every = Math.max(1, Math.ceil(Math.cbrt(all / (8 * MOST_VOXELS))));
  const found: Point[] = [];
  let isComplete = true;
  for (let z = start[0]; z < start[0] + shape[0]; z += every) {
    for (let y = start[1]; y < start[1] + shape[1]; y += every) {
      for (let x = start[2]; x < start[2] + shape[2]; x += every) {
        const voxels = chunkAt(Math.floor(z / cz), Math.floor(y / cy), Math.floor(x / cx));
        if (voxels === undefined) isComplete = false;
        if (voxels === undefined || typeof voxels === "string") continue;
        if (voxels[((z % cz) * cy + y % cy) * cx + x % cx] === id) found.push([z, y, x]);
      }
    }
  }
  return isComplete && found.length > 0 ? axisAcross(found, anisotropy) : undefined;
}
