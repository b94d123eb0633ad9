/** What scoring keeps with its scores for whoever looks for synapses in them. */
import { basename, dirname, join } from "node:path";
import { openZarr, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { exists } from "../../run/work_folder.ts";
import { type DirectionSource, directionSource } from "./directions.ts";

/** The least score of a synapse's voxels, as the model found it; undefined for probabilities and where it is not kept. */
export function keptThreshold({ dtype, attributes }: ZarrVolume): number | undefined {
  const { threshold } = attributes;
  return typeof threshold === "number" && dtype !== "uint8" ? threshold : undefined;
}

/** Lower scores are not complete, because scoring stopped early; undefined where all are. */
export function keptLeastScore({ attributes }: ZarrVolume): number | undefined {
  const { leastScore } = attributes;
  return typeof leastScore === "number" ? leastScore : undefined;
}

/** Voxel size in z over voxel size in x and y of the run that made the scores; undefined where it is not kept. */
export function keptAnisotropy({ attributes }: ZarrVolume): number | undefined {
  const { anisotropy } = attributes;
  return typeof anisotropy === "number" && anisotropy >= 1 ? anisotropy : undefined;
}

/** The directions that scoring wrote beside the scores; undefined where there are none. */
export async function keptDirections({ path, attributes }: ZarrVolume): Promise<DirectionSource | undefined> {
  const { direction } = attributes;
  if (typeof direction !== "string") return undefined;
  const beside = join(dirname(path), basename(direction));
  return await exists(beside) ? directionSource(await openZarr(beside)) : undefined;
}
