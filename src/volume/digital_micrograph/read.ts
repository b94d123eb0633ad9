/** Voxels of DM3 and DM4 files of DigitalMicrograph: images and stacks. */
import { UserError } from "../../user_error.ts";
import { bytesPerVoxel, type SourceDtype } from "../dtype.ts";
import { openForReading } from "../file.ts";
import { nanometresOf } from "../length_units.ts";
import { requireVolumeSize } from "../limits.ts";
import { plainRows } from "../plain_rows.ts";
import type { Zyx } from "../region.ts";
import type { RowSource } from "../source.ts";
import { toLength, type VoxelSize } from "../voxel_size.ts";
import { type DmArray, type DmGroup, isArray, isGroup, readTags } from "./tags.ts";

/** Types of voxels by their numbers. */
const TYPES: Readonly<Record<number, SourceDtype>> = {
  1: "int16",
  2: "float32",
  6: "uint8",
  7: "int32",
  9: "int8",
  10: "uint16",
  11: "uint32",
  12: "float64",
  14: "uint8",
  39: "int64",
  40: "uint64",
};

/** Type of voxels of three colours. */
const RGB = 23;

/** An image in a file: what its tag `ImageData` says. */
interface DmImage {
  readonly shape: Zyx;
  readonly dtype: SourceDtype;
  readonly data: DmArray;
  readonly calibrations: DmGroup;
}

/**
 * Opens the image of a file that is no thumbnail.
 * @throws UserError if there is none or several, or it is damaged or of another kind
 */
export function openDigitalMicrograph(path: string): RowSource {
  const file = openForReading(path);
  try {
    const { root, littleEndian } = readTags(file, path);
    const { shape, dtype, data, calibrations } = imageOf(path, root);
    return {
      path,
      shape,
      components: 1,
      dtype,
      littleEndian,
      voxelSize: voxelSizeOf(calibrations),
      notes: brightnessNotes(path, calibrations),
      files: [path],
      ...plainRows(file, { path, shape, dtype }, data.start),
    };
  } catch (cause) {
    file.close();
    throw cause;
  }
}

/** The groups in a group, in the order of the file. */
function groupsIn(group: DmGroup | undefined): DmGroup[] {
  return Object.values(group ?? {}).filter(isGroup);
}

function groupOf(group: DmGroup | undefined, name: string): DmGroup | undefined {
  const value = group?.[name];
  return isGroup(value) ? value : undefined;
}

function imageOf(path: string, root: DmGroup): DmImage {
  const thumbnails = groupsIn(groupOf(root, "Thumbnails")).map(({ ImageIndex: index }) => index);
  const images = groupsIn(groupOf(root, "ImageList"));
  const others = images.filter((_, index) => images.length === 1 || !thumbnails.includes(index))
    .map((image) => groupOf(image, "ImageData"));
  const grey = others.filter((image) => image?.["DataType"] !== RGB);
  // RGB are thumbnails where the file does not tell.
  const [only, ...more] = grey.length === 0 ? others : grey;
  if (only === undefined || more.length > 0) {
    const found = only === undefined ? "no image" : `${1 + more.length} images`;
    throw new UserError(
      `${path}: ${found} in this file of DigitalMicrograph; expected one: save it alone, for example as TIFF`,
    );
  }
  const { Data: data, DataType: type } = only;
  const dims = Object.values(groupOf(only, "Dimensions") ?? {}).map(Number);
  const [x = 0, y = 1, z = 1, ...rest] = dims;
  const dtype = typeof type === "number" ? TYPES[type] : undefined;
  if (dtype === undefined) {
    throw new UserError(
      `${path}: DigitalMicrograph's data type ${type ?? "is missing"}; expected integers or 32 or 64-bit ` +
        "floats: save it as greyscale",
    );
  }
  if (dims.length < 2 || rest.some((length) => length !== 1)) {
    throw new UserError(`${path}: an image of ${dims.join(" x ")}; expected x, y and z: save a part as TIFF`);
  }
  const shape: Zyx = [z, y, x];
  requireVolumeSize(path, shape, bytesPerVoxel(dtype));
  const expected = x * y * z * bytesPerVoxel(dtype);
  const found = isArray(data) ? data.count * data.bytesEach : 0;
  if (!isArray(data) || found !== expected) {
    throw new UserError(
      `${path}: damaged: ${found} bytes of voxels, expected ${expected}; save the file again`,
    );
  }
  return { shape, dtype, data, calibrations: groupOf(only, "Calibrations") ?? {} };
}

/** From the scales of x, y and z in units of length. */
function voxelSizeOf(calibrations: DmGroup): VoxelSize | undefined {
  const [x, y, z] = groupsIn(groupOf(calibrations, "Dimension")).map(({ Scale: scale, Units: units }) => {
    const unit = isArray(units) ? nanometresOf(units.text ?? "") : undefined;
    const length = typeof scale === "number" ? Number(scale.toPrecision(7)) : undefined;
    return unit === undefined || length === undefined
      ? undefined
      : toLength(Number((length * unit).toPrecision(7)));
  });
  return x === undefined || y === undefined || z === undefined ? undefined : [z, y, x];
}

/** Grey values are as the detector counted them. */
function brightnessNotes(path: string, calibrations: DmGroup): string[] {
  const { Scale: scale = 1, Origin: origin = 0 } = groupOf(calibrations, "Brightness") ?? {};
  const isPlain = typeof scale !== "number" || scale === 0 || (scale === 1 && origin === 0);
  return isPlain ? [] : [
    `${path}: values are as stored: the calibration of brightness, ${scale} x (stored - ${origin}), is not applied`,
  ];
}
