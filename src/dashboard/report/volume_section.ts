/** What a report says of a test volume: how many synapses, how large, where, how sure. */
import { histogramSvg, mapSvg } from "../../analysis/report/bar_chart.ts";
import { namedValues } from "../../analysis/report/html_page.ts";
import { drawing } from "../../analysis/report/synapse_sections.ts";
import { escapeText } from "../../analysis/report/text.ts";
import type { Example, TableFacts, VolumeFacts } from "./run_facts.ts";

/** The section as HTML. */
export function volumeSection(volume: VolumeFacts, isNumbered: boolean): string {
  const { index, rawVolume, table, reviewed, doubts, examples } = volume;
  const title = `<h2>Synapses${isNumbered ? ` in volume ${index}` : ""}</h2>
<p class="quiet">${escapeText(rawVolume)}</p>`;
  const shown = reviewed ?? table;
  if (shown === undefined) return `${title}<p>There is no table of synapses.</p>`;
  return `${title}
${
    doubts === undefined
      ? ""
      : `<p class="card" role="note"><strong>${escapeText(`This table may be wrong: ${doubts}`)}</strong></p>`
  }
${namedValues(figures(shown))}
${sizeTable(shown)}
${charts(shown)}
<h3 style="margin-top:1.2rem">How sure</h3>
${namedValues(sureness(volume))}
${gallery(examples)}`;
}

function figures(
  { summary, unit, dropped, threshold, minSize, ...stack }: TableFacts,
): [string, string][] {
  const { count, atBorder, perCubicMicrometre, orientation } = summary;
  return [
    ["Stack", sizeOf(stack)],
    ["Synapses", `${grouped(count)}; ${grouped(atBorder)} of them touch the border of the stack`],
    [
      "Density",
      perCubicMicrometre === null
        ? "unknown, since the voxel size is"
        : `${short(perCubicMicrometre)} per µm³`,
    ],
    [
      "Threshold, least size",
      `score of at least ${short(threshold)}, ${minSize} voxels${
        dropped > 0 ? `; ${dropped} smaller ones removed` : ""
      }`,
    ],
    ...(orientation
      ? [[
        "Directions",
        `${grouped(orientation.count)} are known; ` +
        (orientation.mean ? `mean ${orientation.mean.map(short).join(", ")} (x, y, z), ` : "") +
        `resultant length ${short(orientation.resultant)} (1: all point the same way, 0: every way)`,
      ] as [string, string]]
      : []),
    ["Lengths are in", unit === "nm" ? "nm" : "voxels of x and y"],
  ];
}

const SIZES = [["voxels", "Size, voxels"], ["length", "Length"], ["width", "Width"], [
  "thickness",
  "Thickness",
], ["elongation", "Elongation"]] as const;

function sizeTable({ summary: { sizes } }: TableFacts): string {
  if (sizes === null) return "";
  const rows = SIZES.map(([name, title]) => {
    const { lower = NaN, median = NaN, upper = NaN } = sizes[name] ?? {};
    return `<tr><th scope="row">${title}</th>${
      [lower, median, upper].map((value) => `<td class="n">${short(value)}</td>`).join("")
    }</tr>`;
  });
  return `<div class="card scroll" style="margin-top:0.8rem"><table>
<tr><th></th><th scope="col" class="n">1st quartile</th><th scope="col" class="n">median</th><th scope="col" class="n">3rd quartile</th></tr>
${rows.join("\n")}</table></div>`;
}

