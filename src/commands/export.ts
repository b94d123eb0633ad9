/** `ccboost export`: a volume, the surfaces of labels, or a table of synapses as other programs open them. */
import { basename, join, resolve } from "node:path";
import { isInBucket } from "../config/location.ts";
import { UserError } from "../user_error.ts";
import { callbackStage, formatBytes } from "../engine/mod.ts";
import {
  EXPORT_FORMATS,
  exportedFile,
  type ExportOptions,
  exportVolume,
  isExportName,
  isMultiscaleName,
  requireReplaceableExport,
} from "../stages/export/export.ts";
import { exportParquet, isTableName } from "../stages/export/table/parquet.ts";
import { isMeshName } from "../stages/export/meshes/mesh_files.ts";
import { describeShape, type Region, voxelCount, type Zyx } from "../volume/region.ts";
import { describeVoxelSize } from "../volume/voxel_size.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import { keptDtype } from "../volume/dtype.ts";
import { isListed, listObjects, removeStale, sendTree, treeFiles } from "../volume/remote/send.ts";
import { describeVolumeFile, readingMemory, type VolumeDescription } from "../volume/open.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { anisotropyFlag, numberOf, regionFlag, voxelSizeFlag } from "./flag_values.ts";
import { memoryOf } from "./resource_flags.ts";
import {
  conversionMemory,
  openVolumeFile,
  requireDifferent,
  requireFolderOf,
  requireFree,
  VOLUME_FLAGS,
  VOLUME_HELP,
  volumeAt,
  withTemporaryFolder,
} from "./volumes.ts";

export const exportCommand: Command = {
  name: "export",
  summary: "write a volume for other programs, synapses as meshes, their table as Parquet",
  operands: [
    { name: "in", help: `${VOLUME_HELP}; or a table of synapses as .csv` },
    {
      name: "out",
      help: `output file, here or in a bucket (s3://, gs://): ${EXPORT_FORMATS}; of a table .parquet`,
    },
  ],
  flags: [
    ...VOLUME_FLAGS,
    "region",
    "threshold",
    "labels",
    "voxel-size",
    "anisotropy",
    "overwrite",
    "memory",
    "work",
  ],
  flagHelp: {
    threshold: "write 255 where the value is at least this, 0 elsewhere",
    "voxel-size": "voxel size in nm (default: as in the volume)",
    work: "folder for temporary files (default: next to the output)",
  },
  description:
    "Writes a volume for other programs, with its voxel size if known. The ending of the output's\n" +
    "name selects the format:\n" +
    "  .zarr: OME-Zarr 0.5 with several resolutions, for napari and Neuroglancer\n" +
    "  .precomputed: the format of Neuroglancer, with several resolutions\n" +
    "  .nrrd, .h5: any volume (.h5:/path names the dataset, default /data)\n" +
    "  .tif: volumes with one value per voxel, for Fiji\n" +
    "  .obj, .stl: of labels, the surface of each, for Blender, ParaView and MeshLab;\n" +
    "    in nm if the voxel size is known; 0, 0, 0 is the centre of the first voxel\n" +
    "  .parquet: of the table of synapses (.csv), for pandas, R and DuckDB\n" +
    "Lower resolutions show the mean of an image, or the most frequent value of labels. Labels are\n" +
    "volumes of 32 or 64-bit integers, and all volumes with --threshold or --labels. Labels can be\n" +
    "added to an image, as raw.ome.zarr/labels/mask. Inputs that are not Zarr are first converted to\n" +
    "a temporary Zarr array, next to the output or in --work. An existing output is replaced only\n" +
    "with --overwrite.",
  examples: [
    "export work/scores/0-max.zarr max.ome.zarr",
    "export raw.tif raw.ome.zarr --voxel-size 4,4,40",
    "export out-0-synapses.zarr synapses.obj",
    "export out-0-synapses.csv synapses.parquet",
    "export max.nrrd raw.ome.zarr/labels/synapses --threshold 0.5",
    "export max.nrrd mask.tif --threshold 0.5 --region 0:50,100:600,:",
  ],
  leastMemory: (_flags, [input = "", output = ""]) =>
    Math.max(readingMemory([input]), isMultiscaleName(output) ? PYRAMID_LEAST : 0),
  run: exportToFile,
};

async function exportToFile(call: Call): Promise<void> {
  const input = volumeAt(call, 0), output = operandAt(call, 1);
  if (isTableName(output)) return await exportTable(call, operandAt(call, 0), output);
  if (!isExportName(output)) {
    throw new UserError(`${output}: unknown format; the name must end in ${EXPORT_FORMATS}, or .parquet`);
  }
  const options = fixedOptions(call);
  const described = await describeVolumeFile(input);
  const file = exportedFile(output);
  requireDifferent(input, file);
  if (isInBucket(output)) return await exportToBucket(call, input, output, described, options);
  await requireFolderOf(file);
  await requireFree(call, labelsOrFile(output));
  requireReplaceableExport(output, call.flags.has("overwrite"));
  const path = resolve(output);
  const written = await withTemporaryFolder(call, file, ["export", resolve(input), path], async (folder) => {
    const opened = await openPart(call, input, folder, described);
    return await exportOpened(call, opened, path, { ...options, name: input });
  });
  const bytes = isMultiscaleName(path) ? undefined : (await Deno.stat(resolve(file))).size;
  tellWritten(call, path, written, bytes);
}

