/** What a thread does with rows of planes that it has computed: it finishes them and stores them, in fixed point or as they are. */
import type { SharedKernels } from "../kernels/mod.ts";
import { planeBytes } from "./rows.ts";

/** How the derivatives of a slice become the components of a channel or a frame. */
export type Finish = "none" | "sums" | "lengths" | "eigenvalues" | "frames";

/** Planes that each of them makes. */
const FINISHED_PLANES: Readonly<Record<Finish, number>> = {
  none: 0,
  sums: 1,
  lengths: 1,
  eigenvalues: 3,
  frames: 9,
};

/** Where one component goes. Slices lie in `slots` places one behind the other, slice z in place (z - `first`) modulo `slots`. */
export interface StoredComponent {
  readonly component: number;
  /** Address of place 0: `[slots, ny, nx]` without gaps. */
  readonly to: number;
  readonly first: number;
  readonly slots: number;
  /** u16 in fixed point, floor((value - low) * scale + 1/2) cut to [0, limit]; without it f32. */
  readonly fixed?: { readonly low: number; readonly scale: number; readonly limit: number } | undefined;
}

/** Rows of some planes, `[rows, nx]` without gaps each, `step` bytes from plane to plane. */
export interface Rows {
  readonly address: number;
  readonly step: number;
  readonly rows: number;
  /** Slice, absolute. */
  readonly z: number;
  /** First row, from that of the region. */
  readonly y: number;
}

/** Shape of a region's slices, and what is kept of them. */
export interface RowSink {
  readonly ny: number;
  readonly nx: number;
  readonly finish: Finish;
  readonly stored: readonly StoredComponent[];
}

/** Bytes of scratch of a thread that finishes so many rows. */
export function finishBytes(finish: Finish, rows: number, nx: number): number {
  return FINISHED_PLANES[finish] * planeBytes(rows, nx);
}

/** Finishes rows and stores what is wanted of them. @param scratch of {@link finishBytes} */
export function storeRows(
  kernels: SharedKernels,
  { ny, nx, finish, stored }: RowSink,
  rows: Rows,
  scratch: number,
): void {
  const { run, arena } = kernels;
  const count = rows.rows * nx;
  const { address, step } = finishRows(kernels, finish, rows, count, scratch, planeBytes(rows.rows, nx));
  for (const { component, to, first, slots, fixed } of stored) {
    const values = address + component * step;
    const place = ((rows.z - first) % slots * ny + rows.y) * nx;
    if (fixed === undefined) arena.f32(to + place * 4, count).set(arena.f32(values, count));
    else run.quantise(values, count, fixed.low, fixed.scale, fixed.limit, to + place * 2);
  }
}

function finishRows(
  { run }: SharedKernels,
  finish: Finish,
  { address, step }: Rows,
  count: number,
  out: number,
  outStep: number,
): { readonly address: number; readonly step: number } {
  switch (finish) {
    case "none":
      return { address, step };
    case "sums":
      run.sums(address, step, count, out);
      break;
    case "lengths":
      run.lengths(address, step, count, out);
      break;
    case "eigenvalues":
      run.eigenvalues(address, step, count, out, outStep);
      break;
    case "frames":
      run.frames(address, step, count, out, outStep);
      break;
  }
  return { address: out, step: outStep };
}
