/** Which values of a volume become 0 and 255: percentiles, found exactly by reading the volume. */
import { UserError } from "../../config/user_error.ts";
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

/**
 * The values of rank floor(share * (voxels - 1)) among all voxels in ascending order, for the shares 0.001 and 0.999; values count as
 * 32-bit floats. Volumes of up to 16 bits are read once, others twice.
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
  const ranks = SHARES.map((share) => Math.floor(share * (voxelCount(shape) - 1)));
  const readings = SMALL_TYPES.includes(dtype) ? 1 : 2;
  const values = readings === 1
    ? await smallValues(location, ranks, options)
    : await floatValues(location, ranks, options);
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

async function smallValues(
  location: string,
  ranks: readonly number[],
  options: RangeOptions,
): Promise<number[]> {
  const counts = new Float64Array(COUNTERS * 2);
  await readAll(location, [0, 1], options, (voxels) => {
    for (const value of voxels) counts[value + SMALLEST] = (counts[value + SMALLEST] ?? 0) + 1;
  });
  return ranks.map((rank) => placeOf(counts, rank).counter - SMALLEST);
}

async function floatValues(
  location: string,
  ranks: readonly number[],
  options: RangeOptions,
): Promise<number[]> {
  const upper = new Float64Array(COUNTERS);
  await readAll(location, [0, 2], options, (voxels) => {
    requireFinite(location, voxels);
    for (const bits of bitsOf(voxels)) {
      const key = keyOf(bits) >>> 16;
      upper[key] = (upper[key] ?? 0) + 1;
    }
  });
  const places = ranks.map((rank) => placeOf(upper, rank));
  const lower = places.map(() => new Float64Array(COUNTERS));
  await readAll(location, [1, 2], options, (voxels) => {
    for (const [index, { counter }] of places.entries()) {
      const counts = lower[index] ?? new Float64Array(COUNTERS);
      for (const bits of bitsOf(voxels)) {
        const key = keyOf(bits);
        if (key >>> 16 === counter) counts[key & 0xffff] = (counts[key & 0xffff] ?? 0) + 1;
      }
    }
  });
  return places.map(({ counter, before }, index) => {
    const rest = (ranks[index] ?? 0) - before;
    const low = placeOf(lower[index] ?? new Float64Array(COUNTERS), rest).counter;
    const key = counter * COUNTERS + low;
    const bits = key >= 2 ** 31 ? key - 2 ** 31 : ~key >>> 0;
    return new Float32Array(Uint32Array.of(bits).buffer)[0] ?? 0;
  });
}

function bitsOf(voxels: Float32Array): Uint32Array {
  return new Uint32Array(voxels.buffer, voxels.byteOffset, voxels.length);
}

/** A number that grows with the float of these bits. */
function keyOf(bits: number): number {
  return (bits & 0x80000000) === 0 ? (bits | 0x80000000) >>> 0 : ~bits >>> 0;
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
