/** How large the voxels of a TIFF stack are: as OME-XML or ImageJ tell it, and as we tell it to ImageJ and all that read what it writes. */
import { omeVoxelSize } from "./ome_planes.ts";
import { fieldFraction, type TiffDirectory, type TiffFile } from "./directory.ts";
import { TAG } from "./tags.ts";
import { isOfScreen, nanometresOf } from "../length_units.ts";
import { toLength, type VoxelSize } from "../voxel_size.ts";
import type { Zyx } from "../region.ts";

/**
 * The voxel size that the first page tells; undefined where it tells none. TIFF's own resolution is not enough: it has no z, and
 * most programs write 72 or 300 dots an inch without meaning it.
 */
export function tiffVoxelSize(
  file: TiffFile,
  directory: TiffDirectory,
  description: string,
): VoxelSize | undefined {
  if (/<(?:\w+:)?OME\b/.test(description)) {
    const size = omeVoxelSize(description);
    return size && meant(size);
  }
  if (!description.startsWith("ImageJ=")) return undefined;
  const setting = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(description)?.[1]?.trim();
  const unit = nanometresOf(setting("unit") ?? "");
  // units of their own where they differ from that of x
  const [unitZ, unitY] = ["zunit", "yunit"].map((key) => {
    const text = setting(key);
    return text === undefined ? unit : nanometresOf(text);
  });
  const perUnit = [TAG.yResolution, TAG.xResolution].map((tag) =>
    toLength(fieldFraction(file, directory, tag))
  );
  const [y, x] = perUnit;
  // ImageJ leaves a spacing of 1 out, and minds no sign.
  const z = toLength(Math.abs(Number(setting("spacing") ?? 1)));
  if (unit === undefined || unitY === undefined || unitZ === undefined) return undefined;
  if (z === undefined || y === undefined || x === undefined) return undefined;
  return meant([z * unitZ, unitY / y, unit / x]);
}

/** A size that is not that of a screen's dots. */
function meant(size: VoxelSize): VoxelSize | undefined {
  return isOfScreen(size[1]) || isOfScreen(size[2]) ? undefined : size;
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
  view.setBigUint64(0, resolutionOf(size[2]), true);
  view.setBigUint64(8, resolutionOf(size[1]), true);
  return new Uint8Array(view.buffer);
}

/**
 * Voxels per nm for voxels of a length in nm: the best fraction of 32-bit numbers that continued fractions find, exact for
 * lengths such as 4.6; as TIFF stores it, little-endian: the numerator in the lower half.
 */
export function resolutionOf(length: number): bigint {
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
  return BigInt(q) + (BigInt(p) << 32n);
}
