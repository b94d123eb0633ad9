/** `ccboost synapses`: from scores to a table of synapses. */
import { basename, dirname, join, resolve } from "node:path";
import { zarrScores } from "../analysis/voxel_source.ts";
import { readStumpFile } from "../boosting/mod.ts";
import { UserError } from "../user_error.ts";
import { callbackStage } from "../engine/mod.ts";
import { resultPrefix } from "../run/work_folder.ts";
import { type DirectionSource, directionSource } from "../stages/synapses/directions.ts";
import { keptAnisotropy, keptDirections, keptThreshold } from "../stages/synapses/kept.ts";
import { SYNAPSES_MEMORY, synapsesShares } from "../stages/synapses/memory.ts";
import { requireAnnotations } from "../stages/synapses/neuroglancer_annotations.ts";
import { probabilityBytes } from "../stages/export/slab_job.ts";
import { finalScores, probabilityOf } from "../stages/refine/refine.ts";
import type { Decisions } from "../stages/synapses/review/fold.ts";
import { reviewedFiles, writeReviewed } from "../stages/synapses/review/write_reviewed.ts";
import { summaryOf, summaryRecord } from "../stages/synapses/synapse_files.ts";
import { synapseFiles, writeSynapses } from "../stages/synapses/write_synapses.ts";
import { highestScore } from "../stages/synapses/highest_score.ts";
import { voxelCount } from "../volume/region.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import type { Call, Command } from "./command.ts";
import { anisotropyFlag, numberOf, textOf, voxelSizeFlag } from "./flag_values.ts";
import { memoryOf } from "./resource_flags.ts";
import { scoresOf } from "./scores_of.ts";
import { warnOfDoubts } from "./synapses_doubts.ts";
import { describeSynapses, type SynapsesOfFile } from "./synapses_text.ts";
import {
  openVolumeFile,
  requireFolderOf,
  requireFree,
  requireOneComponent,
  requireReplaceable,
  usualType,
  VOLUME_FLAGS,
  volumeAt,
  withTemporaryFolder,
} from "./volumes.ts";
import { openReviewLog, reviewPath } from "../stages/synapses/review/review_log.ts";
import type { ReviewProgress } from "../stages/synapses/review/sample.ts";
import { commandLine } from "../program_name.ts";
import { runOfScores } from "./evaluate_kept.ts";

export const synapsesCommand: Command = {
  name: "synapses",
  summary: "list the synapses found by a run",
  operands: [{ name: "scores", help: "work folder of a run, or scores as Zarr, NRRD or TIFF" }],
  flags: [
    ...VOLUME_FLAGS,
    "threshold",
    "model",
    "min-size",
    "orientation",
    "voxel-size",
    "anisotropy",
    "reviewed",
    "out",
    "overwrite",
    "memory",
    "work",
  ],
  flagHelp: {
    threshold: "minimum score of a synapse's voxels (default: the model's threshold)",
    "min-size": "minimum size of a synapse in voxels (default 100)",
    anisotropy: "voxel size in z divided by that in x and y (default: as in the run, or 1)",
    "voxel-size": "voxel size in nm (default: as in the scores)",
    work: "folder for temporary files (default: next to the outputs)",
  },
  description:
    "Finds connected voxels with high scores and measures position, size, shape and direction of each\n" +
    "synapse. Writes a table, <PREFIX>-synapses.csv and .json, a label volume,\n" +
    "<PREFIX>-synapses.zarr, and annotations for Neuroglancer, <PREFIX>-annotations. Existing files\n" +
    "are replaced only with --overwrite. A work folder also tells threshold and directions; for other\n" +
    "scores, give --model (or --threshold) and --orientation.\n" +
    "With --reviewed, what was decided on the page (Results, Proofread) is applied: rejected synapses\n" +
    "are left out, others split, merged, turned or added, and the table says what was said of each.\n" +
    "The files are then <PREFIX>-reviewed-..., with <PREFIX>-reviewed-training.zarr, labels to learn from.",
  examples: [
    "synapses out-work",
    "synapses out-work --reviewed",
    "synapses out-0-ab-max.nrrd --model out-stumps.cfg --voxel-size 4,4,40",
  ],
  leastMemory: () => SYNAPSES_MEMORY,
  run: synapses,
};

