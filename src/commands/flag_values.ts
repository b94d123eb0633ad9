/** The values of flags, checked. */
import { LABELS_EXPECTED, PAINTED_LABELS, parseLabels } from "../config/label_values.ts";
import { withPick } from "../config/pick.ts";
import type { RescaleSetting } from "../config/settings.ts";
import { UserError } from "../user_error.ts";
import { parseBytes } from "../engine/mod.ts";
import { type Region, regionEnd, type Zyx } from "../volume/region.ts";
import type { VoxelSize } from "../volume/voxel_size.ts";
import type { FlagName } from "./flag_table.ts";
import type { GivenFlags } from "./flags.ts";

const MAX_ANISOTROPY = 1000;
/** From far below an atom to a kilometre: lengths that every format can tell. */
const LEAST_NANOMETRES = 1e-6;
const MOST_NANOMETRES = 1e12;

/** The last value of a flag; undefined where it is not given. */
export function textOf(flags: GivenFlags, name: FlagName): string | undefined {
  return flags.get(name)?.at(-1);
}

/** An amount of bytes; undefined where the flag is not given. @throws {UserError} where it is none */
export function bytesOf(flags: GivenFlags, name: FlagName): number | undefined {
  const text = textOf(flags, name);
  if (text === undefined) return undefined;
  try {
    return parseBytes(text);
  } catch (cause) {
    if (cause instanceof UserError) throw new UserError(`--${name}: ${cause.message}`, { cause });
    throw cause;
  }
}

/** Voxel size in z over voxel size in x and y. @throws {UserError} where it is not from 1 to 1000 */
export function anisotropyFlag(flags: GivenFlags): number {
  return numberOf(flags, "anisotropy", { from: 1, to: MAX_ANISOTROPY }) ?? 1;
}

/** One of a few words. @throws {UserError} where it is another */
export function choiceOf<T extends string>(
  flags: GivenFlags,
  name: FlagName,
  choices: readonly T[],
): T | undefined {
  const text = textOf(flags, name);
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text);
  if (found === undefined) {
    throw new UserError(`--${name} is ${JSON.stringify(text)}; expected ${choices.join(" or ")}`);
  }
  return found;
}

/** Limits of a number, both included. */
interface NumberLimits {
  readonly from: number;
  readonly to: number;
  readonly isWhole?: boolean;
}

/** A number. @throws {UserError} where it is none or out of its limits */
export function numberOf(flags: GivenFlags, name: FlagName, limits: NumberLimits): number | undefined {
  const text = textOf(flags, name);
  return text === undefined ? undefined : readNumber(`--${name}`, text, limits);
}

/** Reads a number. @throws {UserError} that calls it `name` where it is none or out of its limits */
export function readNumber(name: string, text: string, { from, to, isWhole = false }: NumberLimits): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  if (value >= from && value <= to && (!isWhole || Number.isInteger(value))) return value;
  const kind = isWhole ? "a whole number" : "a number";
  throw new UserError(`${name} is ${JSON.stringify(text)}; expected ${kind} from ${from} to ${to}`);
}

/** Which values become 0 and 255. @throws {UserError} where these are no two numbers in order */
export function rescaleFlag(flags: GivenFlags): RescaleSetting | undefined {
  const text = textOf(flags, "rescale");
  if (text === undefined || text === "auto") return text;
  const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  const values = text.split(",").map((value) => number.test(value) ? Number(value) : NaN);
  const [low = NaN, high = NaN] = values;
  if (values.length === 2 && low < high && Number.isFinite(high - low)) return [low, high];
  throw new UserError(
    `--rescale is ${JSON.stringify(text)}; expected LOW,HIGH, two numbers with LOW < HIGH, or auto`,
  );
}

/** A volume's location with the channel and time point of the flags. @throws {UserError} where these are no numbers */
export function pickedLocation(location: string, flags: GivenFlags): string {
  const limits = { from: 0, to: 999_999, isWhole: true };
  const channel = numberOf(flags, "channel", limits), time = numberOf(flags, "time-point", limits);
  return withPick(location, { channel, time });
}

/** What the values of labels mean. @throws {UserError} where that is not understood */
export function labelsFlag(flags: GivenFlags): string {
  const text = textOf(flags, "labels-are")?.replace(/\s+/g, "") ?? PAINTED_LABELS;
  if (parseLabels(text) !== undefined) return text;
  throw new UserError(`--labels-are is ${JSON.stringify(text)}; expected ${LABELS_EXPECTED}`);
}

/** Three whole numbers of voxels, `[z, y, x]`. @throws {UserError} where they are something else */
export function shapeOf(flags: GivenFlags, name: FlagName): Zyx | undefined {
  const text = textOf(flags, name);
  if (text === undefined) return undefined;
  const [z = 0, y = 0, x = 0, ...more] = text.split(",").map((n) => /^\d{1,6}$/.test(n) ? Number(n) : 0);
  if (z > 0 && y > 0 && x > 0 && more.length === 0) return [z, y, x];
  throw new UserError(
    `--${name} is ${JSON.stringify(text)}; expected three whole numbers of voxels, z,y,x, such as 64,128,128`,
  );
}

/** Size of a voxel in nm. @throws {UserError} where it is not three lengths above 0 */
export function voxelSizeFlag(flags: GivenFlags): VoxelSize | undefined {
  const text = textOf(flags, "voxel-size");
  if (text === undefined) return undefined;
  const lengths = text.split(",").map((length) => /^(\d+\.?\d*|\.\d+)$/.test(length) ? Number(length) : NaN);
  const [x = NaN, y = NaN, z = NaN, ...more] = lengths;
  const isSize = [x, y, z].every((length) => length >= LEAST_NANOMETRES && length <= MOST_NANOMETRES);
  if (isSize && more.length === 0) return [z, y, x];
  throw new UserError(
    `--voxel-size is ${JSON.stringify(text)}; expected three lengths in nm, x,y,z, such as 4,4,40`,
  );
}

/**
 * The part of a volume to work on; undefined where all of it is meant.
 * @throws {UserError} where it is no region, or not in a volume of this shape
 */
export function regionFlag(flags: GivenFlags, shape: Zyx): Region | undefined {
  const text = textOf(flags, "region");
  if (text === undefined) return undefined;
  const ranges = text.split(",").map((range, axis) => rangeOf(range, shape[axis] ?? 0));
  const [z, y, x, ...more] = ranges;
  if (z && y && x && more.length === 0) {
    return { start: [z[0], y[0], x[0]], shape: [z[1] - z[0], y[1] - y[0], x[1] - x[0]] };
  }
  throw new UserError(
    `--region is ${JSON.stringify(text)}; expected z,y,x as first:end within ` +
      `${shape.map((length) => `0:${length}`).join(",")}, such as 0:50,100:600,:`,
  );
}

/** A part of a volume as `--region` takes it: `z,y,x = 0:50,100:600,0:300`. */
export function describePart(region: Region): string {
  const end = regionEnd(region);
  return `z,y,x = ${region.start.map((first, axis) => `${first}:${end[axis]}`).join(",")}`;
}

/** First voxel and the one after the last; undefined where there is none between, or they are not on the axis. */
function rangeOf(text: string, length: number): readonly [start: number, end: number] | undefined {
  const match = /^(\d{0,9}):(\d{0,9})$/.exec(text);
  if (match === null) return undefined;
  const [start, end] = [Number(match[1] || 0), match[2] === "" ? length : Number(match[2])];
  return start < end && end <= length ? [start, end] : undefined;
}
