/** What is known of each set of voxels while a volume is labelled. Sets are numbered; coordinates are voxels. */
import type { Region, Zyx } from "../volume/region.ts";

/** Voxels of one row that belong to a set: from `start` to before `end` along x. */
export interface RowRun {
  /** Slice. */
  readonly z: number;
  /** Row of the slice. */
  readonly y: number;
  /** First voxel along x. */
  readonly start: number;
  /** The voxel after the last. */
  readonly end: number;
}

/** Size, place and sums of sets of voxels. Every figure is an exact integer. */
export interface ComponentTable {
  /** Adds empty sets until there are `count`. */
  grow(count: number): void;
  addRun(set: number, run: RowRun): void;
  /** Adds all that is known of one set to another, earlier in raster order. */
  merge(from: number, into: number): void;
  voxels(set: number): number;
  /** First voxel in raster order. */
  first(set: number): Zyx;
  /** Mean position, `[z, y, x]`. */
  centroid(set: number): Zyx;
  box(set: number): Region;
}

const FIELDS = 13;
const VOXELS = 0, FIRST = 1, SUM = 4, LOW = 7, HIGH = 10;

/** Makes a table without sets. Runs must be added in raster order. */
export function createComponentTable(): ComponentTable {
  let values = new Float64Array(64 * FIELDS);
  const get = (set: number, field: number) => values[set * FIELDS + field] ?? 0;
  const put = (set: number, field: number, value: number) => void (values[set * FIELDS + field] = value);
  const triple = (set: number, field: number): Zyx => [
    get(set, field),
    get(set, field + 1),
    get(set, field + 2),
  ];
  const extend = (set: number, low: Zyx, high: Zyx) => {
    const isEmpty = get(set, VOXELS) === 0;
    for (const [axis, value] of low.entries()) {
      put(set, LOW + axis, isEmpty ? value : Math.min(value, get(set, LOW + axis)));
    }
    for (const [axis, value] of high.entries()) {
      put(set, HIGH + axis, isEmpty ? value : Math.max(value, get(set, HIGH + axis)));
    }
  };
  const add = (set: number, field: number, value: number) => put(set, field, get(set, field) + value);
  return {
    grow(count) {
      if (count * FIELDS <= values.length) return;
      const larger = new Float64Array(Math.max(count * FIELDS, 2 * values.length));
      larger.set(values);
      values = larger;
    },
    addRun(set, { z, y, start, end }) {
      const length = end - start;
      if (get(set, VOXELS) === 0) {
        for (const [axis, value] of [z, y, start].entries()) put(set, FIRST + axis, value);
      }
      extend(set, [z, y, start], [z + 1, y + 1, end]);
      add(set, VOXELS, length);
      add(set, SUM, length * z);
      add(set, SUM + 1, length * y);
      add(set, SUM + 2, length * (start + end - 1) / 2);
    },
    merge(from, into) {
      extend(into, triple(from, LOW), triple(from, HIGH));
      for (const field of [VOXELS, SUM, SUM + 1, SUM + 2]) add(into, field, get(from, field));
    },
    voxels: (set) => get(set, VOXELS),
    first: (set) => triple(set, FIRST),
    centroid(set) {
      const [z, y, x] = triple(set, SUM);
      const voxels = get(set, VOXELS);
      return [z / voxels, y / voxels, x / voxels];
    },
    box(set) {
      const [z, y, x] = triple(set, LOW), [endZ, endY, endX] = triple(set, HIGH);
      return { start: [z, y, x], shape: [endZ - z, endY - y, endX - x] };
    },
  };
}
