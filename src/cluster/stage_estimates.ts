/** What each stage of a run would take on a cluster, or on one machine. */
import type { Settings } from "../config/settings.ts";
import type { Block, BlockPlan } from "../engine/mod.ts";
import { mayRefine, roundsOf } from "../stages/refine/expected.ts";
import { bytesOfVoxel, scoreFiles } from "../stages/score/score_files.ts";
import { titleOf } from "../run/volume_suffix.ts";
import { voxelCount, type Zyx } from "../volume/region.ts";
import { defaultChunk } from "../volume/zarr/mod.ts";
import { shardFor } from "../volume/zarr/shard.ts";
import type { ScoreLayout } from "../stages/export/level_arrays.ts";
import type { BlockCost } from "./costs.ts";
import { REFINE_COST } from "./second_stage.ts";
import {
  alone,
  type ClusterSize,
  countOf,
  judged,
  placed,
  secondsOfTask,
  shared,
  type StageEstimate,
  sumOf,
  threadSecondsOf,
  unplanned,
} from "./stage_time.ts";

/** Bytes a second until they are on the disk: of a process that converts (docs/performance.md), of a thread that exports scores. */
const CONVERT_RATE = 300e6;
const EXPORT_RATE = 120e6;
/** Values a second that one thread bins and then holds for the search of stumps. */
const BIN_RATE = 8.5e7;
/** Candidates times samples per second and thread, of a round's search: measured 8e9 with a positive in 11 samples, 1.5e10 with one in 26. */
const SEARCH_RATE = 1e10;
/** Seconds a round and sample of what is left to one thread. */
const ROUND_COST = 6e-8;
/** Bytes a voxel of max and min as Zarr; of one exported score. */
const SCORE_BYTES = 0.85;
const EXPORT_BYTES = 4;
/** Seconds a voxel in which a thread makes coarser levels of it and stores them (bench/levels.ts). */
const LEVEL_COST = 1.3e-8;
/** Seconds a voxel in which a thread reads refined scores and stores them as gzip: 3.5 bytes a voxel. */
const PRECOMPUTED_COST = 2e-7;
/**
 * Seconds a voxel in which one thread finds the parts of synapses in a block, and in which it writes their numbers. Measured 2.3e-8 and
 * 9e-9 of scores that compress well (64 M voxels, 235 synapses); reading others takes twice as long.
 */
const PARTS_COST: BlockCost = { read: 5e-8, write: 0 };
const LABELS_COST: BlockCost = { read: 0, write: 1e-8 };
/** Bytes a voxel of the parts, and of their numbers as Zarr. */
const PARTS_BYTES = 0.02;
const LABEL_BYTES = 0.05;
/** Seconds in which one process joins the parts of a block. */
const JOIN_COST = 2e-3;
/** Bytes a voxel of refined scores as Zarr: they change from voxel to voxel; measured on the demo's volumes. */
const REFINED_BYTES = 3.3;

/** The volumes as Zarr, band by band. */
export function conversion(
  volumes: readonly {
    readonly shape: Zyx;
    readonly volume: { readonly zAnisotropyFactor: number };
  }[],
  cluster: ClusterSize,
): StageEstimate {
  let bands = 0, files = 0, bytes = 0, slowest = 0;
  for (const { shape, volume } of volumes) {
    const chunk = defaultChunk(shape, volume.zAnisotropyFactor);
    const shard = shardFor(shape, chunk);
    const own = Math.ceil(shape[0] / shard[0]);
    bands += own;
    files += countOf(shape, shard);
    bytes += voxelCount(shape);
    slowest = Math.max(slowest, voxelCount(shape) / own);
  }
  const atOnce = Math.min(cluster.nodes, bands);
  const seconds = Math.max(bytes / atOnce, slowest) / CONVERT_RATE;
  const counts = { ...unplanned("convert", bands), files, bytesRead: bytes, bytesWritten: bytes };
  const time = { threadSeconds: bytes / CONVERT_RATE, seconds, opened: 0, jobs: 1 };
  return judged(counts, time, cluster, atOnce === 1 ? "one process" : "CPU");
}

/** Numbers the components of all ground truth. `cost`: seconds a voxel. */
export function preparing(voxels: number, cost: number, cluster: ClusterSize): StageEstimate {
  const seconds = voxels * cost;
  return alone("prepare", { threadSeconds: seconds, seconds }, {
    bytesRead: voxels,
    bytesWritten: voxels / 10,
  }, cluster);
}

