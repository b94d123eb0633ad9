/** Computes the columns of a channel over a block (docs/algorithm.md, section 2). */
import { type Kernels, share, threadsOf } from "../kernels/mod.ts";
import type { Region, Zyx } from "../volume/region.ts";
import {
  computeDerivatives,
  derivativeScratchBytes,
  fillTable,
  neededRegion,
  type Orders,
  type RawBlock,
} from "./derivatives.ts";
import { EVERY_VOXEL } from "./grid.ts";
import { type Channel, componentsOf } from "./names.ts";
import { type Finish, finishBytes, type StoredComponent } from "./row_sink.ts";
import { planeBytes, STRIP_ROWS } from "./rows.ts";
import { computeStructureTensor, GRADIENT, structureTensorScratchBytes } from "./structure_tensor.ts";
import { widenLoop } from "./widen_loop.ts";

export type { RawBlock } from "./derivatives.ts";

/** dxx, dxy, dyy, dxz, dyz, dzz: the order in which the eigenvalue kernel takes a symmetric matrix. */
const HESSIAN: readonly Orders[] = [[0, 0, 2], [0, 1, 1], [0, 2, 0], [1, 0, 1], [1, 1, 0], [2, 0, 0]];

/** The derivatives that a channel of one scale is made of, and how. */
const MADE_OF = {
  gauss: { terms: [[0, 0, 0]], finish: "none" },
  log: { terms: [[0, 0, 2], [0, 2, 0], [2, 0, 0]], finish: "sums" },
  "gradient-magnitude": { terms: GRADIENT, finish: "lengths" },
  hessian: { terms: HESSIAN, finish: "eigenvalues" },
} as const satisfies Record<string, { readonly terms: readonly Orders[]; readonly finish: Finish }>;

/** Receives one slice: z (absolute) and the address of one f32 plane `[ny, nx]` per component, valid during the call. */
export type OnSlice = (z: number, planes: readonly number[]) => void;

/**
 * Computes a channel over `out` and stores components of it, some slices at a time in ascending z. Beyond the volume's border every filter
 * sees the border's voxel again. The bits of a voxel do not depend on `out` nor on the raw block.
 *
 * @param raw must hold `out` grown by `reachOf(channel, raw.anisotropy)`, clipped to the volume; it may hold more
 * @param stored places for {@link SLICES_AT_ONCE} slices or more, unless `out` has fewer
 * @param onSlices is called when some slices are stored; the next ones may take their places
 * @param steps of the grid whose points `out` are computed, see `grid.ts`
 * @throws RangeError where the raw block is too small or `out` reaches out of the volume
 */
export function storeChannel(
  kernels: Kernels,
  raw: RawBlock,
  channel: Channel,
  out: Region,
  stored: readonly StoredComponent[],
  onSlices: (first: number, slices: number) => void = () => {},
  steps: Zyx = EVERY_VOXEL,
): void {
  if (channel.kind === "raw") return widenRaw(kernels, raw, out, stored, onSlices);
  if (channel.kind === "stensor") {
    return computeStructureTensor(kernels, raw, channel, out, stored, onSlices, steps);
  }
  const { terms, finish } = MADE_OF[channel.kind];
  const [, ny, nx] = out.shape;
  computeDerivatives(kernels, raw, channel.sigma, terms, out, {
    rows: { kind: "store", ny, nx, finish, stored },
    bytes: finishBytes(finish, Math.min(STRIP_ROWS, ny), nx),
    onSlices,
  }, steps);
}

/** Most slices that are stored before `onSlices` is called. */
export const SLICES_AT_ONCE = 16;

/**
 * Computes a channel over `out`, slice by slice in ascending z, as {@link storeChannel} does.
 *
 * @param onSlice is called once a slice; kernel memory that it allocates must be released in it
 */
export function computeChannel(
  kernels: Kernels,
  raw: RawBlock,
  channel: Channel,
  out: Region,
  onSlice: OnSlice,
): void {
  const { arena } = kernels;
  const mark = arena.mark();
  try {
    const places = allocateSlices(kernels, componentsOf(channel), out);
    storeChannel(kernels, raw, channel, out, places.stored, (first, slices) => {
      for (let z = first; z < first + slices; z++) onSlice(z, places.planes(z));
    });
  } finally {
    arena.release(mark);
  }
}

/** Places for the slices that are computed together, as f32 without gaps. */
export function allocateSlices(
  { arena }: Kernels,
  components: number,
  { start: [first], shape: [nz, ny, nx] }: Region,
): { readonly stored: readonly StoredComponent[]; planes(z: number): number[] } {
  const slots = Math.min(nz, SLICES_AT_ONCE);
  const stored = Array.from(
    { length: components },
    (_, component) => ({ component, to: arena.alloc(slots * ny * nx * 4), first, slots }),
  );
  return { stored, planes: (z) => stored.map(({ to }) => to + ((z - first) % slots) * ny * nx * 4) };
}

/** Bytes of {@link allocateSlices}. */
export function slicesBytes(components: number, [nz, ny, nx]: Zyx): number {
  return components * (Math.min(nz, SLICES_AT_ONCE) * ny * nx * 4 + 16);
}

/**
 * Most bytes of kernel memory that {@link storeChannel} uses besides the raw block and the stored slices.
 *
 * @param outShape shape of the region computed, `[z, y, x]`, on the grid of `steps`
 * @param slices of the volume, or as many as there are around the region, on the grid too
 */
export function channelScratchBytes(
  channel: Channel,
  outShape: Zyx,
  anisotropy: number,
  slices: number,
  threads = 1,
  steps: Zyx = EVERY_VOXEL,
): number {
  switch (channel.kind) {
    case "raw":
      return threads * planeBytes(1, outShape[2]) + 4 * outShape[1] + 64;
    case "stensor":
      return structureTensorScratchBytes(channel, outShape, anisotropy, slices, threads, steps);
    default: {
      const { terms, finish } = MADE_OF[channel.kind];
      const rows = Math.min(STRIP_ROWS, outShape[1]);
      const bytes = finishBytes(finish, rows, outShape[2]);
      return derivativeScratchBytes(terms, outShape, channel.sigma, anisotropy, bytes, threads, steps);
    }
  }
}

/** The raw intensity. */
function widenRaw(
  kernels: Kernels,
  raw: RawBlock,
  out: Region,
  stored: readonly StoredComponent[],
  onSlices: (first: number, slices: number) => void,
): void {
  neededRegion(raw, out, [0, 0, 0]);
  const { arena } = kernels;
  const [z0, y0, x0] = out.start;
  const [nz, ny, nx] = out.shape;
  const [rawZ, rawY, rawX] = raw.region.start;
  const [, rawRows, rawRow] = raw.region.shape;
  const mark = arena.mark();
  try {
    const scratchStep = planeBytes(1, nx);
    const scratch = arena.alloc(threadsOf(kernels) * scratchStep);
    const rows = fillTable(arena, ny, (y) => raw.address + (y0 - rawY + y) * rawRow + x0 - rawX);
    const args = { rows, rawSlice: rawRows * rawRow, scratch, scratchStep };
    const sink = { ny, nx, finish: "none" as const, stored };
    for (let first = z0; first < z0 + nz; first += SLICES_AT_ONCE) {
      const slices = Math.min(SLICES_AT_ONCE, z0 + nz - first);
      share(kernels, widenLoop, slices, { ...args, sink, first, from: first - rawZ });
      onSlices(first, slices);
    }
  } finally {
    arena.release(mark);
  }
}
