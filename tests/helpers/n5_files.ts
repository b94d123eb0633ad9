/** N5 datasets, written as the text of the format says (github.com/saalfeldlab/n5). */
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";

/** What is written, axes in the order of the file: x, y, z. */
export interface N5Layout {
  readonly dimensions: readonly number[];
  readonly blockSize: readonly number[];
  readonly dataType: string;
  readonly compression: unknown;
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** Of the voxels of a block, big-endian. */
  readonly pack?: (voxels: Uint8Array) => Uint8Array;
  /** Blocks at the end have full size, as zarr-python writes them. */
  readonly isPadded?: boolean;
  /** Whether a block is written. */
  readonly isWritten?: (index: readonly number[]) => boolean;
}

/** A small dataset of 12 x 10 x 3 voxels (x, y, z). */
export const N5_LAYOUT: N5Layout = {
  dimensions: [12, 10, 3],
  blockSize: [5, 4, 2],
  dataType: "uint8",
  compression: { type: "gzip", level: -1, useZlib: false },
  pack: gzipSync,
};

/** Bytes of a number of a type, and how a big-endian one is set. */
export const SETTERS: Readonly<
  Record<string, readonly [bytes: number, set: (view: DataView, value: number) => void]>
> = {
  uint8: [1, (view, value) => view.setUint8(0, value)],
  int8: [1, (view, value) => view.setInt8(0, value)],
  uint16: [2, (view, value) => view.setUint16(0, value)],
  int16: [2, (view, value) => view.setInt16(0, value)],
  uint32: [4, (view, value) => view.setUint32(0, value)],
  int32: [4, (view, value) => view.setInt32(0, value)],
  uint64: [8, (view, value) => view.setBigUint64(0, BigInt(value))],
  int64: [8, (view, value) => view.setBigInt64(0, BigInt(value))],
  float32: [4, (view, value) => view.setFloat32(0, value)],
  float64: [8, (view, value) => view.setFloat64(0, value)],
};

/** Writes a dataset. @param valueAt of a voxel at a place in the order of the file */
export function writeN5(path: string, layout: N5Layout, valueAt: (place: readonly number[]) => number): void {
  const { dimensions, blockSize, dataType, compression, attributes = {} } = layout;
  Deno.mkdirSync(path, { recursive: true });
  const text = JSON.stringify({ ...attributes, dimensions, blockSize, dataType, compression });
  Deno.writeTextFileSync(`${path}/attributes.json`, text);
  const counts = dimensions.map((length, axis) => Math.ceil(length / (blockSize[axis] ?? 1)));
  for (const index of places(counts)) {
    if (layout.isWritten?.(index) === false) continue;
    const file = `${path}/${index.join("/")}`;
    Deno.mkdirSync(dirname(file), { recursive: true });
    Deno.writeFileSync(file, blockBytes(layout, index, valueAt));
  }
}

function blockBytes(
  { dimensions, blockSize, dataType, pack = (bytes) => bytes, isPadded }: N5Layout,
  index: readonly number[],
  valueAt: (place: readonly number[]) => number,
): Uint8Array {
  const start = index.map((at, axis) => at * (blockSize[axis] ?? 1));
  const shape = blockSize.map((length, axis) =>
    isPadded ? length : Math.min(length, (dimensions[axis] ?? 0) - (start[axis] ?? 0))
  );
  const [bytes, set] = SETTERS[dataType] ?? [1, () => {}];
  const voxels = new Uint8Array(shape.reduce((product, length) => product * length, bytes));
  for (const [at, place] of places(shape).entries()) {
    const inVolume = place.map((value, axis) => value + (start[axis] ?? 0));
    set(new DataView(voxels.buffer, at * bytes, bytes), valueAt(inVolume));
  }
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint16(2, shape.length);
  for (const [axis, length] of shape.entries()) header.setUint32(4 + 4 * axis, length);
  return Uint8Array.from([...new Uint8Array(header.buffer), ...pack(voxels)]);
}

/** All places of a box, the first axis fastest. */
export function places(counts: readonly number[]): number[][] {
  return counts.reduceRight<number[][]>(
    (rest, count) => rest.flatMap((tail) => Array.from({ length: count }, (_, at) => [at, ...tail])),
    [[]],
  );
}

/** The frames of lz4-java for bytes: one of literals alone, one that is stored, and an empty one. */
export function lz4Frames(bytes: Uint8Array): Uint8Array {
  const half = bytes.length >> 1;
  const first = bytes.subarray(0, half);
  return Uint8Array.from([
    ...frame(0x20, lz4Literals(first), first.length),
    ...frame(0x10, bytes.subarray(half), bytes.length - half),
    ...frame(0x10, new Uint8Array(0), 0),
  ]);
}

function frame(method: number, data: Uint8Array, decoded: number): Uint8Array {
  const head = new Uint8Array(21);
  head.set(new TextEncoder().encode("LZ4Block"));
  head[8] = method | 5;
  new DataView(head.buffer).setUint32(9, data.length, true);
  new DataView(head.buffer).setUint32(13, decoded, true);
  return Uint8Array.from([...head, ...data]);
}

function lz4Literals(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 15) return Uint8Array.from([bytes.length << 4, ...bytes]);
  const rest = bytes.length - 15;
  const more = Array.from({ length: Math.floor(rest / 255) }, () => 255);
  return Uint8Array.from([0xf0, ...more, rest % 255, ...bytes]);
}

/** 40 bytes of 3, as bzip2 packs them; and 50 million zeros. */
export const BZIP2 = Uint8Array.fromBase64("QlpoOTFBWSZTWTDEy7MAAABQAAgABAAgACEAgoMXckU4UJAwxMuz");
export const BZIP2_BOMB = Uint8Array.fromBase64(
  "QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZk8TsPQAfaMEAwAAAEAAIIAAwzAmqaZUiDapSIPF3JFOFCQj9cpgw",
);
