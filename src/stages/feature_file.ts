/**
 * The file that a gathered block leaves: context features of its samples, slot by slot. A slot is one feature; slots are ordered by
 * column, since a block computes one column at a time. Little-endian: magic, samples, bytes a value (u32 each), a spare u32, the
 * samples' indices (u32 each), then each slot's values.
 */
import { UserError } from "../config/user_error.ts";
import type { FeatureList } from "./job.ts";

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

/** @throws {UserError} where the file is not whole */
export function openFeatureFile(path: string, slots: number): FeatureFile {
  const file = Deno.openSync(path);
  const head = new Uint32Array(HEADER / 4);
  readFully(file, new Uint8Array(head.buffer), path);
  const [magic, count = 0, valueBytes = 0] = head;
  const data = HEADER + count * 4;
  if (magic !== MAGIC || file.statSync().size !== data + slots * count * valueBytes) {
    file.close();
    throw new UserError(`${path} is not a whole file of features; remove its folder and run again`);
  }
  const indices = new Uint32Array(count);
  readFully(file, new Uint8Array(indices.buffer), path);
  return {
    indices,
    read(from, to, out) {
      file.seekSync(data + from * count * valueBytes, Deno.SeekMode.Start);
      readFully(file, out.subarray(0, (to - from) * count * valueBytes), path);
    },
    close: () => file.close(),
  };
}

/** Reads exactly as many bytes as `out` holds. */
export function readFully(file: Deno.FsFile, out: Uint8Array, path: string): void {
  for (let at = 0; at < out.length;) {
    const got = file.readSync(out.subarray(at));
    if (got === null) throw new UserError(`${path} ends early; remove its folder and run again`);
    at += got;
  }
}

/** Writes all bytes. */
export function writeFully(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
