/** The search of a round of boosting: the best stump among the candidates that it explores. */
import type { Kernels } from "../kernels/mod.ts";
import type { FeatureMatrix } from "./feature_matrix.ts";
import type { RoundSamples } from "./round_samples.ts";

/** The features that are searched. */
export interface SearchedFeatures {
  /** Candidates of one pose; candidate = (place of the pose) * columns + column. */
  readonly columns: number;
  readonly matrix: FeatureMatrix;
  /**
   * Address of the bins of the pose at this place sample by sample, column beside column, as the kernel `searchPose` reads them, several
   * times as fast as columns one by one; undefined where they are not held so.
   */
  readonly pose?: (place: number) => number | undefined;
}

/** What a round looks for, as it can be sent to another thread. */
export interface SearchTask {
  /** Places of the poses to explore, ascending; all columns of each are explored. */
  readonly poses: readonly number[];
  /** The round's samples: 8 bytes each, as the kernels read them. */
  readonly entries: Uint8Array;
  /** Sum of the positives' integer weights. */
  readonly positive: number;
  /** Sum of all integer weights. */
  readonly total: number;
}

/** The best stump of some candidates. */
export interface FoundStump {
  /** Error, cut and sign in one number, error * 512 + cut * 2 + invert; infinity where no candidate divides the samples. */
  readonly code: number;
  readonly candidate: number;
}

/** What a search finds among no candidates. */
export const NO_STUMP: FoundStump = { code: Infinity, candidate: -1 };

/** Bytes of a histogram, and of those that the search of one column needs. */
const HISTOGRAM_BYTES = 1024;
const COLUMN_SCRATCH_BYTES = 4 * HISTOGRAM_BYTES;

/** No error is larger: errors are i32. */
const MOST_ERROR = 2 ** 31 - 1;

/** Looks at all columns of the poses. Of stumps with the same error the one of the first candidate is found. */
export function searchStumps(
  { run, arena }: Kernels,
  { columns, matrix, pose }: SearchedFeatures,
  places: readonly number[],
  { entries, count, positive, total }: RoundSamples,
): FoundStump {
  const mark = arena.mark();
  const scratch = arena.alloc(Math.max(COLUMN_SCRATCH_BYTES, columns * HISTOGRAM_BYTES + 16));
  const address = arena.alloc(8 * columns);
  const codes = arena.f64(address, columns);
  let best = NO_STUMP;
  for (const place of places) {
    const first = place * columns;
    const held = pose?.(place);
    if (held !== undefined) {
      const bound = Math.min(errorOf(best.code), MOST_ERROR);
      run.searchPose(held, columns, entries, count, positive, total, bound, address, scratch);
    } else {
      for (let column = 0; column < columns; column++) {
        const bins = matrix.column(first + column);
        codes[column] = run.searchEntries(bins, entries, count, positive, total, scratch);
      }
    }
    for (const [column, code] of codes.entries()) {
      if (errorOf(code) < errorOf(best.code)) best = { code, candidate: first + column };
    }
  }
  arena.release(mark);
  return best;
}

/** As `searchStumps`, in the kernels' memory of another thread. */
export function searchTask(
  kernels: Kernels,
  features: SearchedFeatures,
  { poses, entries, positive, total }: SearchTask,
): FoundStump {
  const { arena } = kernels;
  const mark = arena.mark();
  const address = arena.alloc(entries.length);
  arena.u8(address, entries.length).set(entries);
  const samples = { entries: address, count: entries.length / 8, positive, total };
  const found = searchStumps(kernels, features, poses, samples);
  arena.release(mark);
  return found;
}

/** Of what searches of different candidates found, what one search of all of them finds. */
export function betterStump(a: FoundStump, b: FoundStump): FoundStump {
  const [errorA, errorB] = [errorOf(a.code), errorOf(b.code)];
  if (errorA !== errorB) return errorA < errorB ? a : b;
  return a.candidate <= b.candidate ? a : b;
}

function errorOf(code: number): number {
  return Math.floor(code / 512);
}
