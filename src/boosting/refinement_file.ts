/** What follows the stumps: how their scores become the final ones (docs/algorithm.md, section 11), and how it is written in a model's file. */
import {
  arrayValue,
  type ConfigGroup,
  type ConfigValue,
  describeValue,
  errorAt,
  floatValue,
  groupValue,
  integerValue,
  listValue,
  stringValue,
} from "../config/libconfig.ts";
import {
  MAX_VALUE,
  readBounded,
  readGroupKey,
  readNumber,
  readNumbers,
  readPlatt,
  readSequence,
  wrongValue,
} from "./read_keys.ts";
import type { PlattScaling } from "./platt.ts";

/** What is kept with each kind of scores. */
export interface Calibration {
  /** The score from which on a voxel is best taken for a synapse; not known where there was nothing to tell. */
  readonly threshold?: number;
  /** For probabilities. */
  readonly platt: PlattScaling;
}

/** Scores smoothed by a Gaussian. */
export interface Smoothing extends Calibration {
  /** Sigma in the slice and across slices, x/y voxels. */
  readonly sigma: readonly [inSlice: number, acrossSlices: number];
}

/** Whether the surroundings that the second stage sees lie in the slice, with its neighbours looked at apart, or in space. */
export type ContextSpace = "slice" | "volume";

/** A tree that asks one question of all nodes of a level: bit d of the leaf's place is 1 where feature `features[d]` exceeds `thresholds[d]`. */
export interface ContextTree {
  /** Places in the second stage's list of features. */
  readonly features: readonly number[];
  /** One for each feature. */
  readonly thresholds: readonly number[];
  /** What it adds to the score, in units of 2^-12: whole numbers of 16 bits, one for each combination of answers. */
  readonly leaves: readonly number[];
}

/** A second stage that sees the surroundings of scores: boosted trees, or a weighted sum of features where there is little to learn from. */
export interface AutoContext extends Calibration {
  /** Where it looks. */
  readonly space: ContextSpace;
  /** Names of the features that trees and weights are of. */
  readonly features: readonly string[];
  /** Score without any tree, in the leaves' units. */
  readonly bias: number;
  /** Their sum is the score. */
  readonly trees: readonly ContextTree[];
  /** What each feature adds to the score, a unit of it. Absent: nothing. */
  readonly weights?: readonly number[];
}

/** What a model does with the scores of its stumps: the second stage where there is one, else the smoothing. */
export interface Refinement {
  /** What is used where there is no second stage, or it is not wanted. */
  readonly smoothing: Smoothing;
  /** The second stage. */
  readonly autoContext?: AutoContext;
  /** Sigmas by which the second stage's own scores are smoothed, where a run's settings ask for it; no part of a model. */
  readonly smoothedBy?: Smoothing["sigma"];
}

/** Largest sigma of smoothing, x/y voxels. */
const MAX_SIGMA = 100;
/** Most questions of a tree, and largest number of a leaf. */
const MAX_DEPTH = 6;
const MAX_LEAF = 2 ** 15 - 1;
/** With it and all leaves a score stays a whole number of 32 bits. */
const MAX_BIAS = 2 ** 28;

/** The settings of a model's file that say what follows its stumps. */
export function formatRefinement({ smoothing, autoContext }: Refinement): Record<string, ConfigValue> {
  const { sigma } = smoothing;
  const smooth = { smoothing: groupValue({ sigma: numbers(sigma), ...formatCalibration(smoothing) }) };
  return autoContext === undefined ? smooth : { ...smooth, autoContext: formatAutoContext(autoContext) };
}

function formatAutoContext(context: AutoContext): ConfigGroup {
  const trees = context.trees.map(({ features, thresholds, leaves }) =>
    groupValue({
      features: arrayValue(features.map(integerValue)),
      thresholds: numbers(thresholds),
      leaves: arrayValue(leaves.map(integerValue)),
    })
  );
  return groupValue({
    space: stringValue(context.space),
    features: arrayValue(context.features.map(stringValue)),
    bias: integerValue(context.bias),
    trees: listValue(trees),
    ...(context.weights === undefined ? {} : { weights: numbers(context.weights) }),
    ...formatCalibration(context),
  });
}

