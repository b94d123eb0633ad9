/** Which resolutions a multiscale volume has. */
import { downscaledShape, type Factor } from "./downscale.ts";
import { voxelCount, zipAxes, type Zyx } from "./region.ts";
import { defaultChunk } from "./zarr/array.ts";

/** One resolution of a multiscale volume. */
export interface PyramidLevel {
  readonly shape: Zyx;
  readonly chunk: Zyx;
  /** Voxels of the level before that become one of this. */
  readonly factor: Factor;
  /** Voxels of the first level that are one of this, on each axis. */
  readonly scale: Zyx;
}

/** A level of at most so many voxels is the last one: it is seen as a whole at once. */
const SMALLEST = 64 ** 3;

/** Axes up to so many times longer than the shortest are halved with it. */
const NEAR = Math.SQRT2;

/** More than the longest volume can be halved. */
const MOST_LEVELS = 64;

const MAX_ANISOTROPY = 1000;

/**
 * The levels of a multiscale volume, the full resolution first. Each halves the axes along which voxels are shortest, so that
 * they become about as long on each axis, then all.
 *
 * @param voxelSize in any unit
 * @param count how many levels; default until one is small
 */
export function pyramidLevels(shape: Zyx, voxelSize: Zyx, count?: number): readonly PyramidLevel[] {
  const levels = [levelOf(shape, [1, 1, 1], [1, 1, 1], voxelSize)];
  const isEnough = (last: PyramidLevel): boolean =>
    count === undefined ? voxelCount(last.shape) <= SMALLEST : levels.length >= Math.min(count, MOST_LEVELS);
  for (let last = levels.at(0); last !== undefined && !isEnough(last); last = levels.at(-1)) {
    const factor = nextFactor(last, voxelSize);
    const scale = zipAxes((a, b) => a * b, last.scale, factor);
    levels.push(levelOf(downscaledShape(last.shape, factor), factor, scale, voxelSize));
  }
  return levels;
}

function nextFactor({ shape, scale }: PyramidLevel, voxelSize: Zyx): Factor {
  const sizes = zipAxes((a, b) => a * b, voxelSize, scale);
  // An axis of one voxel cannot be halved, and holds no other back.
  const shortest = Math.min(...sizes.filter((_, axis) => (shape[axis] ?? 1) > 1));
  return zipAxes((size, length) => length > 1 && size <= NEAR * shortest ? 2 : 1, sizes, shape);
}

function levelOf(shape: Zyx, factor: Factor, scale: Zyx, voxelSize: Zyx): PyramidLevel {
  const [z, y, x] = zipAxes((a, b) => a * b, voxelSize, scale);
  const anisotropy = Math.min(MAX_ANISOTROPY, Math.max(1, z / Math.max(y, x)));
  return { shape, factor, scale, chunk: defaultChunk(shape, anisotropy) };
}
