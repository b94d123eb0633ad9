/** Reading and writing stump files, `<outFileName>-stumps.cfg`, in the form of the original program. */
import {
  arrayValue,
  booleanValue,
  type ConfigGroup,
  type ConfigValue,
  describeValue,
  errorAt,
  floatValue,
  formatLibconfig,
  groupValue,
  integerValue,
  listValue,
  parseLibconfig,
  stringValue,
} from "../config/libconfig.ts";
import { readSmallText } from "../config/small_file.ts";
import { UserError } from "../user_error.ts";
import { FRAGMENT_JOINS, type FragmentJoin } from "../supervoxels/grid.ts";
import { isPoseIndex, POSE_COUNT } from "./poses.ts";
import {
  MAX_VALUE,
  readBoolean,
  readBounded,
  readNumber,
  readNumbers,
  readPlatt,
  wrongValue,
} from "./read_keys.ts";
import { formatRefinement, readRefinement } from "./refinement_file.ts";
import {
  describeStump,
  meanThreshold,
  type Model,
  roundsPerModel,
  type Stump,
  sumOfAlphas,
  sumThreshold,
} from "./stumps.ts";
import { writeFileAtomic } from "../volume/file.ts";

/** Longest stump file, and most names, values and symbols in it: some 150,000 stumps. */
const MAX_FILE_BYTES = 64 * 2 ** 20;
const MAX_TOKENS = 4_000_000;

/** Largest weight of a stump. Learned ones are below 20; sums of these stay finite however many there are. */
const MAX_ALPHA = 1e6;

/** What a stump file is read for. */
export interface StumpFileOptions {
  /** Voxel size in z over x and y, at least 1: a file holds thresholds of sums, and a box's size depends on it. */
  readonly anisotropy: number;
  /** Number of columns there are; a stump that asks for another is an error. Unchecked where left out. */
  readonly columns?: number;
  /** Keep only the first so many stumps; of several models the first of each, see `roundsPerModel`. */
  readonly numStumps?: number;
}

/**
 * Reads a stump file.
 *
 * @throws {UserError} where the file cannot be read, or as `parseStumps` does
 */
// deno-lint-ignore require-await -- rejects instead of throwing
export async function readStumpFile(path: string, options: StumpFileOptions): Promise<Model> {
  const text = readSmallText(path, MAX_FILE_BYTES, "a stump file");
  return parseStumps(text, path, options);
}

/** Writes a stump file whole or not at all; `readStumpFile` with the same anisotropy gives back the same bits. */
export async function writeStumpFile(path: string, model: Model, anisotropy: number): Promise<void> {
  await writeFileAtomic(path, formatStumps(model, anisotropy));
}

/** The text of a stump file. */
export function formatStumps(model: Model, anisotropy: number): string {
  const { stumps, platt, join, threshold, models, refinement, orientSigma, gridStep, labelledVoxels } = model;
  const groups = stumps.map((stump) =>
    groupValue({
      threshold: floatValue(sumThreshold(stump, anisotropy)),
      invert: booleanValue(stump.invert),
      column: integerValue(stump.column),
      poseIdx: integerValue(stump.pose),
      description: stringValue(describeStump(stump)),
      abweight: floatValue(stump.alpha),
    })
  );
  const plattScaling = groupValue({ A: floatValue(platt.A), B: floatValue(platt.B) });
  const best = threshold === undefined ? {} : { bestThreshold: floatValue(threshold) };
  const several = models === undefined ? {} : { models: arrayValue(models.map(integerValue)) };
  const follows = refinement === undefined ? {} : formatRefinement(refinement);
  return formatLibconfig(
    groupValue({
      stumps: listValue(groups),
      plattScaling,
      svoxJoin: stringValue(join),
      ...(orientSigma === undefined ? {} : { orientSigma: floatValue(orientSigma) }),
      ...(gridStep === 2 ? { gridStep: integerValue(2) } : {}),
      ...(labelledVoxels === undefined ? {} : { labelledVoxels: integerValue(labelledVoxels) }),
      ...best,
      ...several,
      ...follows,
    }),
  );
}

/**
 * The model in a stump file's text. Without a group `plattScaling` it has the unfitted scaling, without `svoxJoin` it is one of the original's.
 * Threshold and what follows the stumps are those of all stumps together, so that fewer have none.
 *
 * @param file path, for messages
 * @throws {UserError} where the text is not libconfig, has no stumps, or a key is missing or out of range
 */
