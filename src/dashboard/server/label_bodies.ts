/** What the routes of a labelling project are told, checked. */
import type { Meaning } from "../../label/import_state.ts";
import type { Look } from "../../label/live.ts";
import { isAnisotropy, isVoxelSize } from "../../label/project_file.ts";
import {
  isChannel,
  isLearnSettings,
  isSigma,
  isSupervoxel,
  MOST_SIGMA,
  MOST_SUPERVOXEL,
} from "../../label/learn_settings.ts";
import type { ProjectSettings } from "../../label/stack.ts";
import type { LabelPolarity, LabelStroke, PictureSubject, Searched, Verdict } from "../../label/state.ts";
import { isPolarity } from "../../stages/training/polarity_answers.ts";
import { UserError } from "../../user_error.ts";
import { type Region, regionBetween, type Zyx } from "../../volume/region.ts";
import { fieldsOf, isPlace, isTriple, isWhole, textOf, UUID } from "./body_fields.ts";

/** @throws {UserError} where a body is not `{}` */
export function nothingOf(body: unknown): Record<string, never> {
  fieldsOf(body, []);
  return {};
}

/** The name of a new synapse. @throws {UserError} where it is no text */
export function newObjectOf(body: unknown): { readonly name?: string } {
  const { name } = fieldsOf(body, ["name"]);
  return name === undefined ? {} : { name: textOf("name", name) };
}

/** What is to be changed of a synapse. @throws {UserError} where it cannot be */
export function objectChangeOf(body: unknown): { readonly name?: string; readonly polarity?: LabelPolarity } {
  const { name, polarity } = fieldsOf(body, ["name", "polarity"]);
  return {
    ...(name === undefined ? {} : { name: textOf("name", name) }),
    ...(polarity === undefined ? {} : { polarity: polarityOf(polarity) }),
  };
}

/** How large the voxels are, and how the project learns. @throws {UserError} where that cannot be */
export function settingsOf(body: unknown): ProjectSettings {
  const { voxelSize, anisotropy, learning } = fieldsOf(body, ["voxelSize", "anisotropy", "learning"]);
  if (voxelSize !== undefined && !isVoxelSize(voxelSize)) {
    throw new UserError("voxelSize: expected z, y and x in nm, each above 0");
  }
  if (anisotropy !== undefined && !isAnisotropy(anisotropy)) {
    throw new UserError("anisotropy: expected a number from 1 to 1000");
  }
  if (learning !== undefined && !isLearnSettings(learning)) {
    throw new UserError(
      `learning: expected sigma from 0.5 to ${MOST_SIGMA}, supervoxel from 1 to ${MOST_SUPERVOXEL}, and channels, ` +
        `names of scales up to ${MOST_SIGMA}`,
    );
  }
  return {
    ...(voxelSize === undefined ? {} : { voxelSize }),
    ...(anisotropy === undefined ? {} : { anisotropy }),
    ...(learning === undefined ? {} : { learning }),
  };
}

/** Where to show what a setting does. @throws {UserError} where that cannot be */
export function pictureOf(body: unknown, shape: Zyx): { readonly at: Zyx; readonly subject: PictureSubject } {
  const { at, subject } = fieldsOf(body, ["at", "subject"]);
  if (!isPlace(at, shape)) throw new UserError("expected at: z, y, x of a voxel of the stack");
  const { kind, sigma, supervoxel, name } = fieldsOf(subject, ["kind", "sigma", "supervoxel", "name"]);
  if (kind === "directions" && isSigma(sigma)) return { at, subject: { kind, sigma } };
  if (kind === "supervoxels" && isSupervoxel(supervoxel)) return { at, subject: { kind, supervoxel } };
  if (kind === "channel" && isChannel(name)) return { at, subject: { kind, name } };
  throw new UserError(
    "subject: expected kind directions, supervoxels or channel, and its sigma, supervoxel or name",
  );
}

/** Where to grow which synapse. @throws {UserError} where that cannot be */
export function growthOf(body: unknown, shape: Zyx): { readonly id: number; readonly at: Zyx } {
  const { id, at } = fieldsOf(body, ["id", "at"]);
  if (isWhole(id, MOST_VALUE) && isPlace(at, shape)) return { id, at };
  throw new UserError("expected id, and at: z, y, x of a voxel of the stack");
}

/** Between which slices to fill which synapse. @throws {UserError} where that cannot be */
export function slicesOf(
  body: unknown,
  [depth]: Zyx,
): { readonly id: number; readonly from: number; readonly to: number } {
  const { id, from, to } = fieldsOf(body, ["id", "from", "to"]);
  if (isWhole(id, MOST_VALUE) && isWhole(from, depth - 1) && isWhole(to, depth - 1)) return { id, from, to };
  throw new UserError("expected id, and from and to: slices of the stack");
}

/** What is said of a candidate. @throws {UserError} where it cannot be understood */
export function verdictOf(body: unknown): { readonly id: string; readonly verdict: Verdict } {
  const { id, verdict } = fieldsOf(body, ["id", "verdict"]);
  if (verdict !== "yes" && verdict !== "no" && verdict !== "skip") {
    throw new UserError('verdict: expected "yes", "no" or "skip"');
  }
  return { id: textOf("id", id), verdict };
}

