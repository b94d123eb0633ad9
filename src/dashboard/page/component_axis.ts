/** The direction across a labelled synapse of the ground truth. */
import type { PolarityComponent } from "../api.ts";
import { axisAcross, type Direction } from "./axis.ts";
import type { Point } from "./geometry.ts";
import type { Volume } from "./volume.ts";

/** Voxels that are looked at to estimate an axis; a larger synapse is thinned. */
const MOST_VOXELS = 20_000;

/** The axis across the shape of a label, where training has none; undefined until its chunks have come. */
export function shapeAxis(
  mask: Volume | undefined,
  { id, box }: PolarityComponent,
  anisotropy: number,
): Direction | undefined {
  const chunk = mask?.info.levels[0]?.chunk;
  if (!mask || !chunk) return undefined;
  const all = box.shape[0] * box.shape[1] * box.shape[2];
  const every = Math.max(1, Math.ceil(Math.cbrt(all / (8 * MOST_VOXELS))));
  const voxels: Point[] = [];
  let isComplete = true;
  for (let z = box.start[0]; z < box.start[0] + box.shape[0]; z += every) {
    for (let y = box.start[1]; y < box.start[1] + box.shape[1]; y += every) {
      for (let x = box.start[2]; x < box.start[2] + box.shape[2]; x += every) {
        const at = [Math.floor(z / chunk[0]), Math.floor(y / chunk[1]), Math.floor(x / chunk[2])] as const;
        const values = mask.chunk(0, 0, at);
        if (values === undefined) isComplete = false;
        if (values === undefined || typeof values === "string") continue;
        const index = ((z - at[0] * chunk[0]) * chunk[1] + y - at[1] * chunk[1]) * chunk[2] + x -
          at[2] * chunk[2];
        if (values[index] === id) voxels.push([z, y, x]);
      }
    }
  }
  return isComplete && voxels.length > 0 ? axisAcross(voxels, anisotropy) : undefined;
}
