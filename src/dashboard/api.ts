/** What the dashboard's server tells its page. Times are milliseconds since 1970, lengths voxels, triples as their names say. */
import type { BlockGrid, RoundRow, SayLevel } from "../run/telemetry.ts";
import type { LeftOutReason } from "../stages/training/polarity_answers.ts";
import type { SynapseLevels } from "../stages/synapses/levels.ts";
import type { Xyz } from "../config/settings_types.ts";
import type { ReviewItem } from "../stages/synapses/review/records.ts";
import type { ReviewProgress } from "../stages/synapses/review/sample.ts";
import type { Zyx } from "../volume/region.ts";
import type { KeptEvaluation } from "./kept_evaluation.ts";

/**
 * `waiting`: it ended because synapses lack their polarity, and continues when they are answered. `killed`: its process is gone and has
 * not said why. `silent`: it may have been killed on another machine, since it has not responded for a minute.
 */
export type RunState = "empty" | "running" | "waiting" | "done" | "failed" | "stopped" | "killed" | "silent";

/** How far a stage is; `skipped`: it was done before this run; `cut off`: the run ended within it. */
export type StageState = "pending" | "running" | "done" | "skipped" | "cut off";

/** One stage of a run. */
export interface StageSummary {
  readonly title: string;
  /** Its name as people read it. */
  readonly name: string;
  /** What it does. */
  readonly about: string;
  readonly state: StageState;
  readonly total: number;
  readonly done: number;
  readonly unit: string;
  /** Units a second; null where unknown. */
  readonly rate: number | null;
  /** Seconds to go; null where unknown. */
  readonly left: number | null;
  readonly began: number | null;
  readonly ended: number | null;
  readonly summary: string;
  /** Name in the journal, by which its blocks are asked for; empty for a stage that is not divided into several. */
  readonly blocks: string;
}

/** Part of a stage that is done, 0 ... 1. */
export function partDone({ state, total, done }: StageSummary): number {
  if (state === "done" || state === "skipped") return 1;
  return total > 0 ? done / total : 0;
}

/** The whole run at a glance. */
export interface RunSummary {
  readonly state: RunState;
  /** Name of the outputs. */
  readonly name: string;
  readonly workFolder: string;
  readonly command: string;
  readonly version: string;
  readonly began: number | null;
  readonly ended: number | null;
  /** Last sign of life. */
  readonly seen: number | null;
  readonly error: string;
  /** Part of the whole that is done, 0 ... 1; the weights of stages are estimated. */
  readonly fraction: number;
  /** Seconds to go, estimated; null where unknown. */
  readonly left: number | null;
  /** Budget in bytes. */
  readonly memory: number | null;
  readonly workers: number | null;
  readonly stages: readonly StageSummary[];
  /** The command that lists the synapses that were found; empty where the run scores nothing. */
  readonly tableCommand: string;
  /** Whether the run itself ends with that table. */
  readonly listsSynapses: boolean;
  /** The command that compares the scores with ground truth, for the page; `labels.tif` is to be replaced. Empty where nothing is scored. */
  readonly evaluateCommand: string;
  /** The command that writes everything for Neuroglancer. */
  readonly neuroglancerCommand: string;
  /** The command that shows this page again. */
  readonly serveCommand: string;
  /** How many synapses a waiting run asks for. */
  readonly questions: number;
  /** How many models are boosted one after another, at most, and rounds of each: the rounds of all are numbered on. Null where unknown. */
  readonly models: { readonly count: number; readonly rounds: number } | null;
}

/** Something that was said. */
export interface LogLine {
  readonly at: number;
  readonly level: "stage" | SayLevel;
  readonly text: string;
}

/** Time, resident bytes, seconds of CPU so far. */
export type UsageRow = readonly [at: number, rss: number, cpu: number];

