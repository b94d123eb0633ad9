/** What a run says at its end: what it wrote, and which commands are next. */
import { basename, dirname } from "node:path";
import { formatBytes, formatDuration } from "../engine/mod.ts";
import { programName, typedPath } from "../program_name.ts";
import type { RunReport } from "../stages/run.ts";
import type { RunTable } from "../stages/synapses/run_synapses.ts";
import { alignColumns } from "./text_table.ts";

/** A line for each file, one that sums up, and what to do next. @param url of the page, where one is shown */
export function describeRun(report: RunReport, url?: string): string {
  const { files, seconds, tables } = report;
  const table = alignColumns([
    ...files.map(({ path, what, bytes }) => [typedPath(path), formatBytes(bytes), what]),
    ...tables.map(({ labels }) => [typedPath(labels), "", "the number of the synapse at each voxel"]),
  ], "lrl");
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const names = files.map(({ path }) => basename(path)).join(", ");
  const labels = tables.map(({ labels }) => ` and ${basename(labels)}`).join("");
  const folders = [...new Set(files.map(({ path }) => typedPath(dirname(path))))].join(" and ");
  const what = files.length === 0
    ? "wrote nothing"
    : `wrote ${names} (${formatBytes(bytes)})${labels} to ${folders}`;
  return [
    ...(files.length > 0 ? [table, ""] : []),
    `${what} in ${formatDuration(seconds)}`,
    ...sentLines(report),
    ...tables.map(describeTable),
    ...nextSteps(report, url),
  ].join("\n");
}

function sentLines({ sent: [first, ...others] }: RunReport): string[] {
  if (first === undefined) return [];
  return [`sent ${first}${others.length === 0 ? "" : ` and ${others.length} more`}`];
}

/** What a table of synapses tells in one line. */
function describeTable(
  { csv, count, perCubicMicrometre, medianSize, threshold, minSize }: RunTable,
): string {
  const found = `${basename(csv)}: ${count} ${count === 1 ? "synapse" : "synapses"}`;
  const density = perCubicMicrometre === null ? [] : [`${short(perCubicMicrometre)} per µm³`];
  const size = medianSize === null ? [] : [`median size ${short(medianSize)} voxels`];
  const by = `at least ${minSize} voxels with a score of at least ${short(threshold)}`;
  return `${[found, ...density, ...size].join(", ")} (${by})`;
}

function short(value: number): string {
  return `${Number(value.toPrecision(3))}`;
}

/** Of a run that scored volumes, how to look at the scores and at the synapses, and to list these otherwise. */
function nextSteps({ scored, workFolder, tables }: RunReport, url: string | undefined): string[] {
  const work = typedPath(workFolder), program = programName();
  const look = ["view the result", url === undefined ? `${program} serve ${work}` : `${url}#/view`];
  if (scored === 0) return ["", alignColumns([look], "ll", "  ")];
  const report = ["report for a paper", `${program} report ${work} report.html`];
  const rows = Array.from({ length: scored }, (_, volume) => {
    const scores = scored === 1 ? work : `${work}/scores/${volume}-max.zarr`;
    const table = tables.find((one) => one.volume === volume);
    if (table === undefined) return [["list the synapses", `${program} synapses ${scores}`]];
    const name = table.csv.replace(/-synapses\.csv$/, "-again");
    return [
      ["view the synapses", `${program} serve ${typedPath(table.labels)}`],
      ["list them again", `${program} synapses ${scores} --out ${typedPath(name)}`],
    ];
  }).flat();
  return [
    "",
    "Next:",
    alignColumns([look, ...rows, ...(tables.length > 0 ? [report] : [])], "ll", "  "),
    ...(tables.length > 0
      ? ["To list them with another threshold or minimum size, add --threshold or --min-size."]
      : []),
    `Keep ${work} until you are content with your table: these commands need the scores in it.`,
  ];
}

/** A run's report as the data of a JSON line. */
export function jsonOfRun({ files, tables, ...rest }: RunReport) {
  return {
    ...rest,
    files: files.map((file) => ({ ...file })),
    tables: tables.map((table) => ({ ...table })),
  };
}
