/** Chance that follows from a supervoxel alone, never from the order in which blocks arrive. */

/** What a random number is for; each purpose has its own. */
export type Purpose = "negative" | "positive" | "flip" | "normal" | "pose";

const SALTS: Readonly<Record<Purpose, number>> = { negative: 1, positive: 2, flip: 3, normal: 4, pose: 5 };

/**
 * A number in [0, 1) with 32 random bits, from the run's seed, the purpose and the supervoxel's identity (index of its seed in the whole
 * grid, first voxel of its fragment; both below 2^53). Mixing: MurmurHash3's (Appleby 2011).
 */
export function chanceOf(seed: number, purpose: Purpose, gridSeed: number, firstVoxel: number): number {
  let hash = mix(SALTS[purpose], seed);
  for (const part of [gridSeed, firstVoxel]) {
    hash = mix(mix(hash, part % 2 ** 32), Math.floor(part / 2 ** 32));
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return (hash >>> 0) / 2 ** 32;
}

function mix(hash: number, part: number): number {
  let k = Math.imul(part | 0, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  hash ^= Math.imul(k, 0x1b873593);
  hash = (hash << 13) | (hash >>> 19);
  return (Math.imul(hash, 5) + 0xe6546b64) | 0;
}

/** Text that identifies a supervoxel in a map. */
export function supervoxelKey(gridSeed: number, firstVoxel: number): string {
  return `${gridSeed}:${firstVoxel}`;
}
