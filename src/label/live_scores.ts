/** Scores of what is in sight, the blocks nearest to where somebody looks first. */
import { join } from "node:path";
import { cellShape } from "../autocontext/mod.ts";
import type { Model } from "../boosting/mod.ts";
import type { Block } from "../engine/mod.ts";
import type { Kernels } from "../kernels/mod.ts";
import { computeBlocks } from "../run/run_blocks.ts";
import type { RunContext } from "../run/run_context.ts";
import { removeFolder } from "../run/work_folder.ts";
import type { RunVolume } from "../stages/inputs.ts";
import { openRefineJob, refineBlock } from "../stages/refine/refine_block.ts";
import { fixedStumps, planScore } from "../stages/score/score.ts";
import type { ScoreJob } from "../stages/stage_jobs.ts";
import { type Region, regionAround, zipAxes, type Zyx } from "../volume/region.ts";
import { usualSmoothing } from "../stages/training/best_threshold.ts";
import { createZarr, type ZarrVolume } from "../volume/zarr/mod.ts";
import { chunksOf, regionOfChunk } from "../volume/zarr/read.ts";
import { nearestUnscored, scoredAround, squaredDistance } from "./labelled_chunks.ts";
import { type LiveAnswer, type Look, SCORES_FOLDER, scoresName } from "./live.ts";
import { chunkKey } from "./runs.ts";
import { createThresholdFinder, type ThresholdFinder, thresholdOf } from "./threshold.ts";

/** Scores that one model gives to one stack. */
export interface LiveScores {
  /** Scores what is in sight and not scored yet. @param signal ends it after the blocks under way */
  score(look: Look, signal: AbortSignal, tell: (answer: LiveAnswer) => void): Promise<void>;
  /**
   * Scores the nearest chunk with a synapse, and then others that hold labels, until there is a threshold: where none is in sight, scores
   * would be shown without.
   * @param signal ends it after the chunk under way
   */
  scoreForThreshold(at: Zyx, signal: AbortSignal, tell: (answer: LiveAnswer) => void): Promise<void>;
  /**
   * Scores, one by one, other chunks that hold labels, so that the threshold is of all.
   * @param at the nearest first
   * @param signal ends it after the chunk under way
   * @returns whether there were any
   */
  scoreLabelled(at: Zyx, signal: AbortSignal, tell: (answer: LiveAnswer) => void): Promise<boolean>;
  /** Chunks that hold labels, and those of them that are scored. */
  labelled(): { readonly scored: number; readonly all: number };
}

/** What is scored, with what. */
export interface LiveScoreOptions {
  readonly kernels: Kernels;
  /** Of the stack. */
  readonly folder: string;
  /** Names the stack. */
  readonly id: string;
  readonly version: number;
  /** What the labels of each stack tell of the threshold; this stack's is added. */
  readonly thresholds: ThresholdFinder[];
  readonly volume: RunVolume;
  readonly model: Model;
  /** Labels, 0 and 255, in chunks as `truth.zarr` has them. */
  readonly truth: ZarrVolume;
  /** Chunks of it that hold labels. */
  readonly labelled: readonly Zyx[];
  /** A voxel of each synapse. */
  readonly synapses: readonly Zyx[];
}

/** Parts that are planned together. */
const AT_ONCE = 128;

/** Chunks of a stack out of sight that each model scores for their labels: seconds that nobody waits for. */
const MOST_BESIDE = 128;

/** How many arrays are kept: that of the last model, and the one before, which is shown until the new one has something. */
const KEPT = 2;

