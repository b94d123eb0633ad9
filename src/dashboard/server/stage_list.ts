/** The stages of a run with how far each is, of those that are expected and those that were seen. */
import { stageName } from "../../run/stage_names.ts";
import { partDone, type RunState, type StageSummary } from "../api.ts";
import type { BlockRecord } from "./block_record.ts";
import type { ExpectedStage } from "./expected_stages.ts";

/** A stage that the telemetry tells of. */
export interface SeenStage {
  readonly title: string;
  readonly unit: string;
  total: number;
  done: number;
  readonly before: number;
  readonly began: number;
  last: number;
  ended: number | null;
  summary: string;
}

/** Expected stages first, in their order; then what else was seen. */
export function stageList(
  expected: readonly ExpectedStage[],
  seen: readonly SeenStage[],
  state: RunState,
  blocks: Pick<BlockRecord, "titles" | "divided">,
): StageSummary[] {
  const blockStages = blocks.titles(), divided = blocks.divided();
  const mapped = (title: string) => {
    const stage = blockStages.get(title) ?? "";
    return divided.has(stage) ? stage : "";
  };
  const known = new Map(seen.map((stage) => [stage.title, stage]));
  // A stage that nothing was heard of was done before where a later one has begun, or the run is done; or it did not come at all.
  const lastSeen = expected.findLastIndex(({ title }) => known.has(title));
  const comes = ({ title, doubt }: ExpectedStage, place: number) =>
    doubt === undefined || known.has(title) || blockStages.has(title) ||
    (doubt === "likely" && place > lastSeen && state !== "done");
  const others = seen.filter(({ title }) => !expected.some((stage) => stage.title === title));
  const titles = expected.map((stage, place) => ({ ...stage, place })).filter((stage) =>
    comes(stage, stage.place)
  );
  for (const { title } of others) {
    // a further part of a stage, such as "threshold, smoothed", stands behind it
    const behind = titles.findLastIndex((stage) => title.startsWith(`${stage.title}, `));
    const { about, weight, place } = titles[behind] ?? { about: "", weight: 0, place: Infinity };
    titles.splice(behind < 0 ? titles.length : behind + 1, 0, { title, about, weight, place });
  }
  return titles.map(({ title, about, place }): StageSummary => {
    const stage = known.get(title);
    const names = { title, name: stageName(title), about, blocks: mapped(title) };
    if (!stage) {
      const isPassed = state === "done" || place < lastSeen;
      const none = { total: 0, done: 0, unit: "", rate: null, left: null, began: null, ended: null };
      return { ...names, ...none, state: isPassed ? "skipped" : "pending", summary: "" };
    }
    const { total, done, unit, before, began, last, ended, summary } = stage;
    const seconds = ((ended ?? last) - began) / 1000;
    const rate = done > before && seconds > 0 ? (done - before) / seconds : null;
    const isOver = ended !== null || state === "done";
    const isRunning = !isOver && state === "running";
    const left = !isRunning || rate === null ? null : Math.max(0, total - done) / rate;
    return {
      ...names,
      state: isOver ? "done" : isRunning ? "running" : "cut off",
      total,
      done: isOver ? total : Math.min(done, total),
      unit,
      rate,
      left,
      began,
      ended,
      summary,
    };
  });
}

/** How much of the whole is done, and how long the rest takes at the pace so far. */
export function estimate(
  list: readonly StageSummary[],
  expected: readonly ExpectedStage[],
  state: RunState,
): { fraction: number; left: number | null } {
  if (state === "done") return { fraction: 1, left: 0 };
  const weights = new Map(expected.map(({ title, weight }) => [title, weight]));
  let whole = 0, done = 0, paid = 0, seconds = 0, left = 0;
  for (const stage of list) {
    const weight = weights.get(stage.title) ?? 0;
    const part = partDone(stage);
    whole += weight;
    done += weight * part;
    if (stage.state === "done" && stage.began !== null && stage.ended !== null) {
      paid += weight;
      seconds += (stage.ended - stage.began) / 1000;
    }
    if (stage.state === "running" && stage.rate !== null && stage.left !== null && part > 0) {
      paid += weight * part;
      seconds += stage.done / stage.rate;
      left += stage.left;
    }
  }
  const open = list.filter((stage) => stage.state === "pending");
  const pace = paid > 0 ? seconds / paid : NaN;
  left += open.reduce((sum, { title }) => sum + (weights.get(title) ?? 0), 0) * pace;
  const isKnown = state === "running" && Number.isFinite(left);
  return { fraction: whole > 0 ? done / whole : 0, left: isKnown ? left : null };
}
