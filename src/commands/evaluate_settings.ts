/** What the flags of `ccboost evaluate` ask for, checked before any work is done. */
import type { MatchRule } from "../analysis/synapse_match.ts";
import { UserError } from "../user_error.ts";
import { describeVolumeFile } from "../volume/open.ts";
import { describeShape, type Region, type Zyx } from "../volume/region.ts";
import { nanometresOf } from "../volume/length_units.ts";
import type { Call } from "./command.ts";
import { labelsFlag, numberOf, readNumber, regionFlag, textOf } from "./flag_values.ts";
import type { FlagName } from "./flag_table.ts";
import type { GivenFlags } from "./flags.ts";
import { requireDifferent, requireFolderOf, requireFree, requireOneComponent } from "./volumes.ts";

/** What to compare besides voxels, and what to write. */
export interface EvaluateSettings {
  /** The least score of a positive; undefined where it is that of the best F1. */
  readonly threshold?: number | undefined;
  /** Undefined where voxels alone are compared. */
  readonly synapses?: SynapseSettings | undefined;
  /** Where points of the curves go. */
  readonly curves?: string | undefined;
  /** Where the page goes. */
  readonly html?: string | undefined;
  /** The micrograph for the page's pictures. */
  readonly raw?: string | undefined;
  /** The part that is compared; undefined: all. */
  readonly region?: Region | undefined;
}

/** When predicted synapses are right. */
export interface SynapseSettings {
  readonly rule: MatchRule;
  /** Unit of a distance. */
  readonly unit: "voxels" | "nm";
  readonly minSize: number;
}

/** Flags that ask for a comparison by synapse. */
const BY_SYNAPSE: readonly FlagName[] = ["synapses", "threshold", "overlap", "distance", "min-size", "html"];

const MOST_DISTANCE = 1e9;

/** Whether flags ask for a comparison by synapse. */
export function comparesSynapses(flags: GivenFlags): boolean {
  return BY_SYNAPSE.some((name) => flags.has(name));
}

/** @throws {UserError} where a flag is wrong, or a file is missing or does not fit */
export async function evaluateSettings(
  call: Pick<Call, "flags">,
  prediction: string,
  labels: string,
): Promise<EvaluateSettings> {
  const { flags } = call;
  labelsFlag(flags); // before any work
  const threshold = numberOf(flags, "threshold", { from: -1e30, to: 1e30 });
  const curves = textOf(flags, "curves"), html = textOf(flags, "html"), raw = textOf(flags, "raw");
  const synapses = comparesSynapses(flags) ? await synapseSettings({ flags }, prediction, labels) : undefined;
  if (curves !== undefined && !/\.(csv|json)$/i.test(curves)) {
    throw new UserError(`--curves ${curves}: unknown format; the name must end in .csv or .json`);
  }
  if (raw !== undefined && html === undefined) {
    throw new UserError("--raw is for the pictures in the report; add --html FILE");
  }
  for (const output of [curves, html]) {
    if (output === undefined) continue;
    await requireFolderOf(output);
    for (const input of [prediction, labels, raw]) if (input !== undefined) requireDifferent(input, output);
    await requireFree(call, output);
  }
  if (curves !== undefined && html !== undefined) requireOther(curves, html);
  if (raw !== undefined) await requireSameShape(raw, prediction);
  const region = flags.has("region")
    ? regionFlag(flags, (await describeVolumeFile(prediction)).shape)
    : undefined;
  return { threshold, synapses, curves, html, raw, region };
}

async function synapseSettings(
  { flags }: Pick<Call, "flags">,
  prediction: string,
  labels: string,
): Promise<SynapseSettings> {
  const minSize = numberOf(flags, "min-size", { from: 1, to: 1e15, isWhole: true }) ?? 1;
  const share = numberOf(flags, "overlap", { from: 0, to: 1 });
  const distance = textOf(flags, "distance");
  if (distance === undefined) {
    return { rule: { kind: "overlap", share: share ?? 0 }, unit: "voxels", minSize };
  }
  if (share !== undefined) {
    throw new UserError("--overlap and --distance are alternative matching rules; use only one of them");
  }
  const { most, unit } = readDistance(distance);
  const spacing: Zyx = unit === "nm" ? await voxelSizeOf([labels, prediction]) : [1, 1, 1];
  return { rule: { kind: "distance", most, spacing }, unit, minSize };
}

/** A metre, in nm: longer units are mistakes. */
const LONGEST_UNIT = 1e9;

/** A distance in voxels, or with a unit of length in nm. */
function readDistance(text: string): { most: number; unit: "voxels" | "nm" } {
  const [, number = text, word = ""] = /^([\d.e+-]*?\d\.?)\s*([a-zµμÅ]*)$/i.exec(text) ?? [];
  const value = readNumber("--distance", number, { from: 0, to: MOST_DISTANCE });
  if (word === "" || /^voxels?$/i.test(word)) return { most: value, unit: "voxels" };
  const nanometres = nanometresOf(word);
  if (nanometres !== undefined && nanometres <= LONGEST_UNIT) return { most: value * nanometres, unit: "nm" };
  throw new UserError(
    `--distance is ${JSON.stringify(text)}; expected voxels or a length, such as 10 or 200nm`,
  );
}

async function voxelSizeOf(paths: readonly string[]): Promise<Zyx> {
  for (const path of paths) {
    const { voxelSize } = await describeVolumeFile(path);
    if (voxelSize !== undefined) return voxelSize;
  }
  throw new UserError(
    `neither ${paths.join(" nor ")} has a voxel size, which a --distance in nm needs; give the distance ` +
      "in voxels",
  );
}

async function requireSameShape(raw: string, prediction: string): Promise<void> {
  await requireOneComponent(raw);
  const [a, b] = [await describeVolumeFile(raw), await describeVolumeFile(prediction)];
  if (a.shape.every((length, axis) => length === b.shape[axis])) return;
  throw new UserError(
    `--raw ${raw} has ${describeShape(a.shape)}, the prediction ${prediction} ` +
      `${describeShape(b.shape)}; use the volume that was scored`,
  );
}

function requireOther(curves: string, html: string): void {
  if (curves === html) {
    throw new UserError(`--curves and --html are the same file, ${html}; use two different files`);
  }
}
