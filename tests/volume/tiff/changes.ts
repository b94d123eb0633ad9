/** Changes in the directories of TIFF files. */

/** TIFF tags by what they mean. */
export const TAG = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  strips: 273,
  rows: 278,
  counts: 279,
  description: 270,
};
/** Tags of tiles. */
export const TILE = { width: 322, height: 323, offsets: 324 };
/** TIFF numbers of types. */
export const INTEGER = 4, DOUBLE = 12, LONG8 = 16;

/** What is changed in a directory entry of a little-endian file; `value` is what the entry holds, voxels or an offset. */
export interface Change {
  readonly tag: number;
  /** Page, default 0. */
  readonly page?: number;
  readonly type?: number;
  readonly count?: number;
  readonly value?: number;
}

/** Bytes at which the directories begin. */
export function directoriesOf(view: DataView): number[] {
  const starts: number[] = [];
  for (let at = view.getUint32(4, true); at !== 0;) {
    starts.push(at);
    at = view.getUint32(at + 2 + 12 * view.getUint16(at, true), true);
  }
  return starts;
}

/** A copy with changed directory entries. */
export function changed(bytes: Uint8Array, changes: readonly Change[]): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  const view = new DataView(copy.buffer);
  for (const { tag, page = 0, type, count, value } of changes) {
    const start = directoriesOf(view)[page] ?? 0;
    for (let index = 0; index < view.getUint16(start, true); index++) {
      const at = start + 2 + 12 * index;
      if (view.getUint16(at, true) !== tag) continue;
      if (type !== undefined) view.setUint16(at + 2, type, true);
      if (count !== undefined) view.setUint32(at + 4, count, true);
      if (value !== undefined) view.setUint32(at + 8, value, true);
    }
  }
  return copy;
}

/** Entries that make a field one 32-bit integer. */
export const set = (tag: number, value: number, page = 0): Change => ({
  tag,
  page,
  type: INTEGER,
  count: 1,
  value,
});
