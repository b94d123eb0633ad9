/**
 * Directions in 32 bits: a unit vector's place on the unfolded octahedron |x| + |y| + |z| = 1 (Meyer, Süßmuth, Sußner, Stamminger, Greiner,
 * "On Floating-Point Normal Vectors", Computer Graphics Forum 29(4), 2010).
 */

/** What stands for no direction. */
export const NO_DIRECTION = 0;

/**
 * Steps along each side of the square that the octahedron unfolds to. Directions are within 2 degrees of what they were, less than what
 * frames are uncertain by; more steps would only cost disk.
 */
const STEPS = 126;
const HALF = STEPS / 2;
const SHIFT = 256; // a byte each, which compresses best

/**
 * Packs a direction.
 * @param x any length but 0
 * @returns 1 or more; `NO_DIRECTION` where the vector has no length or is not finite
 */
export function packDirection(x: number, y: number, z: number): number {
  const length = Math.abs(x) + Math.abs(y) + Math.abs(z);
  if (!(length > 0) || length === Infinity) return NO_DIRECTION;
  let u = x / length, v = y / length;
  // the lower half is folded outwards over the square's corners
  if (z < 0) [u, v] = [(1 - Math.abs(v)) * signOf(u), (1 - Math.abs(u)) * signOf(v)];
  return (toStep(u) + 1) * SHIFT + toStep(v) + 1;
}

/** The unit vector `[x, y, z]` that was packed; undefined for `NO_DIRECTION` and for what no packing gives. */
export function unpackDirection(packed: number): readonly [x: number, y: number, z: number] | undefined {
  const row = Math.floor(packed / SHIFT) - 1, column = packed % SHIFT - 1;
  if (row < 0 || row > STEPS || column < 0 || column > STEPS) return undefined;
  const a = row / HALF - 1, b = column / HALF - 1;
  const z = 1 - Math.abs(a) - Math.abs(b);
  const [x, y] = z < 0 ? [(1 - Math.abs(b)) * signOf(a), (1 - Math.abs(a)) * signOf(b)] : [a, b];
  const length = Math.sqrt(x * x + y * y + z * z);
  return [x / length, y / length, z / length];
}

function toStep(value: number): number {
  return Math.floor((value + 1) * HALF + 0.5);
}

function signOf(value: number): 1 | -1 {
  return value < 0 ? -1 : 1;
}
