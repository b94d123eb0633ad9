/** What the server tells of a search for all synapses. */
import type { FindState } from "../label/state.ts";
import type { RunState, RunSummary } from "./api.ts";

export type { Box, FindPlan, FindSettings } from "../label/state.ts";

/** The search of a labelling project's stack, and how far its run is. */
export interface FoundSoFar extends FindState, Pick<RunSummary, "fraction" | "left"> {
  readonly run: RunState;
}
