/** `ccboost export`: a volume as a NRRD or TIFF file. */
import { basename, resolve } from "node:path";
import { formatBytes } from "../engine/mod.ts";
import { exportVolume } from "../stages/export.ts";
import { voxelCount } from "../volume/region.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { callbackStage } from "./progress.ts";
import {
  conversionMemory,
  describeShape,
  openVolumeFile,
  requireDifferent,
  requireFolderOf,
  usualType,
  VOLUME_HELP,
  withTemporaryFolder,
} from "./volumes.ts";
import { UserError } from "../config/user_error.ts";

export const exportCommand: Command = {
  name: "export",
  summary: "write a volume as NRRD or TIFF",
  operands: [
    { name: "in", help: VOLUME_HELP },
    { name: "out", help: "name that ends in .nrrd, .tif or .tiff" },
  ],
  flags: ["memory", "work"],
  description:
    "Writes a volume as a file that other programs open. NRRD holds every volume, TIFF those of one\n" +
    "component. A NRRD or TIFF input becomes a temporary Zarr array beside the output, or in --work.",
  examples: ["export work/scores/0-max.zarr max.tif"],
  run: exportFile,
};

async function exportFile(call: Call): Promise<void> {
  const input = operandAt(call, 0), output = operandAt(call, 1);
  if (!/\.(nrrd|tiff?)$/i.test(output)) {
    throw new UserError(`${output}: the name tells the format; end it in .nrrd, .tif or .tiff`);
  }
  const dtype = await usualType(input);
  requireDifferent(input, output);
  await requireFolderOf(output);
  const path = resolve(output);
  const volume = await withTemporaryFolder(call, output, ["export", resolve(input), path], async (folder) => {
    const opened = await openVolumeFile(call, input, folder, dtype);
    const stage = callbackStage(call.reporter, `write ${basename(output)}`, voxelCount(opened.shape));
    await exportVolume(opened, path, {
      memory: conversionMemory(call),
      signal: call.signal,
      onProgress: stage.onVoxels,
    });
    stage.done();
    return opened;
  });
  const { shape, components } = volume;
  const { size: bytes } = await Deno.stat(path);
  call.reporter.result(
    `wrote ${path}: ${describeShape(shape)}, ${components} of ${volume.dtype} each, ${formatBytes(bytes)}`,
    { path, shape, components, dtype: volume.dtype, bytes },
  );
}
