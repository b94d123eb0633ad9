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

/** What the thread is asked for. */
export type LiveRequest =
  /** The first message. */
  | { readonly kind: "begin"; readonly seat: LeaderSeat | undefined }
  | LearnTask
  /** Show what a setting does. */
  | { readonly kind: "picture"; readonly id: number; readonly raw: string; readonly task: PictureTask }
  /** Score what is in sight of a stack with the last model. */
  | ScoreTask;

/** What the thread tells. */
export type LiveAnswer =
  | {
    readonly kind: "trained";
    readonly version: number;
    readonly seconds: number;
    /** What was learned of each synapse that has samples, by the stack. */
    readonly lines: ReadonlyMap<string, ReadonlyMap<number, KnownLine>>;
  }
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
  /** Everything in sight is scored. */
  | { readonly kind: "ready"; readonly number: number }
  | { readonly kind: "failed"; readonly message: string; readonly isUserError: boolean };

/** Folder of the scores of models, in the project's. */
export const SCORES_FOLDER = "live/scores";

/** Name of the array of scores of a model. */
export function scoresName(version: number): string {
  return `${version}.zarr`;
}
