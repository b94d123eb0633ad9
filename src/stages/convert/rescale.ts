/** Which values of a volume become 0 and 255: percentiles, found exactly by reading the volume. */
import { UserError } from "../../user_error.ts";
import type { SourceDtype } from "../../volume/dtype.ts";
import { voxelCount } from "../../volume/region.ts";
import { type RangeOptions, readAll } from "./read_all.ts";
import { openSlabs } from "./slab_source.ts";

/** Shares of the voxels that are at most as low, and at most as high. */
const SHARES = [0.001, 0.999] as const;
/** Counters of one reading: all values of 16 bits, or the upper or lower half of 32. */
const COUNTERS = 1 << 16;
const SMALL_TYPES: readonly SourceDtype[] = ["uint8", "int8", "uint16", "int16"];
/** What is added to 16-bit values of either sign to count them. */
const SMALLEST = 1 << 15;
/** The sign of a 32-bit float. */
const SIGN = 2 ** 31;

/** Padding takes more of a volume than the percentiles leave out. */
const LEAST_PADDING = 0.001;
/** In fewer voxels chance may make a plateau. */
const LEAST_PADDED = 256;
/** How many times as frequent as the values around it padding is; what was clipped when it was recorded is less. */
const PLATEAU = 8;
/** How many values on either side are around one. */
const AROUND = 16;

/**
 * The values of rank floor(share * (voxels - 1)) among all voxels in ascending order, for the shares 0.001 and 0.999; values count as
 * 32-bit floats. Volumes of up to 16 bits are read once, others twice. Padding is left out: 0, or the smallest number of a signed type, where
 * more than 0.1 % of the voxels have it and it stands out of the values around it as a plateau.
 *
 * @throws UserError if a value is not finite, both are the same, or there are several components
 */
export async function percentileRange(
  location: string,
  options: RangeOptions,
): Promise<readonly [low: number, high: number]> {
  const { dtype, shape, components } = await describe(location);
  if (components !== 1) {
    throw new UserError(
      `${location}: ${components} components a voxel; only a volume of one can be rescaled`,
    );
  }
  const total = voxelCount(shape);
  const values = SMALL_TYPES.includes(dtype)
    ? await smallValues(location, total, dtype, options)
    : await floatValues(location, total, options);
  const [low = 0, high = 0] = values;
  if (low < high) return [low, high];
  throw new UserError(
    `${location}: 99.8 % of its voxels are ${low}, so that there is no range to rescale; give --rescale LOW,HIGH`,
  );
}

async function describe(location: string) {
  const source = await openSlabs(location, "float32");
  source.close();
  return source;
}

/** The ranks of the percentiles among so many voxels. */
function ranksOf(voxels: number): number[] {
  return SHARES.map((share) => Math.floor(share * (voxels - 1)));
}

async function smallValues(
  location: string,
  total: number,
  dtype: SourceDtype,
  options: RangeOptions,
): Promise<number[]> {
  const counts = new Float64Array(COUNTERS * 2);
  await readAll(location, [0, 1], options, (voxels) => {
    for (const value of voxels) counts[value + SMALLEST] = (counts[value + SMALLEST] ?? 0) + 1;
  });
  let left = total;
  const least = dtype === "int16" ? [-SMALLEST] : dtype === "int8" ? [-128] : [];
  for (const value of [0, ...least]) {
    const place = value + SMALLEST, count = counts[place] ?? 0;
    const around = [
      counts.subarray(Math.max(0, place - AROUND), place),
      counts.subarray(place + 1, place + 1 + AROUND),
    ];
    const most = Math.max(0, ...around.flatMap((part) => [...part]));
    if (count === left || !isPadding(count, most, total)) continue;
    counts[place] = 0;
    left -= count;
    options.onPadding?.(value, count / total);
  }
  return ranksOf(left).map((rank) => placeOf(counts, rank).counter - SMALLEST);
}

function isPadding(count: number, around: number, total: number): boolean {
  return count >= LEAST_PADDED && count > LEAST_PADDING * total && count > PLATEAU * around;
}

