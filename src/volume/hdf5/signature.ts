/** Where an HDF5 file's superblock is. */

/** At the beginning, or after a block of another program's, such as MATLAB's. */
const PLACES = [0, 512, 1024, 2048];
const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Bytes of a file's beginning that tell what it is: MRC says it at 208, HDF5 may begin at 2048. */
export const HEAD_BYTES = 2056;

/** The place of the superblock in a file that begins with these bytes; undefined where there is none. */
export function superblockAt(head: Uint8Array): number | undefined {
  return PLACES.find((at) => SIGNATURE.every((byte, index) => head[at + index] === byte));
}

/** Whether a file that begins with these bytes is HDF5. */
export function isHdf5Header(head: Uint8Array): boolean {
  return superblockAt(head) !== undefined;
}
