/**
 * The file that a gathered block leaves: context features of its samples, slot by slot. A slot is one feature; slots are ordered by
 * column, since a block computes one column at a time. Little-endian: magic, samples, bytes a value (u32 each), a spare u32, the
 * samples' indices (u32 each), then each slot's values; at the end checksums (u32 each): of what stands before the values, of each
 * slot's values, and of these checksums.
 */
import { crc32 } from "node:zlib";
import { openOwn } from "../engine/mod.ts";
import { DamagedError } from "../volume/damaged_error.ts";
import { readExactly, writeExactly } from "../volume/file.ts";

/** Context features in the order of the matrix's columns. */
export type FeatureList =
  /** Every column of every pose, pose by pose. */
  | { readonly kind: "pool"; readonly poses: readonly number[] }
  /** These alone. */
  | {
    readonly kind: "list";
    readonly features: readonly { readonly pose: number; readonly column: number }[];
  };

/** A context feature. */
export interface Feature {
  readonly pose: number;
  readonly column: number;
  /** Its place in the list that was asked for. */
  readonly index: number;
}

/** Values that are computed before they are written. */
export const BUFFER_VALUES = 2 ** 18;

/** Bytes of the values that wait to be written: of one feature at least. */
export function featureBufferBytes(samples: number): number {
  return Math.max(BUFFER_VALUES, samples + 4) * 8;
}

const MAGIC = 0x46424343; // "CCBF"
const HEADER = 16;

/** The features of a list in the order of slots. `columns`: number of columns there are. */
export function featureSlots(list: FeatureList, columns: number): Feature[] {
  const features = list.kind === "list"
    ? list.features.map(({ pose, column }, index) => ({ pose, column, index }))
    : list.poses.flatMap((pose, slot) =>
      Array.from({ length: columns }, (_, column) => ({ pose, column, index: slot * columns + column }))
    );
  return features.sort((a, b) => a.column - b.column || a.index - b.index);
}

/** Header and indices of a block's file. */
export function featureFileHead(indices: Uint32Array, valueBytes: 2 | 8): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(HEADER + indices.byteLength);
  new Uint32Array(head.buffer, 0, 4).set([MAGIC, indices.length, valueBytes, 0]);
  new Uint32Array(head.buffer, HEADER).set(indices);
  return head;
}

/** An open file of gathered features. */
export interface FeatureFile {
  /** Index of each sample in the order of the whole run. */
  readonly indices: Uint32Array;
  /** Reads the values of slots `from` to `to`, slot by slot, into `out`. */
  read(from: number, to: number, out: Uint8Array): void;
  close(): void;
}

/** Adds the checksums to a file that holds everything else, and flushes it to the disk. `ofSlots`: `crc32` of each slot's values. */
export function sealFeatureFile(path: string, ofSlots: Uint32Array): void {
  using file = Deno.openSync(path, { read: true, write: true });
  const { data, slotBytes } = layoutOf(file, path);
  const slots = ofSlots.length;
  const sums = new Uint32Array(slots + 2);
  const head = new Uint8Array(data);
  readExactly(file, path, 0, head);
  sums[0] = crc32(head);
  sums.set(ofSlots, 1);
  sums[slots + 1] = crc32(new Uint8Array(sums.buffer, 0, (slots + 1) * 4));
  writeExactly(file, data + slots * slotBytes, new Uint8Array(sums.buffer));
  file.syncDataSync();
}

/** @throws {DamagedError} where the file is missing, or is not what was written; so does `read` */
export function openFeatureFile(path: string, slots: number): FeatureFile {
  const file = openOwn(path);
  const requireSum = (expected: number | undefined, bytes: Uint8Array, part: string) => {
    if (crc32(bytes) !== expected) throw new DamagedError(path, `the checksum of ${part} is wrong`);
  };
  try {
    const { count, data, slotBytes } = layoutOf(file, path);
    const { size } = file.statSync();
    const end = data + slots * slotBytes;
    if (size !== end + (slots + 2) * 4) throw new DamagedError(path, `wrong length, ${size} bytes`);
    const sums = new Uint32Array(slots + 2);
    readExactly(file, path, end, new Uint8Array(sums.buffer));
    requireSum(sums[slots + 1], new Uint8Array(sums.buffer, 0, (slots + 1) * 4), "its checksums");
    const head = new Uint8Array(data);
    readExactly(file, path, 0, head);
    requireSum(sums[0], head, "its samples");
    return {
      indices: new Uint32Array(head.buffer, HEADER, count),
      read(from, to, out) {
        readExactly(file, path, data + from * slotBytes, out.subarray(0, (to - from) * slotBytes));
        for (let slot = from; slot < to && count > 0; slot++) {
          const values = out.subarray((slot - from) * slotBytes, (slot - from + 1) * slotBytes);
          requireSum(sums[slot + 1], values, `feature ${slot}`);
        }
      },
      close: () => file.close(),
    };
  } catch (cause) {
    file.close();
    throw cause;
  }
}

/** Reads a file of features to its end. @throws {DamagedError} where it is not what was written */
export function checkFeatureFile(path: string): void {
  const { size, data, slotBytes } = sizesOf(path);
  const slots = (size - data - 8) / (slotBytes + 4);
  if (!Number.isInteger(slots)) throw new DamagedError(path, `wrong length, ${size} bytes`);
  const features = openFeatureFile(path, slots);
  const values = new Uint8Array(slotBytes);
  try {
    for (let slot = 0; slot < slots; slot++) features.read(slot, slot + 1, values);
  } finally {
    features.close();
  }
}

function sizesOf(path: string) {
  using file = openOwn(path);
  return { ...layoutOf(file, path), size: file.statSync().size };
}

/** Samples, where the values begin, and bytes of a slot's values. */
function layoutOf(file: Deno.FsFile, path: string): { count: number; data: number; slotBytes: number } {
  const head = new Uint32Array(HEADER / 4);
  readFully(file, new Uint8Array(head.buffer), path);
  const [magic, count = 0, valueBytes = 0] = head;
  const data = HEADER + count * 4;
  if (magic !== MAGIC || data > file.statSync().size) {
    throw new DamagedError(path, "its header is wrong");
  }
  return { count, data, slotBytes: count * valueBytes };
}

/** Reads exactly as many bytes as `out` holds. @throws {DamagedError} where the file ends before */
export function readFully(file: Deno.FsFile, out: Uint8Array, path: string): void {
  for (let at = 0; at < out.length;) {
    const got = file.readSync(out.subarray(at));
    if (got === null) throw new DamagedError(path, "it is truncated");
    at += got;
  }
}