function charts({ columns, shape: [width = 1, height = 1] }: TableFacts): string {
  const angles = columns.dx.map((dx, i) => {
    const angle = Math.atan2(columns.dy[i] ?? NaN, dx) * 180 / Math.PI;
    return angle < 0 ? angle + 360 : angle;
  });
  const drawn = [
    histogramSvg({ title: "size, voxels (logarithmic)", values: columns.voxels, isLogarithmic: true }),
    histogramSvg({ title: "mean score", values: columns.mean_score }),
    histogramSvg({ title: "direction in the slice, degrees from x to y", values: angles, ends: [0, 360] }),
    columns.x.length === 0
      ? ""
      : mapSvg("Where the synapses lie, x to the right, y down", columns.x, columns.y, width, height),
  ];
  const titles = ["Size", "Score", "Direction", "Where: x to the right, y down"];
  const figures = drawn.map((svg, i) =>
    svg === "" ? "" : `<figure class="card"><h3>${titles[i]}</h3>${svg}</figure>`
  );
  return `<div class="charts four" style="margin-top:0.8rem">${figures.join("")}</div>`;
}

function sureness({ evaluation, reviewed }: VolumeFacts): [string, string][] {
  const lines: [string, string][] = [];
  if (evaluation) {
    const { detected = 0, missed = 0, invented = 0, precision, recall, f1, threshold, averagePrecision } =
      evaluation.figures;
    const figure = (value: number | undefined) => value === undefined ? "–" : value.toFixed(3);
    lines.push(["Compared with ground truth", evaluation.labels]);
    if (threshold !== undefined) {
      lines.push([
        "Per synapse",
        `F1 ${figure(f1)}, precision ${figure(precision)}, recall ${figure(recall)} at threshold ${
          short(threshold)
        }: ${detected} of ` +
        `${detected + missed} detected, ${invented} false positives`,
      ]);
    }
    lines.push(["Per voxel", `average precision ${figure(averagePrecision)}`]);
    if (evaluation.caution !== "") lines.push(["Caution", evaluation.caution]);
  }
  const review = reviewed?.review;
  if (review) {
    const { precision, from, to, looked } = review.estimate;
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    if (precision !== null) {
      lines.push([
        "Looked at by a person",
        `${percent(precision)} of ${looked} synapses drawn at random were correct (95 % confidence interval ${
          percent(from)
        } to ${percent(to)})`,
      ]);
    }
    lines.push([
      "Review",
      `${review.accepted} accepted, ${review.rejected} rejected, ${review.added} added, of ${
        grouped(review.count)
      } found`,
    ]);
  }
  if (lines.length > 0) return lines;
  return [[
    "Unknown",
    "nobody has compared this result with ground truth or looked through it: run evaluate with labels that the model has not seen and " +
    "--html, or review the table on the page",
  ]];
}

function gallery(examples: readonly Example[]): string {
  if (examples.length === 0) return "";
  const items = examples.map(({ id, position: [z, y, x], voxels, score, picture }) =>
    `<li class="card"><figure><div class="pair">${
      drawing(picture, picture.raw ?? picture.scores, `Synapse ${id}`)
    }</div><figcaption><b>${id}</b> · x ${x}, y ${y}, z ${z} · ${voxels} voxels · mean score ${
      short(score)
    }</figcaption></figure></li>`
  );
  return `<h3 style="margin-top:1.2rem">From the most to the least sure, at equal steps</h3>
<ul class="pictures">${items.join("\n")}</ul>`;
}

/** A number with its noun. */
export function count(number: number, noun: string): string {
  return `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** In three digits: `0.0123`, `1,230,000`. */
export function short(value: number): string {
  return grouped(Number(value.toPrecision(3)));
}

/** `1,234,567`; with a fraction all digits. */
function grouped(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString("en-US") : String(value);
}

/** Size of a stack. */
export function sizeOf(
  { shape, voxelSize }: { readonly shape: readonly number[]; readonly voxelSize: readonly number[] | null },
): string {
  const voxels = `${shape.join(" × ")} voxels (x, y, z)`;
  if (voxelSize === null) return `${voxels} of unknown size`;
  const lengths = shape.map((n, axis) => short(n * (voxelSize[axis] ?? 0) / 1000));
  return `${voxels} of ${voxelSize.join(" × ")} nm, ${lengths.join(" × ")} µm`;
}
