/** What the threads of a team share of supervoxels: slabs of slices, layers of seeds. */
import type { SharedLoop } from "../kernels/mod.ts";

/** Voxels of a region, and the seeds' grid. */
type VoxelsAndGrid = readonly [
  ...[raw: number, rowStride: number, sliceStride: number],
  ...[nz: number, ny: number, nx: number],
  ...[gz: number, gy: number, gx: number],
];

/** Voxels or seeds of a slab or of some layers. */
function partAt(piece: number, each: number, most: number): [from: number, to: number] {
  return [piece * each, Math.min(most, (piece + 1) * each)];
}

interface Slic {
  readonly voxelsAndGrid: VoxelsAndGrid;
  /** Of seeds. */
  readonly counts: readonly [z: number, y: number, x: number];
  readonly centres: number;
  /** Labels with gaps between rows and slices. */
  readonly gapped: number;
  readonly pitch: number;
  readonly slicePitch: number;
  /** What `slicLayers` gave. */
  readonly layers: number;
  /** Slices or layers per piece. */
  readonly each: number;
}

/** Gives voxels to seeds, a slab per piece. */
export const assignLoop: SharedLoop<
  Slic & { readonly step: number; readonly weight: number; readonly nearest: number; readonly slices: number }
> = {
  name: "slicAssign",
  piece(
    { run },
    { voxelsAndGrid, counts, centres, step, weight, nearest, gapped, pitch, slicePitch, layers, ...of },
    piece,
  ) {
    const [from, to] = partAt(piece, of.each, of.slices);
    run.slicAssign(
      ...voxelsAndGrid,
      ...counts,
      centres,
      step,
      weight,
      nearest,
      gapped,
      pitch,
      slicePitch,
      layers,
      from,
      to,
    );
  },
};

/** Moves seeds, some layers per piece. */
export const recentreLoop: SharedLoop<Slic & { readonly sums: number }> = {
  name: "slicRecentre",
  piece({ run }, { voxelsAndGrid, counts, centres, gapped, pitch, slicePitch, sums, layers, each }, piece) {
    const [from, to] = partAt(piece, each, counts[0]);
    run.slicRecentre(...voxelsAndGrid, ...counts, centres, gapped, pitch, slicePitch, sums, layers, from, to);
  },
};

interface Finish {
  readonly dims: readonly [nz: number, ny: number, nx: number];
  /** Seed on each axis by coordinate. */
  readonly cells: readonly [z: number, y: number, x: number];
  readonly seedsY: number;
  readonly seedsX: number;
  readonly gapped: number;
  readonly pitch: number;
  readonly slicePitch: number;
  readonly labels: number;
  /** Receives how many voxels of each slab no window reached. */
  readonly orphansOf: number;
  readonly each: number;
}

/** Labels without gaps, a slab per piece. */
export const finishLoop: SharedLoop<Finish> = {
  name: "slicFinish",
  piece(
    { run, arena },
    { dims: [nz, ny, nx], cells, seedsY, seedsX, gapped, pitch, slicePitch, labels, ...of },
    piece,
  ) {
    const [from, to] = partAt(piece, of.each, nz);
    const orphans = run.slicFinish(
      from,
      to,
      ny,
      nx,
      ...cells,
      seedsY,
      seedsX,
      gapped,
      pitch,
      slicePitch,
      labels,
    );
    arena.i32(of.orphansOf + 4 * piece, 1)[0] = orphans;
  },
};

interface Unite {
  readonly labels: number;
  readonly dims: readonly [nz: number, ny: number, nx: number];
  readonly numbers: number;
  readonly each: number;
}

/** Unites voxels to fragments within slabs. */
export const uniteLoop: SharedLoop<Unite> = {
  name: "fragmentUnite",
  piece({ run }, { labels, dims: [nz, ny, nx], numbers, each }, piece) {
    run.fragmentUnite(labels, ...partAt(piece, each, nz), ny, nx, numbers);
  },
};

interface Join {
  readonly voxelsAndGrid: VoxelsAndGrid;
  readonly seedsY: number;
  readonly seedsX: number;
  readonly centres: number;
  readonly weight: number;
  readonly fragmentOf: number;
  /** The first fragment that begins in each slab, and the number of fragments. */
  readonly firsts: readonly number[];
  readonly seeds: number;
  readonly sizes: number;
  readonly small: number;
  readonly nearest: number;
  readonly joins: number;
  readonly slices: number;
  readonly each: number;
}

/** Joins the small fragments that begin in a slab; each reaches over no more slices than it has voxels. */
export const joinLoop: SharedLoop<Join> = {
  name: "fragmentJoinNearest",
  piece(
    { run },
    { voxelsAndGrid, seedsY, seedsX, centres, weight, fragmentOf, firsts, seeds, sizes, small, ...of },
    piece,
  ) {
    const { nearest, joins, slices, each } = of;
    const from = firsts[piece] ?? 0, to = firsts[piece + 1] ?? 0;
    const fromZ = piece * each, toZ = Math.min(slices, (piece + 1) * each + small);
    const grid = [...voxelsAndGrid, seedsY, seedsX] as const;
    run.fragmentJoinNearest(
      ...grid,
      centres,
      weight,
      fragmentOf,
      from,
      to,
      seeds,
      sizes,
      small,
      nearest,
      joins,
      fromZ,
      toZ,
    );
  },
};

export const SUPERVOXEL_LOOPS: readonly SharedLoop<never>[] = [
  assignLoop,
  recentreLoop,
  finishLoop,
  uniteLoop,
  joinLoop,
];
