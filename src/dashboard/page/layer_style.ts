/** How layers of a picture are coloured. */
import type { ColourMapName } from "./colours.ts";

/** How intensities become grey. */
export interface GreyStyle {
  readonly kind: "grey";
  /** Values that are black and white. */
  readonly low: number;
  readonly high: number;
}

/** How scores become colours. */
export interface ScoreStyle {
  readonly kind: "score";
  readonly map: ColourMapName;
  readonly low: number;
  readonly high: number;
  readonly isOutline?: boolean;
  /** Below it nothing is shown. */
  readonly threshold: number;
  /** The highest score that was seen so far. */
  readonly highest?: number | undefined;
  readonly opacity: number;
}

/** Labels: one colour per number, none for 0; with `only`, only this number. */
export interface LabelStyle {
  readonly kind: "label";
  readonly isOutline?: boolean;
  readonly opacity: number;
  readonly only?: number;
}

export type LayerStyle = GreyStyle | ScoreStyle | LabelStyle;
