/** What the thread of a search is told, and what it tells: plain data. */
import type { Resources } from "../run/plan_stage.ts";
import type { Region } from "../volume/region.ts";

/** A run to do, or to go on with. */
export interface FindTask {
  readonly kind: "run";
  readonly config: string;
  readonly workFolder: string;
  readonly polarity: "config" | "none";
  /** The command that does the same, for the journal. */
  readonly command: string;
  readonly resources: Resources;
  /** A part of the stack that is copied first, unless it was before. */
  readonly part?: FindPart;
}

/** A part of a Zarr array, and where its copy goes. */
export interface FindPart {
  readonly path: string;
  readonly raw: string;
  readonly region: Region;
}

/** What the thread is asked for. */
export type FindRequest = FindTask | { readonly kind: "stop" };

/** The run has ended. */
export interface FindAnswer {
  /** What went wrong; null where it is done or was stopped. */
  readonly error: string | null;
}
