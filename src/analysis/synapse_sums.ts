/** What is summed up over the voxels of synapses. All sums are of whole numbers, so that they do not depend on any order. */
import { type Region, regionBetween, zipAxes, type Zyx } from "../volume/region.ts";
import type { RowRun } from "./component_table.ts";
import type { Symmetric3 } from "./symmetric_eigenvalues.ts";

/** Sums over synapses, or parts of them, that are numbered. */
export interface SynapseSums {
  /** Adds the voxels of a run, for their places. The first run of a synapse must come first. */
  addRun(id: number, run: RowRun): void;
  /** Adds a voxel's score. */
  addScore(id: number, score: number): void;
  /** Adds a voxel's unit vector. */
  addDirection(id: number, direction: readonly [x: number, y: number, z: number]): void;
  /** Adds all that is known of one to another, as if the runs of both had come in raster order. */
  merge(from: number, into: number): void;
  /** How many there are. */
  voxels(id: number): number;
  /** First voxel in raster order. */
  first(id: number): Zyx;
  /** The smallest region that holds all voxels. */
  box(id: number): Region;
  /** Mean position, `[z, y, x]` in voxels. */
  centroid(id: number): Zyx;
  /** Covariance of the voxels' extents: that of their centres and 1/12 on each axis, square voxels. */
  covariance(id: number): Symmetric3;
  meanScore(id: number): number;
  peakScore(id: number): number;
  /** Mean of the unit vectors `[x, y, z]`; undefined where there were none. */
  meanDirection(id: number): readonly [x: number, y: number, z: number] | undefined;
  /** What is known of those from one number to before another, as {@linkcode SynapseSums.load} takes it. */
  records(from: number, to: number): Float64Array;
  /** Takes up what others know, from a number on. */
  load(from: number, records: Float64Array): void;
}

const VOXELS = 0, ORIGIN = 1, LOW = 4, HIGH = 7, SCORES = 10, PEAK = 11, DIRECTIONS = 12;
/** Sums that may become large: two numbers each. */
const SUM = 13, PRODUCT = 19, SCORE = 31, DIRECTION = 33;
/** Numbers of a record. */
export const SUM_FIELDS = 39;

/** Scores and directions are summed in these parts of one: each is then exact in 32-bit floats to 1e-6. */
const FRACTION = 2 ** 20;
/** A large sum is kept in two numbers, so that no number of voxels makes it inexact: how many of these, and what is left. */
const CARRY = 2 ** 45;

/** Products of distances from the origin: of which axes each is. */
const AXES = [[0, 0], [1, 1], [2, 2], [0, 1], [0, 2], [1, 2]] as const;

