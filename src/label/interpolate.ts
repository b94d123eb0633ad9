/** The shape of a synapse between two slices in which it is painted. */
import { UserError } from "../user_error.ts";
import { type Region, voxelCount, type Zyx } from "../volume/region.ts";
import { readRegion, type ZarrVolume } from "../volume/zarr/mod.ts";

/** What is painted of a value in one slice. */
interface Outline {
  /** Signed distance to its border, voxels: positive inside. */
  readonly distance: Float32Array;
  readonly centre: readonly [y: number, x: number];
}

/** Pixels of a slice that are held at once: 2048 squared. */
const MOST_PIXELS = 2 ** 22;

/**
 * Shapes between two slices, blended by their signed distances after their middles are laid upon each other (Raya and Udupa 1990).
 * @param box holds all of the value
 * @returns z, y, x and length of one run after the other, without the two slices
 * @throws {UserError} where the value is not in both slices, or they are neighbours
 */
export async function shapesBetween(
  labels: ZarrVolume,
  value: number,
  box: Region,
  from: number,
  to: number,
): Promise<number[]> {
  const [first, last] = [Math.min(from, to), Math.max(from, to)];
  if (last - first < 2) throw new UserError("there is no slice between these two");
  const [y0, x0] = [box.start[1], box.start[2]], [height, width] = [box.shape[1], box.shape[2]];
  if (height * width > MOST_PIXELS) {
    throw new UserError(
      `the synapse is ${width} x ${height} voxels large in the slice, too large to interpolate`,
    );
  }
  const outlineOf = async (z: number) => {
    const outline = await outlineIn(labels, value, { start: [z, y0, x0], shape: [1, height, width] });
    if (outline) return outline;
    throw new UserError(`nothing of this synapse is painted in slice ${z}; paint it in both slices first`);
  };
  const [a, b] = [await outlineOf(first), await outlineOf(last)];
  const runs: number[] = [];
  for (let z = first + 1; z < last; z++) {
    const part = (z - first) / (last - first);
    const middle = [0, 1].map((axis) => (a.centre[axis] ?? 0) * (1 - part) + (b.centre[axis] ?? 0) * part);
    const shiftOf = ({ centre }: Outline) => centre.map((at, axis) => Math.round(at - (middle[axis] ?? 0)));
    const [[ay = 0, ax = 0], [by = 0, bx = 0]] = [shiftOf(a), shiftOf(b)];
    const at = ({ distance }: Outline, y: number, x: number) => {
      const nearY = Math.min(height - 1, Math.max(0, y)), nearX = Math.min(width - 1, Math.max(0, x));
      return (distance[nearY * width + nearX] ?? 0) - Math.hypot(y - nearY, x - nearX);
    };
    for (let y = 0; y < height; y++) {
      const isInside = (x: number) =>
        x < width && at(a, y + ay, x + ax) * (1 - part) + at(b, y + by, x + bx) * part > 0;
      for (let x = 0; x < width; x++) {
        const start = x;
        while (isInside(x)) x++;
        if (x > start) runs.push(z, y0 + y, x0 + start, x - start);
      }
    }
  }
  return runs;
}

async function outlineIn(labels: ZarrVolume, value: number, region: Region): Promise<Outline | undefined> {
  const voxels = new Uint32Array(voxelCount(region.shape));
  await readRegion(labels, region, voxels);
  const size: Zyx = region.shape;
  const isIn = Uint8Array.from(voxels, (voxel) => voxel === value ? 1 : 0);
  let count = 0, sumY = 0, sumX = 0;
  for (const [i, inside] of isIn.entries()) {
    count += inside;
    sumY += inside * Math.floor(i / size[2]);
    sumX += inside * (i % size[2]);
  }
  if (count === 0) return undefined;
  const toOutside = squaredDistances(isIn, 0, [size[1], size[2]], 1);
  const toInside = squaredDistances(isIn, 1, [size[1], size[2]], Infinity);
  const distance = Float32Array.from(
    isIn,
    (inside, i) => inside ? Math.sqrt(toOutside[i] ?? 0) - 0.5 : 0.5 - Math.sqrt(toInside[i] ?? 0),
  );
  return { distance, centre: [sumY / count, sumX / count] };
}

/**
 * The square of each pixel's distance to the nearest pixel of a value, exactly (Felzenszwalb and Huttenlocher 2012).
 * @param beyond distance from the outermost rows and columns to such pixels outside of the slice; Infinity where there are none
 */
export function squaredDistances(
  pixels: Uint8Array,
  value: number,
  [height, width]: readonly [number, number],
  beyond: number,
): Float64Array {
  const squared = Float64Array.from(pixels, (pixel) => pixel === value ? 0 : Infinity);
  const column = new Float64Array(height);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) column[y] = squared[y * width + x] ?? Infinity;
    const found = lowerEnvelope(column, beyond);
    for (let y = 0; y < height; y++) squared[y * width + x] = found[y] ?? Infinity;
  }
  for (let y = 0; y < height; y++) {
    const row = squared.subarray(y * width, (y + 1) * width);
    row.set(lowerEnvelope(row.slice(), beyond));
  }
  return squared;
}

/** The least of `values[j] + (i - j) ** 2` for each i. */
function lowerEnvelope(values: Float64Array, beyond: number): Float64Array {
  const places: number[] = [];
  const heights: number[] = [];
  const from: number[] = [];
  const add = (place: number, height: number) => {
    if (!Number.isFinite(height)) return;
    for (;;) {
      const q = places.at(-1);
      if (q === undefined) break;
      const meet = (height + place * place - (heights.at(-1) ?? 0) - q * q) / (2 * (place - q));
      if (meet > (from.at(-1) ?? -Infinity)) {
        from.push(meet);
        break;
      }
      places.pop();
      heights.pop();
      from.pop();
    }
    if (places.length === 0) from.push(-Infinity);
    places.push(place);
    heights.push(height);
  };
  if (Number.isFinite(beyond)) add(-beyond, 0);
  for (const [place, height] of values.entries()) add(place, height);
  if (Number.isFinite(beyond)) add(values.length - 1 + beyond, 0);
  const least = new Float64Array(values.length).fill(Infinity);
  for (let i = 0, k = 0; i < values.length && places.length > 0; i++) {
    while ((from[k + 1] ?? Infinity) < i) k++;
    least[i] = (heights[k] ?? 0) + (i - (places[k] ?? 0)) ** 2;
  }
  return least;
}
