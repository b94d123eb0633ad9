/** Supervoxels by plain loops over voxels and seeds (docs/algorithm.md, section 4), with 32-bit floats as the kernels have. */
import type { SlicSettings } from "../../src/supervoxels/grid.ts";
import { voxelCount, type Zyx } from "../../src/volume/region.ts";

/** One supervoxel. */
export interface ReferenceSupervoxel {
  /** Index of its seed in the grid. */
  readonly seed: number;
  /** Index of its first voxel in raster order, before small fragments joined it. */
  readonly first: number;
  readonly voxels: readonly number[];
  /** Mean coordinates, truncated: z, y, x. */
  readonly centroid: Zyx;
}

interface Seed {
  readonly grid: Zyx;
  /** Relative to the grid position. */
  centre: Zyx;
  intensity: number;
}

const f = Math.fround;

/** Coordinates of the seeds on an axis. */
export function gridAxis(size: number, step: number): number[] {
  const n = Math.max(1, Math.floor(size / step + 0.5));
  return Array.from(
    { length: n },
    (_, i) => Math.min(size - 1, i * step + Math.floor(step / 2) + Math.trunc(i * (size - step * n) / n)),
  );
}

/** Segments a whole volume. */
export function referenceSupervoxels(
  raw: Uint8Array,
  shape: Zyx,
  { seed: step, cubeness, anisotropy, join }: SlicSettings,
): { readonly supervoxels: readonly ReferenceSupervoxel[]; readonly orphans: number } {
  const [nz, ny, nx] = shape;
  const stepZ = Math.max(Math.floor(step / anisotropy), 1);
  const axes = [gridAxis(nz, stepZ), gridAxis(ny, step), gridAxis(nx, step)] as const;
  const seeds: Seed[] = axes[0].flatMap((z) =>
    axes[1].flatMap((y) =>
      axes[2].map((x) => ({ grid: [z, y, x], centre: [0, 0, 0], intensity: raw[(z * ny + y) * nx + x] ?? 0 }))
    )
  );
  const at = (i: number): Zyx => [Math.floor(i / (nx * ny)), Math.floor(i / nx) % ny, i % nx];
  const weight = f((cubeness / step) ** 2);

  let labels = new Int32Array(raw.length);
  for (let round = 1; round <= 5; round++) {
    labels = Int32Array.from(raw, (value, i) => nearestSeed(seeds, at(i), value, step, weight));
    if (round < 5) recentre(seeds, labels, raw, at);
  }
  // A voxel outside every window is alone or with others like it in the grid cell of one seed.
  let orphans = 0;
  const keys = Array.from(labels, (label, i) => {
    if (label >= 0) return `${label}`;
    orphans++;
    const [z, y, x] = at(i).map((p, axis) =>
      Math.min(Math.floor(p / (axis === 0 ? stepZ : step)), (axes[axis]?.length ?? 1) - 1)
    );
    return `orphan ${((z ?? 0) * axes[1].length + (y ?? 0)) * axes[2].length + (x ?? 0)}`;
  });
  const fragments = findFragments(keys, shape);
  return {
    supervoxels: supervoxelsOf(
      fragments,
      shape,
      join === "scan"
        ? joinedByScan(fragments, shape, Math.floor(step ** 3 / 4))
        : joinedByNearest(fragments, seeds, raw, shape, Math.floor(step ** 3 / 4), weight),
    ),
    orphans,
  };
}

function nearestSeed(seeds: readonly Seed[], p: Zyx, value: number, step: number, weight: number): number {
  let best = Infinity;
  let label = -1;
  for (const [k, { grid, centre, intensity }] of seeds.entries()) {
    const inWindow = [0, 1, 2].every((axis) => {
      const a = axis as 0 | 1 | 2;
      return p[a] >= grid[a] + Math.floor(f(centre[a] - step)) &&
        p[a] < grid[a] + Math.floor(f(centre[a] + step));
    });
    if (!inWindow) continue;
    const [dz, dy, dx] = ([0, 1, 2] as const).map((a) => f(p[a] - grid[a] - centre[a]));
    const di = f(value - intensity);
    const across = f(f(square(dz) + square(dy)) * weight);
    const distance = f(square(di) + f(f(square(dx) * weight) + across));
    if (distance < best) [best, label] = [distance, k];
  }
  return label;
}

function square(value = 0): number {
  return f(value * value);
}

function recentre(seeds: Seed[], labels: Int32Array, raw: Uint8Array, at: (i: number) => Zyx): void {
  const sums = seeds.map(() => [0, 0, 0, 0, 0] as [number, number, number, number, number]);
  for (const [i, label] of labels.entries()) {
    const sum = sums[label];
    if (sum === undefined) continue;
    const [z, y, x] = at(i);
    for (const [k, part] of [z, y, x, raw[i] ?? 0, 1].entries()) sum[k as 0] += part;
  }
  for (const [k, seed] of seeds.entries()) {
    const [z, y, x, intensity, n] = sums[k] ?? [0, 0, 0, 0, 0];
    if (n === 0) continue; // keeps its place
    const [gz, gy, gx] = seed.grid;
    seed.centre = [f((z - gz * n) / n), f((y - gy * n) / n), f((x - gx * n) / n)];
    seed.intensity = f(intensity / n);
  }
}

interface Fragment {
  readonly seed: number;
  readonly first: number;
  readonly voxels: number[];
}

