/** `ccboost convert`: a volume file as a Zarr array. */
import { basename, resolve } from "node:path";
import { UserError } from "../config/user_error.ts";
import { convertVolume } from "../stages/convert.ts";
import { describeVolumeFile } from "../volume/open.ts";
import { voxelCount } from "../volume/region.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { anisotropyFlag, choiceOf } from "./flag_values.ts";
import { callbackStage } from "./progress.ts";
import {
  conversionMemory,
  describeShape,
  requireDifferent,
  requireFolderOf,
  requireReplaceable,
  usualType,
} from "./volumes.ts";

export const convertCommand: Command = {
  name: "convert",
  summary: "convert a TIFF, NRRD or Zarr volume to Zarr",
  operands: [
    { name: "in", help: "TIFF, NRRD or Zarr" },
    { name: "out.zarr", help: "folder of the new array" },
  ],
  flags: ["type", "anisotropy", "memory"],
  description:
    "Converts a volume to a Zarr array, slab by slab. A stopped conversion goes on where it was.\n" +
    "An 8-bit volume stays 8-bit, all others become 32-bit float.",
  examples: ["convert volume.tif volume.zarr", "convert channel.nrrd channel.zarr --type float32"],
  run: convert,
};

async function convert(call: Call): Promise<void> {
  const input = operandAt(call, 0), output = operandAt(call, 1);
  const anisotropy = anisotropyFlag(call.flags);
  const dtype = choiceOf(call.flags, "type", ["uint8", "float32"]) ?? await usualType(input);
  const { shape } = await describeVolumeFile(input);
  requireDifferent(input, output);
  await requireFolderOf(output);
  await requireReplaceable(output);
  const stage = callbackStage(call.reporter, `convert ${basename(input)}`, voxelCount(shape));
  const volume = await convertVolume(input, resolve(output), {
    dtype,
    anisotropy,
    memory: conversionMemory(call),
    signal: call.signal,
    onProgress: stage.onVoxels,
  });
  stage.done();
  if (resolve(volume.path) !== resolve(output)) {
    throw new UserError(`${input} is a Zarr array of ${dtype} already; use it as it is, nothing was written`);
  }
  const { components, chunk, path } = volume;
  call.reporter.result(
    `wrote ${path}: ${describeShape(shape)}, ${components} of ${dtype} each, chunks of ${
      chunk.join(",")
    } (z,y,x)`,
    { path, shape, components, dtype, chunk },
  );
}
