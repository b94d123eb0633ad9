/** Which voxels lie within a ball of others: exact squared distances, one axis after the other. */
import { type Region, voxelCount, type Zyx } from "../volume/region.ts";

/** The largest radius, so that a squared distance fits 16 bits. */
export const MAX_RADIUS = 255;

/**
 * Marks the voxels of a part of a block that are within `radius` of a target: dx^2 + dy^2 + dz^2 <= radius^2.
 *
 * @param target 1 where a voxel is a target, else 0, `[z, y, x]`
 * @param shape of the block
 * @param part of the block, relative to it
 * @param radius voxels, 0 ... 255
 * @returns 1 or 0 for each voxel of the part
 */
export function nearTarget(
  target: Uint8Array,
  shape: Zyx,
  part: Region,
  radius: number,
): Uint8Array<ArrayBuffer> {
  const reach = Math.floor(radius);
  const most = Math.floor(radius * radius);
  const alongX = distancesAlongX(target, shape, most);
  const inPlane = distancesInPlane(alongX, shape, part, reach, most);
  return nearAcrossPlanes(inPlane, shape, part, reach, most);
}

/** Squared distances with, for each row along x, whether any is at most the largest that counts. */
interface Distances {
  readonly squared: Uint16Array;
  readonly isRowUsed: Uint8Array;
}

/** Squared distance to the nearest target in the same row; `most + 1` where it is farther. */
function distancesAlongX(target: Uint8Array, [nz, ny, nx]: Zyx, most: number): Distances {
  const squared = new Uint16Array(target.length).fill(most + 1);
  const isRowUsed = new Uint8Array(nz * ny);
  for (const row of isRowUsed.keys()) {
    const start = row * nx, end = start + nx;
    const first = target.subarray(start, end).indexOf(1);
    if (first < 0) continue;
    isRowUsed[row] = 1;
    for (let i = start + first, away = 0; i < end; i++) {
      away = target[i] === 1 ? 0 : away + 1;
      squared[i] = Math.min(away * away, most + 1);
    }
    for (let i = end - 1, away = nx; i >= start; i--) {
      away = target[i] === 1 ? 0 : away + 1;
      squared[i] = Math.min(away * away, squared[i] ?? 0);
    }
  }
  return { squared, isRowUsed };
}

/** Squared distance to the nearest target in the same plane, for the part's rows of every plane. */
function distancesInPlane(
  from: Distances,
  [nz, ny, nx]: Zyx,
  part: Region,
  reach: number,
  most: number,
): Distances {
  const squared = new Uint16Array(from.squared.length).fill(most + 1);
  const isRowUsed = new Uint8Array(nz * ny);
  const [, firstY] = part.start, endY = firstY + part.shape[1];
  for (let z = 0; z < nz; z++) {
    for (let y = firstY; y < endY; y++) {
      const row = z * ny + y;
      for (let other = Math.max(0, y - reach); other <= Math.min(ny - 1, y + reach); other++) {
        if (from.isRowUsed[z * ny + other] === 0) continue;
        isRowUsed[row] = 1;
        lowerRow(squared, row * nx, from.squared, (z * ny + other) * nx, nx, (other - y) * (other - y));
      }
    }
  }
  return { squared, isRowUsed };
}

function lowerRow(
  to: Uint16Array,
  at: number,
  from: Uint16Array,
  start: number,
  nx: number,
  add: number,
): void {
  for (let x = 0; x < nx; x++) {
    const sum = (from[start + x] ?? 0) + add;
    if (sum < (to[at + x] ?? 0)) to[at + x] = sum;
  }
}

function nearAcrossPlanes(
  from: Distances,
  [nz, ny, nx]: Zyx,
  part: Region,
  reach: number,
  most: number,
): Uint8Array<ArrayBuffer> {
  const near = new Uint8Array(voxelCount(part.shape));
  const [z0, y0, x0] = part.start, [depth, height, width] = part.shape;
  for (let z = 0, at = 0; z < depth; z++) {
    for (let y = 0; y < height; y++, at += width) {
      for (let other = Math.max(0, z0 + z - reach); other <= Math.min(nz - 1, z0 + z + reach); other++) {
        const row = other * ny + y0 + y;
        if (from.isRowUsed[row] === 0) continue;
        const limit = most - (other - z0 - z) * (other - z0 - z);
        const start = row * nx + x0;
        for (let x = 0; x < width; x++) if ((from.squared[start + x] ?? 0) <= limit) near[at + x] = 1;
      }
    }
  }
  return near;
}
