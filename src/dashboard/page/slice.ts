/** Cuts slices and projections out of the chunks of a volume. */
import { type Plane, type PlaneView, scaleOf, visibleRange } from "./geometry.ts";
import type { Volume } from "./volume.ts";
import type { Fault, Slice } from "./slice_values.ts";

/** Voxels along the cut axis to take together. */
export interface Depth {
  readonly from: number;
  /** Before this one. */
  readonly to: number;
  readonly take: "one" | "max" | "min";
  /** The only value that counts; others are taken as 0. */
  readonly only?: number | undefined;
}

/** The depth of one slice. */
export function oneSlice(number: number): Depth {
  return { from: number, to: number + 1, take: "one" };
}

/** The coarsest level that still has a voxel a pixel. */
export function levelFor({ info }: Volume, view: PlaneView): number {
  const { across, down } = view.plane;
  const isFine = (factor: readonly [number, number, number]) =>
    factor[across] * scaleOf(view, across) <= 1.5 && factor[down] * scaleOf(view, down) <= 1.5;
  return Math.max(0, info.levels.findLastIndex(({ factor }) => isFine(factor)));
}

/** As `cutSlice`; what was cut whole the last time on this plane is not cut again. */
export function keptSlice(volume: Volume, component: number, view: PlaneView, depth: Depth): Slice {
  const { plane, centre, zoom, anisotropy, width, height } = view;
  const place = `${plane.name} ${depth.take} ${depth.only ?? ""}`;
  const inPlane = [centre[plane.across], centre[plane.down], zoom, anisotropy, width, height];
  const key = [component, ...inPlane, depth.from, depth.to].join();
  const known = volume.slices.get(place);
  if (known?.key === key) return known.slice;
  const slice = cutSlice(volume, component, view, depth);
  if (slice.isComplete) volume.slices.set(place, { key, slice });
  return slice;
}

/** Cuts what is in sight. Zoomed out beyond the coarsest level, every so many voxels are taken. */
export function cutSlice(volume: Volume, component: number, view: PlaneView, depth: Depth): Slice {
  const number = levelFor(volume, view);
  const level = volume.info.levels[number];
  if (!level) throw new RangeError("a volume without levels");
  const { plane } = view;
  const { factor } = level;
  const axis = (which: 0 | 1 | 2, pixels: number) => {
    const [from, to] = visibleRange(view, which, pixels, volume.info.shape[which]);
    const every = Math.max(1, Math.floor(1 / (scaleOf(view, which) * factor[which])));
    const first = Math.floor(from / factor[which] / every) * every;
    const end = Math.min(level.shape[which], Math.ceil(to / factor[which]));
    return { first, every, count: Math.max(0, Math.ceil((end - first) / every)) };
  };
  const u = axis(plane.across, view.width), v = axis(plane.down, view.height);
  const cutFactor = factor[plane.cut];
  const last = level.shape[plane.cut] - 1;
  const zFrom = Math.min(last, Math.max(0, Math.floor(depth.from / cutFactor)));
  const zTo = Math.min(last + 1, Math.max(zFrom + 1, Math.ceil(depth.to / cutFactor)));
  const values = new Float64Array(u.count * v.count).fill(NaN);
  const grid = { u, v, values };
  let isComplete = true;
  const faults = new Map<string, Fault>();
  const fault = (kind: Fault["kind"], x: number, y: number) => {
    const end = (which: 0 | 1 | 2, index: number) =>
      Math.min(volume.info.shape[which], (index + 1) * chunk[which] * factor[which]);
    const { across, down } = plane;
    faults.set(`${x},${y}`, {
      kind,
      from: [x * chunk[across] * factor[across], y * chunk[down] * factor[down]],
      to: [end(across, x), end(down, y)],
    });
  };
  const chunk = level.chunk;
  const [cu, cv, cz] = [chunk[plane.across], chunk[plane.down], chunk[plane.cut]];
  const columns = chunksAlong(u, cu), rows = chunksAlong(v, cv);
  for (let z = Math.floor(zFrom / cz); z * cz < zTo; z++) {
    for (const y of rows) {
      for (const x of columns) {
        const at: [number, number, number] = [0, 0, 0];
        [at[plane.across], at[plane.down], at[plane.cut]] = [x, y, z];
        const voxels = volume.chunk(number, component, at);
        if (voxels === undefined) {
          isComplete = false;
          continue;
        }
        if (voxels === "damaged" || voxels === "missing") {
          fault(voxels, x, y);
          continue;
        }
        const slab: [number, number] = [
          Math.max(zFrom, z * cz) - z * cz,
          Math.min(zTo, (z + 1) * cz) - z * cz,
        ];
        const source = voxels === "empty" ? volume.fillValue(number) : voxels;
        copyChunk(grid, source, chunk, plane, [x * cu, y * cv], slab, depth);
      }
    }
  }
  return {
    values,
    columns: u.count,
    rows: v.count,
    from: [u.first * factor[plane.across], v.first * factor[plane.down]],
    step: [u.every * factor[plane.across], v.every * factor[plane.down]],
    isComplete,
    faults: [...faults.values()],
  };
}

