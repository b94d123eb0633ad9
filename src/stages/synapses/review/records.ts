/** What a person decides about the synapses of a table, one record after the other: plain data, which the page shares. */
import type { Recorded } from "../../../engine/mod.ts";
import type { Zyx } from "../../../volume/region.ts";

/** What a synapse is said to be. */
export type Verdict = "accepted" | "rejected" | "unsure";

/** Where a synapse of a table was when something was said of it: z, y, x, depth, height, width of its box, and its voxels. */
export type SynapsePlace = readonly number[];

/** Numbers in a place. */
export const PLACE_NUMBERS = 7;

/** What is decided about some synapses. */
export type Change =
  /** `null`: not looked at, after all. */
  | { readonly kind: "verdict"; readonly verdict: Verdict | null }
  | { readonly kind: "comment"; readonly comment: string }
  /** It points the other way. */
  | { readonly kind: "flip" }
  /** It is several: each voxel belongs to the nearest of these. */
  | { readonly kind: "split"; readonly seeds: readonly Zyx[] }
  /** They are one. */
  | { readonly kind: "merge" }
  /** Voxels of a synapse that was missed: z, y, x and length along x of one run after the other. */
  | { readonly kind: "add"; readonly runs: readonly number[] };

/** A decision about synapses. */
export type DecisionRecord =
  & Recorded
  & Change
  & {
    /** A UUID, so that what is sent again changes nothing. */
    readonly action: string;
    /** Numbers in the table; of those that were missed -1, -2 and so on. */
    readonly ids: readonly number[];
    /** Where those of the table were. */
    readonly places: readonly SynapsePlace[];
  };

/** The decision with a number was undone. */
type Undone = Recorded & { readonly kind: "undo"; readonly action: string; readonly of: number };
/** It was done again. */
type Redone = Recorded & { readonly kind: "redo"; readonly action: string; readonly of: number };

/** One line of the log. */
export type ReviewRecord =
  | DecisionRecord
  | Undone
  | Redone
  /** What follows is about this table. */
  | Recorded & { readonly kind: "table"; readonly fingerprint: string; readonly count: number };

/** What is known of a synapse that was looked at. */
export interface ReviewItem {
  /** Number in the table; of one that was missed -1, -2 and so on. */
  readonly id: number;
  readonly verdict: Verdict | null;
  readonly comment: string;
  readonly isFlipped: boolean;
  /** A place in each of its parts, where it is several. */
  readonly seeds: readonly Zyx[];
  /** All that are one with it, itself included, in order; empty where there is no other. */
  readonly mergedWith: readonly number[];
  /** Whether something was said of it when the table was another. */
  readonly isCarried: boolean;
  /** Voxels of one that was missed, z, y, x and length of one run after the other. */
  readonly runs: readonly number[];
}

/** What is said of a synapse that nobody looked at. */
export const UNTOUCHED: Omit<ReviewItem, "id"> = {
  verdict: null,
  comment: "",
  isFlipped: false,
  seeds: [],
  mergedWith: [],
  isCarried: false,
  runs: [],
};
