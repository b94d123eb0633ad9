/** From voxels as files store them, interleaved and in either byte order, to dense arrays of one component each. */
import { UserError } from "../user_error.ts";
import { bytesPerVoxel, dtypeOf, isBig, type SourceDtype, type Voxels, voxelsOf } from "./dtype.ts";
import { swapBytes } from "./byte_order.ts";
import type { RowSource } from "./source.ts";
import type { ValueMap } from "./value_map.ts";

/**
 * Copies `columns` voxels from voxel `x` on of every row to `outs`, one array a component, from index `at` on.
 * Values become those of `outs` as `copyStrided` says.
 *
 * @param packed rows of a file of `width` voxels each; its bytes begin at a multiple of 8, and big-endian voxels are swapped in place
 * @param map what becomes of a value; unchanged unless given
 */
export function unpackRows(
  packed: { readonly bytes: Uint8Array; readonly rows: number; readonly width: number },
  source: Pick<RowSource, "path" | "dtype" | "components" | "littleEndian">,
  [x, columns]: readonly [x: number, columns: number],
  outs: readonly Voxels[],
  at: number,
  map?: ValueMap,
): void {
  const { path, dtype, components } = source;
  if (!source.littleEndian) swapBytes(packed.bytes, bytesPerVoxel(dtype));
  const values = viewAs(dtype, packed.bytes);
  for (const [component, out] of outs.entries()) {
    let to = at;
    for (let row = 0; row < packed.rows; row++) {
      const from = (row * packed.width + x) * components + component;
      copyStrided(path, values, from, components, out, to, columns, map);
      to += columns;
    }
  }
}

/** Numbers as files store them. */
export type StoredValues = Voxels;

/**
 * Copies `count` values, every `step`-th from index `from` on, to `out` from index `to` on. Doubles are rounded to 32-bit floats where
 * `out` holds these; whole numbers are kept or are an error.
 *
 * @param path for the error
 * @throws UserError where a whole number is none of those that `out` can hold
 */
export function copyStrided(
  path: string,
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
  if (isBig(values)) {
    if (isBig(out)) {
      for (; to < end; to++, from += step) out[to] = values[from] ?? 0n;
      return;
    }
    const isSigned = map?.isSigned === true;
    for (; to < end; to++, from += step) {
      const stored = values[from] ?? 0n;
      const value = Number(isSigned ? BigInt.asIntN(64, stored) : stored);
      const kept = map === undefined ? value : map(value);
      out[to] = kept;
      if (map === undefined && BigInt(out[to] ?? 0) !== stored) throw inexact(path, `${stored}`, out);
    }
  } else if (isBig(out)) throw new TypeError(`${path}: ${dtypeOf(values)} cannot become ${dtypeOf(out)}`);
  else if (map !== undefined) {
    for (; to < end; to++, from += step) out[to] = map(values[from] ?? 0);
  } else if (out instanceof Float32Array && (values instanceof Int32Array || values instanceof Uint32Array)) {
    for (; to < end; to++, from += step) {
      out[to] = values[from] ?? 0;
      if (out[to] !== values[from]) throw inexact(path, `${values[from]}`, out);
    }
  } else {
    for (; to < end; to++, from += step) out[to] = values[from] ?? 0;
  }
}

function inexact(path: string, value: string, out: Voxels): UserError {
  return new UserError(
    `${path}: has the value ${value}, which ${dtypeOf(out)} cannot represent; leave --type out to keep ` +
      "integers, or rescale it",
  );
}

/** The same memory as numbers of a type. */
export function viewAs(dtype: SourceDtype, bytes: Uint8Array): StoredValues {
  return voxelsOf(dtype, bytes);
}
