// Connected fragments of SLIC's labels, and the supervoxels that they make: numbering, joining, counting, painting.
// Volumes are dense, [nz, ny, nx].
import { ORPHAN } from "./labels";

@inline
function rootOf(parents: usize, voxel: i32): i32 {
  let parent = load<i32>(parents + (<usize>voxel << 2));
  while (parent != voxel) {
    const above = load<i32>(parents + (<usize>parent << 2));
    store<i32>(parents + (<usize>voxel << 2), above);
    voxel = above;
    parent = load<i32>(parents + (<usize>voxel << 2));
  }
  return voxel;
}

@inline
function joinRoots(parents: usize, root: i32, other: i32): i32 {
  const a = rootOf(parents, other);
  if (a == root) return root;
  const first = min(a, root), second = max(a, root);
  store<i32>(parents + (<usize>second << 2), first);
  return first;
}

/**
 * In slices `fromZ` to `toZ`, without a look beyond, unites neighbours of equal label, the 8 in the slice and the 2 above and below it as in Achanta's program; a fragment's root is its first
 * voxel.
 */
export function fragmentUnite(labels: usize, fromZ: i32, toZ: i32, ny: i32, nx: i32, parents: usize): void {
  const up = <usize>nx << 2;
  const below = up * ny;
  let voxel = fromZ * ny * nx;
  for (let z = fromZ; z < toZ; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, voxel++) {
        const at = labels + (<usize>voxel << 2);
        const label = load<i32>(at);
        let root = voxel;
        // what touches the voxel above in the slice has been united with it: left, and both diagonals
        if (y > 0 && load<i32>(at - up) == label) root = rootOf(parents, voxel - nx);
        else {
          if (x > 0 && load<i32>(at - 4) == label) root = rootOf(parents, voxel - 1);
          else if (x > 0 && y > 0 && load<i32>(at - up - 4) == label) root = rootOf(parents, voxel - nx - 1);
          if (y > 0 && x < nx - 1 && load<i32>(at - up + 4) == label) {
            root = root == voxel ? rootOf(parents, voxel - nx + 1) : joinRoots(parents, root, voxel - nx + 1);
          }
        }
        store<i32>(parents + (<usize>voxel << 2), root);
        if (z > fromZ && load<i32>(at - below) == label) joinRoots(parents, root, voxel - nx * ny);
      }
    }
  }
}

/** Unites what `fragmentUnite` left apart on both sides of the border before slice `z`. */
export function fragmentJoinSlabs(labels: usize, z: i32, ny: i32, nx: i32, parents: usize): void {
  const plane = ny * nx;
  for (let voxel = z * plane; voxel < (z + 1) * plane; voxel++) {
    if (load<i32>(labels + (<usize>voxel << 2)) != load<i32>(labels + (<usize>(voxel - plane) << 2))) continue;
    joinRoots(parents, rootOf(parents, voxel), voxel - plane);
  }
}

/**
 * Numbers fragments in the order of their first voxels, in place of `parents`, and leaves each one's seed in place of the first labels: as
 * many as there are fragments, no more than voxels. Returns the number of fragments.
 */
export function fragmentNumber(labels: usize, voxels: i32, parents: usize): i32 {
  let seeds = labels;
  let fragments = 0;
  for (let voxel = 0; voxel < voxels; voxel++) {
    const at = parents + (<usize>voxel << 2);
    const parent = load<i32>(at);
    if (parent == voxel) {
      store<i32>(seeds, load<i32>(labels + (<usize>voxel << 2)) & ~ORPHAN);
      seeds += 4;
      store<i32>(at, fragments++);
    } else store<i32>(at, load<i32>(parents + (<usize>parent << 2)));
  }
  return fragments;
}

/** Finds each fragment's first voxel and number of voxels (i32 each). */
export function fragmentSizes(fragmentOf: usize, voxels: i32, fragments: i32, first: usize, sizes: usize): void {
  memory.fill(sizes, 0, <usize>fragments << 2);
  let met = 0;
  for (let voxel = 0; voxel < voxels; voxel++, fragmentOf += 4) {
    const fragment = load<i32>(fragmentOf);
    if (fragment == met) {
      store<i32>(first + (<usize>met << 2), voxel);
      met++;
    }
    const size = sizes + (<usize>fragment << 2);
    store<i32>(size, load<i32>(size) + 1);
  }
}

/** Bytes of a seed, see `slic.ts`. */
const CENTRE: usize = 16;

/**
 * Joins each of the fragments `from` to `to` that has at most `small` voxels to the larger fragment beside it whose seed is nearest, by SLIC's distance, to one of its
 * voxels; to the earlier one on a tie. Beside are the 8 neighbours in the slice and the 2 above and below. `joins` is the fragment joined,
 * or the fragment itself; `nearest` (f32 a fragment) is scratch. Their voxels lie in slices `fromZ` to `toZ`.
 */
