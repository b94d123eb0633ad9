/** What the labels of a run say before it begins: how many synapses there are, and how many samples they give. */
import { findComponents } from "../components.ts";
import { arraySource } from "../../analysis/voxel_source.ts";
import { isAddress } from "../../config/location.ts";
import { PAINTED_LABELS } from "../../config/label_values.ts";
import type { Settings, TrainSettings } from "../../config/settings.ts";
import { seedSteps, type SlicSettings } from "../../supervoxels/grid.ts";
import { describeVolumeFile } from "../../volume/open.ts";
import { voxelCount, type Zyx } from "../../volume/region.ts";
import { countLabels, findMeaning, meaningMap } from "../convert/labels.ts";
import { readAll } from "../convert/read_all.ts";
import { negativesPerPositive } from "./select.ts";

/** Labels of more voxels are not read for a plan, which must be there within seconds. */
const MOST_VOXELS = 2 ** 25;
/** Bytes for a voxel while labels are read: 32-bit floats, the labels themselves, and what reading takes. */
const BYTES_PER_VOXEL = 8;

/** What there is to learn from. */
export interface LabelsSeen {
  /** Synapses that are large enough and used. */
  readonly synapses: number;
  /** Voxels of these, and of what is certainly no synapse. */
  readonly positive: number;
  readonly negative: number;
}

/**
 * Reads the labels; undefined where they are too large for that, lie elsewhere, or will be eroded.
 * @param memory bytes that it may take
 * @throws {UserError} where they are not what the settings call them
 */
export async function lookAtLabels(
  { minPosRegionSize, train }: Pick<Settings, "minPosRegionSize" | "train">,
  { groundTruth, groundTruthErodeRadius, labels, useSynapses }: TrainSettings,
  memory: number,
): Promise<LabelsSeen | undefined> {
  if (isAddress(groundTruth) || groundTruthErodeRadius > 0) return undefined;
  const { shape } = await describeVolumeFile(groundTruth);
  const voxels = voxelCount(shape);
  if (voxels > MOST_VOXELS || voxels * BYTES_PER_VOXEL > memory / 2) return undefined;
  // in slabs of whole slices, so that nothing is put on the disk meanwhile
  const options = { memory: voxels * BYTES_PER_VOXEL, spill: "" };
  const map = labels === PAINTED_LABELS ? undefined : meaningMap(
    findMeaning(groundTruth, labels, await countLabels(groundTruth, options), train.length > 1),
  );
  const bytes = new Uint8Array(voxels);
  let filled = 0;
  await readAll(groundTruth, [0, 1], options, (part) => {
    bytes.set(part, filled);
    filled += part.length;
  }, map);
  const source = arraySource(groundTruth, bytes, shape, [Math.min(shape[0], 64), shape[1], shape[2]]);
  const { components, counts } = await findComponents(source, undefined, { minSize: minPosRegionSize });
  const used = new Set(useSynapses);
  const kept = components.filter(({ id }) => used.size === 0 || used.has(id));
  return {
    synapses: kept.length,
    positive: kept.reduce((sum, { voxels }) => sum + voxels, 0),
    negative: counts.negative,
  };
}

/** Supervoxels are a little smaller than the distances of seeds say, and their labels need not cover them whole. */
const LEAST_SHARE = 0.7;

/**
 * The most samples of some volumes that a run will learn from, as far as it can be told beforehand.
 * @param seen what their labels say, where they were looked at
 * @param all what those of all volumes say: negatives are drawn for the positives of all
 */
export function mostSamples(
  settings: Settings,
  volumes: readonly { readonly slic: SlicSettings; readonly shape: Zyx }[],
  seen?: LabelsSeen,
  all = seen,
): number {
  const { maxTrainingSamples, appendArtificialNegatives } = settings;
  const [first] = volumes;
  if (first === undefined) return 0;
  const steps = seedSteps(first.slic);
  const supervoxels = (voxels: number) => Math.ceil(voxels / (LEAST_SHARE * steps[0] * steps[1] * steps[2]));
  const voxels = volumes.reduce((sum, { shape }) => sum + voxelCount(shape), 0);
  if (!seen || !all) return Math.min(maxTrainingSamples, supervoxels(voxels));
  const positives = supervoxels(seen.positive);
  const proportion = negativesPerPositive(settings, all.synapses);
  const wanted = proportion > 0 ? Math.ceil(proportion * supervoxels(all.positive)) : Infinity;
  const negatives = Math.min(wanted, supervoxels(seen.negative));
  return Math.min(maxTrainingSamples, (appendArtificialNegatives ? 2 : 1) * positives + negatives);
}
