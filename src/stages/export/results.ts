/** Exports a result with progress. */
import { basename } from "node:path";
import { voxelCount } from "../../volume/region.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import { exportVolume } from "./export.ts";
import type { RunContext } from "../run_context.ts";

/** Writes a volume to a NRRD or TIFF file; `transform` makes 8-bit voxels of scores. */
export async function exportWithProgress(
  { reporter, signal, resources }: RunContext,
  volume: ZarrVolume,
  path: string,
  transform?: (voxels: Float32Array) => Uint8Array,
): Promise<void> {
  const total = voxelCount(volume.shape);
  const progress = reporter.stage(`write ${basename(path)}`, { total, unit: "voxels" });
  let before = 0;
  await exportVolume(volume, path, {
    ...(transform ? { transform } : {}),
    ...(signal ? { signal } : {}),
    memory: Math.min(resources.memory / 8, 128 * 2 ** 20),
    onProgress(done) {
      progress.advance(done - before);
      before = done;
    },
  });
  progress.done();
}
