/** What the status line says. */
import { formatCount } from "../../../engine/format.ts";
import type { LabelModel, LabelObject, LabelState } from "../../api.ts";
import type { SaveState } from "./save_queue.ts";

/** `5 s`, `3 min`, `2 h`. */
export function ageText(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

/** `3 synapses, 1200 voxels not a synapse`. */
export function countText({ objects, notVoxels }: LabelState): string {
  const count = objects.filter(({ voxels }) => voxels > 0).length;
  const synapses = count === 1 ? "1 synapse" : `${count} synapses`;
  const not = notVoxels === 0
    ? "nothing marked as not a synapse"
    : `${formatCount(notVoxels)} voxels not a synapse`;
  return `${synapses}, ${not}`;
}

/** Whether all is saved; never says so before the server has it. */
export function savedText({ waiting, problem, savedAt }: SaveState, state: LabelState, now: number): string {
  if (waiting > 0) {
    const what = waiting === 1 ? "1 change waits" : `${waiting} changes wait`;
    return problem === "" ? "saving …" : `not saved yet: ${what}`;
  }
  if (state.seq === 0 && savedAt === null) return "nothing to save yet";
  const at = Math.max(savedAt ?? 0, Date.parse(state.savedAt));
  return now - at < 2000 ? "saved just now" : `saved ${ageText((now - at) / 1000)} ago`;
}

/** What the program has learned, and from what. */
export function modelText(model: LabelModel | null, seq: number, now: number): string {
  if (!model) return "";
  const { state, trainedAt, strokes } = model;
  const age = trainedAt === null ? "" : `model ${ageText((now - Date.parse(trainedAt)) / 1000)} old`;
  const first = trainedAt === null;
  if (state === "training") return first ? "learning …" : `${age}, learning anew …`;
  if (state === "scoring") return `${age}, looking …`;
  if (first) return state === "failed" ? "nothing could be learned" : "nothing learned yet";
  if (state === "failed") return `${age}, could not learn anew`;
  return strokes < seq ? `${age}, ${seq - strokes} changes since` : age;
}

/** Where a threshold that nobody has set is not of all labels; empty where it is. @param areBefore whether scores of a model before are shown */
export function thresholdText(
  { threshold, labelsScored }: Pick<LabelModel, "threshold" | "labelsScored">,
  areBefore: boolean,
): string {
  if (areBefore) return "of the model before, whose scores are still shown";
  if (threshold === null) return "until labels are scored";
  return labelsScored < 1 ? "of the labels that are scored so far" : "";
}

/**
 * What has to come before it is worth asking where to look next; empty where nothing has to.
 * @param seq of the last change of labels
 * @param isSet whether a person set the threshold
 */
export function waitText(model: LabelModel | null, seq: number, isSet: boolean): string {
  if (!model || model.scores === null) return "Waiting until something is scored …";
  const { state, strokes, threshold } = model;
  const isNewModelDue = state === "training" || (state === "ready" && strokes < seq);
  if (isNewModelDue || state === "scoring") return "Waiting until all in sight is scored …";
  return threshold === null && !isSet ? "Waiting until labels are scored …" : "";
}

/** Synapses that are painted and lack the side of their vesicles. */
export function openQuestions(objects: readonly LabelObject[]): LabelObject[] {
  return objects.filter(({ voxels, polarity }) => voxels > 0 && polarity === null);
}

/** Where a synapse is: `slices 12 to 19`. */
export function slicesText({ slices }: LabelObject): string {
  if (!slices) return "not painted yet";
  return slices[0] === slices[1] ? `slice ${slices[0]}` : `slices ${slices[0]} to ${slices[1]}`;
}
