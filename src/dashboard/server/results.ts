/** The files that a run has left, for download: those of the work folder, and its results beside it. */
import { basename, dirname, join } from "node:path";
import { resultPrefix } from "../../run/work_folder.ts";
import { answersName } from "../../stages/training/polarity_answers.ts";
import type { ResultFile, RunResults } from "../api.ts";
import { listEvaluations } from "./evaluations.ts";
import { type ContainedFile, containedFile } from "./files.ts";
import { CONFIG_COPY } from "./polarity.ts";

/** What follows the name of the outputs in names of results, and what people read of them. */
const RESULTS: readonly (readonly [ending: RegExp, what: string])[] = [
  [/^-stumps\.cfg$/, "the trained model; use it again with savedStumpsPath"],
  [/^-\d+-ab-max\.(nrrd|tif)$/, "the result: one score per voxel, high means synapse"],
  [/^-\d+-ab-first\.nrrd$/, "the scores of the first stage, for experiments"],
  [/^-\d+-ab-min\.(nrrd|tif)$/, "the scores of the less likely direction, for experiments"],
  [/^-\d+--?predOrient\.nrrd$/, "the direction across the clefts"],
  [/^-\d+-synapses\.(csv|json)$/, "the synapses found"],
  [/^-\d+-reviewed-synapses\.(csv|json)$/, "the synapses with the review applied"],
  [/^-\d+-chosen-synapses\.(csv|json)$/, "the synapses with the threshold chosen on the page"],
  [/^(-\d+)?-metrics\.json$/, "comparison with ground truth"],
];

/** What of the work folder itself can be downloaded. */
const OWN: Readonly<Record<string, string>> = {
  [CONFIG_COPY]: "the configuration with the polarity answers",
  [answersName(0)]: "the polarity answers",
  "journal.jsonl": "record of what is finished, by which a run resumes",
};
const FURTHER_ANSWERS = /^polarity-([1-9]\d{0,3})\.json$/;

function aboutOwn(name: string): string | undefined {
  const volume = FURTHER_ANSWERS.exec(name)?.[1];
  if (volume !== undefined) return `the polarity answers of training volume ${volume}`;
  return Object.hasOwn(OWN, name) ? OWN[name] : undefined;
}

/** Lists what there is. */
export async function listResults(workFolder: string): Promise<RunResults> {
  const files: ResultFile[] = [];
  for (const name of await namesIn(dirname(workFolder))) {
    const what = aboutResult(workFolder, name);
    const file = what === undefined ? undefined : await resultFile(workFolder, encodeURIComponent(name));
    if (file && what !== undefined) files.push(described(name, what, file));
  }
  const further = (await namesIn(workFolder)).filter((name) => FURTHER_ANSWERS.test(name));
  for (const name of [...Object.keys(OWN), ...further]) {
    const file = await containedFile(workFolder, name);
    if (file) files.push(described(name, aboutOwn(name) ?? "", file));
  }
  return {
    files,
    metrics: await metricsOf(workFolder, files),
    evaluations: await listEvaluations(workFolder),
  };
}

/**
 * A file to send: one that lies beside a work folder `<outFileName>-work` and is named as a result of `<outFileName>`, or one of the
 * work folder's own. Nothing that a journal or a link says makes another file reachable.
 */
export async function resultFile(workFolder: string, urlName: string): Promise<ContainedFile | undefined> {
  const name = decodedName(urlName);
  if (name === undefined) return undefined;
  if (aboutOwn(name) !== undefined) return await containedFile(workFolder, urlName);
  if (aboutResult(workFolder, name) === undefined) return undefined;
  const folder = await Deno.realPath(dirname(workFolder));
  const file = await containedFile(folder, urlName);
  return file?.path === join(folder, name) ? file : undefined;
}

function described(name: string, what: string, { info }: ContainedFile): ResultFile {
  return { name, what, bytes: info.size, url: `/files/${encodeURIComponent(name)}` };
}

/** What follows the name of a run's outputs in the name of a file; empty where the name begins otherwise. */
export function afterPrefix(workFolder: string, name: string): string {
  const work = basename(workFolder), prefix = resultPrefix(work);
  return prefix !== work && name.startsWith(prefix) ? name.slice(prefix.length) : "";
}

function aboutResult(workFolder: string, name: string): string | undefined {
  const rest = afterPrefix(workFolder, name);
  return RESULTS.find(([ending]) => ending.test(rest))?.[1];
}

function decodedName(urlName: string): string | undefined {
  try {
    return decodeURIComponent(urlName);
  } catch (cause) {
    if (cause instanceof URIError) return undefined;
    throw cause;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) if (isFile) names.push(name);
  } catch (cause) {
    // The server may be allowed to read the work folder alone.
    if (cause instanceof Deno.errors.NotCapable || cause instanceof Deno.errors.PermissionDenied) return [];
    throw cause;
  }
  return names.sort();
}

const MOST_METRICS = 1 << 20;

async function metricsOf(workFolder: string, files: readonly ResultFile[]): Promise<unknown> {
  const listed = files.find(({ name, bytes }) => name.endsWith("-metrics.json") && bytes < MOST_METRICS);
  const file = listed ? await resultFile(workFolder, encodeURIComponent(listed.name)) : undefined;
  if (!file) return null;
  try {
    return JSON.parse(await Deno.readTextFile(file.path));
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}