export function fragmentJoinNearest(
  raw: usize, rowStride: i32, sliceStride: i32, nz: i32, ny: i32, nx: i32,
  gz: usize, gy: usize, gx: usize, seedsY: i32, seedsX: i32, centres: usize, weight: f32,
  fragmentOf: usize, from: i32, to: i32, seeds: usize, sizes: usize, small: i32, nearest: usize, joins: usize,
  fromZ: i32, toZ: i32,
): void {
  for (let i = from; i < to; i++) {
    store<i32>(joins + (<usize>i << 2), i);
    store<f32>(nearest + (<usize>i << 2), Infinity);
  }
  let at = fragmentOf + ((<usize>fromZ * ny * nx) << 2);
  for (let z = fromZ; z < toZ; z++) {
    const downZ = z > 0 ? -1 : 0, upZ = z < nz - 1 ? 1 : 0;
    for (let y = 0; y < ny; y++) {
      const fromY = y > 0 ? -1 : 0, toY = y < ny - 1 ? 1 : 0;
      for (let x = 0; x < nx; x++, at += 4) {
        const fragment = load<i32>(at);
        if (<u32>(fragment - from) >= <u32>(to - from) || load<i32>(sizes + (<usize>fragment << 2)) > small) continue;
        const intensity = <f32>load<u8>(raw + <usize>z * sliceStride + <usize>y * rowStride + x);
        const fromX = x > 0 ? -1 : 0, toX = x < nx - 1 ? 1 : 0;
        for (let oz = downZ; oz <= upZ; oz++) {
          for (let oy = oz == 0 ? fromY : 0; oy <= (oz == 0 ? toY : 0); oy++) {
            for (let ox = oz == 0 ? fromX : 0; ox <= (oz == 0 ? toX : 0); ox++) {
              const other = load<i32>(at + (<usize>((oz * ny + oy) * nx + ox) << 2));
              const entry = <usize>other << 2;
              if (load<i32>(sizes + entry) <= small) continue; // and so is the voxel itself
              const seed = load<i32>(seeds + entry);
              const centre = centres + <usize>seed * CENTRE;
              const dx = <f32>(x - load<i32>(gx + (<usize>(seed % seedsX) << 2))) - load<f32>(centre);
              const dy = <f32>(y - load<i32>(gy + (<usize>((seed / seedsX) % seedsY) << 2))) - load<f32>(centre, 4);
              const dz = <f32>(z - load<i32>(gz + (<usize>(seed / (seedsX * seedsY)) << 2))) - load<f32>(centre, 8);
              const di = intensity - load<f32>(centre, 12);
              const distance = di * di + (dx * dx + dy * dy + dz * dz) * weight;
              const best = nearest + (<usize>fragment << 2), joined = joins + (<usize>fragment << 2);
              if (distance < load<f32>(best) || (distance == load<f32>(best) && other < load<i32>(joined))) {
                store<f32>(best, distance);
                store<i32>(joined, other);
              }
            }
          }
        }
      }
    }
  }
}

/** Neighbours in the order of Achanta's program: 8 in the slice, the one below, the one above. 2 bits a step, 1 standing for 0. */
const STEPS_X: i32 = 0b01_01_00_10_10_00_01_10_01_00;
const STEPS_Y: i32 = 0b01_01_10_10_00_00_10_01_00_01;

/**
 * Joins each fragment of at most `small` voxels to a neighbour: of the neighbours of its first voxel, the last whose fragment begins earlier;
 * where that one is small too, to what it joins. A chain of more than `links` such steps joins nothing, so that a supervoxel depends on its
 * neighbourhood alone. `joins` is the fragment joined, or the fragment itself; `depths` (i32 a fragment) is scratch.
 */
export function fragmentJoinScan(
  nz: i32, ny: i32, nx: i32, fragmentOf: usize, fragments: i32, first: usize, sizes: usize, small: i32, links: i32,
  depths: usize, joins: usize,
): void {
  for (let fragment = 0; fragment < fragments; fragment++) {
    const entry = <usize>fragment << 2;
    store<i32>(joins + entry, fragment);
    store<i32>(depths + entry, 0);
    if (load<i32>(sizes + entry) > small) continue;
    const voxel = load<i32>(first + entry);
    const x = voxel % nx, y = (voxel / nx) % ny, z = voxel / (nx * ny);
    let depth = links + 1;
    for (let side = 9; side >= 0; side--) {
      const ox = x + ((STEPS_X >> (side << 1)) & 3) - 1, oy = y + ((STEPS_Y >> (side << 1)) & 3) - 1;
      const oz = z + (side == 8 ? -1 : side == 9 ? 1 : 0);
      if (ox < 0 || ox >= nx || oy < 0 || oy >= ny || oz < 0 || oz >= nz) continue;
      const other = load<i32>(fragmentOf + (<usize>((oz * ny + oy) * nx + ox) << 2));
      if (other >= fragment) continue;
      depth = load<i32>(depths + (<usize>other << 2)) + 1;
      if (depth <= links) store<i32>(joins + entry, load<i32>(joins + (<usize>other << 2)));
      break;
    }
    store<i32>(depths + entry, min(depth, links + 1));
  }
}