/** Makes the arrays of scores of a model; those of old models are removed. */
export async function openLiveScores(given: RunContext, options: LiveScoreOptions): Promise<LiveScores> {
  const { kernels, folder, id, version, volume, model, truth, labelled, synapses, thresholds } = options;
  const { raw: { shape }, job: volumeJob } = volume;
  const { anisotropy } = volumeJob;
  const { chunk } = truth;
  const scores = join(folder, SCORES_FOLDER);
  await removeOld(scores, KEPT - 1);
  const array = (path: string) => createZarr(path, { shape, chunk, dtype: "float32", codec: "zstd" });
  const first = await array(join(given.workFolder, "first.zarr"));
  const target = await array(join(scores, scoresName(version)));
  const stumps = fixedStumps(model, volume);
  const job: ScoreJob = {
    stage: "score",
    volume: volumeJob,
    stumps,
    leastScore: null,
    max: first.path,
    min: "",
    direction: "",
    orientation: "",
    features: "",
  };
  const smoothing = await openRefineJob({
    stage: "refine",
    raw: volumeJob.raw,
    scores: first.path,
    anisotropy,
    cell: cellShape(volumeJob.slic),
    refinement: { smoothing: { sigma: usualSmoothing(anisotropy), platt: model.platt } },
    out: target.path,
  });
  /** @param within the part around it that has scores */
  const smooth = async (write: Region, within: Region) => {
    await refineBlock(kernels, { ...smoothing, job: { ...smoothing.job, within } }, write);
    await threshold.add(write, target, truth);
  };
  const scoreBlocks = async (
    parts: readonly Region[],
    signal: AbortSignal,
    onScored: (block: Region) => Promise<void>,
  ) => {
    const { workers, threads, blocks } = planScore(given, volume, stumps, { parts, chunk });
    const tasks = blocks.map(({ read, write }: Block) => ({ read, write }));
    await computeBlocks({ name: "live", title: "live scores", fingerprint: "", job }, tasks, {
      workerModules: given.workerModules,
      workers: Math.min(workers, tasks.length),
      threads,
      inMainThread: given.resources.inMainThread,
      signal,
      progress: { advance: () => {}, done: () => {} },
      journal: {
        append: async (event) => {
          if (event.event === "block-done") await onScored(event.write);
        },
      },
    });
  };
  const done = new Set<string>();
  const threshold = createThresholdFinder();
  thresholds.push(threshold);
  /** Chunks out of sight that were scored for their labels. */
  let beside = 0;
  const scoredOf = (tell: (answer: LiveAnswer) => void) => (chunks: readonly string[]) =>
    tell({ kind: "scored", stack: id, version, chunks, threshold: thresholdOf(thresholds) });
  const scoreBeside = async (
    index: Zyx,
    signal: AbortSignal,
    scored: (chunks: readonly string[]) => void,
  ) => {
    signal.throwIfAborted();
    await scoreBlocks([regionOfChunk(target, index)], signal, async (block) => {
      await smooth(block, block);
      done.add(chunkKey(index));
      beside++;
      scored([chunkKey(index)]);
    });
  };
  return {
    labelled: () => ({
      scored: labelled.filter((index) => done.has(chunkKey(index))).length,
      all: labelled.length,
    }),
    async scoreForThreshold(at, signal, tell) {
      const unscored = (chunks: readonly Zyx[]) => nearestUnscored(target, chunks, done, at);
      const withSynapses = synapses.map((voxel) => zipAxes((v, n) => Math.floor(v / n), voxel, chunk));
      for (const index of [...unscored(withSynapses).slice(0, 1), ...unscored(labelled)]) {
        if (thresholdOf(thresholds) !== null || beside >= MOST_BESIDE) return;
        if (!done.has(chunkKey(index))) await scoreBeside(index, signal, scoredOf(tell));
      }
    },
    async scoreLabelled(at, signal, tell) {
      const scored = scoredOf(tell);
      const chunks = nearestUnscored(target, labelled, done, at).slice(0, MOST_BESIDE - beside);
      for (const index of chunks) await scoreBeside(index, signal, scored);
      for (const index of chunks) {
        signal.throwIfAborted();
        await smooth(regionOfChunk(target, index), scoredAround(target, index, done));
      }
      if (chunks.length > 0) scored(chunks.map(chunkKey));
      return chunks.length > 0;
    },
    async score({ at, box }, signal, tell) {
      const scored = scoredOf(tell);
      const inSight = Array.from(chunksOf(box, chunk), (index): InSight => ({
        index,
        key: chunkKey(index),
        region: regionOfChunk(target, index),
      }));
      const parts = partsOf(
        inSight.filter(({ key }) => !done.has(key)).sort((a, b) =>
          squaredDistance(a.region, at) - squaredDistance(b.region, at)
        ),
      );
      for (let from = 0; from < parts.length; from += AT_ONCE) {
        await scoreBlocks(parts.slice(from, from + AT_ONCE), signal, async (block) => {
          await smooth(block, block);
          const keys = Array.from(chunksOf(block, chunk), chunkKey);
          for (const key of keys) done.add(key);
          scored(keys);
        });
      }
      // once all are there, across their borders
      const within = inSight.map(({ region }) => region).reduce(regionAround);
      for (const { region } of inSight) {
        signal.throwIfAborted();
        await smooth(region, within);
      }
      scored(inSight.map(({ key }) => key));
    },
  };
}

/** A chunk in sight. */
interface InSight {
  readonly index: Zyx;
  readonly key: string;
  readonly region: Region;
}

/** Chunks along an edge of a part. */
const PART = 2;

/**
 * The first chunk alone, so that something is there soon; the others in parts, since what lies around a part is read with it: eight chunks
 * of a generated stack took 2.4 s one by one, and 1.1 s as one part.
 */
function partsOf([first, ...others]: readonly InSight[]): Region[] {
  if (!first) return [];
  const parts = Map.groupBy(others, ({ index }) => index.map((i) => Math.floor(i / PART)).join());
  return [
    first.region,
    ...[...parts.values()].map((of) => of.map(({ region }) => region).reduce(regionAround)),
  ];
}

/** Leaves the last of the arrays of old models. */
async function removeOld(folder: string, kept: number): Promise<void> {
  const versions = Array.from(Deno.readDirSync(folder), ({ name }) => /^(\d+)\.zarr$/.exec(name)?.[1])
    .flatMap((text) => text === undefined ? [] : [Number(text)]).sort((a, b) => b - a);
  for (const version of versions.slice(kept)) await removeFolder(join(folder, scoresName(version)));
}