/** Chunks that hold shown voxels, those in the middle first, so that what is looked at comes first. */
export function chunksAlong({ first, every, count }: GridAxis, size: number): number[] {
  if (count === 0) return [];
  const low = Math.floor(first / size), high = Math.floor((first + (count - 1) * every) / size);
  const middle = (low + high) / 2;
  return Array.from({ length: high - low + 1 }, (_, i) => low + i)
    .sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
}

/** Voxels of an axis that are shown: the first, and every so many. */
export interface GridAxis {
  readonly first: number;
  readonly every: number;
  readonly count: number;
}

interface Grid {
  readonly u: GridAxis;
  readonly v: GridAxis;
  readonly values: Float64Array;
}

function copyChunk(
  { u, v, values }: Grid,
  source: ArrayLike<number | bigint> | number,
  chunk: readonly [number, number, number],
  plane: Plane,
  [chunkU, chunkV]: readonly [number, number],
  [slabFrom, slabTo]: readonly [number, number],
  { take, only }: Depth,
): void {
  const counted = (value: number) => only === undefined || value === only ? value : 0;
  const strides = [chunk[1] * chunk[2], chunk[2], 1] as const;
  const [su, sv, sz] = [strides[plane.across], strides[plane.down], strides[plane.cut]];
  const range = (grid: GridAxis, start: number, size: number) =>
    [
      Math.max(0, Math.ceil((start - grid.first) / grid.every)),
      Math.min(grid.count, Math.ceil((start + size - grid.first) / grid.every)),
    ] as const;
  const [u0, u1] = range(u, chunkU, chunk[plane.across]);
  const [v0, v1] = range(v, chunkV, chunk[plane.down]);
  if (take === "one") {
    const depth = slabFrom * sz;
    for (let j = v0; j < v1; j++) {
      const [row, to] = [(v.first + j * v.every - chunkV) * sv + depth, j * u.count];
      if (typeof source === "number") values.fill(source, to + u0, to + u1);
      else {for (let i = u0; i < u1; i++) {
          values[to + i] = counted(Number(source[row + (u.first + i * u.every - chunkU) * su] ?? NaN));
        }}
    }
    return;
  }
  const sign = take === "min" ? -1 : 1;
  for (let j = v0; j < v1; j++) {
    const row = (v.first + j * v.every - chunkV) * sv;
    for (let i = u0; i < u1; i++) {
      const base = row + (u.first + i * u.every - chunkU) * su;
      const to = j * u.count + i;
      if (typeof source === "number") {
        const known = values[to] ?? NaN;
        if (!(sign * known > sign * source)) values[to] = source;
        continue;
      }
      let best = values[to] ?? NaN;
      for (let z = slabFrom; z < slabTo; z++) {
        const value = counted(Number(source[base + z * sz] ?? NaN));
        if (!(sign * best >= sign * value)) best = value;
      }
      values[to] = best;
    }
  }
}
