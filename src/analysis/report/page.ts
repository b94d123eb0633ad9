/** An evaluation as one HTML page that holds all it shows: no script, nothing loaded from elsewhere. */
import type { Evaluation } from "../evaluate.ts";
import type { ThresholdMeasures } from "../threshold_measures.ts";
import {
  type CurveChart,
  curveSvg,
  type MarkedMeasures,
  markSvg,
  precisionRecallChart,
  rocChart,
} from "./curve_chart.ts";
import { headlineFigures, htmlPage, namedValues } from "./html_page.ts";
import { type SynapseReport, synapseSections } from "./synapse_sections.ts";
import { escapeText, formatScore, formatShare } from "./text.ts";

/** What a page shows. Texts may hold anything; they are escaped. */
export interface EvaluationReport {
  /** What was compared with what, as people call it. */
  readonly prediction: string;
  readonly labels: string;
  /** Why the figures may prove nothing; stands above them. */
  readonly caution?: string | undefined;
  readonly voxels: Evaluation;
  readonly synapses?: SynapseReport;
  /** Names and values, in the order in which they are shown. */
  readonly settings: readonly (readonly [name: string, value: string])[];
}

/** Writes the page. */
export function evaluationPage(report: EvaluationReport): string {
  const { prediction, labels, voxels, synapses, settings, caution } = report;
  return htmlPage({
    title: `${prediction} – evaluation`,
    heading: "Scores compared with ground truth",
    about: `${prediction} against ${labels}`,
    body: `${
      caution === undefined ? "" : `<p class="card" role="note"><strong>${escapeText(caution)}</strong></p>`
    }
${headline(voxels, synapses)}
${curves(voxels)}
${synapses ? synapseSections(synapses) : ""}
<h2>Settings</h2>
${namedValues(settings)}`,
  });
}

function headline(voxels: Evaluation, synapses: SynapseReport | undefined): string {
  const { averagePrecision, rocAuc, bestF1, bestJaccard } = voxels;
  const figures: [string, string, string][] = [
    ["Average precision", formatShare(averagePrecision), "per voxel"],
    ["ROC AUC", formatShare(rocAuc), "per voxel"],
    ["Best F1", formatShare(bestF1.value), `per voxel, at threshold ${formatScore(bestF1.threshold)}`],
    [
      "Best Jaccard",
      formatShare(bestJaccard.value),
      `per voxel, at threshold ${formatScore(bestJaccard.threshold)}`,
    ],
  ];
  if (synapses) {
    const { f1, detected, missed, invented } = synapses.evaluation;
    const wrong = `${detected} of ${detected + missed} detected, ${invented} false positives`;
    figures.push(["F1 per synapse", formatShare(f1), wrong]);
  }
  return headlineFigures(figures);
}

function curves(voxels: Evaluation): string {
  const { curve, atBestF1, atThreshold, positives, negatives, ignored } = voxels;
  const marked: MarkedMeasures[] = [{ measures: atBestF1, shape: "circle", name: "best F1" }];
  if (atThreshold) marked.push({ measures: atThreshold, shape: "square", name: "threshold" });
  const share = positives / (positives + negatives);
  return `<h2>Per voxel</h2>
<p>${positives} voxels are labelled positive and ${negatives} negative, a positive share of ${
    formatShare(share)
  }; ${ignored} are ignored. Every score is used as a threshold: voxels with at least this score count as positive.</p>
<div class="charts">${chart(precisionRecallChart(curve, share, marked))}${
    chart(rocChart(curve, marked))
  }</div>
<div class="card scroll" style="margin-top:0.8rem"><table>
<tr><th scope="col">at</th><th scope="col" class="n">threshold</th><th scope="col" class="n">precision</th><th scope="col" class="n">recall</th><th scope="col" class="n">F1</th><th scope="col" class="n">Jaccard</th></tr>
${marked.map(({ name, measures }) => thresholdRow(name, measures)).join("\n")}
</table></div>`;
}

function chart(drawn: CurveChart): string {
  const sample = (inside: string) => `<svg width="16" height="14" aria-hidden="true">${inside}</svg>`;
  const marks = drawn.marks.map(({ name, shape }) => `<li>${sample(markSvg(8, 7, shape))}${name}</li>`);
  return `<figure class="card"><h3>${drawn.title}</h3>${curveSvg(drawn)}<ul class="legend">${
    marks.join("")
  }<li>${sample('<path class="chance" d="M0 7H16"/>')}chance</li></ul></figure>`;
}

function thresholdRow(name: string, measures: ThresholdMeasures): string {
  const { threshold, precision, recall, f1, jaccard } = measures;
  const cells = [formatScore(threshold), ...[precision, recall, f1, jaccard].map(formatShare)];
  return `<tr><th scope="row">${name}</th>${cells.map((cell) => `<td class="n">${cell}</td>`).join("")}</tr>`;
}
