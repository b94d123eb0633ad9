/** A comparison of a run's scores with ground truth, as it is kept in the work folder for the page. */
import type { Zyx } from "../volume/region.ts";

/** Scores of a test volume compared with ground truth. */
export interface KeptEvaluation {
  readonly volume: number;
  /** The whole report, a page. */
  readonly url: string;
  /** Version that compared. */
  readonly version: string;
  /** Path of the ground truth. */
  readonly labels: string;
  /** Why the figures may prove nothing; empty where nothing speaks against them. */
  readonly caution: string;
  /** Per voxel, and where they were compared per synapse at `threshold`. */
  readonly figures: {
    readonly averagePrecision: number;
    readonly bestF1: number;
    readonly threshold?: number;
    readonly detected?: number;
    readonly missed?: number;
    readonly invented?: number;
    readonly precision?: number;
    readonly recall?: number;
    readonly f1?: number;
  };
  /** The worst, perhaps not all: the largest missed synapses, the false positives with the highest scores. */
  readonly missed: readonly KeptMistake[];
  readonly invented: readonly KeptMistake[];
}

/** A synapse that was missed or invented. */
export interface KeptMistake {
  readonly position: Zyx;
  readonly voxels: number;
  /** The highest score in it; null where it is infinite. */
  readonly peakScore: number | null;
  /** Merged with a detected one, or a further part of one. */
  readonly hasTakenCounterpart: boolean;
  /** A part of a slice as a `data:` URI, and outlines as the `d` of SVG paths, a unit a voxel. */
  readonly picture: {
    readonly width: number;
    readonly height: number;
    readonly image: string;
    readonly truth: string;
    readonly found: string;
  };
}
