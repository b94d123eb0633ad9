/** What is told of labels of another program before they are taken: plain data, which the page shares. */
import type { Zyx } from "../volume/region.ts";

/** What a value of other labels means. */
export type Meaning = "synapse" | "not" | "unsure";

/** A value of labels that may be imported, or all the rarer ones together. */
export interface ImportValue {
  readonly text: string;
  readonly voxels: number;
  readonly means: Meaning;
}

/** Labels of another program as they would be taken. */
export interface ImportLook {
  /** Names this look. */
  readonly version: number;
  readonly path: string;
  readonly values: readonly ImportValue[];
  /** What does not fit the stack. */
  readonly notes: readonly string[];
  /** Path of an array below `/zarr/`: 255 synapse, 0 no synapse, 128 unsure. */
  readonly kinds: string;
  /** Pieces that hang together. */
  readonly synapses: number;
  /** A voxel of the largest one; null where there is none. */
  readonly at: Zyx | null;
  readonly voxels: Readonly<Record<Meaning, number>>;
}