const MAX_SCORE = 1e30;
const MAX_SIZE = 2 ** 50;

async function synapses(call: Call): Promise<void> {
  const scores = await scoresOf(volumeAt(call, 0), "synapses");
  const isReviewed = call.flags.has("reviewed");
  const decisions = isReviewed ? await decisionsAbout(scores) : undefined;
  const prefix = textOf(call.flags, "out") ?? `${prefixOf(resolve(scores))}${isReviewed ? "-reviewed" : ""}`;
  const paths = reviewedFiles(prefix);
  for (const path of Object.values(isReviewed ? paths : synapseFiles(prefix))) await requireFree(call, path);
  const found = await findSynapsesOf(call, scores, prefix, decisions);
  const { review } = found.table;
  const text = describeSynapses(found);
  call.reporter.result(review ? `${describeReview(review.progress)}\n\n${text}` : text, {
    scores,
    threshold: found.table.threshold,
    minSize: found.table.minSize,
    unit: found.table.unit,
    files: found.files.map(({ path }) => path),
    summary: summaryRecord(summaryOf(found.table)),
    ...(review ? { review: { ...review.progress } } : {}),
  });
}

/**
 * Finds the synapses in a volume of any format and writes the files, also in the place of others.
 * @param decisions are applied
 * @throws {UserError} where that cannot be done
 */
async function findSynapsesOf(
  call: Call,
  path: string,
  prefix: string,
  decisions: Decisions | undefined,
): Promise<SynapsesOfFile> {
  const { flags, reporter, signal } = call;
  const shares = synapsesShares(memoryOf(flags, SYNAPSES_MEMORY));
  const given = {
    threshold: numberOf(flags, "threshold", { from: -MAX_SCORE, to: MAX_SCORE }),
    minSize: numberOf(flags, "min-size", { from: 1, to: MAX_SIZE, isWhole: true }),
    voxelSize: voxelSizeFlag(flags),
  };
  const paths = reviewedFiles(prefix);
  await requireOneComponent(path);
  await requireFolderOf(paths.csv);
  await requireReplaceable(paths.labels);
  if (decisions) await requireReplaceable(paths.training);
  requireAnnotations(paths.annotations);
  const dtype = await usualType(path);
  return await withTemporaryFolder(
    call,
    paths.csv,
    ["synapses", resolve(path), resolve(prefix)],
    async (folder) => {
      const scores = await openVolumeFile(call, path, folder, dtype);
      const threshold = given.threshold ?? await knownThreshold(call, scores, path);
      const directions = await directionsOf(call, scores, folder);
      const voxelSize = given.voxelSize ?? scores.voxelSize;
      const anisotropy = anisotropyOf(call, scores);
      const stage = callbackStage(reporter, "synapses", voxelCount(scores.shape));
      const options = {
        name: path,
        files: paths,
        threshold,
        minSize: given.minSize,
        voxelSize,
        anisotropy,
        directions,
        ...shares,
        signal,
        onProgress: stage.onShare,
      };
      const reviewed = decisions && await writeReviewed(scores, { ...options, decisions });
      const table = reviewed?.table ?? await writeSynapses(scores, options);
      stage.done();
      for (const note of reviewed?.notes ?? []) reporter.warn(note);
      await warnOfDoubts(call, path, paths.csv, table);
      const highest = table.synapses.length === 0
        ? await highestScore(zarrScores(scores), signal)
        : undefined;
      return {
        table,
        highest,
        files: [
          { path: paths.csv, what: "the table" },
          { path: paths.json, what: "the table and the summary" },
          { path: paths.labels, what: "number of the synapse at each voxel" },
          { path: paths.annotations, what: "annotations for Neuroglancer" },
          ...(decisions
            ? [{ path: paths.training, what: "labels to learn from: 255 accepted, 0 rejected, 128 neither" }]
            : []),
        ],
      };
    },
  );
}

