/** `ccboost convert`: a volume as a Zarr array. */
import { basename, resolve } from "node:path";
import { UserError } from "../user_error.ts";
import { callbackStage } from "../engine/mod.ts";
import { convertVolume } from "../stages/convert/convert.ts";
import { rescaledValues } from "../stages/convert/checks.ts";
import { conversionNotes } from "../stages/convert/options.ts";
import { keptDtype } from "../volume/dtype.ts";
import { describeVolumeFile, readingMemory } from "../volume/open.ts";
import { describeShape, voxelCount } from "../volume/region.ts";
import { describeVoxelSize } from "../volume/voxel_size.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { anisotropyFlag, choiceOf, rescaleFlag, voxelSizeFlag } from "./flag_values.ts";
import {
  conversionMemory,
  requireDifferent,
  requireFolderOf,
  requireReplaceable,
  VOLUME_FLAGS,
  VOLUME_HELP,
  volumeAt,
} from "./volumes.ts";

export const convertCommand: Command = {
  name: "convert",
  summary: "convert a volume of any format to Zarr",
  operands: [
    { name: "in", help: VOLUME_HELP },
    { name: "out.zarr", help: "Zarr array to write" },
  ],
  flags: [
    ...VOLUME_FLAGS,
    "type",
    "rescale",
    "voxel-size",
    "anisotropy",
    "overwrite",
    "memory",
  ],
  description: "Converts a volume to Zarr, a format of which any part can be read by itself. After an\n" +
    "interruption, the same command resumes. Integers of 8 to 64 bits are kept, 64-bit floats become\n" +
    "32-bit floats. With --rescale the result is 8-bit: values from LOW to HIGH become 0 to 255,\n" +
    "lower ones 0 and higher ones 255. --rescale 0,1 turns masks of 0 and 1 into labels of 0 and 255.\n" +
    "An existing array is replaced only with --overwrite.",
  examples: [
    "convert volume.tif volume.zarr",
    "convert 'slices/*.png' volume.zarr --voxel-size 4,4,40",
    "convert project.h5:/volumes/raw raw.zarr --rescale auto",
    "convert channel.nrrd channel.zarr --type float32",
  ],
  leastMemory: (_flags, [input = ""]) => readingMemory([input]),
  run: convert,
};

async function convert(call: Call): Promise<void> {
  const { flags, reporter, signal } = call;
  const input = volumeAt(call, 0), output = operandAt(call, 1);
  const anisotropy = anisotropyFlag(flags);
  const rescale = rescaleFlag(flags);
  const voxelSize = voxelSizeFlag(flags);
  const type = choiceOf(flags, "type", ["uint8", "float32"]);
  if (rescale !== undefined && type === "float32") {
    throw new UserError(
      "--rescale converts to 8 bits, --type float32 keeps the values; use only one of them",
    );
  }
  const { shape, notes = [], ...found } = await describeVolumeFile(input);
  const dtype = type ?? (rescale === undefined ? keptDtype(found.dtype) : "uint8");
  for (const note of notes) reporter.warn(note);
  requireDifferent(input, output);
  await requireFolderOf(output);
  await requireReplaceable(output);
  let ranging: ReturnType<typeof callbackStage> | undefined;
  let stage: ReturnType<typeof callbackStage> | undefined;
  const volume = await convertVolume(input, resolve(output), {
    dtype,
    rescale,
    voxelSize,
    anisotropy,
    memory: conversionMemory(call),
    anyComponents: true,
    keepsOthers: !flags.has("overwrite"),
    signal,
    ...conversionNotes(reporter, input),
    onRange(done, total) {
      ranging ??= callbackStage(reporter, `finding the range of ${basename(input)}`, voxelCount(shape));
      ranging.onShare(done / total);
    },
    onProgress(done) {
      ranging?.done();
      ranging = undefined;
      stage ??= callbackStage(reporter, `convert ${basename(input)}`, voxelCount(shape));
      stage.onDone(done);
    },
  });
  stage?.done();
  if (resolve(volume.path) !== resolve(output)) {
    throw new UserError(`${input} is already a Zarr array of ${dtype}; use it directly. Nothing was written`);
  }
  const { components, chunk, path } = volume;
  const range = rescaledValues(volume);
  const details = [
    `wrote ${path}: ${describeShape(shape)}, ${components} x ${dtype} per voxel, chunks of ` +
    `${chunk.join(",")} (z,y,x)`,
    ...(range === undefined ? [] : [`values ${range[0]} to ${range[1]} became 0 to 255`]),
    volume.voxelSize === undefined
      ? "voxel size unknown; set it with --voxel-size X,Y,Z"
      : `voxel size ${describeVoxelSize(volume.voxelSize)}`,
  ];
  reporter.result(details.join("\n"), {
    path,
    shape,
    components,
    dtype,
    chunk,
    voxelSize: volume.voxelSize === undefined ? null : [...volume.voxelSize],
    rescaled: range === undefined ? null : [...range],
  });
}
