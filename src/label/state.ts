/** What a labelling project holds and tells: plain data, which the page shares. */
import type { Xyz } from "../config/settings_types.ts";
import type { Region, Zyx } from "../volume/region.ts";

/** What the last training found of the direction across a synapse. */
export interface KnownLine {
  /** The direction across it, of length 1, x, y, z; null where that is not known. */
  readonly line: Xyz | null;
  /**
   * The line or its opposite: where its vesicles seem to be, judged by the synapses whose side was told; null where it was told, or
   * there are too few to judge by.
   */
  readonly believed: Xyz | null;
}

/** A synapse that was labelled. */
export interface LabelObject extends KnownLine {
  /** What its voxels have in the array of labels, from 2 on. */
  readonly id: number;
  readonly name: string;
  readonly voxels: number;
  /** Mean position of its voxels, rounded; null where it has none. */
  readonly centre: Zyx | null;
  /** The voxels from `begin` up to, but not including, `end`; null where it has none. */
  readonly box: { readonly begin: Zyx; readonly end: Zyx } | null;
  /** First and last slice; null where it has no voxels. */
  readonly slices: readonly [first: number, last: number] | null;
  /** Points from the cleft towards the vesicles; null: not answered yet. */
  readonly polarity: LabelPolarity;
}

export type LabelPolarity = Xyz | "cannot tell" | null;

/** What was learned from the labels last, and what is being learned. */
export interface LabelModel {
  readonly state: "waiting" | "training" | "scoring" | "ready" | "failed";
  /** How long the last training took. */
  readonly seconds: number | null;
  /** ISO 8601; null before there is a model. */
  readonly trainedAt: string | null;
  /** `seq` of the last change of labels that the model knows. */
  readonly strokes: number;
  /** What went wrong, or what is missing before anything can be learned. */
  readonly error: string | null;
  /** The score from which on a voxel is taken for a synapse; null until enough labels are scored. */
  readonly threshold: number | null;
  /** The part of the labelled chunks that the threshold is of, 0 to 1: told when all in sight is scored, and when all labels are. */
  readonly labelsScored: number;
  /** Path of the scores below `/zarr/`; chunks without a file are not scored. */
  readonly scores: string | null;
  /** Another number for every model. */
  readonly version: number;
}

/** A stack of a project at a glance. */
export interface StackSummary {
  /** Names it in addresses; empty: the first one. */
  readonly id: string;
  /** As people read it. */
  readonly name: string;
  /** When its labels were begun, ISO 8601: another time for every stack. */
  readonly begun: string;
  /** Synapses that are painted, and those of them of which the side of the vesicles is not answered. */
  readonly synapses: number;
  readonly open: number;
}

/** A stack of a labelling project as its page shows it. */
export interface LabelState {
  /** Names it among the stacks of its project; empty: the first one. */
  readonly id: string;
  /** All of them, in order. */
  readonly stacks: readonly StackSummary[];
  /** When its labels were begun, ISO 8601: another time for every stack. */
  readonly begun: string;
  readonly shape: Zyx;
  /** Paths of the stack and of the labels below `/zarr/`, not encoded. */
  readonly raw: string;
  readonly labels: string;
  /** Of the labels. */
  readonly chunk: Zyx;
  /** Voxel size in z over voxel size in x and y, of all stacks; null until it is known. */
  readonly anisotropy: number | null;
  /** Nanometres on each axis; null until it is known. */
  readonly voxelSize: Zyx | null;
  /** How the project learns, and how it would if nobody had changed that. */
  readonly learning: LearnSettings;
  readonly usual: LearnSettings;
  /** Number of changes so far. */
  readonly seq: number;
  /** When the last of them was saved, ISO 8601. */
  readonly savedAt: string;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Voxels that are labelled as no synapse. */
  readonly notVoxels: number;
  readonly objects: readonly LabelObject[];
  /** Null where nothing is learned. */
  readonly model: LabelModel | null;
}

/** What a person may change of how a project learns. */
export interface LearnSettings {
  /** Scale of the directions across clefts, voxels of x and y. */
  readonly sigma: number;
  /** Distance of the seeds of supervoxels, voxels. */
  readonly supervoxel: number;
  /** Names, as in a configuration. */
  readonly channels: readonly string[];
}

/** What a picture of a setting shows. */
export type PictureSubject =
  | { readonly kind: "directions"; readonly sigma: number }
  | { readonly kind: "supervoxels"; readonly supervoxel: number }
  | { readonly kind: "channel"; readonly name: string };

/** A part of a slice, as a setting makes it. */
export interface SettingPicture {
  /** First voxel. */
  readonly start: Zyx;
  readonly height: number;
  readonly width: number;
  /**
   * Floats in base64. Of a channel, its value at each voxel. Of supervoxels, 1 where the next voxel to the right is of another one, 2 more
   * where the one below is. Of directions, x of all, then y, then z of the one across.
   */
  readonly values: string;
}

/** Values of the labels: not painted, or unsure; no synapse; the first synapse. */
export const LABEL = { unsure: 0, not: 1, first: 2 } as const;