/** Everything a page needs at first. */
export interface RunSnapshot {
  /** Where the events go on: the id of the last one that the snapshot holds. */
  readonly id: string;
  readonly run: RunSummary;
  readonly log: readonly LogLine[];
  readonly usage: readonly UsageRow[];
  readonly rounds: readonly RoundRow[];
  /** Another text whenever an answer on polarity was given or taken back. */
  readonly answers: string;
  /** Whether the server can stop the run. */
  readonly canStop: boolean;
  /** Whether it can go on with a run that has ended early. */
  readonly canResume: boolean;
  /** Whether a volume is shown, and no run. */
  readonly isVolume: boolean;
  /** Whether a labelling project is shown, and no run. */
  readonly isLabel: boolean;
  /** Whether the run is that of a labelling project, whose page is one level above. */
  readonly isOfProject: boolean;
}

/** States of a block on the map: nothing done, in work, done. */
export const CELL = { pending: 0, working: 1, done: 2 } as const;

/** The blocks of a stage. */
export interface BlockMap {
  readonly grid: BlockGrid;
  /** Blocks on each axis. */
  readonly count: Zyx;
  /** A state of `CELL` a block in raster order, base64. */
  readonly cells: string;
}

/** A part of a stage that has another state now. */
export interface BlockChange {
  readonly stage: string;
  readonly start: Zyx;
  /** Absent where the block was begun. */
  readonly shape?: Zyx;
}

/** What is new, by the names of the server-sent events. `reset`: ask for everything anew. */
export interface RunChanges {
  readonly state: RunSummary;
  readonly log: readonly LogLine[];
  readonly usage: readonly UsageRow[];
  readonly rounds: readonly RoundRow[];
  readonly blocks: readonly BlockChange[];
  readonly grid: string;
  readonly answers: string;
  readonly reset: string;
}

/** One resolution of a volume. */
export interface ArrayLevel {
  /** Path below `/zarr/`, not encoded. */
  readonly path: string;
  readonly shape: Zyx;
  readonly chunk: Zyx;
  readonly shard: Zyx; // what a file holds: a chunk, or several
  /** Of the Zarr format. */
  readonly version: 2 | 3;
  /** How many voxels of the finest level one voxel of this level covers on each axis. */
  readonly factor: Zyx;
}

/** A Zarr array of the work folder, or several resolutions of one. */
export interface ArrayInfo {
  /** Path below `/zarr/`, not encoded; of several resolutions that of the group. */
  readonly path: string;
  readonly name: string;
  /** What it is: raw intensities, labels, numbered components, scores, anything else. */
  readonly role: "raw" | "labels" | "components" | "score" | "other";
  /** Which volumes of the run it belongs to: `train`, `test 0`, ...; several where one file is both. */
  readonly volumes: readonly string[];
  readonly dtype: string;
  readonly components: number;
  readonly shape: Zyx;
  /** Voxel size in z over voxel size in x and y. */
  readonly anisotropy: number;
  /** Nanometres on each axis; null where unknown. */
  readonly voxelSize: Zyx | null;
  /** Of scores the one from which on a voxel is taken for a synapse; null where unknown. */
  readonly threshold: number | null;
  /** Whether every chunk has a file, so that one without is lost or not written yet; else it is background. */
  readonly storesAll: boolean;
  /** Finest first. */
  readonly levels: readonly ArrayLevel[];
}

/** A file to download. */
export interface ResultFile {
  readonly name: string;
  readonly what: string;
  readonly bytes: number;
  readonly url: string;
}

/** Which threshold and least size a table of synapses may have. */
export interface TableChoice {
  /** Why none can be chosen; empty where one can. */
  readonly unavailable: string;
  /** How many synapses there are at many thresholds; null where they were not counted. */
  readonly levels: SynapseLevels | null;
  /** The model's; null where it has none. */
  readonly threshold: number | null;
  /** Lower scores are not complete; null where all are. */
  readonly leastScore: number | null;
  /** What is being done, or why it failed; null where nothing is. */
  readonly work: { readonly kind: "count" | "list"; readonly done: number; readonly error: string } | null;
  /** The command that makes the table; `--threshold` and `--min-size` are to be added. */
  readonly command: string;
  /** Name of the table that is made. */
  readonly chosen: string;
}

