/** The shapes of candidates: what a person would take for one synapse around a high score. */
import { type Region, regionAround, voxelCount, zipAxes, type Zyx } from "../volume/region.ts";
import { discard } from "../volume/bytes.ts";
import type { LabelObject } from "./state.ts";

/** Scores of a box, of which some voxels belong to a piece. */
export interface ScoredPiece {
  readonly box: Region;
  readonly scores: Float32Array;
  /** 1 where a voxel of the box belongs to the piece, 0 elsewhere. */
  readonly free: Uint8Array<ArrayBuffer>;
}

/** How large the synapses are that are labelled already. */
export interface SynapseSize {
  /** Median of their voxels. */
  readonly voxels: number;
  /** Median of the longest edges of their boxes, voxels of x and y. */
  readonly extent: number;
}

/** Undefined where nothing is painted. */
export function synapseSize(
  objects: readonly Pick<LabelObject, "voxels" | "box">[],
  anisotropy: number,
): SynapseSize | undefined {
  const painted = objects.flatMap(({ voxels, box }) => {
    if (voxels === 0 || !box) return [];
    const [depth, height, width] = zipAxes((to, from) => to - from, box.end, box.begin);
    return [{ voxels, extent: Math.max(depth * anisotropy, height, width) }];
  });
  if (painted.length === 0) return undefined;
  return {
    voxels: median(painted.map(({ voxels }) => voxels)),
    extent: median(painted.map(({ extent }) => extent)),
  };
}

/** The least size where nobody has set another: a quarter of a labelled synapse. */
const LEAST_MIN_SIZE = 50, PART_OF_SYNAPSE = 4;

/** In voxels, in whole tens. */
export function usualMinSize(objects: readonly Pick<LabelObject, "voxels" | "box">[]): number {
  const part = (synapseSize(objects, 1)?.voxels ?? 0) / PART_OF_SYNAPSE;
  return Math.max(LEAST_MIN_SIZE, Math.round(part / 10) * 10);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Places of the box's voxels that are free and higher than all around them, the highest first. */
export function peaksOf({ box: { shape }, scores, free }: ScoredPiece): number[] {
  const [depth, height, width] = shape;
  const peaks: number[] = [];
  const isPeak = (z: number, y: number, x: number, place: number) => {
    const own = scores[place] ?? -Infinity;
    for (let dz = z > 0 ? -1 : 0; dz <= 1 && z + dz < depth; dz++) {
      for (let dy = y > 0 ? -1 : 0; dy <= 1 && y + dy < height; dy++) {
        for (let dx = x > 0 ? -1 : 0; dx <= 1 && x + dx < width; dx++) {
          const other = place + (dz * height + dy) * width + dx;
          if (free[other] !== 1) continue;
          const score = scores[other] ?? -Infinity;
          if (score > own || (score === own && other < place)) return false; // of a plateau the first
        }
      }
    }
    return true;
  };
  for (let z = 0, place = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, place++) {
        if (free[place] === 1 && isPeak(z, y, x, place)) peaks.push(place);
      }
    }
  }
  return peaks.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
}

/** Seeds that a piece is divided among: a byte tells whose a voxel is. */
export const MOST_SEEDS = 64;

/** Where a shape begins, and how far down it goes. */
export interface Seed {
  /** In the box. */
  readonly place: number;
  /** Lower scores do not belong to it. */
  readonly from: number;
}

/**
 * Divides a piece among seeds: each voxel goes to the seed from which it is reached over faces, always the highest score next. The shape
 * of a seed is what it reached first, each voxel from another one of the shape: connected whatever the limits. It depends on the scores
 * alone.
 *
 * @param seeds the highest first, at most `MOST_SEEDS`
 * @param most voxels of a shape: what is reached later is left, and belongs to no other shape either
 * @returns places in the box, in raster order, of each seed
 */
