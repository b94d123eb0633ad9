/** Progress of functions that tell it by callback, as stages of a reporter. */
import type { Reporter } from "../engine/mod.ts";

/** A stage that follows callbacks. */
export interface CallbackStage {
  /** Takes voxels done. */
  readonly onVoxels: (done: number) => void;
  /** Takes the share that is done, 0 ... 1. */
  readonly onShare: (done: number) => void;
  /** Ends the stage. */
  done(): void;
}

/**
 * Begins a stage.
 * @param title what people read
 * @param voxels how much there is to do
 */
export function callbackStage(
  reporter: Pick<Reporter, "stage">,
  title: string,
  voxels: number,
): CallbackStage {
  const stage = reporter.stage(title, { total: voxels, unit: "voxels" });
  let before = 0;
  const moveTo = (done: number) => {
    stage.advance(done - before);
    before = done;
  };
  return {
    onVoxels: moveTo,
    onShare: (done) => moveTo(Math.round(done * voxels)),
    done: () => stage.done(),
  };
}
