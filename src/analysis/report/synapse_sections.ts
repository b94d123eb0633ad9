/** The part of an evaluation's page on whole synapses: how many are right, and pictures of those that are wrong. */
import type { Zyx } from "../../volume/region.ts";
import type { SynapseFigures } from "../synapse_figures.ts";
import type { Picture } from "./picture.ts";
import { escapeText, formatScore, formatShare } from "./text.ts";

/** A synapse that is wrong, with its picture. */
interface PicturedSynapse {
  /** Voxel in the middle, `[z, y, x]`. */
  readonly position: Zyx;
  readonly voxels: number;
  readonly peakScore: number;
  /** Merged with a detected one, or a further part of one. */
  readonly hasTakenCounterpart: boolean;
  readonly picture: Picture;
}

/** What the page says of synapses. */
export interface SynapseReport {
  readonly evaluation: SynapseFigures;
  /** What a right one has to do with one of the ground truth, such as `one voxel in common`. */
  readonly rule: string;
  /** The worst first; perhaps not all. */
  readonly misses: readonly PicturedSynapse[];
  readonly inventions: readonly PicturedSynapse[];
}

/** The sections as HTML. */
export function synapseSections({ evaluation, rule, misses, inventions }: SynapseReport): string {
  const { threshold, missed, invented } = evaluation;
  return `<h2>Per synapse</h2>
<p>A predicted synapse is a set of connected voxels with a score of at least ${
    formatScore(threshold)
  }; it is correct if it matches one of the ground truth: they must have ${
    escapeText(rule)
  }. Each is matched at most once: if two are predicted as one, one is missed; if one is predicted in two parts, one part is a false positive.</p>
<div class="card">${tally(evaluation)}</div>
<h2>Missed synapses${shownOf(misses.length, missed, "largest")}</h2>
${gallery(misses, "no synapse was missed", "merged with a detected synapse")}
<h2>False positives${shownOf(inventions.length, invented, "highest scores")}</h2>
${gallery(inventions, "there is no false positive", "another part of a detected synapse")}`;
}

function tally(evaluation: SynapseFigures): string {
  const { detected, missed, merged, invented, split, ignored, precision, recall, f1 } = evaluation;
  const bar = ([["detected", detected], ["missed", missed], ["invented", invented]] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `<span class="${kind}" style="flex:${count}"></span>`).join("");
  const rows = [
    ["detected", "Detected", detected, `of ${detected + missed} in the ground truth`],
    ["missed", "Missed", missed, merged > 0 ? `${merged} of them merged with a detected one` : ""],
    [
      "invented",
      "False positives",
      invented,
      split > 0 ? `${split} of them other parts of a detected one` : "",
    ],
    ["", "Ignored", ignored, "predicted where the ground truth is ignored"],
  ] as const;
  return `<div class="tally" aria-hidden="true">${bar}</div>
<div class="scroll"><table>
${
    rows.map(([kind, name, count, note]) =>
      `<tr><th scope="row">${
        kind === "" ? "" : `<span class="key ${kind}"></span>`
      }${name}</th><td class="n">${count}</td><td class="quiet">${note}</td></tr>`
    ).join("\n")
  }
<tr><th scope="row">Precision</th><td class="n">${formatShare(precision)}</td><td></td></tr>
<tr><th scope="row">Recall</th><td class="n">${formatShare(recall)}</td><td></td></tr>
<tr><th scope="row">F1</th><td class="n">${formatShare(f1)}</td><td></td></tr>
</table></div>`;
}

function shownOf(shown: number, all: number, which: string): string {
  return shown < all ? `: the ${shown} ${which} of ${all}` : "";
}

function gallery(synapses: readonly PicturedSynapse[], none: string, counterpart: string): string {
  if (synapses.length === 0) return `<p class="quiet">In this volume ${none}.</p>`;
  const isDouble = synapses.some(({ picture }) => picture.raw !== undefined);
  const items = synapses.map(({ position: [z, y, x], voxels, peakScore, hasTakenCounterpart, picture }) =>
    `<li class="card"><figure>${
      pair(picture)
    }<figcaption><b>x ${x}, y ${y}, z ${z}</b> · ${voxels} voxels · highest score ${formatScore(peakScore)}${
      hasTakenCounterpart ? ` · ${counterpart}` : ""
    } · ${picture.width} × ${picture.height} shown</figcaption></figure></li>`
  );
  return `${LEGEND}<ul class="pictures${isDouble ? " double" : ""}">${items.join("\n")}</ul>`;
}

const LEGEND = `<ul class="legend" style="margin-bottom:0.8rem">${
  ([["truth", "ground truth"], ["found", "predicted"], ["ignored", "border of the ignored region"]] as const)
    .map(([kind, name]) =>
      `<li><svg class="line" aria-hidden="true"><path class="${kind}" d="M4 6H30"/></svg>${name}</li>`
    ).join("")
}</ul>`;

function pair(picture: Picture): string {
  const drawn = [
    ...(picture.raw === undefined ? [] : [drawing(picture, picture.raw, "Micrograph")]),
    drawing(picture, picture.scores, "Scores"),
  ];
  return `<div class="pair">${drawn.join("")}</div>`;
}

/** One image of a picture with the outlines. */
export function drawing(picture: Picture, uri: string, what: string): string {
  const { width, height, position, truthOutline, predictionOutline, ignoredOutline } = picture;
  const x = position[2] + 0.5, y = position[1] + 0.5;
  const tick = Math.max(2, width / 24);
  const centre = `M${x} 0v${tick}M${x} ${height}v${-tick}M0 ${y}h${tick}M${width} ${y}h${-tick}`;
  const label = `${what} with the outlines of ground truth and prediction`;
  const path = (kind: string, d: string) => d === "" ? "" : `<path class="${kind}" d="${d}"/>`;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}"><image href="${uri}" width="${width}" height="${height}" preserveAspectRatio="none"/>${
    path("ignored", ignoredOutline)
  }${path("under", truthOutline)}${path("under", predictionOutline)}${path("truth", truthOutline)}${
    path("found", predictionOutline)
  }${path("centre", centre)}</svg>`;
}
