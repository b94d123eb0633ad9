/** What the main thread tells its workers: plain data, the same for every block of a stage. */
import type { FeatureList } from "../block/feature_file.ts";
import type { FixedStump, VolumeJob } from "../block/volume_job.ts";
import type { ContextSpace, PlattScaling, Refinement } from "../boosting/mod.ts";
import type { Rank } from "../orientation/frames.ts";
import type { RowPlace } from "../volume/output_file.ts";
import type { Region, Zyx } from "../volume/region.ts";

/** Finds the labelled supervoxels of each block. */
export interface SamplesJob {
  readonly stage: "samples";
  readonly volume: VolumeJob;
  readonly labels: string;
  readonly components: string;
  /** Components to train on; all where empty. */
  readonly useComponents: readonly number[];
  readonly borderMinDist: number;
  readonly seed: number;
  /** Share of the negatives, by their hash, that is worth recording: in (0, 1]. */
  readonly negativeShare: number;
  /** Folder that receives one file of samples per block. */
  readonly folder: string;
}

/** Evaluates candidate context features at the samples of each block. */
export interface GatherJob {
  readonly stage: "gather";
  readonly volume: VolumeJob;
  /** File of the selected samples, in the order of the feature matrix. */
  readonly samples: string;
  /** Features to evaluate, column by column. */
  readonly features: FeatureList;
  /** Write means as f64 (`exact`) instead of rounded u16. */
  readonly exact: boolean;
  /** Folder that receives one file of features a block. */
  readonly folder: string;
}

/** Scores every supervoxel of each block and writes both volumes. */
export interface ScoreJob {
  readonly stage: "score";
  readonly volume: VolumeJob;
  readonly stumps: readonly FixedStump[];
  /** Where parts of the volume have stumps of their own: no block lies in two of them. */
  readonly parts?: readonly { readonly region: Region; readonly stumps: readonly FixedStump[] }[];
  /** Scores need not be complete where they are lower than this; `null`: all are. */
  readonly leastScore: number | null;
  readonly max: string;
  /** Not written where empty, as those that follow. */
  readonly min: string;
  /** Coarser levels of max and of min. */
  readonly levels?: { readonly max: readonly LevelArray[]; readonly min: readonly LevelArray[] };
  /** Zarr of uint32 that receives e3 of the winning frames, packed, at about one voxel a supervoxel. */
  readonly direction: string;
  /** Zarr of 9 components that receives the winning frames; not written where empty. */
  readonly orientation: string;
  /** Folder that receives each block's features as files; not written where empty. */
  readonly features: string;
}

/** Writes a value into every voxel of given supervoxels. */
export interface PaintJob {
  readonly stage: "paint";
  readonly volume: VolumeJob;
  /** File of the supervoxels with their values, see `weights.ts`. */
  readonly values: string;
  readonly positive: string;
  readonly negative: string;
}

/** Files of the binned matrix. */
export interface BinnedMatrix {
  /** u8 bins, candidate by candidate. */
  readonly matrix: string;
  /** 256 cuts (u16) a candidate. */
  readonly cuts: string;
  /** Checksums of bins and of cuts (u32 each) a candidate. */
  readonly sums: string;
  readonly candidates: number;
  readonly samples: number;
}

/** A file of gathered features. */
export interface BinFile {
  readonly path: string;
  /** Place of each of its samples in the matrix, -1 of those that it does not have; default: as the file tells. */
  readonly places?: Int32Array;
  /** Place in the matrix of the sample of each number that the file tells; default: that number. */
  readonly placeOf?: Int32Array;
}

/** Turns the files of gathered blocks into the feature matrix: u8 bins, candidate by candidate. */
export interface BinJob {
  readonly stage: "bin";
  readonly features: FeatureList;
  /** Number of channel columns. */
  readonly columns: number;
  readonly samples: number;
  /** Files of the gathered blocks. */
  readonly files: readonly BinFile[];
  /** File that receives the bins. */
  readonly matrix: string;
  /** File that receives 256 cuts (u16) a candidate. */
  readonly cuts: string;
  /** File that receives two checksums (u32) a candidate: of its bins and of its cuts. */
  readonly sums: string;
}

/** Searches the stumps of some of the pool's poses, round by round. */
export interface SearchJob {
  readonly stage: "search";
  readonly matrix: BinnedMatrix;
  /** Candidates of one pose. */
  readonly columns: number;
  /** The worker searches the poses at the places `part`, `part + parts`, ... */
  readonly part: number;
  readonly parts: number;
  /** Most poses to hold in memory. */
  readonly mostHeld: number;
}

/** What a stage sees of a volume's scores and intensities, cell by cell. */
export interface CellJob {
  /** Zarr of the EM volume. */
  readonly raw: string;
  /** Zarr (float32) of the scores of the first stage. */
  readonly scores: string;
  readonly anisotropy: number;
  /** Shape of a cell in voxels, powers of two. */
  readonly cell: Zyx;
}

