/** NRRD files, raw encoding, attached header. */
import { bytesPerVoxel, type Dtype } from "../dtype.ts";
import { createRowFile, type OutputFile, type RowWriter } from "../output_file.ts";
import { zipAxes, type Zyx } from "../region.ts";
import type { VoxelSize } from "../voxel_size.ts";

/** What an NRRD file holds. */
export interface NrrdInfo {
  readonly shape: Zyx;
  /** Values per voxel, the fastest axis of the file where there are several. */
  readonly components: number;
  readonly dtype: Dtype;
  /** Undefined where it is not known. */
  readonly voxelSize?: VoxelSize;
  /** First voxel's place in the volume that this is a part of, in voxels; default its first. */
  readonly start?: Zyx;
}

const TYPE_NAMES: Readonly<Record<string, string>> = { float32: "float", float64: "double" };

/** Begins an NRRD file: its header is written, its voxels are 0 until they are. */
export function createNrrd(path: string, info: NrrdInfo): RowWriter & { readonly file: OutputFile } {
  const header = new TextEncoder().encode(nrrdHeader(info));
  return createRowFile(path, [[0, header]], {
    dataStart: header.length,
    rowBytes: info.shape[2] * info.components * bytesPerVoxel(info.dtype),
    rows: info.shape[1],
  });
}

function nrrdHeader({ shape, components, dtype, voxelSize, start = [0, 0, 0] }: NrrdInfo): string {
  const [z, y, x] = shape;
  const several = components > 1;
  const lines = [
    "NRRD0004",
    `type: ${TYPE_NAMES[dtype] ?? dtype}`,
    `dimension: ${several ? 4 : 3}`,
    `sizes: ${several ? `${components} ` : ""}${x} ${y} ${z}`,
    ...(voxelSize === undefined
      ? [`spacings: ${several ? "NaN " : ""}1 1 1`]
      : spaceFields(voxelSize, start, several)),
    `kinds: ${several ? "vector " : ""}domain domain domain`,
    ...(bytesPerVoxel(dtype) === 1 ? [] : ["endian: little"]),
    "encoding: raw",
  ];
  return `${lines.join("\n")}\n\n`;
}

/** Only in a space do lengths have a unit that readers know, and has the first voxel a place. */
function spaceFields(size: VoxelSize, start: Zyx, several: boolean): string[] {
  const [z, y, x] = size;
  const [originZ, originY, originX] = zipAxes((a, b) => a * b, size, start);
  return [
    "space dimension: 3",
    `space directions: ${several ? "none " : ""}(${x},0,0) (0,${y},0) (0,0,${z})`,
    'space units: "nm" "nm" "nm"',
    `space origin: (${originX},${originY},${originZ})`,
  ];
}