/** Makes sums for no synapses; there are as many as are added to. @param highest number that is expected */
export function createSynapseSums(highest = 63): SynapseSums {
  let values = new Float64Array((highest + 1) * SUM_FIELDS);
  const get = (id: number, field: number) => values[id * SUM_FIELDS + field] ?? 0;
  const put = (id: number, field: number, value: number) => void (values[id * SUM_FIELDS + field] = value);
  const reserve = (count: number) => {
    if (count * SUM_FIELDS <= values.length) return;
    const larger = new Float64Array(Math.max(count * SUM_FIELDS, 2 * values.length));
    larger.set(values);
    values = larger;
  };
  const add = (id: number, field: number, value: number) => put(id, field, get(id, field) + value);
  const addWide = (id: number, field: number, value: number) => {
    const low = get(id, field + 1) + value;
    const carried = Math.floor(low / CARRY);
    if (carried !== 0) add(id, field, carried);
    put(id, field + 1, low - carried * CARRY);
  };
  const wide = (id: number, field: number) => get(id, field) * CARRY + get(id, field + 1);
  const triple = (id: number, field: number): Zyx => [get(id, field), get(id, field + 1), get(id, field + 2)];
  const putTriple = (id: number, field: number, of: Zyx) => {
    for (const [axis, value] of of.entries()) put(id, field + axis, value);
  };
  const extend = (id: number, low: Zyx, high: Zyx) => {
    putTriple(id, LOW, zipAxes(Math.min, triple(id, LOW), low));
    putTriple(id, HIGH, zipAxes(Math.max, triple(id, HIGH), high));
  };
  const exact = (id: number, field: number) => (BigInt(get(id, field)) << 45n) + BigInt(get(id, field + 1));
  /** Sums and products of distances, exact, as they are from another origin. */
  const movedTo = (id: number, origin: Zyx): bigint[] => {
    const count = BigInt(get(id, VOXELS));
    const by = zipAxes((at, from) => at - from, triple(id, ORIGIN), origin).map(BigInt);
    const sums = by.map((_, axis) => exact(id, SUM + 2 * axis));
    const products = AXES.map(([a, b], i) => {
      const [toA = 0n, toB = 0n, sumA = 0n, sumB = 0n] = [by[a], by[b], sums[a], sums[b]];
      return exact(id, PRODUCT + 2 * i) + toA * sumB + toB * sumA + count * toA * toB;
    });
    return [...sums.map((sum, axis) => sum + count * (by[axis] ?? 0n)), ...products];
  };
  /** Mean distances from the origin, `[z, y, x]`. */
  const away = (id: number): Zyx => {
    const voxels = get(id, VOXELS);
    return [wide(id, SUM) / voxels, wide(id, SUM + 2) / voxels, wide(id, SUM + 4) / voxels];
  };
  return {
    addRun(id, { z, y, start, end }) {
      reserve(id + 1);
      if (get(id, VOXELS) === 0) {
        for (const field of [ORIGIN, LOW]) putTriple(id, field, [z, y, start]);
        putTriple(id, HIGH, [z + 1, y + 1, end]);
      } else extend(id, [z, y, start], [z + 1, y + 1, end]);
      const dz = z - get(id, ORIGIN), dy = y - get(id, ORIGIN + 1), first = start - get(id, ORIGIN + 2);
      const length = end - start, last = first + length - 1;
      const sum = length * (first + last) / 2;
      add(id, VOXELS, length);
      addWide(id, SUM, length * dz);
      addWide(id, SUM + 2, length * dy);
      addWide(id, SUM + 4, sum);
      addWide(id, PRODUCT, length * dz * dz);
      addWide(id, PRODUCT + 2, length * dy * dy);
      addWide(id, PRODUCT + 4, squaresBelow(last + 1) - squaresBelow(first));
      addWide(id, PRODUCT + 6, length * dz * dy);
      addWide(id, PRODUCT + 8, dz * sum);
      addWide(id, PRODUCT + 10, dy * sum);
    },
    addScore(id, score) {
      reserve(id + 1);
      addWide(id, SCORE, Math.floor(score * FRACTION + 0.5));
      // 0 and -0 are equal: which of them comes first must not matter
      if (get(id, SCORES) === 0 || score > get(id, PEAK)) put(id, PEAK, score + 0);
      add(id, SCORES, 1);
    },
    addDirection(id, [x, y, z]) {
      reserve(id + 1);
      addWide(id, DIRECTION, Math.floor(x * FRACTION + 0.5));
      addWide(id, DIRECTION + 2, Math.floor(y * FRACTION + 0.5));
      addWide(id, DIRECTION + 4, Math.floor(z * FRACTION + 0.5));
      add(id, DIRECTIONS, 1);
    },
    merge(from, into) {
      const [a, b] = [triple(from, ORIGIN), triple(into, ORIGIN)];
      const origin = comesBefore(a, b) ? a : b;
      const moved = movedTo(from, origin), own = movedTo(into, origin);
      for (const [i, sum] of own.entries()) {
        const both = sum + (moved[i] ?? 0n);
        put(into, SUM + 2 * i, Number(both >> 45n));
        put(into, SUM + 2 * i + 1, Number(BigInt.asUintN(45, both)));
      }
      putTriple(into, ORIGIN, origin);
      extend(into, triple(from, LOW), triple(from, HIGH));
      const peak = get(from, PEAK);
      if (get(into, SCORES) === 0 || (get(from, SCORES) > 0 && peak > get(into, PEAK))) put(into, PEAK, peak);
      for (const field of [VOXELS, SCORES, DIRECTIONS]) add(into, field, get(from, field));
      for (const field of [SCORE, DIRECTION, DIRECTION + 2, DIRECTION + 4]) {
        add(into, field, get(from, field));
        addWide(into, field, get(from, field + 1));
      }
    },
    voxels: (id) => get(id, VOXELS),
    first: (id) => triple(id, ORIGIN),
    box: (id) => regionBetween(triple(id, LOW), triple(id, HIGH)),
    centroid(id) {
      const [z, y, x] = away(id);
      return [get(id, ORIGIN) + z, get(id, ORIGIN + 1) + y, get(id, ORIGIN + 2) + x];
    },
    covariance(id) {
      const [z, y, x] = away(id), voxels = get(id, VOXELS);
      const mean = (product: number) => wide(id, PRODUCT + 2 * product) / voxels;
      return {
        zz: mean(0) - z * z + 1 / 12,
        yy: mean(1) - y * y + 1 / 12,
        xx: mean(2) - x * x + 1 / 12,
        yz: mean(3) - z * y,
        xz: mean(4) - z * x,
        xy: mean(5) - y * x,
      };
    },
    meanScore: (id) => wide(id, SCORE) / FRACTION / get(id, SCORES),
    peakScore: (id) => get(id, PEAK),
    meanDirection(id) {
      const count = get(id, DIRECTIONS) * FRACTION;
      if (count === 0) return undefined;
      return [wide(id, DIRECTION) / count, wide(id, DIRECTION + 2) / count, wide(id, DIRECTION + 4) / count];
    },
    records: (from, to) => values.slice(from * SUM_FIELDS, to * SUM_FIELDS),
    load(from, records) {
      reserve(from + records.length / SUM_FIELDS);
      values.set(records, from * SUM_FIELDS);
    },
  };
}

/** Whether a voxel comes before another in raster order. */
export function comesBefore(a: Zyx, b: Zyx): boolean {
  const axis = a.findIndex((at, i) => at !== b[i]);
  return axis >= 0 && (a[axis] ?? 0) < (b[axis] ?? 0);
}

/** 0 + 1 + 4 ... of the whole numbers from 0 to before n; for n below 0 the same with the sign that makes differences right. */
function squaresBelow(n: number): number {
  return (n - 1) * n * (2 * n - 1) / 6;
}
