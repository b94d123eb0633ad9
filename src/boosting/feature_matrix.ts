/** What boosting learns from: binned context features of the training samples. */
import { type Quantisation, type Stump, thresholdOfCut } from "./stumps.ts";

/** Binned features, column by column: a candidate is one context feature evaluated at every sample. */
export interface FeatureMatrix {
  readonly samples: number;
  readonly candidates: number;
  /**
   * Address in the kernels' memory of the candidate's u8 bins, one per sample; valid until the next call. It may move bytes, but not
   * allocate in the arena: what it needs must have been allocated before boosting begins.
   */
  column(candidate: number): number;
}

/** One round of boosting: the stump "bin of this candidate >= cut, differing from invert" and its weight. */
export interface Round {
  readonly candidate: number;
  /** Bin from which on the stump says +1, or -1 where `invert`; 1 to 255. */
  readonly bin: number;
  readonly invert: boolean;
  readonly alpha: number;
}

/** What the candidates of a matrix stand for; candidate = (place in `poses`) * columns + column. */
export interface CandidateTable {
  readonly poses: ArrayLike<number>;
  readonly columns: number;
  /** The 16-bit cuts of a candidate's bins, see `BinnedColumn`. */
  cuts(candidate: number): ArrayLike<number>;
  /** How a column is held in integers. */
  quantisation(column: number): Quantisation;
}

/** The stumps of boosting's rounds, with thresholds in the columns' units. */
export function stumpsOfRounds(rounds: readonly Round[], table: CandidateTable): Stump[] {
  return rounds.map(({ candidate, bin, invert, alpha }) => {
    const column = candidate % table.columns;
    const pose = table.poses[Math.floor(candidate / table.columns)];
    const cut = table.cuts(candidate)[bin];
    if (pose === undefined || cut === undefined) {
      throw new RangeError(`the table of candidates has no candidate ${candidate} with a bin ${bin}`);
    }
    return { pose, column, threshold: thresholdOfCut(cut, table.quantisation(column)), invert, alpha };
  });
}
