/** `ccboost convert`: a volume as a Zarr array. */
import { basename, resolve } from "node:path";
import { UserError } from "../user_error.ts";
import { convertVolume } from "../stages/convert/convert.ts";
import { rescaledValues } from "../stages/convert/checks.ts";
import { describeClipped, describeForbidden, describePadding } from "../stages/convert/options.ts";
import { describeVolumeFile, readingMemory } from "../volume/open.ts";
import { voxelCount } from "../volume/region.ts";
import { describeVoxelSize } from "../volume/voxel_size.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { anisotropyFlag, choiceOf, rescaleFlag, voxelSizeFlag } from "./flag_values.ts";
import { callbackStage } from "./progress.ts";
import {
  conversionMemory,
  describeShape,
  keptType,
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
    { name: "out.zarr", help: "folder of the new array" },
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
  description:
    "Converts a volume to a Zarr array, slab by slab. A stopped conversion goes on where it was.\n" +
    "Whole numbers of 8 to 64 bits stay what they are, doubles become 32-bit floats. With --rescale all become\n" +
    "8-bit: values from LOW to HIGH become 0 to 255, others are clipped. --rescale 0,1 makes labels of 0 and\n" +
    "255. An array that exists is replaced with --overwrite alone.",
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
      "--rescale makes 8-bit voxels, --type float32 keeps them as they are; leave one of the two out",
    );
  }
  const dtype = type ?? (rescale === undefined ? await keptType(input) : "uint8");
  const { shape, notes = [] } = await describeVolumeFile(input);
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
    onClipped(clipped, voxels) {
      const text = describeClipped(basename(input), clipped, voxels);
      if (text !== undefined) reporter.warn(text);
    },
    onPadding: (value, share) => reporter.warn(describePadding(basename(input), value, share)),
    onForbidden: (chunks) => reporter.warn(describeForbidden(input, chunks)),
    onLost: (file) => reporter.warn(`${file} is gone; what it held is converted again`),
    onRange(done, total) {
      ranging ??= callbackStage(reporter, `find the range of ${basename(input)}`, voxelCount(shape));
      ranging.onShare(done / total);
    },
    onProgress(done) {
      ranging?.done();
      ranging = undefined;
      stage ??= callbackStage(reporter, `convert ${basename(input)}`, voxelCount(shape));
      stage.onVoxels(done);
    },
  });
  stage?.done();
  if (resolve(volume.path) !== resolve(output)) {
    throw new UserError(`${input} is a Zarr array of ${dtype} already; use it as it is, nothing was written`);
  }
  const { components, chunk, path } = volume;
  const range = rescaledValues(volume);
  const details = [
    `wrote ${path}: ${describeShape(shape)}, ${components} of ${dtype} each, chunks of ${
      chunk.join(",")
    } (z,y,x)`,
    ...(range === undefined ? [] : [`values ${range[0]} to ${range[1]} became 0 to 255`]),
    volume.voxelSize === undefined
      ? "the size of its voxels is not known; --voxel-size X,Y,Z tells it"
      : `voxels of ${describeVoxelSize(volume.voxelSize)}`,
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
