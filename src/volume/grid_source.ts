/** Arrays of any axis order that are stored in chunks, read box by box as `[z, y, x]`. */
import { UserError } from "../user_error.ts";
import { type Axes, volumeShape } from "./axes.ts";
import { bytesPerVoxel, type SourceDtype, type Voxels } from "./dtype.ts";
import type { FileIdentity } from "./file_identity.ts";
import { requireVolumeSize } from "./limits.ts";
import { intersectRegions, type Region, regionEnd, zipAxes, type Zyx } from "./region.ts";
import { copyStrided, type StoredValues } from "./unpack.ts";
import type { ValueMap } from "./value_map.ts";
import type { VoxelSize } from "./voxel_size.ts";

/** A chunk as it is decoded: full size or cut at the array's end, in any order of axes. */
export interface GridChunk {
  readonly data: StoredValues;
  /** Steps between neighbours along each axis of the array. */
  readonly stride: readonly number[];
}

/** Steps between neighbours of a dense array in C order. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let step = 1;
  for (const length of [...shape].reverse()) {
    strides.unshift(step);
    step *= length;
  }
  return strides;
}

/** That a chunk, or what leads to it, is not as its writer left it. */
export function damagedChunk(path: string, reason: string, cause?: unknown): UserError {
  return new UserError(`${path}: damaged: ${reason}; copy or save it again`, { cause });
}

/** An array in a regular grid of chunks; one axis a number. */
export interface GridArray {
  /** What messages call it. */
  readonly path: string;
  readonly shape: readonly number[];
  readonly chunk: readonly number[];
  readonly dtype: SourceDtype;
  /** Bytes held at most while a chunk is loaded. */
  readonly heldBytes: number;
  /** Files that the voxels come from; those of an array elsewhere are told by `identity` instead. */
  readonly files: readonly string[];
  /** What is told about how it is read. */
  readonly notes?: readonly string[] | undefined;
  readonly identity?: FileIdentity | undefined;
  /** Of an array elsewhere, how many chunks were taken for absent because its server forbids them. */
  readonly forbidden?: (() => number) | undefined;
  /** @throws UserError if the chunk is damaged */
  load(index: readonly number[]): Promise<GridChunk>;
  close(): void;
}

/** Chunks of a server that are loaded at a time, as far as they fit into so many bytes. */
const MOST_IN_FLIGHT = 16;
const IN_FLIGHT_BYTES = 32 * 2 ** 20;

function inFlight({ identity, heldBytes }: GridArray, bytes: number): number {
  const isHere = identity === undefined;
  return isHere ? 1 : Math.max(1, Math.min(MOST_IN_FLIGHT, Math.floor(bytes / heldBytes)));
}

/** A volume that any box can be read of, at a cost that grows with the chunks it meets. */
export interface BoxSource {
  readonly path: string;
  readonly shape: Zyx;
  /** Boxes of whole chunks are read without waste. */
  readonly chunk: Zyx;
  readonly components: number;
  readonly dtype: SourceDtype;
  readonly voxelSize: VoxelSize | undefined;
  readonly heldBytes: number;
  readonly files: readonly string[];
  /** What is told about how it is read. */
  readonly notes?: readonly string[] | undefined;
  readonly identity?: FileIdentity | undefined;
  /** Of an array elsewhere, how many chunks were taken for absent because its server forbids them. */
  readonly forbidden?: (() => number) | undefined;
  /** The channel and time point that were chosen of several; see `describePick`. */
  readonly picked?: string;
  /** How its chunks are stored, for people. */
  readonly storage?: string;
  /** Why its voxels cannot be read, and what to do. */
  readonly unread?: string;
  /**
   * Reads a box; `outs` has a dense array a component.
   * @param bytes for chunks of a server that are under way at a time; one there is always
   */
  readBox(region: Region, outs: readonly Voxels[], map?: ValueMap, bytes?: number): Promise<void>;
  close(): void;
}

/** @throws UserError if the array is larger than volumes can be here, or has no voxels */
export function gridSource(array: GridArray, axes: Axes, voxelSize: VoxelSize | undefined): BoxSource {
  const { shape, components } = volumeShape(array.shape, axes);
  requireVolumeSize(array.path, shape, components * bytesPerVoxel(array.dtype));
  const { path, dtype, heldBytes, files, identity, forbidden, notes } = array;
  return {
    path,
    shape,
    chunk: zipAxes(Math.min, volumeShape(array.chunk, axes).shape, shape),
    components,
    dtype,
    voxelSize,
    heldBytes,
    files,
    identity,
    forbidden,
    notes,
    readBox: (region, outs, map, bytes) => readBox(array, axes, region, outs, { map, bytes }),
    close: () => array.close(),
  };
}

