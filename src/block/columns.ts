/** Channel columns: where each comes from and how its values become the fixed point of integral images. */
import { type Channel, componentsOf, parseChannelName, rangeOf } from "../channels/mod.ts";

/** Something that yields one or more columns at once. */
export type ColumnSource =
  | { readonly kind: "raw" }
  /** Computed from the raw volume; `name` as in docs/algorithm.md, section 2. */
  | { readonly kind: "computed"; readonly name: string }
  /** A Zarr volume (float32) with the lowest and highest value of each component. */
  | { readonly kind: "file"; readonly path: string; readonly ranges: readonly (readonly [number, number])[] };

/** One column: fixed-point value = floor((value - low) * scale + 1/2), cut to [0, limit]. */
export interface Column {
  /** Index of its source. */
  readonly source: number;
  readonly component: number;
  readonly low: number;
  readonly scale: number;
  readonly limit: number;
}

/** Largest box radius of a pose, x/y voxels. */
export const MAX_RADIUS = 20;

/**
 * Largest fixed-point value for which the sum over the largest box, and half its voxels for rounding, fit 32 bits, so that wrapping
 * integral images are exact; at most 65535, so that a mean fits 16 bits.
 */
export function fixedPointLimit(anisotropy: number): number {
  const box = (2 * MAX_RADIUS + 1) ** 2 * (2 * Math.floor(MAX_RADIUS / anisotropy) + 1);
  return Math.min(65535, Math.floor((2 ** 32 - 1 - box / 2) / box));
}

/** The columns of sources, in order. The scale depends on the source's kind or file alone, never on a block. */
export function columnsOf(sources: readonly ColumnSource[], anisotropy: number): Column[] {
  const limit = fixedPointLimit(anisotropy);
  return sources.flatMap((source, index) =>
    rangesOf(source).map(([low, high], component) => {
      // a whole number where the values are: then fixed point is exact
      const scale = source.kind === "raw" ? Math.floor(limit / 255) : limit / Math.max(high - low, 1e-30);
      return { source: index, component, low: Math.fround(low), scale: Math.fround(scale), limit };
    })
  );
}

function rangesOf(source: ColumnSource): (readonly [number, number])[] {
  switch (source.kind) {
    case "raw":
      return [[0, 255]];
    case "computed": {
      const channel = channelOf(source.name);
      return Array.from({ length: componentsOf(channel) }, (_, component) => {
        const { low, high } = rangeOf(channel, component);
        return [low, high] as const;
      });
    }
    case "file":
      return [...source.ranges];
  }
}

/** The channel of a name that settings have checked. */
export function channelOf(name: string): Channel {
  const channel = parseChannelName(name);
  if (!channel) throw new Error(`${name} is no channel`);
  return channel;
}
