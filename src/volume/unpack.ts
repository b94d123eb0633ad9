/** From voxels as files store them, interleaved and in either byte order, to dense arrays of one component each. */
import { bytesPerVoxel, type SourceDtype, type Voxels } from "./dtype.ts";
import { swapBytes } from "./byte_order.ts";
import type { RowSource } from "./source.ts";
import type { ValueMap } from "./value_map.ts";

/** Rows of a file in memory. `bytes` begins at a multiple of 8 bytes; big-endian voxels are swapped in place. */
export interface PackedRows {
  readonly bytes: Uint8Array;
  readonly rows: number;
  /** Voxels of a row. */
  readonly width: number;
}

/**
 * Copies `columns` voxels from voxel `x` on of every row to `outs`, one array a component, from index `at` on.
 * Integers beyond 2^24 and doubles are rounded to the nearest float32 where `outs` are float32.
 *
 * @param map what becomes of a value; unchanged unless given
 */
export function unpackRows(
  packed: PackedRows,
  source: Pick<RowSource, "dtype" | "components" | "littleEndian">,
  [x, columns]: readonly [x: number, columns: number],
  outs: readonly Voxels[],
  at: number,
  map?: ValueMap,
): void {
  const { dtype, components } = source;
  if (!source.littleEndian) swapBytes(packed.bytes, bytesPerVoxel(dtype));
  const values = viewAs(dtype, packed.bytes);
  for (const [component, out] of outs.entries()) {
    let to = at;
    for (let row = 0; row < packed.rows; row++) {
      const from = (row * packed.width + x) * components + component;
      copyStrided(values, from, components, out, to, columns, map);
      to += columns;
    }
  }
}

/** Numbers as files store them. */
export type StoredValues =
  | Voxels
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** Copies `count` values, every `step`-th from index `from` on, to `out` from index `to` on. */
export function copyStrided(
  values: StoredValues,
  from: number,
  step: number,
  out: Voxels,
  to: number,
  count: number,
  map: ValueMap | undefined,
): void {
  const end = to + count;
  // One loop a kind of array keeps the compiler's types simple; BigInt64 is the odd one.
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const isSigned = map?.isSigned === true;
    for (; to < end; to++, from += step) {
      const stored = values[from] ?? 0n;
      const value = Number(isSigned ? BigInt.asIntN(64, stored) : stored);
      out[to] = map === undefined ? value : map(value);
    }
  } else if (map === undefined) {
    for (; to < end; to++, from += step) out[to] = values[from] ?? 0;
  } else {
    for (; to < end; to++, from += step) out[to] = map(values[from] ?? 0);
  }
}

/** The same memory as numbers of a type. */
export function viewAs(dtype: SourceDtype, { buffer, byteOffset, byteLength }: Uint8Array): StoredValues {
  const length = byteLength / bytesPerVoxel(dtype);
  switch (dtype) {
    case "uint8":
      return new Uint8Array(buffer, byteOffset, length);
    case "int8":
      return new Int8Array(buffer, byteOffset, length);
    case "uint16":
      return new Uint16Array(buffer, byteOffset, length);
    case "int16":
      return new Int16Array(buffer, byteOffset, length);
    case "uint32":
      return new Uint32Array(buffer, byteOffset, length);
    case "int32":
      return new Int32Array(buffer, byteOffset, length);
    case "uint64":
      return new BigUint64Array(buffer, byteOffset, length);
    case "int64":
      return new BigInt64Array(buffer, byteOffset, length);
    case "float32":
      return new Float32Array(buffer, byteOffset, length);
    case "float64":
      return new Float64Array(buffer, byteOffset, length);
  }
}
