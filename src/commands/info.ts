/** `ccboost info`: what a volume is, from its headers. */
import { describeShape } from "../volume/region.ts";
import { formatBytes } from "../engine/mod.ts";
import { describeVolumeFile, type VolumeFormat } from "../volume/open.ts";
import { describeVoxelSize } from "../volume/voxel_size.ts";
import type { Call, Command } from "./command.ts";
import { VOLUME_FLAGS, VOLUME_HELP, volumeAt } from "./volumes.ts";

export const infoCommand: Command = {
  name: "info",
  summary: "print format, size and voxel size of a volume",
  operands: [{ name: "volume", help: VOLUME_HELP }],
  flags: VOLUME_FLAGS,
  description:
    "Prints what the headers of a volume say: format, size, data type, voxel size. It does not read any\n" +
    "voxels.",
  examples: ["info volume.tif", "info 'slices/*.tif'", "info project.h5:/volumes/raw"],
  run: info,
};

const NAMES: Readonly<Record<VolumeFormat, string>> = {
  tiff: "TIFF",
  nrrd: "NRRD",
  mrc: "MRC",
  nifti: "NIfTI",
  dm: "DigitalMicrograph",
  png: "PNG",
  slices: "one file per slice",
  zarr: "Zarr",
  hdf5: "HDF5",
  n5: "N5",
  precomputed: "Neuroglancer precomputed",
};

const PALETTE = "\nvalues are positions in a colour palette: usable as labels, not as an image";

async function info(call: Call): Promise<void> {
  const volume = volumeAt(call, 0);
  const description = await describeVolumeFile(volume);
  const { format, isPalette = false, storage, unread, notes = [] } = description;
  const { shape, components, dtype, voxelSize, bytes } = description;
  const each = components === 1 ? dtype : `${components} x ${dtype} per voxel`;
  const size = voxelSize === undefined ? "unknown" : describeVoxelSize(voxelSize);
  const stored = `${storage === undefined ? "" : `\n${storage}`}${
    unread === undefined ? "" : `\nits voxels cannot be read: ${unread.slice(unread.indexOf(": ") + 2)}`
  }`;
  call.reporter.result(
    `${volume}: ${NAMES[format]}, ${describeShape(shape)}, ${each}, ${formatBytes(bytes)}${
      isPalette ? PALETTE : ""
    }${stored}\nvoxel size: ${size}${notes.map((note) => `\n${note}`).join("")}`,
    {
      volume,
      format,
      shape: [...shape],
      components,
      dtype,
      isPalette,
      storage: storage ?? null,
      unread: unread ?? null,
      bytes,
      notes: [...notes],
      voxelSize: voxelSize === undefined ? null : [...voxelSize],
    },
  );
}
