/** What tests of volume files share. */
import { type ConvertOptions, convertVolume } from "../../src/stages/convert/convert.ts";
import { wholeRegion } from "../../src/volume/region.ts";
import { readRegion } from "../../src/volume/zarr/mod.ts";

/** Converts a file and returns all voxels. */
export async function converted(path: string, out: string, options: Partial<ConvertOptions> = {}) {
  const volume = await convertVolume(path, out, { dtype: "uint8", anisotropy: 1, ...options });
  const voxels = new Uint8Array(volume.shape[0] * volume.shape[1] * volume.shape[2]);
  await readRegion(volume, wholeRegion(volume.shape), voxels);
  return { volume, voxels };
}