/** The threshold that the scores' array or the model knows. */
async function knownThreshold({ flags }: Call, scores: ZarrVolume, path: string): Promise<number> {
  const modelPath = textOf(flags, "model");
  const isProbability = scores.dtype === "uint8";
  if (modelPath === undefined) {
    const kept = keptThreshold(scores);
    if (kept !== undefined) return kept;
    throw new UserError(
      `${path} has no threshold; give --threshold SCORE (evaluate finds a good one) or --model FILE, ` +
        "the model that computed the scores",
    );
  }
  const model = await readStumpFile(modelPath, { anisotropy: 1 });
  const final = finalScores(model, { smoothing: "auto", autoContext: true });
  const { threshold } = final;
  if (threshold === undefined) {
    throw new UserError(
      `${modelPath} has no bestThreshold, because it is from the original or from an earlier version; give --threshold SCORE ` +
        "(evaluate finds a good one)",
    );
  }
  return isProbability
    ? probabilityBytes(probabilityOf(final))(Float32Array.of(threshold))[0] ?? 0
    : threshold;
}

/** The directions that were named, else those that scoring wrote beside the scores. */
async function directionsOf(
  call: Call,
  scores: ZarrVolume,
  folder: string,
): Promise<DirectionSource | undefined> {
  const named = textOf(call.flags, "orientation");
  if (named !== undefined) return directionSource(await openVolumeFile(call, named, folder, "float32"));
  const kept = await keptDirections(scores);
  if (kept !== undefined) return kept;
  call.reporter.warn(
    "no directions found, so the direction columns are empty; use the scores in the work folder, or give --orientation FILE",
  );
  return undefined;
}

/** Where it is not given, that of the run which made the scores. */
function anisotropyOf({ flags }: Call, scores: ZarrVolume): number {
  const kept = textOf(flags, "anisotropy") === undefined ? keptAnisotropy(scores) : undefined;
  return kept ?? anisotropyFlag(flags);
}

/** `out-0` for `out-0-ab-max.nrrd` and for `out-work/scores/0-max.zarr`, else the file's name without its ending. */
export function prefixOf(path: string): string {
  const stem = basename(path).replace(/\.(zarr|nrrd|nhdr|tiff?)$/i, "").replace(/-(ab-)?max$/, "");
  const folder = dirname(path);
  if (basename(folder) !== "scores") return join(folder, stem);
  return `${resultPrefix(dirname(folder))}-${stem}`;
}

/**
 * What was decided about the synapses of a run.
 * @param scores path of the scores
 * @throws {UserError} where these are not a run's, or nobody has reviewed its synapses
 */
async function decisionsAbout(scores: string): Promise<Decisions> {
  const run = await runOfScores(scores);
  if (run === undefined) {
    throw new UserError(
      `${scores}: --reviewed needs the work folder of the run whose synapses were reviewed`,
    );
  }
  const log = reviewPath(run.work, run.volume);
  const decisions = openReviewLog(log).decisions();
  if (decisions.done.length > 0) return decisions;
  throw new UserError(
    `${log}: nothing was reviewed yet; start ${commandLine(["serve", run.work])} and choose Proofread at ` +
      "Results, or leave out --reviewed",
  );
}

/** How many are right, and how sure that is. */
function describeReview(
  { count, accepted, rejected, unsure, added, estimate }: ReviewProgress,
): string {
  const looked = accepted + rejected + unsure;
  const told = accepted + rejected;
  const right = told > 0 ? `, ${percent(accepted / told)} of them right` : "";
  const sample = estimate.precision === null
    ? "The random sample was not begun, so the precision of the table is not known."
    : `Estimated precision of the table as it was found: ${percent(estimate.precision)}, 95 % confidence ` +
      `interval ${percent(estimate.from)} to ${
        percent(estimate.to)
      }, from a random sample of ${estimate.looked}.`;
  return [
    `Review: ${looked} of ${count} looked at${right}; ${rejected} rejected, ${unsure} unsure, ${added} added`,
    sample,
  ].join("\n");
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}
