/** The fill value of an array, as metadata write it (Zarr v3 core specification, "Fill value"). */
import { bytesPerVoxel, type SourceDtype } from "../dtype.ts";
import { problem } from "./json.ts";

/**
 * The fill value as zarrita takes it: a number, `NaN` or an infinity as text, of 64-bit integers beyond 2^53 their digits. Bits in
 * hexadecimal become the number that they are.
 *
 * @throws UserError if it is none of the type
 */
export function fillOf(file: string, fill: unknown, dtype: SourceDtype): unknown {
  if (fill === null || fill === undefined) return fill;
  if (dtype.startsWith("float")) return floatFill(file, fill, dtype);
  if (typeof fill === "boolean") return fill;
  const bits = BigInt(8 * bytesPerVoxel(dtype));
  const isSigned = dtype.startsWith("int");
  const least = isSigned ? -(1n << (bits - 1n)) : 0n;
  const most = (1n << (isSigned ? bits - 1n : bits)) - 1n;
  const isWhole = Number.isInteger(fill) || (typeof fill === "string" && /^-?\d{16,20}$/.test(fill));
  if (isWhole) {
    const value = BigInt(fill as number | string);
    if (value >= least && value <= most) return fill;
  }
  throw problem(file, "fill_value", fill, `a whole number from ${least} to ${most}`);
}

function floatFill(file: string, fill: unknown, dtype: SourceDtype): unknown {
  if (Number.isFinite(fill)) return fill;
  if (typeof fill === "string") {
    if (/^(?:NaN|-?Infinity)$/.test(fill)) return fill;
    const digits = 2 * bytesPerVoxel(dtype);
    const hex = /^0x([0-9a-fA-F]+)$/.exec(fill)?.[1];
    if (hex?.length === digits) return textOf(ofBits(hex));
    if (hex !== undefined) throw problem(file, "fill_value", fill, `${digits} hexadecimal digits`);
  }
  throw problem(file, "fill_value", fill, "a number");
}

function ofBits(hex: string): number {
  const view = new DataView(new ArrayBuffer(8));
  if (hex.length === 16) {
    view.setBigUint64(0, BigInt(`0x${hex}`));
    return view.getFloat64(0);
  }
  view.setUint32(0, Number(`0x${hex}`));
  return view.getFloat32(0);
}

/** JSON has no words for what is not finite. */
function textOf(value: number): number | string {
  return Number.isFinite(value) ? value : `${value}`;
}
