/** Finds the synapses in a volume of scores of any size, and measures each. */
import { createSynapseSums, type SynapseSums } from "../../analysis/synapse_sums.ts";
import { measureSynapse, type Synapse } from "../../analysis/synapse.ts";
import {
  atLeast,
  readScores,
  type RunControl,
  type VoxelSink,
  type VoxelSource,
} from "../../analysis/voxel_source.ts";
import { UserError } from "../../user_error.ts";
import { describeShape, type Zyx } from "../../volume/region.ts";
import type { VoxelSize } from "../../volume/voxel_size.ts";
import { findComponents } from "../components.ts";
import type { DirectionSource } from "./directions.ts";
import type { ReviewMark } from "./review/reviewed_plan.ts";
import type { ReviewProgress } from "./review/sample.ts";

/** How to find synapses. */
export interface SynapseOptions extends RunControl {
  /** The least score of a synapse's voxels. */
  readonly threshold: number;
  /** Connected parts of fewer voxels are no synapses. Default 100. */
  readonly minSize?: number | undefined;
  /** Size of a voxel in nm; undefined where it is not known. */
  readonly voxelSize?: VoxelSize | undefined;
  /** Voxel size in z over voxel size in x and y, where the voxel size is not known. Default 1. */
  readonly anisotropy?: number;
  /** Which way voxels point; left out, synapses have no direction. */
  readonly directions?: DirectionSource | undefined;
  /** Receives each voxel's synapse, 0 where there is none. */
  readonly labels?: VoxelSink<Uint32Array> | undefined;
  /** Bytes for the table, besides the blocks in work. More synapses than it holds are an error. Default 1 GiB. */
  readonly tableBytes?: number;
  /** Voxels read or written at once. */
  readonly blockVoxels?: number;
}

/** How a table was looked through. */
export interface TableReview {
  /** Of each synapse, in the order of the table. */
  readonly marks: readonly ReviewMark[];
  /** Of the table as it was found. */
  readonly progress: ReviewProgress;
}

/** Synapses in the order of their numbers: in an array, or in a file that is read whenever they are gone through. */
export interface SynapseList extends Iterable<Synapse> {
  /** How many there are. */
  readonly length: number;
}

/** The synapses of a volume. */
export interface SynapseTable<List extends SynapseList = readonly Synapse[]> {
  /** Size of the volume in voxels. */
  readonly shape: Zyx;
  /** Size of a voxel in nm; undefined where it is not known. */
  readonly voxelSize: VoxelSize | undefined;
  /** Of `length`, `width` and `thickness`: nm, or x/y voxels where the voxel size is not known. */
  readonly unit: "nm" | "xy-voxels";
  /** The least score of a synapse's voxels. */
  readonly threshold: number;
  /** Least voxels of a synapse. */
  readonly minSize: number;
  /** Connected parts that were too small. */
  readonly dropped: number;
  /** Whether it was known which way voxels point. */
  readonly hasDirections: boolean;
  /** In the order of their numbers. */
  readonly synapses: List;
  /** What a person said of them; undefined where nobody looked through them. */
  readonly review?: TableReview | undefined;
}

/** Least voxels of a synapse where nothing else is said. */
export const DEFAULT_MIN_SIZE = 100;

const DEFAULT_TABLE_BYTES = 2 ** 30;
/** Bytes of a synapse and of what it is found and measured by, measured as 1.3 kB, and its parts before they are joined. */
const BYTES_A_SYNAPSE = 3072;

/** Parts in slabs, and small ones, that may come on each synapse. */
const PARTS_A_SYNAPSE = 8;

/**
 * Finds the synapses: connected voxels (by faces, edges or corners) whose score is at least the threshold. The table and the
 * labels are the same to the bit however the volume is read.
 *
 * @param scores `[z, y, x]`; what is not a number is no synapse
 * @throws {UserError} where the directions are of another shape, or there are more synapses than the table's memory holds
 */
export async function findSynapses(
  scores: VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  options: SynapseOptions,
): Promise<SynapseTable> {
  const { threshold, minSize = DEFAULT_MIN_SIZE, voxelSize, anisotropy = 1, directions, labels } = options;
  const { tableBytes = DEFAULT_TABLE_BYTES, blockVoxels, onProgress, signal } = options;
  requireSameShape(scores, directions);
  const sums = createSynapseSums();
  const most = Math.floor(tableBytes / BYTES_A_SYNAPSE);
  const { components, dropped } = await findComponents(
    atLeast(scores, threshold),
    measuringSink(scores, sums, directions, labels),
    {
      neighbours: 26,
      minSize,
      mostComponents: most,
      mostParts: PARTS_A_SYNAPSE * most,
      onRun: sums.addRun,
      blockVoxels,
      onProgress,
      signal,
    },
  );
  const about = { threshold, minSize, voxelSize, anisotropy, hasDirections: directions !== undefined };
  const unit = lengthsOfVoxel(about);
  const synapses = components.map((found) => measureSynapse(found, sums, scores.shape, unit));
  return { ...tableOf(scores.shape, about, synapses), dropped };
}

/** Length of a voxel on each axis, in the table's unit. */
export function lengthsOfVoxel(
  { voxelSize, anisotropy }: { readonly voxelSize: VoxelSize | undefined; readonly anisotropy: number },
): Zyx {
  return voxelSize ?? [anisotropy, 1, 1];
}

/** The table of measured synapses. */
export function tableOf<List extends SynapseList>(
  shape: Zyx,
  { threshold, minSize, voxelSize, hasDirections }: Pick<
    SynapseTable,
    "threshold" | "minSize" | "voxelSize" | "hasDirections"
  >,
  synapses: List,
): Omit<SynapseTable<List>, "dropped"> {
  const unit = voxelSize ? "nm" : "xy-voxels";
  return { shape, voxelSize, unit, threshold, minSize, hasDirections, synapses };
}

/** Passes each block of numbers on, and adds up the scores and directions of its voxels. */
function measuringSink(
  scores: VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  sums: SynapseSums,
  directions: DirectionSource | undefined,
  labels: VoxelSink<Uint32Array> | undefined,
): VoxelSink<Uint32Array> {
  return {
    shape: scores.shape,
    chunk: (labels ?? scores).chunk,
    async write(region, numbers) {
      await labels?.write(region, numbers);
      const first = numbers.findIndex(Boolean);
      if (first < 0) return;
      const values = await readScores(scores, region);
      const directionAt = await directions?.read(region);
      for (let voxel = first; voxel < numbers.length; voxel++) {
        const id = numbers[voxel] ?? 0;
        if (id === 0) continue;
        sums.addScore(id, values[voxel] ?? 0);
        const direction = directionAt?.(voxel);
        if (direction) sums.addDirection(id, direction);
      }
    },
  };
}

function requireSameShape(
  scores: { name: string; shape: Zyx },
  directions: DirectionSource | undefined,
): void {
  if (directions === undefined || directions.shape.every((n, axis) => n === scores.shape[axis])) return;
  throw new UserError(
    `${scores.name} has ${describeShape(scores.shape)}, the orientation ` +
      `${describeShape(directions.shape)}; use the orientation of the same volume`,
  );
}