function formatCalibration({ threshold, platt }: Calibration) {
  return {
    ...(threshold === undefined ? {} : { bestThreshold: floatValue(threshold) }),
    plattScaling: groupValue({ A: floatValue(platt.A), B: floatValue(platt.B) }),
  };
}

function numbers(values: readonly number[]): ConfigValue {
  return arrayValue(values.map(floatValue));
}

/**
 * What follows the stumps of a model's file; undefined where nothing does.
 * @throws {UserError} where a key is missing or out of range
 */
export function readRefinement(root: ConfigGroup): Refinement | undefined {
  const group = readGroupKey(root, "the file", "smoothing");
  const context = readGroupKey(root, "the file", "autoContext");
  if (group === undefined) {
    if (context === undefined) return undefined;
    throw errorAt(context.position, "the file has autoContext but no smoothing; use a complete file");
  }
  const smoothing = readSmoothing(group);
  return context === undefined ? { smoothing } : { smoothing, autoContext: readAutoContext(context) };
}

function readSmoothing(group: ConfigGroup): Smoothing {
  const sigmas = readNumbers(group, "smoothing", "sigma", { low: 0, high: MAX_SIGMA });
  const [inSlice, acrossSlices] = sigmas;
  if (inSlice === undefined || acrossSlices === undefined || sigmas.length > 2) {
    throw wrongValue(group, "smoothing", "sigma", "two numbers, [within slices, across slices]");
  }
  return { sigma: [inSlice, acrossSlices], ...readCalibration(group, "smoothing") };
}

function readCalibration(group: ConfigGroup, name: string): Calibration {
  const platt = readPlatt(group);
  if (!group.settings.has("bestThreshold")) return { platt };
  return { platt, threshold: readBounded(group, name, "bestThreshold", MAX_VALUE) };
}

function readAutoContext(group: ConfigGroup): AutoContext {
  const name = "autoContext";
  const features = readSequence(group, name, "features").elements.map((value) => {
    if (value.type === "string") return value.value;
    throw errorAt(
      value.position,
      `features of ${name} contains ${describeValue(value)}; expected names in quotes`,
    );
  });
  const space = group.settings.get("space")?.value;
  if (space?.type !== "string" || space.value !== "slice" && space.value !== "volume") {
    throw wrongValue(group, name, "space", '"slice" or "volume"');
  }
  const bias = readNumber(group, name, "bias");
  if (!Number.isInteger(bias) || Math.abs(bias) > MAX_BIAS) {
    throw wrongValue(group, name, "bias", `a whole number from -${MAX_BIAS} to ${MAX_BIAS}`);
  }
  const trees = readSequence(group, name, "trees").elements.map((value, index) =>
    readTree(value, `tree ${index + 1} of ${name}`, features.length)
  );
  const calibration = readCalibration(group, name);
  const second: AutoContext = { space: space.value, features, bias, trees, ...calibration };
  if (!group.settings.has("weights")) return second;
  const weights = readNumbers(group, name, "weights", { low: -MAX_VALUE, high: MAX_VALUE });
  if (weights.length === features.length) return { ...second, weights };
  throw wrongValue(group, name, "weights", `${features.length} numbers, one for each of its features`);
}

function readTree(value: ConfigValue, name: string, features: number): ContextTree {
  if (value.type !== "group") {
    throw errorAt(value.position, `${name} is ${describeValue(value)}; expected a group { }`);
  }
  const tree = {
    features: readNumbers(value, name, "features", { low: 0, high: features - 1, isWhole: true }),
    thresholds: readNumbers(value, name, "thresholds", { low: -MAX_VALUE, high: MAX_VALUE }),
    leaves: readNumbers(value, name, "leaves", { low: -MAX_LEAF - 1, high: MAX_LEAF, isWhole: true }),
  };
  const depth = tree.features.length;
  const fits = depth >= 1 && depth <= MAX_DEPTH && tree.thresholds.length === depth &&
    tree.leaves.length === 2 ** depth;
  if (fits) return tree;
  throw errorAt(
    value.position,
    `${name} has ${depth} features, ${tree.thresholds.length} thresholds and ${tree.leaves.length} leaves; expected 1 to ` +
      `${MAX_DEPTH} features, as many thresholds and 2^features leaves`,
  );
}
