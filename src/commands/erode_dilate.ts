/** `ccboost erode-dilate`: a ground truth with a margin that does not count. */
import { join, resolve } from "node:path";
import { zarrSink } from "../analysis/voxel_source.ts";
import { UserError } from "../config/user_error.ts";
import { formatBytes } from "../engine/mod.ts";
import { erodeDilate } from "../stages/erode_dilate.ts";
import { exportVolume } from "../stages/export/export.ts";
import { removeFolder } from "../stages/work_folder.ts";
import { voxelCount, zipAxes, type Zyx } from "../volume/region.ts";
import { voxelSizeAttribute } from "../volume/voxel_size.ts";
import { createZarr, defaultChunk } from "../volume/zarr/mod.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { labelsFlag, memoryOf, readNumber } from "./flag_values.ts";
import { openLabels } from "./open_labels.ts";
import { callbackStage } from "./progress.ts";
import {
  conversionMemory,
  describeShape,
  interruptible,
  requireDifferent,
  requireFolderOf,
  requireOneComponent,
  requireReplaceable,
  withTemporaryFolder,
} from "./volumes.ts";

export const erodeDilateCommand: Command = {
  name: "erode-dilate",
  summary: "give a ground truth a margin that does not count",
  operands: [
    { name: "in", help: "labels, 255 positive or as --labels-are says, in any format that can be read" },
    { name: "erodeRadius", help: "voxels; at least 1 is a good choice" },
    { name: "dilateRadius", help: "voxels; 10 is typical" },
    { name: "out", help: "name that ends in .tif, .nrrd or .zarr" },
  ],
  flags: ["memory", "work", "labels-are"],
  description:
    "Writes 255 where the positives eroded by a ball are, 128 (ignored) where those dilated by a ball\n" +
    "are else or where the label is neither 0 nor 255, and 0 elsewhere. Temporary Zarr arrays are beside the output, or in --work.",
  examples: ["erode-dilate labels.tif 1 10 train-labels.tif"],
  run: erodeDilateFile,
};

const MAX_RADIUS = 255;
const PROGRAM_BYTES = 128 * 2 ** 20;
/** Of the block with its context, what is not collected yet included. */
const BYTES_A_VOXEL = 16;
const MOST_VOXELS = 1 << 24;

async function erodeDilateFile(call: Call): Promise<void> {
  const input = operandAt(call, 0), output = operandAt(call, 3);
  const limits = { from: 0, to: MAX_RADIUS };
  const erodeRadius = readNumber("erodeRadius", operandAt(call, 1), limits);
  const dilateRadius = readNumber("dilateRadius", operandAt(call, 2), limits);
  const toZarr = output.toLowerCase().endsWith(".zarr");
  if (!toZarr && !/\.(nrrd|tiff?)$/i.test(output)) {
    throw new UserError(`${output}: the name tells the format; end it in .tif, .nrrd or .zarr`);
  }
  labelsFlag(call.flags); // before any work
  await requireOneComponent(input);
  requireDifferent(input, output);
  await requireFolderOf(output);
  if (toZarr) await requireReplaceable(output);
  const path = resolve(output);
  const identity = ["erode-dilate", resolve(input), path];
  const shape = await withTemporaryFolder(call, output, identity, async (folder) => {
    const source = await openLabels(call, input, folder);
    const { volume: labels } = source;
    const chunk = defaultChunk(labels.shape, 1);
    const blockVoxels = blockVoxelsFor(call, labels.shape, chunk, Math.max(erodeRadius, dilateRadius));
    // A Zarr output is made where it will be, since a folder cannot be renamed to another disk.
    const made = toZarr ? `${path}.partial` : join(folder, "result.zarr");
    const result = await createZarr(made, {
      shape: labels.shape,
      chunk,
      dtype: "uint8",
      codec: "zstd",
      attributes: voxelSizeAttribute(labels.voxelSize),
    });
    const stage = callbackStage(call.reporter, "erode and dilate", voxelCount(labels.shape));
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

/** The most voxels whose block with its context fits the memory. @throws {UserError} where a chunk does not fit */
function blockVoxelsFor(call: Call, shape: Zyx, chunk: Zyx, radius: number): number {
  const memory = memoryOf(call.flags);
  const reach = Math.floor(radius);
  const bytesFor = (block: Zyx) =>
    BYTES_A_VOXEL * voxelCount(zipAxes((n, b) => Math.min(n, b + 2 * reach), shape, block));
  const free = memory - PROGRAM_BYTES;
  if (bytesFor(chunk) > free) {
    const least = formatBytes(Math.ceil((bytesFor(chunk) + PROGRAM_BYTES) / 2 ** 20) * 2 ** 20);
    throw new UserError(
      `--memory ${formatBytes(memory)} does not hold one block with a margin of ${reach} voxels; give ${
        least.replace(" ", "")
      }`,
    );
  }
  let voxels = voxelCount(chunk);
  // Blocks are about as long on each axis, so the cube of so many voxels is what a block will be like.
  for (; voxels * 2 <= MOST_VOXELS; voxels *= 2) {
    const side = Math.ceil(Math.cbrt(voxels * 2)) + Math.max(...chunk);
    if (bytesFor([side, side, side]) > free) break;
  }
  return voxels;
}