export function parseStumps(text: string, file: string, options: StumpFileOptions): Model {
  const root = parseLibconfig(text, { file, mostTokens: MAX_TOKENS });
  const list = root.settings.get("stumps")?.value;
  if (list === undefined) {
    throw new UserError(
      `${file} has no stumps; a stump file begins with stumps = ( ... ), so use another file`,
    );
  }
  if (list.type !== "list" || list.elements.length === 0) {
    throw errorAt(
      list.position,
      `stumps is ${describeValue(list)}; expected a list ( ) of at least one stump`,
    );
  }
  const models = readModels(root, list.elements.length);
  const most = options.numStumps === undefined
    ? undefined
    : roundsPerModel(options.numStumps, models?.length ?? 1);
  const kept = keptStumps(list.elements, models, most);
  if (kept.length === 0) {
    throw new UserError(`numStumps is ${options.numStumps}; at least 1 stump of ${file} must be used`);
  }
  const stumps = kept.map((value, index) => readStump(value, `stump ${index + 1}`, options));
  if (sumOfAlphas(stumps) === 0) {
    throw errorAt(
      list.position,
      "the abweights of all stumps add up to 0, so the model cannot distinguish anything; use another stump file, or train on other volumes",
    );
  }
  const threshold = readThreshold(root);
  const refinement = readRefinement(root);
  const isWhole = kept.length === list.elements.length;
  return {
    stumps,
    platt: readPlatt(root),
    join: readJoin(root),
    ...(models === undefined ? {} : { models: models.map((count) => Math.min(count, most ?? count)) }),
    ...(root.settings.has("orientSigma") ? { orientSigma: readSigma(root) } : {}),
    ...(root.settings.has("gridStep") ? { gridStep: readGridStep(root) } : {}),
    ...(root.settings.has("labelledVoxels") ? { labelledVoxels: readLabelledVoxels(root) } : {}),
    ...(threshold !== undefined && isWhole ? { threshold } : {}),
    ...(refinement !== undefined && isWhole ? { refinement } : {}),
  };
}

/** How many stumps each of several models has. */
function readModels(root: ConfigGroup, stumps: number): number[] | undefined {
  if (!root.settings.has("models")) return undefined;
  const models = readNumbers(root, "the file", "models", { low: 1, high: stumps, isWhole: true });
  const sum = models.reduce((a, b) => a + b, 0);
  if (sum === stumps) return models;
  throw wrongValue(
    root,
    "the file",
    "models",
    `numbers that add up to the number of stumps, ${stumps}, not ${sum}`,
  );
}

/** The first so many stumps, of each model where there are several. */
function keptStumps<T>(all: readonly T[], models: readonly number[] = [all.length], most = all.length): T[] {
  let from = 0;
  return models.flatMap((count) => {
    const own = all.slice(from, from + Math.min(count, most));
    from += count;
    return own;
  });
}

/** What the original, which does not say, always does is `scan`. */
function readJoin(root: ConfigGroup): FragmentJoin {
  const setting = root.settings.get("svoxJoin");
  if (setting === undefined) return "scan";
  const { value, position } = setting;
  const join = FRAGMENT_JOINS.find((known) => value.type === "string" && value.value === known);
  if (join !== undefined) return join;
  throw errorAt(
    position,
    `svoxJoin is ${describeValue(value)}; expected ` +
      `${FRAGMENT_JOINS.map((known) => `"${known}"`).join(" or ")}`,
  );
}

/** Largest scale of an orientation, x/y voxels. */
const MAX_SIGMA = 100;

function readSigma(root: ConfigGroup): number {
  const sigma = readBounded(root, "the file", "orientSigma", MAX_SIGMA);
  if (sigma > 0) return sigma;
  throw wrongValue(root, "the file", "orientSigma", `a number above 0 and up to ${MAX_SIGMA}`);
}

function readGridStep(root: ConfigGroup): 1 | 2 {
  const step = readNumber(root, "the file", "gridStep");
  if (step === 1 || step === 2) return step;
  throw wrongValue(root, "the file", "gridStep", "1 or 2");
}

/** Largest size of a labelled synapse in a file. */
const MAX_VOXELS = 2 ** 50;

function readLabelledVoxels(root: ConfigGroup): number {
  const voxels = readBounded(root, "the file", "labelledVoxels", MAX_VOXELS);
  if (Number.isInteger(voxels) && voxels > 0) return voxels;
  throw wrongValue(root, "the file", "labelledVoxels", "a whole number from 1");
}

function readThreshold(root: ConfigGroup): number | undefined {
  return root.settings.has("bestThreshold")
    ? readBounded(root, "the file", "bestThreshold", MAX_VALUE)
    : undefined;
}

function readStump(value: ConfigValue, name: string, options: StumpFileOptions): Stump {
  if (value.type !== "group") {
    throw errorAt(value.position, `${name} is ${describeValue(value)}; expected a group { }`);
  }
  const pose = readNumber(value, name, "poseIdx");
  if (!isPoseIndex(pose)) {
    throw wrongValue(value, name, "poseIdx", `a whole number from 0 to ${POSE_COUNT - 1}`);
  }
  const column = readNumber(value, name, "column");
  if (!Number.isInteger(column) || column < 0) {
    throw wrongValue(value, name, "column", "a whole number from 0");
  }
  if (options.columns !== undefined && column >= options.columns) {
    throw wrongValue(
      value,
      name,
      "column",
      `at most ${options.columns - 1}, because there are ${options.columns} columns;` +
        " list the channels in otherFeatures that the stumps were trained with",
    );
  }
  return {
    pose,
    column,
    threshold: meanThreshold(readBounded(value, name, "threshold", MAX_VALUE), pose, options.anisotropy),
    invert: readBoolean(value, name, "invert"),
    alpha: readBounded(value, name, "abweight", MAX_ALPHA),
  };
}
