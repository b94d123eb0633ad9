/** What a run says at its end: what it wrote, and which commands are next. */
import { basename, dirname } from "node:path";
import { formatBytes, formatDuration } from "../engine/mod.ts";
import { programName, typedPath } from "../program_name.ts";
import type { RunReport } from "../stages/run.ts";
import { alignColumns } from "./text_table.ts";

/** A line for each file, one that sums up, and what to do next. @param url of the page, where one is shown */
export function describeRun(report: RunReport, url?: string): string {
  const { files, seconds } = report;
  const table = alignColumns(
    files.map(({ path, what, bytes }) => [typedPath(path), formatBytes(bytes), what]),
    "lrl",
  );
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const names = files.map(({ path }) => basename(path)).join(", ");
  const folders = [...new Set(files.map(({ path }) => typedPath(dirname(path))))].join(" and ");
  const what = files.length === 0 ? "wrote nothing" : `wrote ${names} (${formatBytes(bytes)}) to ${folders}`;
  return [
    ...(files.length > 0 ? [table, ""] : []),
    `${what} in ${formatDuration(seconds)}`,
    ...nextSteps(report, url),
  ].join("\n");
}

/** Of a run that scored volumes, how to look at the scores and to make the table. */
function nextSteps({ scored, workFolder }: RunReport, url: string | undefined): string[] {
  const work = typedPath(workFolder), program = programName();
  const look = ["view the result", url === undefined ? `${program} serve ${work}` : `${url}#/view`];
  if (scored === 0) return ["", alignColumns([look], "ll", "  ")];
  const tables = scored === 1
    ? [work]
    : Array.from({ length: scored }, (_, i) => `${work}/scores/${i}-max.zarr`);
  const rows = [look, ...tables.map((path) => ["list the synapses", `${program} synapses ${path}`])];
  return [
    "",
    "Next:",
    alignColumns(rows, "ll", "  "),
    `Keep ${work} until you have your table: both commands need the scores in it.`,
  ];
}

/** A run's report as the data of a JSON line. */
export function jsonOfRun({ files, ...rest }: RunReport) {
  return { ...rest, files: files.map((file) => ({ ...file })) };
}
