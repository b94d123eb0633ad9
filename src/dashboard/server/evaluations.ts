/** Comparisons of a run's scores with ground truth, as `evaluate --html` keeps them in the work folder: a report, and what the page shows of it. */
import { join } from "node:path";
import { ifThere } from "../../if_there.ts";
import type { KeptEvaluation } from "../kept_evaluation.ts";
import { type ContainedFile, containedFile } from "./files.ts";

/** Folder of a work folder that has them, `<volume>.html` and `<volume>.json`. */
export const EVALUATION_FOLDER = "evaluation";

/** A larger file is none that was kept. */
const MOST_BYTES = 1 << 25;

/** Those that are there, by the number of the test volume. */
export async function listEvaluations(workFolder: string): Promise<KeptEvaluation[]> {
  const names = await ifThere(() =>
    Array.fromAsync(Deno.readDir(join(workFolder, EVALUATION_FOLDER)), ({ name }) => name)
  );
  const volumes = (names ?? []).flatMap((name) => /^(\d{1,6})\.json$/.exec(name)?.[1] ?? []);
  const found: KeptEvaluation[] = [];
  for (const volume of volumes.sort((a, b) => Number(a) - Number(b))) {
    const file = await containedFile(workFolder, `${EVALUATION_FOLDER}/${volume}.json`);
    if (file === undefined || file.info.size > MOST_BYTES) continue;
    const kept = parsed(await Deno.readTextFile(file.path));
    if (kept) found.push({ ...kept, volume: Number(volume), url: `/evaluation/${volume}.html` });
  }
  return found;
}

/** The report of an evaluation; undefined where there is none. */
export async function evaluationReport(workFolder: string, name: string): Promise<ContainedFile | undefined> {
  if (!/^\d{1,6}\.html$/.test(name)) return undefined;
  return await containedFile(workFolder, `${EVALUATION_FOLDER}/${name}`);
}

/** What a kept file says; undefined where it is damaged or of another version. */
function parsed(text: string): KeptEvaluation | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
  const { figures, missed, invented } = (value ?? {}) as Partial<KeptEvaluation>;
  const isKept = typeof figures === "object" && figures !== null && Array.isArray(missed) &&
    Array.isArray(invented);
  return isKept ? value as KeptEvaluation : undefined;
}