/** The 8 neighbours in the slice and those above and below. */
function neighbours(i: number, [nz, ny, nx]: Zyx): number[] {
  const x = i % nx, y = Math.floor(i / nx) % ny, z = Math.floor(i / (nx * ny));
  const found: number[] = [];
  for (const [dz, dy, dx] of OFFSETS) {
    const inside = z + dz >= 0 && z + dz < nz && y + dy >= 0 && y + dy < ny && x + dx >= 0 && x + dx < nx;
    if (inside) found.push(i + (dz * ny + dy) * nx + dx);
  }
  return found;
}

const AROUND = [-1, 0, 1];
const OFFSETS: readonly Zyx[] = [
  [-1, 0, 0],
  ...AROUND.flatMap((dy) => AROUND.map((dx) => [0, dy, dx] as const)).filter(([, dy, dx]) =>
    dy !== 0 || dx !== 0
  ),
  [1, 0, 0],
];

function findFragments(keys: readonly string[], shape: Zyx): Fragment[] {
  const seen = new Uint8Array(voxelCount(shape));
  const fragments: Fragment[] = [];
  for (const [first, key] of keys.entries()) {
    if (seen[first]) continue;
    const voxels = [first];
    seen[first] = 1;
    for (const i of voxels) { // grows while it is walked
      for (const j of neighbours(i, shape)) {
        if (seen[j] || keys[j] !== key) continue;
        seen[j] = 1;
        voxels.push(j);
      }
    }
    fragments.push({ seed: Number(key.replace("orphan ", "")), first, voxels });
  }
  return fragments;
}

/** Achanta's order of the neighbours of a voxel: z, y, x. */
const ORDER: readonly Zyx[] = [
  [0, 0, -1],
  [0, -1, 0],
  [0, 0, 1],
  [0, 1, 0],
  [0, -1, -1],
  [0, -1, 1],
  [0, 1, 1],
  [0, 1, -1],
  [-1, 0, 0],
  [1, 0, 0],
];

/**
 * A fragment of at most `small` voxels joins what the last neighbour of its first voxel belongs to that is part of an earlier fragment; no more
 * than two small ones in a row.
 */
function joinedByScan(fragments: readonly Fragment[], shape: Zyx, small: number): number[] {
  const [nz, ny, nx] = shape;
  const fragmentOf = new Map<number, number>();
  for (const [k, { voxels }] of fragments.entries()) for (const i of voxels) fragmentOf.set(i, k);
  const target = (own: number, links: number): number | undefined => {
    const fragment = fragments[own];
    if (!fragment || fragment.voxels.length > small) return own;
    if (links === 0) return undefined;
    const { first } = fragment;
    const [z, y, x] = [Math.floor(first / (nx * ny)), Math.floor(first / nx) % ny, first % nx];
    const earlier = ORDER
      .map(([dz, dy, dx]) => [z + dz, y + dy, x + dx] as const)
      .filter(([z, y, x]) => z >= 0 && z < nz && y >= 0 && y < ny && x >= 0 && x < nx)
      .map(([z, y, x]) => fragmentOf.get((z * ny + y) * nx + x) ?? own)
      .filter((other) => other < own);
    const last = earlier.at(-1);
    return last === undefined ? undefined : target(last, links - 1);
  };
  return fragments.map((_, own) => target(own, 2) ?? own);
}

/** A fragment of at most `small` voxels joins the larger one beside it whose seed is nearest to one of its voxels. */
function joinedByNearest(
  fragments: readonly Fragment[],
  seeds: readonly Seed[],
  raw: Uint8Array,
  shape: Zyx,
  small: number,
  weight: number,
): number[] {
  const [, ny, nx] = shape;
  const fragmentOf = new Int32Array(raw.length);
  for (const [k, { voxels }] of fragments.entries()) for (const i of voxels) fragmentOf[i] = k;
  return fragments.map(({ voxels }, own) => {
    if (voxels.length > small) return own;
    let best = { distance: Infinity, fragment: own };
    for (const i of voxels) {
      for (const j of neighbours(i, shape)) {
        const other = fragmentOf[j] ?? 0;
        const fragment = fragments[other];
        const seed = seeds[fragment?.seed ?? -1];
        if (!fragment || !seed || fragment.voxels.length <= small) continue;
        const p = [Math.floor(i / (nx * ny)), Math.floor(i / nx) % ny, i % nx] as const;
        const [dz, dy, dx] = ([0, 1, 2] as const).map((a) => f(p[a] - seed.grid[a] - seed.centre[a]));
        const away = f(f(square(dx) + square(dy)) + square(dz));
        const distance = f(square(f((raw[i] ?? 0) - seed.intensity)) + f(away * weight));
        const isNearer = distance < best.distance ||
          (distance === best.distance && other < best.fragment);
        if (isNearer) best = { distance, fragment: other };
      }
    }
    return best.fragment;
  });
}

function supervoxelsOf(
  fragments: readonly Fragment[],
  [, ny, nx]: Zyx,
  joined: readonly number[],
): ReferenceSupervoxel[] {
  return fragments.flatMap(({ seed, first }, own) => {
    const voxels = fragments.flatMap((fragment, k) => joined[k] === own ? fragment.voxels : []);
    if (voxels.length === 0) return [];
    const mean = (f: (i: number) => number) =>
      Math.floor(voxels.reduce((sum, i) => sum + f(i), 0) / voxels.length);
    const centroid: Zyx = [
      mean((i) => Math.floor(i / (nx * ny))),
      mean((i) => Math.floor(i / nx) % ny),
      mean((i) => i % nx),
    ];
    return [{ seed, first, voxels: voxels.sort((a, b) => a - b), centroid }];
  });
}
