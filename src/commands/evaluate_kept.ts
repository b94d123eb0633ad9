/** An evaluation of a run's scores that is kept in its work folder, for the page. */
import { basename, dirname, join, resolve } from "node:path";
import type { KeptEvaluation, KeptMistake } from "../dashboard/kept_evaluation.ts";
// not from mod.ts, which loads the server
import { EVALUATION_FOLDER } from "../dashboard/server/evaluations.ts";
import { writeFileAtomic } from "../volume/file.ts";
import { version } from "../version.ts";
import type { FilesEvaluation } from "./evaluate_files.ts";
import { isWorkFolder } from "./scores_of.ts";
import { makeFolder } from "./volumes.ts";

/** The work folder that scores are in, and the number of their volume; undefined for scores elsewhere. */
export async function runOfScores(
  path: string,
): Promise<{ readonly work: string; readonly volume: number } | undefined> {
  const volume = /^(\d+)-max\.zarr$/.exec(basename(path))?.[1];
  const scores = dirname(resolve(path)), work = dirname(scores);
  if (volume === undefined || basename(scores) !== "scores" || !await isWorkFolder(work)) return undefined;
  return { work, volume: Number(volume) };
}

/**
 * Keeps a report, in the place of an earlier one of the volume.
 * @param page the report as HTML
 */
export async function keepEvaluation(
  { work, volume }: { readonly work: string; readonly volume: number },
  found: FilesEvaluation,
  { page, labels, caution }: {
    readonly page: string;
    readonly labels: string;
    readonly caution: string | undefined;
  },
): Promise<void> {
  const folder = join(work, EVALUATION_FOLDER);
  await makeFolder(folder);
  await writeFileAtomic(join(folder, `${volume}.html`), page);
  const kept = keptOf(found, labels, caution);
  await writeFileAtomic(join(folder, `${volume}.json`), `${JSON.stringify(kept)}\n`);
}

function keptOf(
  { voxels, synapses, pictures }: FilesEvaluation,
  labels: string,
  caution: string | undefined,
): Omit<KeptEvaluation, "volume" | "url"> {
  const mistakes = (wrong: NonNullable<typeof pictures>["misses"] = []): KeptMistake[] =>
    wrong.map(({ position, voxels, peakScore, hasTakenCounterpart, picture }) => ({
      position,
      voxels,
      peakScore: Number.isFinite(peakScore) ? peakScore : null,
      hasTakenCounterpart,
      picture: {
        width: picture.width,
        height: picture.height,
        image: picture.raw ?? picture.scores,
        truth: picture.truthOutline,
        found: picture.predictionOutline,
      },
    }));
  return {
    version,
    labels: resolve(labels),
    caution: caution ?? "",
    figures: {
      averagePrecision: voxels.averagePrecision,
      bestF1: voxels.bestF1.value,
      ...(synapses
        ? {
          threshold: synapses.threshold,
          detected: synapses.detected,
          missed: synapses.missed,
          invented: synapses.invented,
          precision: synapses.precision,
          recall: synapses.recall,
          f1: synapses.f1,
        }
        : {}),
    },
    missed: mistakes(pictures?.misses),
    invented: mistakes(pictures?.inventions),
  };
}