/** Written in the present folder or in `--work` first, and then sent. */
async function exportToBucket(
  call: Call,
  input: string,
  output: string,
  described: VolumeDescription,
  options: ExportOptions,
): Promise<void> {
  const file = exportedFile(output), name = basename(file);
  if (/\.zarr\/labels\//.test(output)) {
    throw new UserError(`${output}: labels cannot be added to an image in a bucket; export them beside it`);
  }
  const there = await listObjects(file);
  if (isListed(there, file) && !call.flags.has("overwrite")) {
    throw new UserError(`${file} already exists; choose another output, or use --overwrite to replace it`);
  }
  await withTemporaryFolder(call, name, ["export", resolve(input), output], async (folder) => {
    const opened = await openPart(call, input, folder, described);
    const path = join(folder, name);
    const inner = output.slice(file.length);
    const written = await exportOpened(call, opened, path + inner, {
      ...options,
      name: input,
      replaces: true,
    });
    const files = treeFiles(path);
    const bytes = files.reduce((sum, one) => sum + one.bytes, 0);
    const stage = callbackStage(call.reporter, `send ${name}`, bytes);
    let done = 0;
    const { signal } = call;
    await sendTree(path, file, files, { signal, onSent: (more) => stage.onDone(done += more) });
    await removeStale(file, files, there.keys(), { signal });
    stage.done();
    tellWritten(call, output, written, isMultiscaleName(output) ? undefined : bytes);
  });
}

function tellWritten(
  call: Call,
  path: string,
  written: Awaited<ReturnType<typeof exportVolume>>,
  bytes: number | undefined,
): void {
  const { shape, components, voxelSize = null, levels, meshes } = written;
  const details = [
    describeShape(shape),
    ...(meshes === undefined
      ? [`${components} x ${written.dtype} per voxel`]
      : [`${meshes} mesh${meshes === 1 ? "" : "es"}`]),
    ...(voxelSize === null ? [] : [describeVoxelSize(voxelSize)]),
    bytes === undefined ? `${levels} resolution${levels === 1 ? "" : "s"}` : formatBytes(bytes),
  ];
  call.reporter.result(
    `wrote ${path}: ${details.join(", ")}`,
    {
      path,
      shape,
      components,
      dtype: written.dtype,
      voxelSize,
      ...(bytes === undefined ? { levels } : { bytes }),
      ...(meshes === undefined ? {} : { meshes }),
    },
  );
}

async function exportTable(call: Call, csv: string, output: string): Promise<void> {
  requireDifferent(csv, output);
  await requireFolderOf(output);
  await requireFree(call, output);
  const rows = await exportParquet(csv, output, call.signal);
  const path = resolve(output);
  call.reporter.result(`wrote ${path}: ${rows} synapse${rows === 1 ? "" : "s"}`, { path, rows });
}

/** What an output's name would replace: of labels these alone, not their image. */
function labelsOrFile(output: string): string {
  return isMultiscaleName(output) ? output : exportedFile(output);
}

function fixedOptions(call: Call): ExportOptions {
  const { flags } = call;
  const threshold = numberOf(flags, "threshold", { from: -Number.MAX_VALUE, to: Number.MAX_VALUE });
  const voxelSize = voxelSizeFlag(flags);
  return {
    threshold,
    voxelSize,
    ...(flags.has("labels") ? { kind: "labels" } : {}),
    replaces: flags.has("overwrite"),
    anisotropy: anisotropyFlag(flags),
    memory: voxelMemory(call),
    signal: call.signal,
  };
}

/** Part of what other exports hold; compressing and what it leaves to be collected take the rest. */
const PYRAMID_SHARE = 1 / 2;
/** Measured: up to 208 MiB, with labels of which every chunk is compressed. */
const PYRAMID_LEAST = 256 * 2 ** 20;

/** Part of the memory, and the most, for meshes; what is left to be collected takes as much again. */
const MESH_SHARE = 1 / 4;
const MESH_MOST = 2 ** 30;

/** Bytes for meshes, and for the labels that they are made of. */
export function meshMemory({ flags }: Pick<Call, "flags">): number {
  return Math.min(memoryOf(flags) * MESH_SHARE, MESH_MOST);
}

function voxelMemory(call: Call): number {
  if (isMeshName(operandAt(call, 1))) return meshMemory(call);
  if (!isMultiscaleName(operandAt(call, 1))) return conversionMemory(call);
  return conversionMemory(call) * PYRAMID_SHARE;
}

/** A volume with the part of it that is wanted. */
interface OpenedPart {
  readonly volume: ZarrVolume;
  readonly region: Region | undefined;
  /** Where the volume begins in the input. */
  readonly origin: Zyx;
}

/** Of an input that must be converted, the wanted part alone. */
async function openPart(
  call: Call,
  input: string,
  folder: string,
  { shape, dtype }: VolumeDescription,
): Promise<OpenedPart> {
  const region = regionFlag(call.flags, shape);
  const volume = await openVolumeFile(call, input, folder, keptDtype(dtype), undefined, region);
  // Where the part is the whole, both are the same.
  const isPart = region !== undefined && volume.shape.join() === region.shape.join();
  return isPart ? { volume, region: undefined, origin: region.start } : { volume, region, origin: [0, 0, 0] };
}

async function exportOpened(
  call: Call,
  { volume, region, origin }: OpenedPart,
  path: string,
  options: ExportOptions,
) {
  const voxels = voxelCount(region?.shape ?? volume.shape);
  const stage = callbackStage(call.reporter, `write ${basename(path)}`, voxels);
  const written = await exportVolume(volume, path, {
    ...options,
    region,
    origin,
    onProgress: (done, total) => stage.onShare(done / total),
  });
  stage.done();
  return written;
}