/** Labels to look at, and what each of their values means. @throws {UserError} where that cannot be understood */
export function importOf(body: unknown): { readonly path: string; readonly means?: readonly Meaning[] } {
  const { path, means } = fieldsOf(body, ["path", "means"]);
  if (means === undefined) return { path: textOf("path", path) };
  const isMeaning = (one: unknown): one is Meaning => one === "synapse" || one === "not" || one === "unsure";
  if (Array.isArray(means) && means.every(isMeaning)) return { path: textOf("path", path), means };
  throw new UserError('means: expected "synapse", "not" or "unsure" for each value');
}

/** The path of a stack to add. @throws {UserError} where it is no text */
export function pathOf(body: unknown): { readonly path: string } {
  const { path } = fieldsOf(body, ["path"]);
  return { path: textOf("path", path) };
}

/** Which labels to take. @throws {UserError} where that is no number */
export function takenOf(body: unknown): { readonly version: number } {
  const { version } = fieldsOf(body, ["version"]);
  if (isWhole(version, Number.MAX_SAFE_INTEGER)) return { version };
  throw new UserError("version: expected the number of the labels that were looked at");
}

/** From which score and size on candidates are looked for. @throws {UserError} where these are no numbers */
export function limitsOf(
  { threshold, minSize }: Record<string, unknown>,
): { readonly threshold: string; readonly minSize: string } {
  const isNumber = (text: unknown): text is string =>
    typeof text === "string" && /^-?\d{1,9}(\.\d{1,9})?$/.test(text);
  if (isNumber(threshold) && isNumber(minSize) && Number(threshold) >= 0 && Number(minSize) >= 1) {
    return { threshold, minSize };
  }
  throw new UserError("expected threshold, a score from 0 on, and minSize, voxels from 1 on");
}

function polarityOf(value: unknown): LabelPolarity {
  if (value === null || value === "cannot tell" || isPolarity(value)) return value;
  throw new UserError('polarity: expected three of -1, 0, 1, not all 0, or "cannot tell" or null');
}

/** The id of a synapse in a path. @throws {UserError} where it is none */
export function idOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UserError(`the id of a synapse is a whole number, not ${JSON.stringify(text.slice(0, 40))}`);
}

const MOST_VALUE = 2 ** 32 - 1;

/** A stroke. @throws {UserError} where it cannot be */
export function strokeOf(body: unknown): LabelStroke {
  const { stroke, value, over, runs } = fieldsOf(body, ["stroke", "value", "over", "runs"]);
  if (typeof stroke !== "string" || !UUID.test(stroke)) throw new UserError("stroke: expected a UUID");
  if (!isWhole(value, MOST_VALUE)) {
    throw new UserError("value: expected 0 (unsure), 1 (no synapse) or the id of a synapse");
  }
  const isRule = over === "all" || over === "unpainted";
  if (!isRule && !(Array.isArray(over) && over.every((one) => isWhole(one, MOST_VALUE)))) {
    throw new UserError('over: expected "all", "unpainted" or the values that may be replaced');
  }
  if (!Array.isArray(runs) || runs.length === 0 || runs.length % 4 !== 0 || !runs.every((n) => isWhole(n))) {
    throw new UserError("runs: expected z, y, x and length of one run after the other, in whole numbers");
  }
  if (runs.some((length: number, i) => i % 4 === 3 && length === 0)) {
    throw new UserError("runs: a run has at least one voxel");
  }
  return { stroke: stroke.toLowerCase(), value, over: over as LabelStroke["over"], runs: runs as number[] };
}

/** What is in sight. @throws {UserError} where it is not in the stack */
export function lookOf(body: unknown, shape: Zyx): Look {
  const { at, box } = fieldsOf(body, ["at", "box"]);
  if (!isPlace(at, shape)) throw new UserError("at: expected z, y, x of a voxel of the stack");
  return { at, box: regionOf(box, shape) };
}

/** What is to be searched. @throws {UserError} where it is not in the stack, or cannot be the name of a volume */
export function searchedOf(body: unknown, shape: Zyx): Searched {
  const { box = null, volume = null, all = false } = fieldsOf(body, ["box", "volume", "all"]);
  if ([box !== null, volume !== null, all !== false].filter((isGiven) => isGiven).length > 1) {
    throw new UserError("expected box, volume or all, not several of them");
  }
  if (all !== false && all !== true) throw new UserError("all: expected true, to search all stacks");
  if (all) return { all };
  if (box !== null) return { region: regionOf(box, shape) };
  if (volume === null) return {};
  // deno-lint-ignore no-control-regex
  if (typeof volume === "string" && volume.trim() !== "" && !/[\x00-\x1f]/.test(volume)) return { volume };
  throw new UserError("volume: expected the path of a volume, as in a configuration");
}

/** A part of the stack. @throws {UserError} where it is none */
function regionOf(box: unknown, shape: Zyx): Region {
  const { begin, end } = fieldsOf(box, ["begin", "end"]);
  if (!isPlace(begin, shape) || !isTriple(end)) {
    throw new UserError(
      "expected box with begin and end: z, y, x in voxels of the stack, in whole numbers",
    );
  }
  if (end.some((to, axis) => to <= (begin[axis] ?? 0) || to > (shape[axis] ?? 0))) {
    throw new UserError("box: end lies beyond begin on each axis, and in the stack");
  }
  return regionBetween(begin, end);
}
