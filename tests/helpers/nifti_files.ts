/** NIfTI files, written as their header files say (nifti1.h, nifti2.h). */

/** What is written; lengths in the order of the file: x, y, z, time, channel. */
export interface NiftiLayout {
  readonly version?: 1 | 2;
  readonly littleEndian?: boolean;
  readonly dim?: readonly number[];
  readonly type?: number;
  readonly slope?: number;
  readonly offset?: number;
  readonly units?: number;
  readonly sizes?: readonly number[];
  readonly start?: number;
}

/** A file of 12 x 10 x 3 voxels (x, y, z) of 4 x 5 x 50 µm, unless told otherwise. @param voxels in its byte order */
export function niftiBytes(voxels: Uint8Array, layout: NiftiLayout = {}): Uint8Array<ArrayBuffer> {
  const { version = 1, littleEndian = true, dim = [12, 10, 3], type = 2, slope = 1, offset = 0 } = layout;
  const { units = 3, sizes = [4, 5, 50], start = version === 1 ? 352 : 544 } = layout;
  const length = version === 1 ? 348 : 540;
  const file = new Uint8Array(length + 4 + voxels.length);
  const view = new DataView(file.buffer);
  const e = littleEndian;
  view.setInt32(0, length, e);
  file.set(new TextEncoder().encode(`n+${version}\0`), version === 1 ? 344 : 4);
  const lengths = [dim.length, ...dim];
  if (version === 1) {
    for (const [axis, value] of lengths.entries()) view.setInt16(40 + 2 * axis, value, e);
    for (const [axis, value] of sizes.entries()) view.setFloat32(80 + 4 * axis, value, e);
    view.setInt16(70, type, e);
    view.setFloat32(108, start, e);
    view.setFloat32(112, slope, e);
    view.setFloat32(116, offset, e);
    view.setUint8(123, units);
  } else {
    for (const [axis, value] of lengths.entries()) view.setBigInt64(16 + 8 * axis, BigInt(value), e);
    for (const [axis, value] of sizes.entries()) view.setFloat64(112 + 8 * axis, value, e);
    view.setInt16(12, type, e);
    view.setBigInt64(168, BigInt(start), e);
    view.setFloat64(176, slope, e);
    view.setFloat64(184, offset, e);
    view.setInt32(500, units, e);
  }
  file.set(voxels, length + 4);
  return file;
}
