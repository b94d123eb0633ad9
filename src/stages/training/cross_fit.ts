/** Cross-fitting: several models, each scoring the part of the training volumes that it did not learn from. */
import type { Stump } from "../../boosting/mod.ts";
import { anisotropyOf, type Settings } from "../../config/settings.ts";
import { voxelCount, type Zyx } from "../../volume/region.ts";
import { defaultChunk, type ZarrVolume } from "../../volume/zarr/mod.ts";
import type { FeatureList } from "../../block/feature_file.ts";
import { featureContext } from "../../block/reach.ts";
import type { RunContext } from "../../run/run_context.ts";
import { groupOf } from "../../run/volume_suffix.ts";
import { inputName } from "../input_files.ts";
import { fixedStumps } from "../score/score.ts";
import { usualSmoothing } from "./best_threshold.ts";
import { tilesWithSynapses } from "./fold_regions.ts";
import { type FoldPart, type Folds, foldsToPlan, makeFolds } from "./folds.ts";
import { scoreTraining } from "./score_training.ts";
import type { TrainingSamples } from "./select.ts";
import { numbersBefore, type TrainingVolume, usedComponents } from "./training_volume.ts";

/** Name of the stage and of its folder in the work folder. */
export const CROSS_FIT_STAGE = "cross-fit";

/** Name of the stage, and of its folder, that scores what the models have seen, where there are too few synapses for cross-fitting. */
export const SEEN_STAGE = "training scores";

/** Most voxels of all training volumes that are scored for what follows the first stage. */
const MOST_CROSS_FIT_VOXELS = 3 * 2 ** 22;

/** Divides the training volumes as the settings want, says how, and gives undefined where one model is to learn from everything. */
export function foldsOf(
  { settings, reporter, telemetry }: RunContext,
  volumes: readonly TrainingVolume[],
  selected: TrainingSamples,
  list: FeatureList,
): Folds | undefined {
  if (settings.crossFitFolds < 2) return undefined;
  const poses = list.kind === "pool" ? list.poses : list.features.map(({ pose }) => pose);
  const before = numbersBefore(volumes);
  const folds = makeFolds({
    folds: settings.crossFitFolds,
    volumes: volumes.map(({ volume: { job, raw }, truth }, place) => ({
      shape: raw.shape,
      anisotropy: job.anisotropy,
      chunk: defaultChunk(raw.shape, job.anisotropy),
      reach: featureContext(job, poses, new Set(job.sources.keys())),
      components: truth.list.components.map((own) => ({ ...own, id: own.id + (before[place] ?? 0) })),
      raw: raw.path,
    })),
    selected,
    mostVoxels: MOST_CROSS_FIT_VOXELS,
  });
  if ("reason" in folds) {
    telemetry?.undivided();
    const [inSlice, acrossSlices] = usualSmoothing(anisotropyOf(settings));
    const follows = settings.autoContext
      ? "a simple second stage is trained on the mean of their scores"
      : `the mean of their scores is smoothed by ${inSlice} voxels${
        acrossSlices === 0 ? " within slices" : ""
      }`;
    reporter.message(
      `no cross-fitting (models that each leave out a part): ${folds.reason}. ${settings.crossFitFolds} models are ` +
        `trained on everything, and ${follows}`,
    );
    return undefined;
  }
  const wanted = folds.count < settings.crossFitFolds ? ` instead of ${settings.crossFitFolds}` : "";
  const voxels = folds.parts.reduce((sum, { region }) => sum + voxelCount(region.shape), 0);
  const gap = Math.max(...folds.divisions.map((division) => division.gap));
  const [what, upTo] = volumes.length === 1 ? ["the volume", ""] : ["the volumes", "up to "];
  reporter.message(
    `cross-fitting: ${folds.count} models${wanted}, each trained without one part of ${what} and ` +
      `${upTo}${gap} voxels beside it. ${describeDivisions(settings, folds, volumes)}; each model scores ` +
      `its part (${(voxels / 1e6).toFixed(1)} M voxels in all), to train the second stage`,
  );
  return folds;
}

function describeDivisions(
  settings: Settings,
  { divisions }: Folds,
  volumes: readonly TrainingVolume[],
): string {
  const texts = divisions.map(({ axis, bounds }, place) => {
    const cuts = bounds.slice(1, -1);
    const file = inputName(settings, volumes[place]?.settings.rawVolume ?? "");
    const name = volumes.length === 1 ? "The volume" : `${groupOf(place, volumes.length)} (${file})`;
    return cuts.length === 0
      ? `${name} is not divided`
      : `${name} is divided at ${"zyx"[axis]} = ${cuts.join(", ")}`;
  });
  return texts.join("; ");
}

/** The parts of the training volumes that are scored where models have learned from all synapses; those of a volume are one fold. */
export function seenParts(volumes: readonly TrainingVolume[]): Pick<Folds, "parts" | "chunks"> {
  const used = volumes.map(usedComponents);
  const all = used.reduce((sum, { length }) => sum + length, 0);
  const chunks = volumes.map(({ volume: { job, raw } }) => defaultChunk(raw.shape, job.anisotropy));
  const parts = volumes.flatMap(({ volume: { job, raw: { shape } }, truth }, volume) => {
    const own = used[volume]?.length ?? 0;
    if (own === 0) return [];
    const tiles = tilesWithSynapses({
      shape,
      anisotropy: job.anisotropy,
      chunk: chunks[volume] ?? shape,
      components: truth.list.components,
      mostVoxels: MOST_CROSS_FIT_VOXELS * own / all,
    });
    return tiles.map((region) => ({ volume, fold: 0, region }));
  });
  return { parts, chunks };
}

/** The folds of a volume as far as they can be told before labels are known. @param share of what may be scored in all volumes */
export function foldsBefore(
  { crossFitFolds: folds }: Pick<Settings, "crossFitFolds">,
  shape: Zyx,
  anisotropy: number,
  share = 1,
): ReturnType<typeof foldsToPlan> {
  const chunk = defaultChunk(shape, anisotropy);
  return foldsToPlan({ folds, shape, anisotropy, chunk, mostVoxels: MOST_CROSS_FIT_VOXELS * share });
}

/** The parts of a training volume with their scores. */
export interface ScoredParts extends TrainingVolume {
  readonly parts: readonly FoldPart[];
  /** No two parts share one of these. */
  readonly chunk: Zyx;
  readonly scores: ZarrVolume;
}

/** Scores each part with the stumps of its fold, which did not learn from it where there are folds. @returns the volumes that have parts */
export async function scoreParts(
  context: RunContext,
  volumes: readonly TrainingVolume[],
  name: string,
  ofFolds: readonly (readonly Stump[])[],
  folds: Pick<Folds, "parts" | "chunks">,
  dependsOn: unknown,
): Promise<ScoredParts[]> {
  const scored: ScoredParts[] = [];
  for (const [place, of] of volumes.entries()) {
    const own = folds.parts.filter((part) => part.volume === place);
    if (own.length === 0) continue;
    const models = ofFolds.map((stumps) => fixedStumps({ stumps }, of.volume));
    const parts = own.map(({ region, fold }) => ({ region, stumps: models[fold] ?? [] }));
    const chunk = folds.chunks[place] ?? of.volume.raw.chunk;
    const scores = await scoreTraining(context, of.volume, {
      name,
      index: of.index,
      dependsOn: { dependsOn, parts },
      chunk,
      parts,
      leastScore: null,
    });
    scored.push({ ...of, parts: own, chunk, scores });
  }
  return scored;
}