/** What a stroke changes. */
export interface LabelStroke {
  /** A UUID, so that a stroke that is sent again changes nothing. */
  readonly stroke: string;
  readonly value: number;
  /** Which present values it may replace. */
  readonly over: "all" | "unpainted" | readonly number[];
  /** z, y, x and length, voxels along x, of one run after the other. */
  readonly runs: readonly number[];
}

/** What a change of labels has done. */
export interface LabelChange {
  readonly seq: number;
  /** Chunks of the labels that differ now, such as `0/3/2`. */
  readonly chunks: readonly string[];
}

/** What is new of a labelling project, by the names of the server-sent events. `reload`: ask for everything anew. */
export interface LabelEvents {
  readonly stroke: LabelChange;
  readonly state: LabelState;
  readonly scores: { readonly version: number; readonly chunks: readonly string[] };
  readonly reload: string;
}

/** What a person says of a candidate. */
export type Verdict = "yes" | "no" | "skip";

/** A candidate that was judged. */
export interface Judged {
  /** Its voxel with the highest score; versions before did not note it. */
  readonly peak?: Zyx;
  readonly box: Region;
  readonly verdict: Verdict;
  /** Whether it is not learned from, to check the model by it. */
  readonly isCheck: boolean;
  /** Whether the model took it for a synapse. */
  readonly isFound: boolean;
}

/** In how many candidates that were not learned from the model was right. */
export interface Check {
  readonly right: number;
  readonly of: number;
}

/** Something that may be a synapse. */
export interface Candidate {
  /** Until candidates are asked for again. */
  readonly id: string;
  /** The voxel of it where it is seen best. */
  readonly at: Zyx;
  readonly box: { readonly begin: Zyx; readonly end: Zyx };
  readonly voxels: number;
  /** The highest score in it. */
  readonly score: number;
  /** Whether it is one of those that are counted as found; what is not comes near the threshold. */
  readonly isFound: boolean;
  /** z, y, x and length along x, of one run after the other: what a yes or a no paints. */
  readonly runs: readonly number[];
}

/** How much is found so far. */
export interface Found {
  /** Of the model. */
  readonly version: number;
  readonly scoredVoxels: number;
  /** Pieces of at least the least size that reach the threshold, in what is scored. */
  readonly count: number;
  /** Of these in a cubic micrometre; null where the voxel size is not known. */
  readonly density: number | null;
}

/** Where to look next. */
export interface Candidates extends Found {
  readonly check: Check;
  /** Those that teach the model most first. */
  readonly candidates: readonly Candidate[];
}

/** What became of a judgement. */
export interface Judgement {
  /** The synapse that was begun with the shape that was found. */
  readonly object: LabelObject | null;
  /** What was painted; null where nothing was. */
  readonly change: LabelChange | null;
  readonly isCheck: boolean;
  readonly check: Check;
}

/** A part of the stack: the voxels from `begin` up to, but not including, `end`. */
export interface Box {
  readonly begin: Zyx;
  readonly end: Zyx;
}

/** The search for all synapses that was begun last. */
export interface FindState {
  /** Whether this server works on it. */
  readonly isRunning: boolean;
  /** Null where nothing was begun. */
  readonly begun: FindBegun | null;
  /** Why it ended, where its run has not told it itself; null otherwise. */
  readonly error: string | null;
  /** Changes of the labels of other stacks since it was begun. */
  readonly otherChanges: number;
}

/** What was begun, as the page of a stack is told. */
export interface FindBegun {
  /** When, ISO 8601. */
  readonly at: string;
  /** Number of the last change of the labels of this stack that it learns from. */
  readonly seq: number;
  /** The stack that is searched, by its id; null: all of them. */
  readonly stack: string | null;
  /** The part of the stack that is searched; null: all of it, or another volume. */
  readonly box: Box | null;
  /** The other volume that is searched, as in a configuration; null: the stack. */
  readonly volume: string | null;
  /** Whether it learns by the polarity of the synapses. */
  readonly polarity: "config" | "none";
  /** The settings that it learns and measures with; null where a version before did not note them. */
  readonly settings: FindSettings | null;
}

/** The settings of a project that what is found depends on. */
export type FindSettings = Pick<LabelState, "anisotropy" | "voxelSize" | "learning">;

/** What is to be searched: a part of a stack, another volume, all stacks, or, with none of these, a whole stack. */
export interface Searched {
  /** The id of the stack; the first one where it is left out. */
  readonly stack?: string;
  readonly all?: true;
  readonly region?: Region;
  /** Where it is, as in a configuration; relative to the folder of the stack. */
  readonly volume?: string;
}

/** What a search would take. */
export interface FindPlan {
  /** Estimated from the speed of another machine. */
  readonly seconds: number;
  /** Bytes of memory at most, and threads. */
  readonly memory: number;
  readonly workers: number;
  /** Whether there is memory to learn from strokes meanwhile. */
  readonly learnsMeanwhile: boolean;
  /** Bytes on disk at most. */
  readonly disk: number;
  /** Bytes that are free there; null where the system does not tell. */
  readonly free: number | null;
  /** Synapses to learn from, each once, in however many pieces it was painted. */
  readonly synapses: number;
  /** With as many or more the model finds more of them; null where there are enough. */
  readonly leastSynapses: number | null;
}
