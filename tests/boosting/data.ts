/** Labels and binned features to boost on. */
import type { FeatureMatrix } from "../../src/boosting/mod.ts";
import type { Kernels } from "../../src/kernels/mod.ts";

/** A matrix over copies of the columns in kernel memory, that hands out one address as a matrix on disk would. */
export function matrixOf({ arena }: Kernels, columns: readonly Uint8Array[]): FeatureMatrix {
  const samples = columns[0]?.length ?? 0;
  const address = arena.alloc(samples);
  return {
    samples,
    candidates: columns.length,
    column(candidate) {
      arena.u8(address, samples).set(columns[candidate] ?? []);
      return address;
    },
  };
}

/** Repeatable numbers in [0, 1) that resemble chance. */
function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** One label a sample, and columns of bins. */
export interface Data {
  readonly labels: Uint8Array;
  readonly columnsOfBins: Uint8Array[];
}

/** Columns that know a little about the labels, in `range` bins. */
export function syntheticData(samples: number, candidates: number, range: number, seed: number): Data {
  const random = sequence(seed);
  const labels = Uint8Array.from({ length: samples }, (_, i) => i < 2 ? i : Number(random() < 0.2));
  const columnsOfBins = Array.from({ length: candidates }, () => {
    const shift = (random() - 0.5) * 0.6;
    return Uint8Array.from(
      labels,
      (label) => Math.max(0, Math.min(1, random() + label * shift)) * (range - 1),
    );
  });
  return { labels, columnsOfBins };
}
