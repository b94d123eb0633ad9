/** What becomes of the values of a file when it is converted to 8 bits. */
import { UserError } from "../user_error.ts";

/** The new value of a voxel; must give the same for the same value, wherever it stands. */
export interface ValueMap {
  (value: number): number;
  /** Wants unsigned 64-bit values from 2^63 on as negative numbers, which keeps those near 2^64 apart. */
  readonly isSigned?: true;
}

/** How many voxels were outside of the values that become 0 and 255. */
export interface Clipped {
  /** Of lower values, which became 0. */
  below: number;
  /** Of higher values, which became 255. */
  above: number;
}

/**
 * Maps `low` to 0 and `high` to 255, linearly and rounded to the nearest; what is outside is clipped.
 * @param clipped counts what is outside
 * @throws UserError where a value is NaN
 */
export function rescaleMap(
  path: string,
  low: number,
  high: number,
  clipped: Clipped = { below: 0, above: 0 },
): ValueMap {
  const factor = 255 / (high - low);
  return (value) => {
    const scaled = (value - low) * factor;
    if (scaled <= 0) {
      if (scaled < 0) clipped.below++;
      return 0;
    }
    if (scaled >= 255) {
      if (value > high) clipped.above++;
      return 255;
    }
    if (Number.isNaN(scaled)) {
      throw new UserError(`${path}: has voxels that are NaN; replace them in the file`);
    }
    return Math.floor(scaled + 0.5);
  };
}

/** A label is none of 8 bits. */
export class WideLabelError extends UserError {}

/**
 * Keeps labels as they are.
 * @throws WideLabelError where a value is no 8-bit label
 */
export function labelMap(path: string): ValueMap {
  return (value) => {
    if (value >= 0 && value <= 255 && Number.isInteger(value)) return value;
    throw new WideLabelError(
      `${path}: has the label ${value}; expected 0 (negative), 255 (positive) and up to 255 (ignored)`,
    );
  };
}
