/** Computes the columns of a channel over a block (docs/algorithm.md, section 2). */
import type { Kernels } from "../kernels/mod.ts";
import type { Region, Zyx } from "../volume/region.ts";
import {
  computeDerivatives,
  type DerivativePlanes,
  derivativeScratchBytes,
  fillTable,
  neededRegion,
  type Orders,
  planeBytes,
  type RawBlock,
} from "./derivatives.ts";
import { type Channel, componentsOf } from "./names.ts";
import { computeStructureTensor, GRADIENT, structureTensorScratchBytes } from "./structure_tensor.ts";

export type { RawBlock } from "./derivatives.ts";

/** dxx, dxy, dyy, dxz, dyz, dzz: the order in which the eigenvalue kernel takes a symmetric matrix. */
const HESSIAN: readonly Orders[] = [[0, 0, 2], [0, 1, 1], [0, 2, 0], [1, 0, 1], [1, 1, 0], [2, 0, 0]];

/** The derivatives that a channel of one scale is made of. */
const TERMS = {
  gauss: [[0, 0, 0]],
  log: [[0, 0, 2], [0, 2, 0], [2, 0, 0]],
  "gradient-magnitude": GRADIENT,
  hessian: HESSIAN,
} as const satisfies Record<string, readonly Orders[]>;

/** Receives one slice: z (absolute) and the address of one f32 plane `[ny, nx]` per component, valid during the call. */
export type OnSlice = (z: number, planes: readonly number[]) => void;

/**
 * Computes a channel over `out`, slice by slice in ascending z. Beyond the volume's border every filter sees the border's voxel
 * again. The bits of a voxel do not depend on `out` nor on the raw block.
 *
 * @param raw must hold `out` grown by `reachOf(channel, raw.anisotropy)`, clipped to the volume; it may hold more
 * @param onSlice is called once a slice; kernel memory that it allocates must be released in it
 * @throws RangeError where the raw block is too small or `out` reaches out of the volume
 */
export function computeChannel(
  kernels: Kernels,
  raw: RawBlock,
  channel: Channel,
  out: Region,
  onSlice: OnSlice,
): void {
  if (channel.kind === "raw") return widenRaw(kernels, raw, out, onSlice);
  if (channel.kind === "stensor") return computeStructureTensor(kernels, raw, channel, out, onSlice);

  const { run, arena } = kernels;
  const [, ny, nx] = out.shape;
  const step = planeBytes(ny, nx);
  const mark = arena.mark();
  try {
    const planes = Array.from({ length: componentsOf(channel) }, (_, i) => i * step);
    const address = arena.alloc(planes.length * step);
    const results = planes.map((offset) => address + offset);
    const finish = (derivatives: DerivativePlanes): readonly number[] => {
      switch (channel.kind) {
        case "gauss":
          return [derivatives.address];
        case "log":
          run.sums(derivatives.address, derivatives.step, ny * nx, address);
          return results;
        case "gradient-magnitude":
          run.lengths(derivatives.address, derivatives.step, ny * nx, address);
          return results;
        case "hessian":
          run.eigenvalues(derivatives.address, derivatives.step, ny * nx, address, step);
          return results;
      }
    };
    computeDerivatives(
      kernels,
      raw,
      channel.sigma,
      TERMS[channel.kind],
      out,
      (z, derivatives) => onSlice(z, finish(derivatives)),
    );
  } finally {
    arena.release(mark);
  }
}

/**
 * Most bytes of kernel memory that {@link computeChannel} uses besides the raw block.
 *
 * @param outShape shape of the region computed, `[z, y, x]`
 * @param slices of the volume, or as many as there are around the region
 */
export function channelScratchBytes(
  channel: Channel,
  outShape: Zyx,
  anisotropy: number,
  slices: number,
): number {
  const plane = planeBytes(outShape[1], outShape[2]);
  switch (channel.kind) {
    case "raw":
      return plane + 4 * outShape[1] + 32;
    case "stensor":
      return structureTensorScratchBytes(channel, outShape, anisotropy, slices);
    default:
      return componentsOf(channel) * plane + 16 +
        derivativeScratchBytes(TERMS[channel.kind], outShape, channel.sigma, anisotropy);
  }
}

/** The raw intensity as f32 planes. */
function widenRaw({ run, arena }: Kernels, raw: RawBlock, out: Region, onSlice: OnSlice): void {
  neededRegion(raw, out, [0, 0, 0]);
  const [z0, y0, x0] = out.start;
  const [nz, ny, nx] = out.shape;
  const [rawZ, rawY, rawX] = raw.region.start;
  const [, rawRows, rawRow] = raw.region.shape;
  const mark = arena.mark();
  try {
    const plane = arena.alloc(planeBytes(ny, nx));
    const rows = fillTable(arena, ny, (y) => raw.address + (y0 - rawY + y) * rawRow + x0 - rawX);
    for (let z = z0; z < z0 + nz; z++) {
      run.widenRows(rows, (z - rawZ) * rawRows * rawRow, ny, 0, nx, nx, plane, 4 * nx);
      onSlice(z, [plane]);
    }
  } finally {
    arena.release(mark);
  }
}
