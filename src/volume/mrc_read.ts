/** Voxels of MRC files (Cheng et al. 2015, doi:10.1016/j.jsb.2015.04.002; IMOD's form of it: bio3d.colorado.edu/imod/doc/mrc_format.txt). */
import { UserError } from "../user_error.ts";
import { bytesPerVoxel, type SourceDtype } from "./dtype.ts";
import { fileState, openForReading, readExactly } from "./file.ts";
import { requireVolumeSize } from "./limits.ts";
import { plainRows } from "./plain_rows.ts";
import { voxelCount, type Zyx } from "./region.ts";
import type { RowSource } from "./source.ts";
import { toLength, type VoxelSize } from "./voxel_size.ts";

/** Bytes of the header, and the least of a file that are looked at to tell it. */
const MRC_HEADER = 1024;

/** `IMOD` as the 32-bit number that its programs write; then the next one has flags, whose first bit says that bytes are signed. */
const IMOD_STAMP = 1146047817;
const NANOMETRES_AN_ANGSTROM = 0.1;

/** Whether a file that begins with these 1024 bytes is an MRC or CCP4 map. */
export function isMrcHeader(head: Uint8Array): boolean {
  return head.length >= 212 && new TextDecoder("latin1").decode(head.subarray(208, 212)) === "MAP ";
}

/**
 * Opens an MRC volume of modes 0 (bytes), 1 (int16), 2 (float32) or 6 (uint16), in either byte order, columns along x, rows along y.
 * The first section is slice 0 and the first row is row 0, as in the file.
 * @throws UserError if it is of another kind, or its length is not what the header tells
 */
export function openMrc(path: string): RowSource {
  const file = openForReading(path);
  try {
    const head = new Uint8Array(MRC_HEADER);
    readExactly(file, path, 0, head);
    const view = new DataView(head.buffer);
    const littleEndian = isLittleEndian(path, view);
    const int = (word: number) => view.getInt32(4 * (word - 1), littleEndian);
    const shape: Zyx = [int(3), int(2), int(1)];
    const dtype = dtypeOf(path, int(4), int(39) === IMOD_STAMP ? int(40) : undefined);
    requireVolumeSize(path, shape, bytesPerVoxel(dtype));
    requireAxes(path, [int(17), int(18), int(19)]);
    const extended = int(24);
    const start = MRC_HEADER + extended;
    const expected = voxelCount(shape) * bytesPerVoxel(dtype);
    const found = (fileState(path)?.bytes ?? 0) - start;
    if (extended < 0 || found < expected) {
      throw new UserError(
        `${path}: truncated or damaged: ${found} bytes of voxels after a header of ${start}, expected ${expected}; copy the file again`,
      );
    }
    return {
      path,
      shape,
      components: 1,
      dtype,
      littleEndian,
      voxelSize: voxelSizeOf(view, littleEndian),
      files: [path],
      ...plainRows(file, { path, shape, dtype }, start),
    };
  } catch (cause) {
    file.close();
    throw cause;
  }
}

// The machine stamp tells the byte order; files that leave it out are told by their mode, which is a small number.
function isLittleEndian(path: string, view: DataView): boolean {
  const stamp = view.getUint8(212);
  if (stamp === 0x44) return true;
  if (stamp === 0x11) return false;
  const isSmall = (littleEndian: boolean) => {
    const mode = view.getInt32(12, littleEndian);
    return mode >= 0 && mode <= 101;
  };
  if (isSmall(true) !== isSmall(false)) return isSmall(true);
  throw new UserError(
    `${path}: an MRC file with machine stamp ${stamp}; expected 68 or 17: save the file again`,
  );
}

function dtypeOf(path: string, mode: number, imodFlags: number | undefined): SourceDtype {
  switch (mode) {
    case 0:
      return imodFlags !== undefined && (imodFlags & 1) === 0 ? "uint8" : "int8";
    case 1:
      return "int16";
    case 2:
      return "float32";
    case 6:
      return "uint16";
  }
  throw new UserError(
    `${path}: MRC mode ${mode}; expected 0, 1, 2 or 6 (8 and 16-bit integers, 32-bit floats): convert it`,
  );
}

function requireAxes(path: string, axes: readonly number[]): void {
  // Some writers leave the numbers out.
  if (axes.join() === "1,2,3" || axes.join() === "0,0,0") return;
  const names = axes.map((axis) => "xyz"[axis - 1] ?? "?");
  throw new UserError(
    `${path}: its columns, rows and sections are ${names.join(", ")}; expected x, y, z: permute its axes`,
  );
}

function voxelSizeOf(view: DataView, littleEndian: boolean): VoxelSize | undefined {
  const [x, y, z] = [0, 1, 2].map((axis) => {
    const length = view.getFloat32(40 + 4 * axis, littleEndian);
    const size = toLength(length / view.getInt32(28 + 4 * axis, littleEndian));
    return size === undefined ? undefined : size * NANOMETRES_AN_ANGSTROM;
  });
  return z === undefined || y === undefined || x === undefined ? undefined : [z, y, x];
}
