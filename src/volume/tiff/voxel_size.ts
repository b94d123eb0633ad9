/** How TIFF stacks tell the size of a voxel to ImageJ and all that read what it writes. */
import type { Zyx } from "../region.ts";
import type { VoxelSize } from "../voxel_size.ts";

/** A fraction of 32-bit numbers. */
interface Rational {
  readonly numerator: number;
  readonly denominator: number;
  /** As TIFF stores it, little-endian: the numerator in the lower half. */
  readonly bits: bigint;
}

const MOST = 2 ** 32 - 1;

/** The text of the description: how many slices, their distance, and the unit of that and of the resolution. */
export function imageJDescription(
  { shape: [depth], voxelSize }: { readonly shape: Zyx; readonly voxelSize?: VoxelSize },
): string {
  const size = voxelSize === undefined ? "" : `unit=nm\nspacing=${voxelSize[0]}\n`;
  return `ImageJ=1.53t\nimages=${depth}\nslices=${depth}\n${size}loop=false\n`;
}

/** The resolutions along x and y, one after the other; nothing where the size is not known. */
export function resolutionBytes(size: VoxelSize | undefined): Uint8Array {
  if (size === undefined) return new Uint8Array(0);
  const view = new DataView(new ArrayBuffer(16));
  view.setBigUint64(0, resolutionOf(size[2]).bits, true);
  view.setBigUint64(8, resolutionOf(size[1]).bits, true);
  return new Uint8Array(view.buffer);
}

/**
 * Voxels per nm for voxels of a length in nm: the best fraction of 32-bit numbers that continued fractions find, exact for
 * lengths such as 4.6.
 */
export function resolutionOf(length: number): Rational {
  let [p, q, pBefore, qBefore] = [1, 0, 0, 1];
  for (let rest = Math.min(Math.max(length, 1 / MOST), MOST);;) {
    const whole = Math.floor(rest);
    const [pNext, qNext] = [whole * p + pBefore, whole * q + qBefore];
    if (pNext > MOST || qNext > MOST) break;
    [pBefore, qBefore, p, q] = [p, q, pNext, qNext];
    // What a double is off by is no part of the length.
    if (Math.abs(p / q - length) <= length * 2 ** -52 || rest === whole) break;
    rest = 1 / (rest - whole);
  }
  return { numerator: q, denominator: p, bits: BigInt(q) + (BigInt(p) << 32n) };
}
