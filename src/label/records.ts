/** `strokes.log`: every change of labels, a record each. */
import type { Recorded } from "../engine/mod.ts";
import type { Judged, LabelPolarity } from "./state.ts";

/** A synapse without its voxels. */
export interface NamedObject {
  readonly id: number;
  readonly name: string;
  readonly polarity: LabelPolarity;
}

/** Voxels that took another value. */
export interface StrokeRecord extends Recorded {
  readonly kind: "stroke";
  /** Its UUID; empty where the server made it. */
  readonly stroke: string;
  readonly value: number;
  /** z, y, x, length along x and the value before, of one run after the other. */
  readonly runs: readonly number[];
  /** The synapse that was deleted with its voxels. */
  readonly removed?: NamedObject;
}

/** Labels of another program were taken; their voxels are in an array of their own. */
export interface ImportRecord extends Recorded {
  readonly kind: "import";
  readonly added: readonly NamedObject[];
}

/** One line of the log. */
export type LabelRecord =
  | StrokeRecord
  | ImportRecord
  /** The change with this number was undone, or done again. */
  | Recorded & { readonly kind: "undo" | "redo"; readonly of: number }
  /** A candidate was judged. */
  | Recorded & { readonly kind: "judged" } & Judged
  /** A synapse was begun, or has another name or polarity. */
  | Recorded & { readonly kind: "object" } & NamedObject;
