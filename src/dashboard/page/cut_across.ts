/** Cuts a small picture across a cleft out of a volume, turned so that the vesicles lie up. */
import type { Point } from "./geometry.ts";
import type { Volume } from "./volume.ts";

/** Three numbers of a direction in space, `x, y, z`. */
type Direction = readonly [x: number, y: number, z: number];

/** What to cut. */
export interface Cut {
  /** Voxel in the middle; the first voxel's is 0, 0, 0. */
  readonly centre: Point;
  /** From the cleft towards the vesicles; undefined: the slice as it is. */
  readonly up: Direction | undefined;
  /** From the middle to an edge, voxels of x and y. */
  readonly half: number;
  /** Along an edge. */
  readonly pixels: number;
  /** Voxel size in z over voxel size in x and y. */
  readonly anisotropy: number;
}

const AS_IT_IS: Direction = [0, -1, 0];

/** Directions in space of a picture's right and upper edge: the right one in the slice, as near as can be to how the slice is seen. */
export function edgesOf(up: Direction = AS_IT_IS): { readonly right: Direction; readonly up: Direction } {
  const [x, y, z] = up, length = Math.hypot(x, y, z), inSlice = Math.hypot(x, y);
  const right: Direction = inSlice < 1e-6 * length ? [1, 0, 0] : [-y / inSlice || 0, x / inSlice || 0, 0];
  return { right, up: [x / length, y / length, z / length] };
}

/** The voxel of a place in a picture, not rounded; places are voxels of x and y from the middle. */
function placeOf({ centre, up, anisotropy }: Cut): (right: number, above: number) => Point {
  const edges = edgesOf(up);
  return (right, above) => {
    const along = (axis: 0 | 1 | 2) => right * edges.right[axis] + above * edges.up[axis];
    return [centre[0] + along(2) / anisotropy, centre[1] + along(1), centre[2] + along(0)];
  };
}

/**
 * Cuts it, between voxels in proportion.
 * @returns row by row from above, NaN outside the volume and where a chunk cannot be read; undefined until all chunks have come
 */
export function cutAcross(volume: Volume, cut: Cut): Float64Array | undefined {
  const at = placeOf(cut), { half, pixels } = cut;
  const voxelAt = readerOf(volume, [at(-half, -half), at(half, -half), at(-half, half), at(half, half)]);
  if (voxelAt === undefined) return undefined;
  const values = new Float64Array(pixels * pixels);
  for (let j = 0; j < pixels; j++) {
    for (let i = 0; i < pixels; i++) {
      const place = (n: number) => ((n + 0.5) / pixels * 2 - 1) * half;
      values[j * pixels + i] = between(voxelAt, at(place(i), -place(j)));
    }
  }
  return values;
}

type VoxelAt = (z: number, y: number, x: number) => number;

/** The value at a place from the eight voxels around it; those outside count as the nearest inside, as long as one is inside. */
function between(voxelAt: VoxelAt, [z, y, x]: Point): number {
  const [z0, y0, x0] = [Math.floor(z), Math.floor(y), Math.floor(x)];
  let sum = 0, weights = 0;
  for (const [dz, wz] of [[0, 1 - z + z0], [1, z - z0]] as const) {
    for (const [dy, wy] of [[0, 1 - y + y0], [1, y - y0]] as const) {
      for (const [dx, wx] of [[0, 1 - x + x0], [1, x - x0]] as const) {
        const weight = wz * wy * wx;
        if (weight === 0) continue;
        const value = voxelAt(z0 + dz, y0 + dy, x0 + dx);
        if (Number.isNaN(value)) continue;
        sum += weight * value;
        weights += weight;
      }
    }
  }
  return weights > 0 ? sum / weights : NaN;
}

/** Reads voxels of the box around some places; undefined where a chunk of it has not come yet. */
function readerOf(volume: Volume, corners: readonly Point[]): VoxelAt | undefined {
  const { shape } = volume.info, chunk = volume.info.levels[0]?.chunk ?? [1, 1, 1];
  const range = (axis: 0 | 1 | 2): readonly [number, number] => {
    const places = corners.map((corner) => corner[axis]);
    const low = Math.max(0, Math.floor(Math.min(...places)));
    const high = Math.min(shape[axis] - 1, Math.ceil(Math.max(...places)));
    return [Math.floor(low / chunk[axis]), Math.floor(high / chunk[axis])];
  };
  const [[z0, z1], [y0, y1], [x0, x1]] = [range(0), range(1), range(2)];
  const [countY, countX] = [y1 - y0 + 1, x1 - x0 + 1];
  const chunks: ReturnType<Volume["chunk"]>[] = [];
  let isComplete = true;
  for (let z = z0; z <= z1; z++) {
    for (let y = y0; y <= y1; y++) {
      for (let x = x0; x <= x1; x++) {
        const known = volume.chunk(0, 0, [z, y, x]);
        if (known === undefined) isComplete = false;
        chunks.push(known);
      }
    }
  }
  if (!isComplete) return undefined;
  const fill = volume.fillValue(0);
  return (z, y, x) => {
    if (z < 0 || y < 0 || x < 0 || z >= shape[0] || y >= shape[1] || x >= shape[2]) return NaN;
    const [cz, cy, cx] = [Math.floor(z / chunk[0]), Math.floor(y / chunk[1]), Math.floor(x / chunk[2])];
    const found = chunks[((cz - z0) * countY + cy - y0) * countX + cx - x0];
    if (found === "empty") return fill;
    if (found === undefined || typeof found === "string") return NaN;
    return Number(found[((z % chunk[0]) * chunk[1] + y % chunk[1]) * chunk[2] + x % chunk[2]] ?? NaN);
  };
}