/** Numbers of a chunk along z, y and x, and along the axis of components. */
interface ChunkPlace {
  readonly at: Zyx;
  readonly c: number;
}

async function readBox(
  array: GridArray,
  axes: Axes,
  region: Region,
  outs: readonly Voxels[],
  { map, bytes = IN_FLIGHT_BYTES }: {
    readonly map: ValueMap | undefined;
    readonly bytes: number | undefined;
  },
): Promise<void> {
  const chunk = volumeShape(array.chunk, axes);
  const end = regionEnd(region);
  const indicesOf = (axis: 0 | 1 | 2) => {
    const length = chunk.shape[axis];
    const first = Math.floor(region.start[axis] / length);
    return Array.from({ length: Math.ceil(end[axis] / length) - first }, (_, i) => first + i);
  };
  const places: ChunkPlace[] = [];
  for (const z of indicesOf(0)) {
    for (const y of indicesOf(1)) {
      for (const x of indicesOf(2)) {
        for (let c = 0; c * chunk.components < outs.length; c++) places.push({ at: [z, y, x], c });
      }
    }
  }
  const load = ({ at, c }: ChunkPlace) => array.load(placed(array.shape.length, axes, at, c));
  await inOrder(places, inFlight(array, Math.min(bytes, IN_FLIGHT_BYTES)), load, ({ at, c }, loaded) => {
    const group = outs.slice(c * chunk.components, (c + 1) * chunk.components);
    copyChunk(array.path, loaded, axes, { at, shape: chunk.shape }, region, group, map);
  });
}

/** Loads several things at a time and uses them in their order. Where one fails, those under way are waited for. */
async function inOrder<P, T>(
  places: readonly P[],
  most: number,
  load: (place: P) => Promise<T>,
  use: (place: P, loaded: T) => void,
): Promise<void> {
  const underWay: { readonly place: P; readonly loaded: Promise<T> }[] = [];
  const useFirst = async () => {
    const first = underWay.shift();
    if (first !== undefined) use(first.place, await first.loaded);
  };
  try {
    for (const place of places) {
      const loaded = load(place);
      loaded.catch(() => {}); // thrown where it is waited for
      underWay.push({ place, loaded });
      if (underWay.length === most) await useFirst();
    }
    while (underWay.length > 0) await useFirst();
  } finally {
    await Promise.allSettled(underWay.map(({ loaded }) => loaded));
  }
}

/** Numbers for the axes of the array; 0 for those that have length 1. */
function placed(rank: number, axes: Axes, [z, y, x]: Zyx, component: number): number[] {
  const index = new Array<number>(rank).fill(0);
  if (axes.z !== undefined) index[axes.z] = z;
  index[axes.y] = y;
  index[axes.x] = x;
  if (axes.component !== undefined) index[axes.component] = component;
  return index;
}

function copyChunk(
  path: string,
  { data, stride }: GridChunk,
  axes: Axes,
  chunk: { readonly at: Zyx; readonly shape: Zyx },
  region: Region,
  outs: readonly Voxels[],
  map: ValueMap | undefined,
): void {
  const strideOf = (axis: number | undefined) => axis === undefined ? 0 : stride[axis] ?? 0;
  const [stepZ, stepY, stepX] = [strideOf(axes.z), strideOf(axes.y), strideOf(axes.x)];
  const start = chunk.at.map((index, axis) => index * (chunk.shape[axis] ?? 1)) as unknown as Zyx;
  const common = intersectRegions(region, { start, shape: chunk.shape });
  const [depth, rows, columns] = common.shape;
  const [z0, y0, x0] = common.start;
  for (const [component, out] of outs.entries()) {
    for (let z = z0; z < z0 + depth; z++) {
      for (let y = y0; y < y0 + rows; y++) {
        const from = component * strideOf(axes.component) + (z - start[0]) * stepZ + (y - start[1]) * stepY +
          (x0 - start[2]) * stepX;
        if (from + (columns - 1) * stepX >= data.length) {
          throw new UserError(
            `${path}: damaged: a chunk of ${data.length} voxels is too short; copy it again`,
          );
        }
        const to = ((z - region.start[0]) * region.shape[1] + y - region.start[1]) * region.shape[2] + x0 -
          region.start[2];
        copyStrided(path, data, from, stepX, out, to, columns, map);
      }
    }
  }
}
