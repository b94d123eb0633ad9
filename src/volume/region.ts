/** Three numbers in the order of memory: `z` slowest, `x` fastest. */
export type Zyx = readonly [z: number, y: number, x: number];

/** A box of voxels: `start` is inside, `start + shape` is outside. Units: voxels. */
export interface Region {
  /** First voxel. */
  readonly start: Zyx;
  /** Number of voxels on each axis. */
  readonly shape: Zyx;
}

/** Applies a function to each axis of one or more triples. */
export function zipAxes(f: (a: number, b: number) => number, a: Zyx, b: Zyx): Zyx {
  return [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2])];
}

/** First voxel beyond the region on each axis. */
export function regionEnd(region: Region): Zyx {
  return zipAxes((a, b) => a + b, region.start, region.shape);
}

/** The region that spans a whole volume of the given shape. */
export function wholeRegion(shape: Zyx): Region {
  return { start: [0, 0, 0], shape };
}

/** The voxels from `begin` up to, but not including, `end`. */
export function regionBetween(begin: Zyx, end: Zyx): Region {
  return { start: begin, shape: zipAxes((to, from) => to - from, end, begin) };
}

/** The smallest region around two. */
export function regionAround(a: Region, b: Region): Region {
  return regionBetween(zipAxes(Math.min, a.start, b.start), zipAxes(Math.max, regionEnd(a), regionEnd(b)));
}

/** Number of voxels of a shape. */
export function voxelCount(shape: Zyx): number {
  return shape[0] * shape[1] * shape[2];
}

/** The common part of two regions; its shape has a 0 where they do not meet. */
export function intersectRegions(a: Region, b: Region): Region {
  const start = zipAxes(Math.max, a.start, b.start);
  const end = zipAxes(Math.min, regionEnd(a), regionEnd(b));
  return { start, shape: zipAxes((e, s) => Math.max(0, e - s), end, start) };
}

/** The region with `context` voxels more on both sides of each axis, clipped to a volume of `shape`. */
export function growRegion(region: Region, context: Zyx, shape: Zyx): Region {
  const start = zipAxes((s, c) => s - c, region.start, context);
  const grown = zipAxes((n, c) => n + 2 * c, region.shape, context);
  return intersectRegions({ start, shape: grown }, wholeRegion(shape));
}

/** Whether `inner` lies wholly inside `outer`. */
export function regionContains(outer: Region, inner: Region): boolean {
  const common = intersectRegions(outer, inner);
  return voxelCount(common.shape) === voxelCount(inner.shape);
}

/** A size as people say it, in the order that image viewers show: `512 x 1024 x 20 voxels (x, y, z)`. */
export function describeShape(shape: readonly number[]): string {
  return `${[...shape].reverse().join(" x ")} voxels (x, y, z)`;
}

/** The text `z,y,x+d,h,w` that names a region in messages and journals. */
export function describeRegion(region: Region): string {
  return `${region.start.join(",")}+${region.shape.join(",")}`;
}
