/** What the thread that learns is told, and what it tells: plain data. */
import type { LeaderSeat } from "../kernels/mod.ts";
import type { Resources } from "../run/plan_stage.ts";
import type { Region, Zyx } from "../volume/region.ts";
import type { PictureTask } from "./picture.ts";
import type { KnownLine, LabelObject, LearnSettings, SettingPicture } from "./state.ts";
import type { PaintedChunk } from "./truth.ts";

/** What of the volume is in sight. */
export interface Look {
  /** Where the cross-hair is. */
  readonly at: Zyx;
  readonly box: Region;
}

/** A stack with its labels. */
export interface LiveStack {
  /** Names it. */
  readonly id: string;
  readonly folder: string;
  /** Zarr arrays of the stack and of the labels. */
  readonly raw: string;
  readonly labels: string;
  readonly painted: readonly PaintedChunk[];
  readonly objects: readonly Pick<LabelObject, "id" | "voxels" | "polarity">[];
  readonly notVoxels: number;
}

/** A look at a stack. */
export interface ScoreTask {
  readonly kind: "score";
  /** Its id. */
  readonly stack: string;
  readonly look: Look;
  /** Another one for each. */
  readonly number: number;
}

/** A training. */
export interface LearnTask {
  readonly kind: "learn";
  /** Folder of the project. */
  readonly folder: string;
  readonly anisotropy: number;
  readonly learning: LearnSettings;
  readonly stacks: readonly LiveStack[];
  /** Names the model and its scores. */
  readonly version: number;
  readonly resources: Resources;
}

/** A question about open sides. */
export interface SidesTask {
  readonly kind: "sides";
  /** Of the model. */
  readonly version: number;
  /** The synapses of each stack, by its id. */
  readonly objects: ReadonlyMap<string, LiveStack["objects"]>;
}

/** What the thread is asked for. */
export type LiveRequest =
  /** The first message. */
  | { readonly kind: "begin"; readonly seat: LeaderSeat | undefined }
  | LearnTask
  /** Show what a setting does. */
  | { readonly kind: "picture"; readonly id: number; readonly raw: string; readonly task: PictureTask }
  /** Score what is in sight of a stack with the last model, and then what is labelled elsewhere. */
  | ScoreTask
  /** Judge open sides by the told ones, with what was learned last. */
  | SidesTask
  /** Leave what is out of sight: something else will be asked soon. */
  | { readonly kind: "pause" };

/** What was learned of each synapse that has samples, by the stack. */
export type StackLines = ReadonlyMap<string, ReadonlyMap<number, KnownLine>>;

/** What the thread tells. */
export type LiveAnswer =
  | {
    readonly kind: "trained";
    readonly version: number;
    readonly seconds: number;
    readonly lines: StackLines;
  }
  /** What is known of each synapse now, of the same model. */
  | { readonly kind: "sides"; readonly version: number; readonly lines: StackLines }
  /** @property chunks of the array of scores that are on the disk now */
  | {
    readonly kind: "scored";
    readonly stack: string;
    readonly version: number;
    readonly chunks: readonly string[];
    readonly threshold: number | null;
  }
  /** @property error why there is no picture */
  | {
    readonly kind: "picture";
    readonly id: number;
    readonly picture: SettingPicture | undefined;
    readonly error: string;
  }
  /**
   * Everything in sight is scored.
   * @property number of the task
   * @property labelsScored the part of the labelled chunks that is scored, of all stacks, 0 to 1
   */
  | { readonly kind: "ready"; readonly number: number; readonly labelsScored: number }
  | { readonly kind: "failed"; readonly message: string; readonly isUserError: boolean };

/** Folder of the scores of models, in the project's. */
export const SCORES_FOLDER = "live/scores";

/** Name of the array of scores of a model. */
export function scoresName(version: number): string {
  return `${version}.zarr`;
}