/** Records cells of a training volume with what the second stage may see of them. */
export interface CellsJob extends CellJob {
  readonly stage: "cells";
  readonly labels: string;
  /** Zarr of the components' numbers, where only some of them are used; else empty. */
  readonly components: string;
  readonly useComponents: readonly number[];
  readonly spaces: readonly ContextSpace[];
  /** Parts of folds, each with the region around it that was scored. */
  readonly parts: readonly { readonly region: Region; readonly scored: Region; readonly fold: number }[];
  /** Share of the cells of each class, by their hash, that is recorded: in (0, 1]. */
  readonly share: { readonly positive: number; readonly negative: number };
  readonly seed: number;
  /** Folder that receives one file of cells a block. */
  readonly folder: string;
}

/** Learns the second stage from recorded cells: task k without those of fold k. */
export interface ForestJob {
  readonly stage: "forest";
  /** File of all cells. */
  readonly cells: string;
  /** Places of the features to learn from. */
  readonly features: readonly number[];
  readonly seed: number;
}

/** Writes the final scores of a volume. */
export interface RefineJob extends CellJob {
  readonly stage: "refine";
  readonly refinement: Refinement;
  /** The part of the volume that has scores, where not all of it has. */
  readonly within?: Region;
  /** Zarr (float32) that receives them. */
  readonly out: string;
  /** Coarser levels of it. */
  readonly levels?: readonly LevelArray[];
}

/** Finds the parts of synapses in each block. */
export interface PartsJob {
  readonly stage: "synapse-parts";
  /** Zarr of the scores; it tells where their directions are. */
  readonly scores: string;
  /** The least score of a synapse's voxels. */
  readonly threshold: number;
  /** Least voxels of a synapse. */
  readonly minSize: number;
  /** Folder that receives one file of parts a block. */
  readonly folder: string;
}

/** Writes the numbers of synapses into the label volume. */
export interface SynapseLabelsJob {
  readonly stage: "synapse-labels";
  /** Folder of the parts. */
  readonly folder: string;
  /** File of the numbers of all parts. */
  readonly numbers: string;
  /** Zarr of uint32 that receives them. */
  readonly labels: string;
}

/** How scores become probabilities. */
export interface Probability {
  readonly platt: PlattScaling;
  /** Sum of the stumps' alphas. */
  readonly total: number;
}

/** Writes slabs of a volume to a file in the making. */
export interface ExportJob {
  readonly stage: "export";
  /** Zarr of the result. */
  readonly volume: string;
  /** Scores are written as probabilities. */
  readonly probability: Probability | null;
  readonly place: RowPlace;
}

/** A coarser level of what a block writes. */
export interface LevelArray {
  readonly path: string;
  /** Voxels of the level before that become one, on each axis. */
  readonly factor: Zyx;
  /** Voxels of the block that become one. */
  readonly ofSource: Zyx;
}

/** Writes what blocks of a volume are at coarser levels. */
export interface LevelsJob {
  readonly stage: "levels";
  /** Zarr that blocks are read from. */
  readonly volume: string;
  /** Scores are written as probabilities. */
  readonly probability: Probability | null;
  /** Arrays that receive the blocks, from fine to coarse. */
  readonly levels: readonly LevelArray[];
}

/** Writes shards of a level of a precomputed result. */
export interface PrecomputedJob {
  readonly stage: "precomputed";
  /** Zarr of the level. */
  readonly volume: string;
  /** The precomputed volume, which has a folder for the level. */
  readonly folder: string;
  /** Place of the level, the full resolution first. */
  readonly index: number;
  /** Of the full resolution, in nm. */
  readonly voxelSize: Zyx;
  /** Voxels of the full resolution that are one of the level. */
  readonly scale: Zyx;
}

/** What can be computed from a raw volume alone and written as a volume. */
export type ComputedVolume =
  | { readonly kind: "channel"; readonly name: string }
  /** e1, e2, e3 with x, y, z each, at `sigma` x/y voxels. */
  | { readonly kind: "orientation"; readonly sigma: number }
  /** Eigenvectors of the Hessian by rank, x, y, z each, at `sigma` x/y voxels; without direction. */
  | { readonly kind: "eigenvectors"; readonly ranks: readonly Rank[]; readonly sigma: number };

/** Writes a channel or the orientation of every voxel. */
export interface ChannelsJob {
  readonly stage: "channels";
  /** Zarr of the EM volume. */
  readonly raw: string;
  readonly anisotropy: number;
  readonly computed: ComputedVolume;
  /** Zarr (float32) that receives the components. */
  readonly out: string;
}

export type StageJob =
  | ExportJob
  | LevelsJob
  | PrecomputedJob
  | SamplesJob
  | GatherJob
  | BinJob
  | SearchJob
  | ScoreJob
  | PaintJob
  | ChannelsJob
  | CellsJob
  | ForestJob
  | PartsJob
  | SynapseLabelsJob
  | RefineJob;