/** Finds the places to learn from in a training volume. After the first, one process chooses among those of all. */
export function sampling(
  index: number,
  plan: BlockPlan,
  cost: BlockCost,
  cluster: ClusterSize,
): StageEstimate {
  const jobs = index === 0 ? 2 : 1;
  const written = { files: plan.blocks.length, bytesWritten: 0.1 * voxelCount(plan.shape), jobs };
  return placed(titleOf("samples", index), plan, (block) => threadSecondsOf(block, cost), cluster, written);
}

/** Every block is taken to hold its part of as many samples as there may be. */
export function gathering(
  index: number,
  plan: BlockPlan,
  cost: BlockCost,
  { candidates, samples }: { readonly candidates: number; readonly samples: number },
  cluster: ClusterSize,
): StageEstimate {
  const { read, write } = cost;
  const perVoxel = { read, write: write * samples / voxelCount(plan.shape) };
  const written = { files: plan.blocks.length, bytesWritten: 2 * candidates * samples, jobs: 1 };
  return placed(
    `${titleOf("gather", index)}, at most`,
    plan,
    (block) => threadSecondsOf(block, perVoxel),
    cluster,
    written,
  );
}

/** Bins what was gathered, boosts, and learns what follows. @param after seconds of one thread of each block and forest after boosting */
export function boosting(
  settings: Settings,
  { candidates, after }: { readonly candidates: number; readonly after: readonly (readonly number[])[] },
  cluster: ClusterSize,
): StageEstimate {
  const { numWLToExplorePerIter, maxTrainingSamples } = settings;
  const { cpus } = cluster;
  const rounds = roundsOf(settings);
  const matrix = candidates * maxTrainingSamples;
  const searched = rounds * numWLToExplorePerIter * maxTrainingSamples;
  const sharedSeconds = matrix / BIN_RATE + searched / SEARCH_RATE;
  const ownSeconds = rounds * maxTrainingSamples * ROUND_COST;
  const time = {
    threadSeconds: sharedSeconds + ownSeconds + sumOf(after.flat()),
    seconds: shared(sharedSeconds, cpus) + ownSeconds +
      sumOf(after.map((seconds) => secondsOfTask(seconds, cpus))),
  };
  return alone("boost, at most", time, { bytesRead: 3 * matrix, bytesWritten: matrix }, cluster);
}

/** How a volume's scores are stored, and whether the blocks of a stage write coarser levels of them. */
interface WrittenScores {
  readonly layout: ScoreLayout;
  readonly writesLevels: boolean;
}

/** Scores a volume. */
export function scoring(
  name: string,
  plan: BlockPlan,
  cost: BlockCost,
  cluster: ClusterSize,
  { layout, writesLevels }: WrittenScores,
): StageEstimate {
  const levels = levelsOf(writesLevels ? layout : undefined, SCORE_BYTES / 2);
  return placed(
    `score ${name}`,
    plan,
    (block) => threadSecondsOf(block, cost) + levels.secondsOf(block),
    cluster,
    {
      files: 2 * countOf(plan.shape, plan.chunk) + levels.files,
      bytesWritten: SCORE_BYTES * voxelCount(plan.shape) + levels.bytes,
      jobs: 1,
    },
  );
}

/** Turns a volume's scores into the final ones. In a chain of jobs one of one process comes before it. */
export function refining(
  name: string,
  plan: BlockPlan,
  cluster: ClusterSize,
  { layout, writesLevels }: WrittenScores,
): StageEstimate {
  const levels = levelsOf(writesLevels ? layout : undefined, REFINED_BYTES);
  const secondsOf = (block: Block) => threadSecondsOf(block, REFINE_COST) + levels.secondsOf(block);
  return placed(`refine ${name}`, plan, secondsOf, cluster, {
    files: countOf(plan.shape, plan.chunk) + levels.files,
    bytesWritten: REFINED_BYTES * voxelCount(plan.shape) + levels.bytes,
    jobs: 2,
    readChunk: layout.chunk,
    more: { arrays: 1, bytes: SCORE_BYTES / 2 },
  });
}

