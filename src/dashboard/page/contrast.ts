/** Automatic contrast: which values are black and white. */
import type { Volume } from "./volume.ts";
import type { Slice } from "./slice_values.ts";

/** Values that are black and white. */
export type Contrast = readonly [black: number, white: number];

/** Share of the values at either end that may be clipped. */
const CLIPPED = 0.005;
const MOST_VALUES = 1 << 16;

/** Contrast of volumes, from the first slice of each that was seen whole, so that it does not flicker from slice to slice. */
export interface Contrasts {
  of(volume: Volume): Contrast;
  /** Takes a slice; true where it decided the contrast of its volume. */
  note(volume: Volume, slice: Slice): boolean;
  /** Decides anew by the next slice. */
  forget(volume: Volume): void;
}

export function createContrasts(): Contrasts {
  const known = new WeakMap<Volume, Contrast>();
  return {
    of: (volume) => known.get(volume) ?? (volume.info.dtype === "uint8" ? [0, 255] : [0, 1]),
    note(volume, slice) {
      if (known.has(volume) || !slice.isComplete) return false;
      const found = contrastOf(slice.values);
      if (found) known.set(volume, found);
      return found !== undefined;
    },
    forget: (volume) => void known.delete(volume),
  };
}

/** The values between which all but a few lie; undefined where there are no values. */
export function contrastOf(values: ArrayLike<number>): Contrast | undefined {
  const every = Math.max(1, Math.ceil(values.length / MOST_VALUES));
  const taken: number[] = [];
  for (let i = 0; i < values.length; i += every) {
    const value = values[i] ?? NaN;
    if (Number.isFinite(value)) taken.push(value);
  }
  if (taken.length === 0) return undefined;
  taken.sort((a, b) => a - b);
  const at = (share: number) => taken[Math.round(share * (taken.length - 1))] ?? 0;
  const black = at(CLIPPED), white = at(1 - CLIPPED);
  return [black, white > black ? white : black + 1];
}
