/** How well predicted synapses agree with those of a ground truth, in figures. */

/** How many synapses are right and wrong. */
export interface SynapseFigures {
  /** The least score that belongs to a predicted synapse. */
  readonly threshold: number;
  /** Synapses of the ground truth that are matched, each with one predicted synapse. */
  readonly detected: number;
  /** Synapses of the ground truth that are not. */
  readonly missed: number;
  /** How many of them are merged with a detected one. */
  readonly merged: number;
  /** Predicted synapses that are not matched. */
  readonly invented: number;
  /** How many of them are further parts of a detected one. */
  readonly split: number;
  /** Predicted synapses without any labelled voxel, neither right nor wrong. */
  readonly ignored: number;
  /** detected / (detected + invented); 0 where nothing is predicted. */
  readonly precision: number;
  /** detected / (detected + missed). */
  readonly recall: number;
  /** 2 detected / (2 detected + missed + invented). */
  readonly f1: number;
}