/**
 * Numbers the supervoxels that have a voxel in the write region, tile by tile of 32 cubed so that neighbours are near in the
 * numbering. `fragmentOf` points at the first voxel of the write region, `wz`, `wy`, `wx`. `ranks` (i32 a fragment) must be -1 throughout;
 * `list` gets the fragment of each number, `map` the number of each voxel of the write region. Returns how many there are.
 */
export function supervoxelCompact(
  fragmentOf: usize, rowStride: i32, sliceStride: i32, wz: i32, wy: i32, wx: i32, joins: usize, ranks: usize, list: usize, map: usize,
): i32 {
  const TILE = 32;
  let count = 0;
  for (let tz = 0; tz < wz; tz += TILE) {
    for (let ty = 0; ty < wy; ty += TILE) {
      for (let tx = 0; tx < wx; tx += TILE) {
        const endZ = min(tz + TILE, wz), endY = min(ty + TILE, wy), endX = min(tx + TILE, wx);
        for (let z = tz; z < endZ; z++) {
          for (let y = ty; y < endY; y++) {
            const source = fragmentOf + ((<usize>z * sliceStride + <usize>y * rowStride) << 2);
            const out = map + ((<usize>(z * wy + y) * wx) << 2);
            for (let x = <usize>tx << 2; x < <usize>endX << 2; x += 4) {
              const fragment = load<i32>(joins + (<usize>load<i32>(source + x) << 2));
              const at = ranks + (<usize>fragment << 2);
              let rank = load<i32>(at);
              if (rank < 0) {
                rank = count++;
                store<i32>(at, rank);
                store<i32>(list + (<usize>rank << 2), fragment);
              }
              store<i32>(out + x, rank);
            }
          }
        }
      }
    }
  }
  return count;
}

/**
 * Replaces every voxel's fragment by its supervoxel's number, -1 where that has none, and sums coordinates: `stats` is i32 x, y, z, voxels of
 * each of `count` numbers. `joins` becomes the number of each of the `fragments`.
 */
export function supervoxelStats(
  nz: i32, ny: i32, nx: i32, fragmentOf: usize, fragments: i32, joins: usize, ranks: usize, count: i32, stats: usize,
): void {
  for (let at = joins; at < joins + (<usize>fragments << 2); at += 4) {
    store<i32>(at, load<i32>(ranks + (<usize>load<i32>(at) << 2)));
  }
  memory.fill(stats, 0, <usize>count << 4);
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      let position = i32x4(0, y, z, 1);
      const right = i32x4(1, 0, 0, 0);
      for (let x = 0; x < nx; x++, fragmentOf += 4) {
        const supervoxel = load<i32>(joins + (<usize>load<i32>(fragmentOf) << 2));
        store<i32>(fragmentOf, supervoxel);
        if (supervoxel >= 0) {
          const at = stats + (<usize>supervoxel << 4);
          v128.store(at, i32x4.add(v128.load(at), position));
        }
        position = i32x4.add(position, right);
      }
    }
  }
}

/**
 * Counts labels by supervoxel: `counts` is i32 negatives (label 0), positives (component not 0), first component met and
 * voxels of another component, for each number; it must be zero at the start. Voxels numbered -1 are left out.
 */
export function supervoxelLabels(
  numberOf: usize, labels: usize, components: usize, voxels: i32, counts: usize,
): void {
  for (let voxel: usize = 0; voxel < <usize>voxels; voxel++) {
    const number = load<i32>(numberOf + (voxel << 2));
    if (number < 0) continue;
    const at = counts + (<usize>number << 4);
    const component = load<i32>(components + (voxel << 2));
    if (component == 0) {
      if (load<u8>(labels + voxel) == 0) store<i32>(at, load<i32>(at) + 1);
      continue;
    }
    const known = load<i32>(at, 8);
    if (known == 0) store<i32>(at, component, 8);
    if (known == 0 || known == component) store<i32>(at, load<i32>(at, 4) + 1, 4);
    else store<i32>(at, load<i32>(at, 12) + 1, 12);
  }
}

/** Writes each voxel's value from its supervoxel's: `values` f32 by number, `map` i32, `out` f32. */
export function paintSupervoxels(map: usize, voxels: i32, values: usize, out: usize): void {
  for (let i: usize = 0; i < <usize>voxels << 2; i += 4) {
    store<f32>(out + i, load<f32>(values + (<usize>load<i32>(map + i) << 2)));
  }
}