/** What a run has left. */
export interface RunResults {
  readonly files: readonly ResultFile[];
  /** Contents of `<name>-metrics.json` where there is one. */
  readonly metrics: unknown;
  /** Comparisons with ground truth that were kept, by the number of the test volume. */
  readonly evaluations: readonly KeptEvaluation[];
}

/** A file that was made of a table. */
export interface MadeExport {
  readonly url: string;
  readonly bytes: number;
}

/** A synapse of the ground truth and what is known of its polarity. */
export interface PolarityComponent {
  /** Place of its volume in the list of training volumes. */
  readonly volume: number;
  /** Its number in the volume. */
  readonly id: number;
  readonly voxels: number;
  /** A voxel of it. */
  readonly pos: Xyz;
  readonly box: { readonly start: Zyx; readonly shape: Zyx };
  /** Entry of the configuration, which cannot be changed here. */
  readonly configured: Xyz | null;
  readonly answer: Xyz | null;
  /** The line that was shown when it was answered, of length 1, x, y, z, side A where it points to; null where none is known. */
  readonly line: Xyz | null;
  /** Why it is left out of training; null where it is not. */
  readonly leftOut: LeftOutReason | null;
  /** The direction across it that training goes by, of length 1, x, y, z; null before a run has found its samples. */
  readonly normal: Xyz | null;
  /** How well the directions of its samples agree with `normal`: 1 all alike, 0.5 as by chance; null where they are not known. */
  readonly agreement: number | null;
}

/** A training volume whose synapses are asked about. */
export interface PolarityVolume {
  /** The name of its group in the configuration: `train`, or one of several, such as `train[1]`. */
  readonly group: string;
  /** The name of its file. */
  readonly name: string;
  /** Path of the components below `/zarr/`. */
  readonly componentsPath: string;
  /** Path of the volume below `/zarr/`; empty where it is not in the work folder. */
  readonly rawPath: string;
}

/** The question of polarity, whole. */
export interface PolarityState {
  /** Why it cannot be asked; empty where it can. */
  readonly unavailable: string;
  /** Of all training volumes, one after another. */
  readonly components: readonly PolarityComponent[];
  /** The training volumes, in the order of the configuration. */
  readonly volumes: readonly PolarityVolume[];
  /** Of the first volume. */
  readonly componentsPath: string;
  /** Of the first volume. */
  readonly rawPath: string;
  readonly anisotropy: number;
  /** `ccPolarity` to paste, with all entries there are; that of each of several volumes under the name of its group. */
  readonly text: string;
  /** Path of the copy of the configuration; empty until an answer is kept. */
  readonly configPath: string;
}

export * from "../label/import_state.ts";
export * from "../label/state.ts";

export type { ReviewItem, ReviewProgress };

/** What a decision changed in a review, and how far it is. */
export interface ReviewChange {
  /** Synapses of which something else is said now; of one that was missed, without voxels where it is not there any more. */
  readonly items: readonly ReviewItem[];
  readonly progress: ReviewProgress;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Decisions about other tables: that apply to this one, and that do not. */
  readonly carried: number;
  readonly lost: number;
}

/** The review of the table of a test volume. */
export interface ReviewState extends ReviewChange {
  readonly volume: number;
  /** Name of the table's file; empty where there is none yet. */
  readonly table: string;
  /** Paths of the stack and of the scores below `/zarr/`; empty where they are not there. */
  readonly rawPath: string;
  readonly scoresPath: string;
  /** Least score of a synapse's voxels; null where it is not known. */
  readonly threshold: number | null;
  readonly anisotropy: number;
}
