/** A run as one printable page, for the supplement of a paper: data, settings, model, figures, how sure, and how to do it again. */
import { headlineFigures, htmlPage, namedValues } from "../../analysis/report/html_page.ts";
import { escapeText } from "../../analysis/report/text.ts";
import { usesSavedModel } from "../../stages/model.ts";
import { version } from "../../version.ts";
import type { RunFacts } from "./run_facts.ts";
import { count, short, sizeOf, volumeSection } from "./volume_section.ts";

/** Writes the page. */
export function runReport(facts: RunFacts): string {
  const { run, volumes, settingsText } = facts;
  const when = run.ended ?? run.began;
  const day = when === null ? "" : new Date(when).toISOString().slice(0, 10);
  const unfinished = run.state === "done"
    ? ""
    : `<p class="card" role="note"><strong>This run is not finished (${run.state}); figures may be missing or change.</strong></p>`;
  return htmlPage({
    title: `${run.name} – report of a run`,
    heading: `Synapses found in ${count(volumes.length, "volume")}: ${run.name}`,
    about: `ccboost ${run.version}${day === "" ? "" : `, ${day}`}`,
    body: `${unfinished}
${headlineFigures(headline(facts))}
<h2>Methods</h2>
<p>${escapeText(methods(facts))}</p>
<p class="quiet">${escapeText(CITATION)}</p>
${volumes.map((volume) => volumeSection(volume, volumes.length > 1)).join("\n")}
<h2>Data and model</h2>
${namedValues(dataAndModel(facts))}
<h2>To do it again</h2>
<p>Save the settings below as <code>run.cfg</code>. With the same version, the same inputs and settings give the same results to the bit, whatever the machine:</p>
<div class="card"><pre>ccboost run run.cfg</pre></div>
<p class="quiet" style="margin-top:0.6rem">The run was started as <code>${escapeText(run.command)}</code>.</p>
<h2>Settings</h2>
<div class="card"><pre>${escapeLines(compact(settingsText))}</pre></div>`,
  });
}

const CITATION =
  "C. Becker, K. Ali, G. Knott, P. Fua. Learning Context Cues for Synapse Segmentation. IEEE Transactions on " +
  "Medical Imaging 32(10), 1864–1877, 2013. doi:10.1109/TMI.2013.2267747";

/** Settings with short groups on one line each: there may be hundreds of them. */
function compact(text: string): string {
  return text.replace(/\{\n[^{}"]{0,120}\}/g, (group) => group.replace(/\s*\n\s*/g, " "));
}

/** Escaped, with the ends of lines kept. */
function escapeLines(text: string): string {
  return text.split("\n").map(escapeText).join("\n");
}

function headline({ volumes }: RunFacts): [string, string, string][] {
  const figures: [string, string, string][] = [];
  for (const { table, reviewed, evaluation, index } of volumes.slice(0, 3)) {
    const shown = reviewed ?? table;
    const where = volumes.length > 1 ? `volume ${index}` : "";
    if (shown) {
      const { count: found, perCubicMicrometre, sizes } = shown.summary;
      figures.push(["Synapses", String(found), reviewed ? `${where} after review` : where]);
      if (perCubicMicrometre !== null) figures.push(["Density", short(perCubicMicrometre), "per µm³"]);
      if (sizes) figures.push(["Median size", short(sizes["voxels"]?.median ?? NaN), "voxels"]);
    }
    const f1 = evaluation?.figures.f1;
    if (f1 !== undefined) figures.push(["F1 per synapse", f1.toFixed(3), "against ground truth"]);
    const estimate = reviewed?.review?.estimate;
    if (estimate?.precision != null) {
      figures.push([
        "Correct",
        `${Math.round(100 * estimate.precision)} %`,
        `of ${estimate.looked} looked at, drawn at random`,
      ]);
    }
  }
  return figures;
}

/** What was done, in sentences for a paper. */
function methods({ run, settings, labelled, model, volumes }: RunFacts): string {
  const boosted = model === undefined
    ? ""
    : ` The model has ${count(model.stumps, "weak learner")} on context features${
      model.models > 1 ? `, in ${model.models} cross-fitted models` : ""
    }${
      model.hasSecondStage ? ", followed by a second stage of boosted trees on the scores' surroundings" : ""
    }.`;
  const trained = usesSavedModel(settings) || labelled === undefined
    ? ""
    : ` It was trained on ${count(labelled.count, "labelled synapse")} ${
      settings.train.length > 1 ? `in ${settings.train.length} volumes ` : ""
    }(median size ${labelled.medianVoxels} voxels).`;
  const [first] = volumes.flatMap(({ table }) => table ?? []);
  const listed = first === undefined
    ? ""
    : ` A synapse is a set of connected voxels (26 neighbours) with a score of at least ${
      short(first.threshold)
    }, the threshold kept ` +
      `with the model, and at least ${first.minSize} voxels. Length and width are those of the ellipse, thickness that of the ` +
      "plate with the same second moments; the direction points from the cleft to the vesicles.";
  return `Synapses were detected with ccboost ${run.version}, by context cue boosting (Becker et al. 2013).${boosted}${trained}${listed}`;
}

function dataAndModel({ run, settings, model, labelled, volumes }: RunFacts): [string, string][] {
  const train = usesSavedModel(settings) ? [] : settings.train;
  const seconds = run.began === null || run.ended === null
    ? null
    : Math.round((run.ended - run.began) / 1000);
  return [
    ...train.flatMap(({ rawVolume, groundTruth }, index): [string, string][] => {
      const number = train.length > 1 ? ` ${index}` : "";
      const synapses = labelled ? `: ${count(labelled.counts[index] ?? 0, "synapse")}` : "";
      return [[`Training stack${number}`, rawVolume], [`Ground truth${number}`, `${groundTruth}${synapses}`]];
    }),
    ...volumes.map(({ index, rawVolume, table }): [string, string] => [
      `Test stack${volumes.length > 1 ? ` ${index}` : ""}`,
      table ? `${rawVolume}: ${sizeOf(table)}` : rawVolume,
    ]),
    ...(model
      ? [
        ["Model", model.path] as [string, string],
        ["Threshold", model.threshold === undefined ? "none" : short(model.threshold)] as [string, string],
      ]
      : []),
    ["Seed", String(settings.seed)],
    ...(seconds === null ? [] : [
      ["Time of the last run", `${seconds} s; stages that were done before are not repeated`] as [
        string,
        string,
      ],
    ]),
    ["Program", `ccboost ${run.version}; this report: ccboost ${version}, Deno ${Deno.version.deno}`],
  ];
}
