/** The lines of a run's log. */
import type { TelemetryEvent } from "../../run/telemetry.ts";
import { stageName, stageSummary, withStageName } from "../../run/stage_names.ts";
import type { LogLine } from "../api.ts";

/** What of an event people read in the log. */
export function linesOf(event: TelemetryEvent): LogLine[] {
  if (event.kind === "say") return [{ at: event.at, level: event.level, text: withStageName(event.text) }];
  if (event.kind === "stage-end") {
    const name = stageName(event.title);
    const summary = stageSummary(event.summary);
    const text = summary === "" ? name : `${name}: ${summary}`;
    return [{ at: event.at, level: "stage", text }];
  }
  return [];
}
