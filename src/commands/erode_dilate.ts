/** `ccboost erode-dilate`: a ground truth with a margin that does not count. */
import { join, resolve } from "node:path";
import { zarrSink } from "../analysis/voxel_source.ts";
import { UserError } from "../user_error.ts";
import { callbackStage } from "../engine/mod.ts";
import { erodeDilate } from "../stages/erode_dilate.ts";
import { exportVolume } from "../stages/export/export.ts";
import { removeFolder } from "../run/work_folder.ts";
import { describeVolumeFile, readingMemory } from "../volume/open.ts";
import { describeShape, voxelCount, zipAxes, type Zyx } from "../volume/region.ts";
import { voxelSizeAttribute } from "../volume/voxel_size.ts";
import { createZarr, defaultChunk } from "../volume/zarr/mod.ts";
import type { Call, Command } from "./command.ts";
import { labelsFlag, readNumber } from "./flag_values.ts";
import type { GivenFlags } from "./flags.ts";
import { openLabels } from "./open_labels.ts";
import { memoryOf } from "./resource_flags.ts";
import {
  conversionMemory,
  interruptible,
  requireDifferent,
  requireFolderOf,
  requireFree,
  requireOneComponent,
  requireReplaceable,
  VOLUME_FLAGS,
  volumeNamed,
  withTemporaryFolder,
} from "./volumes.ts";

export const erodeDilateCommand: Command = {
  name: "erode-dilate",
  summary: 'add a "not sure" margin around the labels, which training ignores',
  operands: [
    { name: "in", help: "labels in any format; 255 is positive, or see --labels-are" },
    { name: "erodeRadius", help: "voxels; use at least 1" },
    { name: "dilateRadius", help: "voxels; 10 is typical" },
    { name: "out", help: "output file: .tif, .nrrd or .zarr" },
  ],
  flags: [...VOLUME_FLAGS, "overwrite", "memory", "work", "labels-are"],
  flagHelp: { work: "folder for temporary files (default: next to the output)" },
  description:
    'Puts a "not sure" margin around the labels, which training and evaluation ignore. Each labelled\n' +
    "synapse shrinks by erodeRadius; what remains is 255. Everything else within dilateRadius of the\n" +
    "labels becomes 128 (ignored), and so do voxels that were neither 0 nor 255. All others become 0.\n" +
    "An existing output is replaced only with --overwrite. Temporary Zarr arrays are next to the\n" +
    "output, or in --work.",
  examples: ["erode-dilate labels.tif 1 10 train-labels.tif"],
  leastMemory: async (flags, operands) => {
    const { input, radius } = readOperands(operands, flags);
    const { shape } = await describeVolumeFile(input);
    return Math.max(readingMemory([input]), bytesOf(shape, defaultChunk(shape, 1), radius) + PROGRAM_BYTES);
  },
  run: erodeDilateFile,
};

const RADII = { from: 0, to: 255 };
const PROGRAM_BYTES = 128 * 2 ** 20;
/** Of the block with its context, what is not collected yet included. */
const BYTES_A_VOXEL = 16;
const MOST_VOXELS = 1 << 24;

/** @throws {UserError} where a radius is none, or the output's name tells no format */
function readOperands(
  [named = "", erode = "", dilate = "", output = ""]: readonly string[],
  flags: GivenFlags,
) {
  const input = volumeNamed(named, flags);
  const erodeRadius = readNumber("erodeRadius", erode, RADII);
  const dilateRadius = readNumber("dilateRadius", dilate, RADII);
  const toZarr = output.toLowerCase().endsWith(".zarr");
  if (!toZarr && !/\.(nrrd|tiff?)$/i.test(output)) {
    throw new UserError(`${output}: unknown format; the name must end in .tif, .nrrd or .zarr`);
  }
  return { input, output, erodeRadius, dilateRadius, radius: Math.max(erodeRadius, dilateRadius), toZarr };
}

async function erodeDilateFile(call: Call): Promise<void> {
  const { input, output, erodeRadius, dilateRadius, radius, toZarr } = readOperands(
    call.operands,
    call.flags,
  );
  labelsFlag(call.flags); // before any work
  await requireOneComponent(input);
  requireDifferent(input, output);
  await requireFolderOf(output);
  await requireFree(call, output);
  if (toZarr) await requireReplaceable(output);
  const path = resolve(output);
  const identity = ["erode-dilate", resolve(input), path];
  const shape = await withTemporaryFolder(call, output, identity, async (folder) => {
    const source = await openLabels(call, input, folder);
    const { volume: labels } = source;
    const chunk = defaultChunk(labels.shape, 1);
    const blockVoxels = blockVoxelsFor(call, labels.shape, chunk, radius);
    // A Zarr output is made where it will be, since a folder cannot be renamed to another disk.
    const made = toZarr ? `${path}.partial` : join(folder, "result.zarr");
    const result = await createZarr(made, {
      shape: labels.shape,
      chunk,
      dtype: "uint8",
      codec: "zstd",
      attributes: voxelSizeAttribute(labels.voxelSize),
    });
    const stage = callbackStage(call.reporter, "eroding and dilating", voxelCount(labels.shape));
    await erodeDilate(interruptible(source), zarrSink(result), erodeRadius, dilateRadius, {
      blockVoxels,
      signal: call.signal,
      onProgress: stage.onShare,
    });
    stage.done();
    if (toZarr) {
      await removeFolder(path);
      await Deno.rename(made, path);
    } else await exportVolume(result, path, { memory: conversionMemory(call), signal: call.signal });
    return labels.shape;
  });
  call.reporter.result(`wrote ${path}: ${describeShape(shape)}, 255, 128 or 0 each`, {
    path,
    shape,
    erodeRadius,
    dilateRadius,
  });
}

/** Bytes of a block with its context. */
function bytesOf(shape: Zyx, block: Zyx, radius: number): number {
  const reach = Math.floor(radius);
  return BYTES_A_VOXEL * voxelCount(zipAxes((n, b) => Math.min(n, b + 2 * reach), shape, block));
}

/** The most voxels whose block with its context fits the memory; a chunk does. */
function blockVoxelsFor(call: Call, shape: Zyx, chunk: Zyx, radius: number): number {
  const memory = memoryOf(call.flags);
  const free = memory - PROGRAM_BYTES;
  const bytesFor = (block: Zyx) => bytesOf(shape, block, radius);
  let voxels = voxelCount(chunk);
  // Blocks are about as long on each axis, so the cube of so many voxels is what a block will be like.
  for (; voxels * 2 <= MOST_VOXELS; voxels *= 2) {
    const side = Math.ceil(Math.cbrt(voxels * 2)) + Math.max(...chunk);
    if (bytesFor([side, side, side]) > free) break;
  }
  return voxels;
}
