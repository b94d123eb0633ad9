/** Label volumes for commands that read them by region. */
import { type VoxelSource, zarrBytes } from "../analysis/voxel_source.ts";
import { PAINTED_LABELS } from "../config/label_values.ts";
import {
  countBytes,
  describeValues,
  labelAdvice,
  looksLikeIds,
  requirePainted,
} from "../stages/label_counts.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import type { Call } from "./command.ts";
import { labelsFlag } from "./flag_values.ts";
import { openVolumeFile } from "./volumes.ts";

/**
 * Opens labels as `--labels-are` says, as 0 (negative), 255 (positive) and others (ignored).
 * @param folder for what is no Zarr array that is read where it is
 * @throws {UserError} where they are something else: it names the values that there are
 */
export async function openLabels(
  call: Call,
  path: string,
  folder: string,
): Promise<VoxelSource<Uint8Array> & { readonly volume: ZarrVolume }> {
  const labels = labelsFlag(call.flags);
  const volume = await openVolumeFile(call, path, folder, "uint8", labels);
  const source = { ...zarrBytes(volume), name: path, volume };
  await checkPainted(call, path, source);
  return source;
}

/**
 * Looks whether labels are painted ones unless `--labels-are` says otherwise.
 * @throws {UserError} where they are not: it names the values that there are
 */
export async function checkPainted(
  call: Call,
  path: string,
  source: VoxelSource<Uint8Array>,
): Promise<void> {
  if (labelsFlag(call.flags) !== PAINTED_LABELS) return;
  const found = await countBytes(source, call.signal);
  requirePainted(path, found);
  if (looksLikeIds(found)) {
    call.reporter.warn(
      `${path}: its labels are ${describeValues(found)}; all except 0 and 255 are ignored. If that is ` +
        `wrong, ${labelAdvice(found)}`,
    );
  }
}