/** What the coarser levels are that blocks write. @param bytes of a voxel */
function levelsOf(layout: ScoreLayout | undefined, bytes: number) {
  const levels = layout?.isMultiscale ? layout.rounds[0].levels.slice(1) : [];
  const isAny = levels.length > 0;
  return {
    files: sumOf(levels.map(({ shape, shard }) => countOf(shape, shard))),
    bytes: bytes * sumOf(levels.map(({ shape }) => voxelCount(shape))),
    secondsOf: ({ write }: Block) => isAny ? LEVEL_COST * voxelCount(write.shape) : 0,
  };
}

/** Puts the levels that blocks have written together, and makes those that are left, in one process; precomputed is stored again there. */
export function puttingTogether(
  settings: Settings,
  layouts: readonly ScoreLayout[],
  cluster: ClusterSize,
): StageEstimate {
  const results = scoreFiles(settings, 0).length;
  const own = layouts.flatMap(({ rounds }) => settings.outputPlattScaling ? rounds : rounds.slice(1));
  const voxels = results * sumOf(own.map(({ shape }) => voxelCount(shape)));
  const written = results * sumOf(own.flatMap(({ levels }) => levels.map(({ shape }) => voxelCount(shape))));
  const all = layouts.flatMap(({ rounds }) => rounds.flatMap(({ levels }) => levels));
  const again = settings.outputFormat === "precomputed"
    ? results * sumOf(all.map(({ shape }) => voxelCount(shape)))
    : 0;
  const threadSeconds = LEVEL_COST * voxels + EXPORT_BYTES * written / EXPORT_RATE + PRECOMPUTED_COST * again;
  const time = { threadSeconds, seconds: shared(threadSeconds, cluster.cpus) };
  const bytes = {
    bytesRead: REFINED_BYTES * (voxels + again),
    bytesWritten: REFINED_BYTES * (written + again),
  };
  const files = results * sumOf(all.map(({ shape, shard }) => countOf(shape, shard)));
  return alone("export", time, bytes, cluster, files);
}

/** Writes the scores of every scored volume as files. */
export function exporting(settings: Settings, shapes: readonly Zyx[], cluster: ClusterSize): StageEstimate {
  const voxels = shapes.reduce((sum, shape) => sum + voxelCount(shape), 0);
  const files = scoreFiles(settings, 0);
  const bytes = {
    bytesRead: (SCORE_BYTES + (mayRefine(settings) ? REFINED_BYTES : 0)) * voxels,
    bytesWritten: voxels * sumOf(files.map((path) => bytesOfVoxel(path, settings))),
  };
  const threadSeconds = files.length * voxels * EXPORT_BYTES / EXPORT_RATE;
  const seconds = shared(threadSeconds, cluster.cpus);
  return alone("export", { threadSeconds, seconds }, bytes, cluster, files.length * shapes.length);
}

/** Lists the synapses of a scored volume: blocks find parts, one process joins them, twice, and blocks write their numbers. */
export function listing(
  name: string,
  settings: Settings,
  { plan, files }: { readonly plan: BlockPlan; readonly files: number },
  cluster: ClusterSize,
): StageEstimate[] {
  const voxels = voxelCount(plan.shape), blocks = plan.blocks.length;
  const scoreBytes = mayRefine(settings) ? REFINED_BYTES : SCORE_BYTES;
  const partsBytes = PARTS_BYTES * voxels;
  const parts = placed(`synapses ${name}`, plan, (block) => threadSecondsOf(block, PARTS_COST), cluster, {
    files: blocks,
    bytesWritten: partsBytes,
    jobs: 1,
    more: { arrays: 0, bytes: scoreBytes - 1 },
  });
  const seconds = 2 * blocks * JOIN_COST;
  const bytes = { bytesRead: 2 * partsBytes, bytesWritten: 0 };
  const join = alone(`join synapses ${name}`, { threadSeconds: seconds, seconds }, bytes, cluster, 0);
  const labels = placed(
    `synapse labels ${name}`,
    plan,
    (block) => threadSecondsOf(block, LABELS_COST),
    cluster,
    {
      files,
      bytesWritten: LABEL_BYTES * voxels,
      jobs: 2,
      readChunk: plan.blockShape,
      more: { arrays: 0, bytes: PARTS_BYTES - 1 },
    },
  );
  return [parts, join, labels];
}
