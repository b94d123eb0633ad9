/** Checks of the inputs of a run that need more than their headers. */
import { componentsOf } from "../channels/mod.ts";
import type { ChannelSource, Settings } from "../config/settings.ts";
import { UserError } from "../user_error.ts";
import { allocateVoxels } from "../volume/dtype.ts";
import { describeVolumeFile } from "../volume/open.ts";
import { describeShape, voxelCount, wholeRegion, type Zyx } from "../volume/region.ts";
import { readRegion, type ZarrVolume } from "../volume/zarr/mod.ts";
import { chunksOf, regionOfChunk } from "../volume/zarr/read.ts";
import { channelOf } from "../block/columns.ts";
import { describeValues, labelAdvice, type LabelValues } from "./label_counts.ts";

/** Most chunks that are looked through for a second value: some 17 GB, in which every image has one. */
const MOST_CHUNKS = 1 << 16;

/**
 * Checks that an image is one: that not every voxel has the same value. Reads no more than the first chunk of most volumes.
 * @throws {UserError} where it is blank
 */
export async function requireContrast(path: string, volume: ZarrVolume, signal?: AbortSignal): Promise<void> {
  let first: number | bigint | undefined;
  let looked = 0;
  for (const at of chunksOf(wholeRegion(volume.shape), volume.chunk)) {
    if (looked++ === MOST_CHUNKS) return;
    signal?.throwIfAborted();
    const region = regionOfChunk(volume, at);
    const voxels = allocateVoxels(volume.dtype, voxelCount(region.shape));
    await readRegion(volume, region, voxels);
    first ??= voxels[0] ?? 0;
    for (const value of voxels) if (value !== first) return;
  }
  throw new UserError(
    `${path}: each of its ${describeShape(volume.shape)} has the value ${first}; expected an image: ` +
      "check that this is the right file",
  );
}

/**
 * Checks that a volume's channels have as many components as those that are learned from; else columns would be taken for others.
 * @throws {UserError} naming the channel
 */
export async function requireSameComponents(
  { train: [first] }: Pick<Settings, "train">,
  channels: readonly ChannelSource[],
): Promise<void> {
  for (const [index, channel] of channels.entries()) {
    const learned = first?.otherFeatures[index];
    if (learned === undefined || learned === channel) continue;
    const [found, expected] = await Promise.all([componentCount(channel), componentCount(learned)]);
    if (found === expected) continue;
    throw new UserError(
      `otherFeatures: ${nameOf(channel)} has ${found} components per voxel, but ${nameOf(learned)}, ` +
        `which the training volume has in the same place, has ${expected}; use the same channels for all volumes`,
    );
  }
}

async function componentCount(channel: ChannelSource): Promise<number> {
  if (channel.kind === "computed") return componentsOf(channelOf(channel.stem));
  return (await describeVolumeFile(channel.path)).components;
}

function nameOf(channel: ChannelSource): string {
  return channel.kind === "computed" ? channel.stem : channel.path;
}

/** @param raw path of the raw volume @throws {UserError} where another volume that belongs to it differs in size */
export function requireShape(path: string, found: Zyx, raw: string, expected: Zyx): void {
  if (found.every((n, axis) => n === expected[axis])) return;
  throw new UserError(
    `${path} has ${describeShape(found)} but rawVolume, ${raw}, has ${
      describeShape(expected)
    }; both must have ` +
      "the same size",
  );
}

/** Voxels of a ground truth by label. */
interface LabelCounts {
  readonly negative: number;
  readonly positive: number;
  readonly ignored: number;
}

/**
 * @param paths of the ground truth of one or more volumes
 * @param given the values of each as it was given, where its labels are those that it was painted with
 * @throws {UserError} where a ground truth has no voxel of one of the labels that training needs
 */
export function requireLabels(
  paths: readonly string[],
  { negative, positive, ignored }: LabelCounts,
  given: readonly (LabelValues | undefined)[],
): void {
  const missing = positive === 0 ? "255 (positive)" : negative === 0 ? "0 (negative)" : undefined;
  if (missing === undefined) return;
  const values = given.filter((own) => own !== undefined);
  const [first] = values;
  const [labels, truth] = paths.length === 1
    ? ["its labels are", "this is the ground truth"]
    : ["the labels are, file by file,", "these are ground truth"];
  const isTakenAway = positive === 0 && values.some((own) => own.values.some(([value]) => value === 255));
  const found = isTakenAway
    ? "lower groundTruthErodeRadius, which takes away all labelled synapses"
    : first === undefined || values.length < paths.length
    ? "check what the values mean"
    : `${labels} ${values.map(describeValues).join("; ")}; check that ${truth}, with 255 on synapses and 0 ` +
      `elsewhere, or ${labelAdvice(first)}`;
  throw new UserError(
    `${paths.join(" and ")} ${
      paths.length === 1 ? "has" : "have"
    } no voxel of ${missing}: ${negative} voxels are 0, ${positive} are 255 and ${ignored} have other values, ` +
      `which are ignored; ${found}`,
  );
}
