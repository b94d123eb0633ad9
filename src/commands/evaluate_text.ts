/** An evaluation as people read it, and as the data of a JSON line. */
import type { Evaluation } from "../analysis/evaluate.ts";
import { formatScore, formatShare } from "../analysis/report/text.ts";
import type { SynapseEvaluation, WrongSynapse } from "../stages/synapses/evaluate_synapses.ts";
import type { EvaluateSettings, SynapseSettings } from "./evaluate_settings.ts";
import { alignColumns } from "./text_table.ts";

/** A comparison by voxel as people read it. */
export function describeEvaluation(found: Omit<Evaluation, "curve" | "atBestF1">): string {
  const { averagePrecision, rocAuc, bestF1, bestJaccard, atThreshold, positives, negatives, ignored } = found;
  const best = ({ value, threshold }: Evaluation["bestF1"]) =>
    `${formatShare(value)}  at threshold ${formatScore(threshold)}`;
  const lines = [
    ["average precision", formatShare(averagePrecision)],
    ["ROC AUC", formatShare(rocAuc)],
    ["best F1", best(bestF1)],
    ["best Jaccard", best(bestJaccard)],
    ["voxels", `${positives} positive, ${negatives} negative, ${ignored} ignored`],
  ];
  if (atThreshold) {
    const { threshold, precision, recall, f1, jaccard } = atThreshold;
    lines.push(
      ["", ""],
      ["per voxel", `at threshold ${formatScore(threshold)}`],
      ["precision", formatShare(precision)],
      ["recall", formatShare(recall)],
      ["F1", formatShare(f1)],
      ["Jaccard", formatShare(jaccard)],
    );
  }
  return alignColumns(lines, "ll");
}

/** A comparison by synapse as people read it. */
export function describeSynapses(found: SynapseEvaluation, { synapses }: EvaluateSettings): string {
  const { threshold, detected, missed, merged, invented, split, ignored, tooSmall, precision, recall, f1 } =
    found;
  const note = (count: number, text: string) => count === 0 ? "" : `, ${count} of them ${text}`;
  const lines = [
    ["per synapse", `at threshold ${formatScore(threshold)}`],
    ["detected", `${detected} of ${detected + missed}`],
    ["missed", `${missed}${note(merged, "predicted as one with another synapse")}`],
    ["false positives", `${invented}${note(split, "further pieces of a detected synapse")}`],
  ];
  if (ignored > 0) lines.push(["ignored", `${ignored} predicted where labels are ignored`]);
  if (tooSmall.predicted + tooSmall.labelled > 0) {
    lines.push([
      "too small",
      `${tooSmall.predicted} predicted, ${tooSmall.labelled} in the ground truth; not counted`,
    ]);
  }
  lines.push(
    ["precision", formatShare(precision)],
    ["recall", formatShare(recall)],
    ["F1", formatShare(f1)],
  );
  if (synapses) lines.push(["match if", describeRule(synapses)]);
  const why = mergedOrSplit(merged, split);
  // As wide as the names above, so that both tables are one.
  const table = alignColumns(
    lines.map(([name = "", text = ""]) => [name.padEnd("average precision".length), text]),
    "ll",
  );
  return why === "" ? table : `${table}\n${why}`;
}

/** Why figures by synapse are worse than those by voxel. */
function mergedOrSplit(merged: number, split: number): string {
  const lines: string[] = [];
  if (merged > 0) {
    lines.push(
      "Merged: the predicted voxels of neighbouring synapses touch, so that they count as one synapse, and the others " +
        "as missed, even if every voxel is right. A higher --threshold may separate them.",
    );
  }
  if (split > 0) {
    lines.push(
      "Split: one synapse was predicted in several pieces. One piece counts as detected, each other piece as a " +
        "false positive. A lower --threshold may join them; --min-size removes small ones.",
    );
  }
  return lines.join("\n");
}

/** What a right synapse has to do with one of the ground truth. */
export function describeRule({ rule, unit }: SynapseSettings): string {
  if (rule.kind === "distance") return `centroids at most ${formatScore(rule.most)} ${unit} apart`;
  return rule.share === 0
    ? "at least one voxel in common"
    : `an intersection over union of at least ${formatScore(rule.share)}`;
}

/** A comparison by voxel as the data of a JSON line, without the curve. */
export function jsonOf({ bestF1, bestJaccard, atBestF1, atThreshold, curve: _curve, ...rest }: Evaluation) {
  return {
    ...rest,
    bestF1: { ...bestF1 },
    bestJaccard: { ...bestJaccard },
    atBestF1: { ...atBestF1 },
    ...(atThreshold === undefined ? {} : { atThreshold: { ...atThreshold } }),
  };
}

/** A comparison by synapse as the data of a JSON line. */
export function jsonOfSynapses(found: SynapseEvaluation, { synapses }: EvaluateSettings) {
  const { matches, misses, inventions, tooSmall, ...figures } = found;
  return {
    ...figures,
    tooSmall: { ...tooSmall },
    ...(synapses ? { rule: describeRule(synapses) } : {}),
    matches: matches.map((match) => ({ ...match })),
    misses: misses.map(jsonOfWrong),
    inventions: inventions.map(jsonOfWrong),
  };
}

function jsonOfWrong({ id, position, voxels, peakScore, hasTakenCounterpart }: WrongSynapse) {
  return { id, position, voxels, peakScore, hasTakenCounterpart };
}