export function shapesAround(
  { box: { shape }, scores, free }: ScoredPiece,
  seeds: readonly Seed[],
  most: number,
): number[][] {
  const [depth, height, width] = shape;
  const reached = createHeap((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  const owners = new Uint8Array(scores.length).fill(NOBODY);
  /** 1: reached from a voxel of the shape. */
  const isNext = new Uint8Array(scores.length);
  const shapes = seeds.map((): number[] => []);
  const reach = (place: number, owner: number, isFromShape: boolean) => {
    if (free[place] !== 1 || owners[place] !== NOBODY) return;
    owners[place] = owner;
    isNext[place] = isFromShape ? 1 : 0;
    reached.push(place);
  };
  for (const [owner, { place }] of seeds.entries()) reach(place, owner, true);
  for (let place = reached.pop(); place !== undefined; place = reached.pop()) {
    const owner = owners[place] ?? 0;
    const taken = shapes[owner] ?? [];
    const isIn = isNext[place] === 1 && taken.length < most &&
      (scores[place] ?? -Infinity) >= (seeds[owner]?.from ?? Infinity);
    if (isIn) taken.push(place);
    const x = place % width, row = Math.floor(place / width), y = row % height, z = Math.floor(row / height);
    if (z > 0) reach(place - height * width, owner, isIn);
    if (z + 1 < depth) reach(place + height * width, owner, isIn);
    if (y > 0) reach(place - width, owner, isIn);
    if (y + 1 < height) reach(place + width, owner, isIn);
    if (x > 0) reach(place - 1, owner, isIn);
    if (x + 1 < width) reach(place + 1, owner, isIn);
  }
  discard(owners, isNext);
  return shapes.map((places) => places.sort((a, b) => a - b));
}

const NOBODY = 255;

interface Heap {
  push(place: number): void;
  /** Takes the first one. */
  pop(): number | undefined;
}

/** A binary heap. @param compare below 0 where the first of two comes first */
function createHeap(compare: (a: number, b: number) => number): Heap {
  const heap: number[] = [];
  const isBefore = (i: number, j: number) => compare(heap[i] ?? 0, heap[j] ?? 0) < 0;
  const swap = (i: number, j: number) => {
    [heap[i], heap[j]] = [heap[j] ?? 0, heap[i] ?? 0];
  };
  return {
    push(place) {
      heap.push(place);
      for (let i = heap.length - 1; i > 0;) {
        const above = (i - 1) >> 1;
        if (!isBefore(i, above)) break;
        swap(i, above);
        i = above;
      }
    },
    pop() {
      const [first] = heap;
      const last = heap.pop();
      if (heap.length === 0 || last === undefined) return first;
      heap[0] = last;
      for (let i = 0;;) {
        const [left, right] = [2 * i + 1, 2 * i + 2];
        let next = left < heap.length && isBefore(left, i) ? left : i;
        if (right < heap.length && isBefore(right, next)) next = right;
        if (next === i) return first;
        swap(i, next);
        i = next;
      }
    },
  };
}

/** z, y, x and length of the runs of places in raster order, one after the other. */
export function runsOfPlaces({ start, shape }: Region, places: readonly number[]): number[] {
  const [, height, width] = shape;
  const runs: number[] = [];
  for (let i = 0; i < places.length;) {
    const first = places[i] ?? 0;
    const x = first % width;
    let length = 1;
    while (places[i + length] === first + length && x + length < width) length++;
    const [dz, dy] = [Math.floor(first / width / height), Math.floor(first / width) % height];
    runs.push(start[0] + dz, start[1] + dy, start[2] + x, length);
    i += length;
  }
  return runs;
}

/** The places in a box of runs that lie in it. */
export function* placesOfRuns({ start, shape }: Region, runs: readonly number[]): Generator<number> {
  for (let i = 0; i < runs.length; i += 4) {
    const [z = 0, y = 0, x = 0, length = 0] = runs.slice(i, i + 4);
    const place = ((z - start[0]) * shape[1] + y - start[1]) * shape[2] + x - start[2];
    for (let k = 0; k < length; k++) yield place + k;
  }
}

/** The voxel at a place in a box. */
export function voxelOfPlace({ start, shape }: Region, place: number): Zyx {
  const row = Math.floor(place / shape[2]);
  return [
    start[0] + Math.floor(row / shape[1]),
    start[1] + row % shape[1],
    start[2] + place % shape[2],
  ];
}

/** The smallest region around places of a box. */
export function boxOfPlaces(box: Region, places: readonly number[]): Region {
  return places.map((place): Region => ({ start: voxelOfPlace(box, place), shape: [1, 1, 1] }))
    .reduce(regionAround);
}

/** The place where a shape is seen best: in the slice with most of it, of several the middle one, the place nearest to the middle. */
export function shownPlace({ shape: [, height, width] }: Region, places: readonly number[]): number {
  const slices = [...Map.groupBy(places, (place) => Math.floor(place / width / height)).values()];
  const most = Math.max(...slices.map(({ length }) => length));
  const largest = slices.filter(({ length }) => length === most);
  const slice = largest[(largest.length - 1) >> 1] ?? [];
  const rowOf = (place: number) => Math.floor(place / width) % height;
  const mean = (of: (place: number) => number) => slice.reduce((sum, i) => sum + of(i), 0) / slice.length;
  const [y, x] = [mean(rowOf), mean((place) => place % width)];
  const away = (place: number) => (rowOf(place) - y) ** 2 + (place % width - x) ** 2;
  return slice.reduce((a, b) => away(b) < away(a) ? b : a);
}

/** A box with nothing free but the voxels of runs. */
export function pieceOfRuns(box: Region, runs: readonly number[], scores: Float32Array): ScoredPiece {
  const free = new Uint8Array(voxelCount(box.shape));
  for (const place of placesOfRuns(box, runs)) free[place] = 1;
  return { box, scores, free };
}
