/** What is summed up over the voxels of synapses. All sums are of whole numbers, so that they do not depend on any order. */
import type { Zyx } from "../volume/region.ts";
import type { RowRun } from "./component_table.ts";
import type { Symmetric3 } from "./symmetric_eigenvalues.ts";

/** Sums over synapses that are numbered from 1. */
export interface SynapseSums {
  /** Adds the voxels of a run, for their places. The first run of a synapse must come first. */
  addRun(id: number, run: RowRun): void;
  /** Adds a voxel's score. */
  addScore(id: number, score: number): void;
  /** Adds a voxel's unit vector. */
  addDirection(id: number, direction: readonly [x: number, y: number, z: number]): void;
  /** Mean position, `[z, y, x]` in voxels. */
  centroid(id: number): Zyx;
  /** Covariance of the voxels' extents: that of their centres and 1/12 on each axis, square voxels. */
  covariance(id: number): Symmetric3;
  meanScore(id: number): number;
  peakScore(id: number): number;
  /** Mean of the unit vectors `[x, y, z]`; undefined where there were none. */
  meanDirection(id: number): readonly [x: number, y: number, z: number] | undefined;
}

const FIELDS = 21;
const VOXELS = 0,
  ORIGIN = 1,
  SUM = 4,
  PRODUCT = 7,
  SCORES = 13,
  SCORE = 14,
  PEAK = 16,
  DIRECTIONS = 17,
  DIRECTION = 18;

/** Scores and directions are summed in these parts of one: each is then exact in 32-bit floats to 1e-6. */
const FRACTION = 2 ** 20;
/** A sum of scores is kept in two numbers, so that no number of voxels makes it inexact. */
const CARRY = 2 ** 45;

/** Makes sums for no synapses; there are as many as are added to. */
export function createSynapseSums(): SynapseSums {
  let values = new Float64Array(64 * FIELDS);
  const get = (id: number, field: number) => values[id * FIELDS + field] ?? 0;
  const put = (id: number, field: number, value: number) => {
    if ((id + 1) * FIELDS > values.length) {
      const larger = new Float64Array(Math.max((id + 1) * FIELDS, 2 * values.length));
      larger.set(values);
      values = larger;
    }
    values[id * FIELDS + field] = value;
  };
  const add = (id: number, field: number, value: number) => put(id, field, get(id, field) + value);
  /** Mean distances from the origin, `[z, y, x]`. */
  const away = (id: number): Zyx => {
    const voxels = get(id, VOXELS);
    return [get(id, SUM) / voxels, get(id, SUM + 1) / voxels, get(id, SUM + 2) / voxels];
  };
  return {
    addRun(id, { z, y, start, end }) {
      if (get(id, VOXELS) === 0) {
        for (const [axis, value] of [z, y, start].entries()) put(id, ORIGIN + axis, value);
      }
      const dz = z - get(id, ORIGIN), dy = y - get(id, ORIGIN + 1), first = start - get(id, ORIGIN + 2);
      const length = end - start, last = first + length - 1;
      const sum = length * (first + last) / 2;
      add(id, VOXELS, length);
      add(id, SUM, length * dz);
      add(id, SUM + 1, length * dy);
      add(id, SUM + 2, sum);
      const products = [
        length * dz * dz,
        length * dy * dy,
        squaresBelow(last + 1) - squaresBelow(first),
        length * dz * dy,
        dz * sum,
        dy * sum,
      ];
      for (const [i, product] of products.entries()) add(id, PRODUCT + i, product);
    },
    addScore(id, score) {
      const low = get(id, SCORE + 1) + Math.floor(score * FRACTION + 0.5);
      const carried = Math.floor(low / CARRY);
      add(id, SCORE, carried);
      put(id, SCORE + 1, low - carried * CARRY);
      if (get(id, SCORES) === 0 || score > get(id, PEAK)) put(id, PEAK, score);
      add(id, SCORES, 1);
    },
    addDirection(id, direction) {
      for (const [axis, part] of direction.entries()) {
        add(id, DIRECTION + axis, Math.floor(part * FRACTION + 0.5));
      }
      add(id, DIRECTIONS, 1);
    },
    centroid(id) {
      const [z, y, x] = away(id);
      return [get(id, ORIGIN) + z, get(id, ORIGIN + 1) + y, get(id, ORIGIN + 2) + x];
    },
    covariance(id) {
      const [z, y, x] = away(id), voxels = get(id, VOXELS);
      const mean = (product: number) => get(id, PRODUCT + product) / voxels;
      return {
        zz: mean(0) - z * z + 1 / 12,
        yy: mean(1) - y * y + 1 / 12,
        xx: mean(2) - x * x + 1 / 12,
        yz: mean(3) - z * y,
        xz: mean(4) - z * x,
        xy: mean(5) - y * x,
      };
    },
    meanScore: (id) => (get(id, SCORE) * CARRY + get(id, SCORE + 1)) / FRACTION / get(id, SCORES),
    peakScore: (id) => get(id, PEAK),
    meanDirection(id) {
      const count = get(id, DIRECTIONS) * FRACTION;
      if (count === 0) return undefined;
      return [get(id, DIRECTION) / count, get(id, DIRECTION + 1) / count, get(id, DIRECTION + 2) / count];
    },
  };
}

/** 0 + 1 + 4 ... of the whole numbers from 0 to before n; for n below 0 the same with the sign that makes differences right. */
function squaresBelow(n: number): number {
  return (n - 1) * n * (2 * n - 1) / 6;
}
