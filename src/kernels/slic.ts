/** Voxels of a region, and the seeds' grid. */
export type VoxelsAndGrid = readonly [
  raw: number,
  rowStride: number,
  sliceStride: number,
  nz: number,
  ny: number,
  nx: number,
  gz: number,
  gy: number,
  gx: number,
];

/** Supervoxels: `assembly/slic.ts` and `assembly/fragments.ts`. All arguments are addresses, counts or strides in voxels. */
export interface SlicKernels {
  slicInit(
    ...args: [
      raw: number,
      rowStride: number,
      sliceStride: number,
      gz: number,
      gy: number,
      gx: number,
      seedsZ: number,
      seedsY: number,
      seedsX: number,
      centres: number,
    ]
  ): void;
  /** First and last slice (half-open, i32 each) that the windows of each layer of seeds reach. */
  slicLayers(
    nz: number,
    gz: number,
    seedsZ: number,
    seedsY: number,
    seedsX: number,
    centres: number,
    step: number,
    layers: number,
  ): void;
  slicAssign(
    ...args: [
      ...VoxelsAndGrid,
      seedsZ: number,
      seedsY: number,
      seedsX: number,
      centres: number,
      step: number,
      weight: number,
      nearest: number,
      labels: number,
      pitch: number,
      slicePitch: number,
      layers: number,
      fromZ: number,
      toZ: number,
    ]
  ): void;
  slicRecentre(
    ...args: [
      ...VoxelsAndGrid,
      seedsZ: number,
      seedsY: number,
      seedsX: number,
      centres: number,
      labels: number,
      pitch: number,
      slicePitch: number,
      sums: number,
      layers: number,
      fromLayer: number,
      toLayer: number,
    ]
  ): void;
  /** Returns how many voxels lay outside every window. */
  slicFinish(
    ...args: [
      fromZ: number,
      toZ: number,
      ny: number,
      nx: number,
      cellZ: number,
      cellY: number,
      cellX: number,
      seedsY: number,
      seedsX: number,
      labels: number,
      pitch: number,
      slicePitch: number,
      out: number,
    ]
  ): number;
  fragmentUnite(labels: number, fromZ: number, toZ: number, ny: number, nx: number, parents: number): void;
  /** Unites what lies on both sides of the border before slice `z`. */
  fragmentJoinSlabs(labels: number, z: number, ny: number, nx: number, parents: number): void;
  /** Leaves the fragments' seeds in place of the first labels; returns how many there are. */
  fragmentNumber(labels: number, voxels: number, parents: number): number;
  fragmentSizes(fragmentOf: number, voxels: number, fragments: number, first: number, sizes: number): void;
  fragmentJoinNearest(
    ...args: [
      ...VoxelsAndGrid,
      seedsY: number,
      seedsX: number,
      centres: number,
      weight: number,
      fragmentOf: number,
      from: number,
      to: number,
      seeds: number,
      sizes: number,
      small: number,
      nearest: number,
      joins: number,
      fromZ: number,
      toZ: number,
    ]
  ): void;
  fragmentJoinScan(
    ...args: [
      nz: number,
      ny: number,
      nx: number,
      fragmentOf: number,
      fragments: number,
      first: number,
      sizes: number,
      small: number,
      links: number,
      depths: number,
      joins: number,
    ]
  ): void;
  supervoxelStats(
    ...args: [
      nz: number,
      ny: number,
      nx: number,
      fragmentOf: number,
      fragments: number,
      joins: number,
      ranks: number,
      count: number,
      stats: number,
    ]
  ): void;
  /** Returns the number of supervoxels in the write region. */
  supervoxelCompact(
    ...args: [
      fragmentOf: number,
      rowStride: number,
      sliceStride: number,
      wz: number,
      wy: number,
      wx: number,
      joins: number,
      ranks: number,
      list: number,
      map: number,
    ]
  ): number;
  supervoxelLabels(
    numberOf: number,
    labels: number,
    components: number,
    voxels: number,
    counts: number,
  ): void;
  paintSupervoxels(map: number, voxels: number, values: number, out: number): void;
}