/** Whole numbers too that a float does not hold, the nearest of which is near enough. */
const asFloat = (value: number) => value;

async function floatValues(location: string, total: number, options: RangeOptions): Promise<number[]> {
  const upper = new Float64Array(COUNTERS);
  const zeros = { plus: 0, minus: 0 };
  await readAll(location, [0, 2], options, (voxels) => {
    requireFinite(location, voxels);
    for (const bits of bitsOf(voxels)) {
      if (bits === 0) zeros.plus++;
      else if (bits === SIGN) zeros.minus++;
      else {
        const key = keyOf(bits) >>> 16;
        upper[key] = (upper[key] ?? 0) + 1;
      }
    }
  }, asFloat);
  const count = zeros.plus + zeros.minus;
  const isLeftOut = count < total && isPadding(count, aroundZero(upper, total - count), total);
  if (isLeftOut) options.onPadding?.(0, count / total);
  else {
    for (const [bits, more] of [[0, zeros.plus], [SIGN, zeros.minus]] as const) {
      const key = keyOf(bits) >>> 16;
      upper[key] = (upper[key] ?? 0) + more;
    }
  }
  const ranks = ranksOf(isLeftOut ? total - count : total);
  const places = ranks.map((rank) => placeOf(upper, rank));
  const lower = places.map(() => new Float64Array(COUNTERS));
  await readAll(location, [1, 2], options, (voxels) => {
    for (const [index, { counter }] of places.entries()) {
      const counts = lower[index] ?? new Float64Array(COUNTERS);
      for (const bits of bitsOf(voxels)) {
        if (isLeftOut && (bits === 0 || bits === SIGN)) continue;
        const key = keyOf(bits);
        if (key >>> 16 === counter) counts[key & 0xffff] = (counts[key & 0xffff] ?? 0) + 1;
      }
    }
  }, asFloat);
  return places.map(({ counter, before }, index) => {
    const rest = (ranks[index] ?? 0) - before;
    const low = placeOf(lower[index] ?? new Float64Array(COUNTERS), rest).counter;
    return floatOf(counter * COUNTERS + low);
  });
}

/** How many values, of either sign, are as near to 0 as one of 256 shades. */
function aroundZero(upper: Float64Array, total: number): number {
  const [low, high] = ranksOf(total).map((rank) => floatOf(placeOf(upper, rank).counter * COUNTERS));
  const shade = ((high ?? 0) - (low ?? 0)) / 256;
  let [below, above] = [0, 0];
  for (const [key, count] of upper.entries()) {
    const value = floatOf(key * COUNTERS);
    if (count > 0 && Math.abs(value) <= shade) {
      if (key < COUNTERS / 2) below += count;
      else above += count;
    }
  }
  return Math.max(below, above);
}

function bitsOf(voxels: Float32Array): Uint32Array {
  return new Uint32Array(voxels.buffer, voxels.byteOffset, voxels.length);
}

/** A number that grows with the float of these bits. */
function keyOf(bits: number): number {
  return (bits & SIGN) === 0 ? (bits | SIGN) >>> 0 : ~bits >>> 0;
}

/** The float of a key. */
function floatOf(key: number): number {
  const bits = key >= SIGN ? key - SIGN : ~key >>> 0;
  return new Float32Array(Uint32Array.of(bits).buffer)[0] ?? 0;
}

function requireFinite(location: string, voxels: Float32Array): void {
  for (const value of voxels) {
    if (Number.isFinite(value)) continue;
    throw new UserError(`${location}: has voxels that are ${value}; replace them in the file`);
  }
}

/** The counter that the value of a rank, from 0, falls into, and how many are in those before. */
function placeOf(counts: Float64Array, rank: number): { counter: number; before: number } {
  let before = 0;
  for (let counter = 0; counter < counts.length; counter++) {
    const count = counts[counter] ?? 0;
    if (rank < before + count) return { counter, before };
    before += count;
  }
  throw new RangeError(`rank ${rank} of ${before} values`);
}
