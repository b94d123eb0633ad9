/** The files that `ccboost evaluate` writes: points of the curves, and the page. */
import type { Evaluation } from "../analysis/evaluate.ts";
import { evaluationPage } from "../analysis/report/page.ts";
import { formatScore } from "../analysis/report/text.ts";
import { version } from "../version.ts";
import type { FilesEvaluation } from "./evaluate_files.ts";
import type { EvaluateSettings } from "./evaluate_settings.ts";
import { describePart } from "./flag_values.ts";
import { describeRule } from "./evaluate_text.ts";

const COLUMNS = [
  "threshold",
  "truePositives",
  "falsePositives",
  "precision",
  "recall",
  "falsePositiveRate",
  "f1",
  "jaccard",
] as const;

/** Points of the precision-recall and ROC curves as CSV, or as JSON where the name ends so. */
export function curvesText(name: string, { curve, positives, negatives }: Evaluation): string {
  if (name.toLowerCase().endsWith(".json")) {
    return `${JSON.stringify({ positives, negatives, points: curve }, undefined, 1)}\n`;
  }
  const rows = curve.map((point) => COLUMNS.map((column) => point[column]).join(","));
  return `${[COLUMNS.join(","), ...rows].join("\n")}\n`;
}

/** What was compared. */
interface Compared {
  readonly prediction: string;
  readonly labels: string;
  readonly settings: EvaluateSettings;
  /** Why the figures may prove nothing. */
  readonly caution?: string | undefined;
}

/** The page on an evaluation. */
export function reportPage(
  { voxels, synapses, pictures }: FilesEvaluation,
  { prediction, labels, settings, caution }: Compared,
): string {
  const rule = settings.synapses && describeRule(settings.synapses);
  const threshold = settings.threshold === undefined
    ? `${formatScore(voxels.bestF1.threshold)}, that of the best F1 per voxel`
    : `${formatScore(settings.threshold)}, as given`;
  return evaluationPage({
    prediction,
    labels,
    voxels,
    caution,
    ...(synapses && rule !== undefined && pictures
      ? { synapses: { evaluation: synapses, rule, ...pictures } }
      : {}),
    settings: [
      ["Prediction", prediction],
      ["Ground truth", labels],
      ...(settings.region === undefined ? [] : [["Part", describePart(settings.region)] as const]),
      ["Micrograph", settings.raw ?? "none (set it with --raw)"],
      ["Threshold", threshold],
      ...(rule === undefined ? [] : [["Synapses match if they have", rule] as const]),
      ["Minimum size", `${settings.synapses?.minSize ?? 1} voxels`],
      ["Neighbours", "26: voxels that share a face, an edge or a corner"],
      ["Program", `ccboost ${version}`],
    ],
  });
}
