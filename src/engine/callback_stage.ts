/** Progress of functions that tell it by callback, as stages of a reporter. */
import type { Reporter, StageAmount, StageProgress } from "./progress.ts";

/**
 * Begins a stage that follows callbacks.
 * @param title what people read
 * @param amount how much there is to do; a number is one of voxels
 */
export function callbackStage(
  reporter: Pick<Reporter, "stage">,
  title: string,
  amount: number | Pick<StageAmount, "total" | "unit">,
) {
  const { total, unit } = typeof amount === "number" ? { total: amount, unit: "voxels" as const } : amount;
  const stage = reporter.stage(title, { total, unit });
  const moveTo = movesTo(stage);
  return {
    /** Takes how much is done, in the stage's unit. */
    onDone: moveTo,
    /** Takes the share that is done, 0 ... 1. */
    onShare: (share: number) => moveTo(Math.round(share * total)),
    /** Ends the stage. */
    done: (summary?: string) => stage.done(summary),
  };
}

/** Takes how much is done, in the stage's unit, and moves the stage on by what is new. */
export function movesTo(stage: Pick<StageProgress, "advance">): (done: number) => void {
  let before = 0;
  return (done) => {
    stage.advance(done - before);
    before = done;
  };
}
