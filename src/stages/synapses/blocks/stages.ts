/**
 * Lists the synapses of a volume of scores in blocks, which threads or other processes share: blocks find their parts, one process joins
 * them, and blocks write the label volume.
 */
import { join } from "node:path";
import { memoryPerWorker } from "../../../engine/mod.ts";
import type { BlockPlan } from "../../../engine/mod.ts";
import { chunkBlocks } from "../../../analysis/voxel_source.ts";
import { planStage, type Resources } from "../../../run/plan_stage.ts";
import { blockFileName } from "../../../run/block_files.ts";
import { runBlocks } from "../../../run/run_blocks.ts";
import type { RunContext } from "../../../run/run_context.ts";
import { removeFolder, stageArray, stageFolder } from "../../../run/work_folder.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../../volume/region.ts";
import { type VoxelSize, voxelSizeAttribute } from "../../../volume/voxel_size.ts";
import { countChunks } from "../../../volume/zarr/check.ts";
import { defaultChunk, setAttributes, type ZarrVolume } from "../../../volume/zarr/mod.ts";
import { shardFor } from "../../../volume/zarr/shard.ts";
import { blockOutputs } from "../../block_outputs.ts";
import type { PartsJob, SynapseLabelsJob } from "../../stage_jobs.ts";
import { keptDirections } from "../kept.ts";
import { SYNAPSES_MEMORY, SYNAPSES_VOXEL, synapsesShares } from "../memory.ts";
import type { SynapseList, SynapseTable } from "../synapses.ts";
import { type FoundBlock, type JoinedParts, joinParts } from "./join.ts";
import { numberBytes, writeNumberFile } from "./number_file.ts";
import { readParts } from "./part_file.ts";
import type { BlockCounts } from "./parts.ts";

/** What is listed. */
export interface ListedVolume {
  /** Number of the test volume. */
  readonly index: number;
  readonly scores: ZarrVolume;
  readonly threshold: number;
  readonly minSize: number;
  readonly anisotropy: number;
  readonly voxelSize: VoxelSize | undefined;
  /** Where the label volume will be. */
  readonly labels: string;
  /** Fingerprints of what made the scores and the directions. */
  readonly dependsOn: unknown;
}

/** The synapses of a volume. */
export interface ListedSynapses {
  /** Its synapses are in the folder of the parts. */
  readonly table: SynapseTable<SynapseList>;
  /** The label volume, whole, which has not got its name yet. */
  readonly labels: ZarrVolume;
  /** -Infinity where no score is a number. */
  readonly highest: number;
}

/** Blocks of more voxels gain nothing, for there is no context; of fewer there would be too many files. */
const MOST_VOXELS = 2 ** 24;
/** Into so many blocks at least a volume is divided, so that threads share them. */
const LEAST_BLOCKS = 64;
/** Bytes of a voxel while its number is written. */
const LABEL_VOXEL = 24;

/** Where the blocks of a volume keep what they find. */
export function partsFolder(workFolder: string, index: number): string {
  return join(workFolder, partsStage(index));
}

function partsStage(index: number): string {
  return `synapse-parts-${index}`;
}

/** How the label volume is stored: in few files, each of which a block writes whole. */
export function labelLayout(shape: Zyx, anisotropy: number): { readonly chunk: Zyx; readonly shard: Zyx } {
  const chunk = defaultChunk(shape, anisotropy);
  return { chunk, shard: shardFor(shape, chunk) };
}

/**
 * Plans the blocks in which synapses are listed: of a shape that the volume alone decides, but where the memory is too small for it.
 * @param unit of what blocks are made: shards of the label volume
 * @throws {UserError} where no block fits
 */
export function planSynapseBlocks(
  { resources }: { readonly resources: Resources },
  shape: Zyx,
  unit: Zyx,
  { voxelBytes = SYNAPSES_VOXEL, bytesBeside = 0 } = {},
): BlockPlan {
  const { memory, workers, blockShape = largestBlock(shape, unit, memoryPerWorker(memory, workers)) } =
    resources;
  return planStage({ resources: { ...resources, blockShape } }, {
    shape,
    chunk: unit,
    context: [0, 0, 0],
    bytesNeeded: (_read, write) => voxelCount(write) * voxelBytes + bytesBeside,
  });
}

function largestBlock(shape: Zyx, unit: Zyx, bytes: number): Zyx {
  const most = Math.min(MOST_VOXELS, voxelCount(shape) / LEAST_BLOCKS, bytes / SYNAPSES_VOXEL);
  return chunkBlocks(wholeRegion(shape), unit, most)[0]?.shape ?? unit;
}

/**
 * Finds the synapses of a volume, and writes their numbers.
 * @throws {HandedOver} where blocks were left to other processes
 * @throws {UserError} where there are more synapses than fit the memory
 */
export async function synapsesByBlocks(given: RunContext, volume: ListedVolume): Promise<ListedSynapses> {
  const context = withFewThreads(given, volume.scores.shape);
  const { resources, signal } = context;
  const { scores: { path: name, shape }, threshold, minSize, voxelSize, anisotropy } = volume;
  const found = await findAllParts(context, volume);
  const joined = await joinParts(found.blocks, {
    name,
    shape,
    blockShape: found.plan.blockShape,
    threshold,
    minSize,
    voxelSize,
    anisotropy,
    hasDirections: await keptDirections(volume.scores) !== undefined,
    tableBytes: synapsesShares(Math.max(SYNAPSES_MEMORY, resources.memory)).tableBytes,
    folder: found.folder,
    read: (write) => readParts(join(found.folder, blockFileName(write, "parts"))),
    signal,
  });
  const labels = await writeLabels(context, volume, found, joined);
  const highest = found.blocks.reduce(
    (most, { counts }) => Math.max(most, counts.highest ?? -Infinity),
    -Infinity,
  );
  return { table: joined.table, labels, highest };
}

/** Of so few voxels starting threads takes longer than all of their work. */
const FEW_VOXELS = 2 ** 18;

function withFewThreads(context: RunContext, shape: Zyx): RunContext {
  if (voxelCount(shape) > FEW_VOXELS) return context;
  return { ...context, resources: { ...context.resources, workers: 1, inMainThread: true } };
}

/** The parts that all blocks have found. */
interface FoundParts {
  readonly folder: string;
  readonly plan: BlockPlan;
  /** In raster order. */
  readonly blocks: readonly FoundBlock[];
  readonly fingerprint: string;
}

async function findAllParts(context: RunContext, volume: ListedVolume): Promise<FoundParts> {
  const { index, scores, threshold, minSize, anisotropy, dependsOn: of } = volume;
  const plan = planSynapseBlocks(context, scores.shape, labelLayout(scores.shape, anisotropy).shard);
  const perPlan = { scores: of, threshold, minSize, blockShape: plan.blockShape };
  const { target: folder, generation } = await stageFolder(partsFolder(context.workFolder, index), perPlan);
  const job: PartsJob = { stage: "synapse-parts", scores: scores.path, threshold, minSize, folder };
  const { results, fingerprint } = await runBlocks(context, {
    name: partsStage(index),
    title: `synapses ${index}`,
    job,
    outputs: blockOutputs(job),
    plan,
    dependsOn: { perPlan, generation },
  });
  const counts = new Map(results.map(({ write, result }) => [write.start.join(), result as BlockCounts]));
  const blocks = plan.blocks.map(({ write }): FoundBlock => {
    const own = counts.get(write.start.join());
    if (own === undefined) throw new Error(`the block at ${write.start.join()} has no result`);
    return { write, counts: own };
  });
  return { folder, plan, blocks, fingerprint };
}

/** Writes the label volume beside where it will be; again where a chunk of it has gone meanwhile. */
async function writeLabels(
  context: RunContext,
  { index, scores: { shape }, anisotropy, voxelSize, labels }: ListedVolume,
  { folder, blocks, fingerprint: parts }: FoundParts,
  joined: JoinedParts,
): Promise<ZarrVolume> {
  const numbers = join(folder, "numbers.bin");
  await writeNumberFile(numbers, blocks, joined);
  const attributes = voxelSizeAttribute(voxelSize);
  const layout = labelLayout(shape, anisotropy);
  const path = `${labels}.partial`;
  const bytesBeside = numberBytes(blocks.length, joined.numbers.length);
  const plan = planSynapseBlocks(context, shape, layout.shard, { voxelBytes: LABEL_VOXEL, bytesBeside });
  for (;;) {
    const options = { shape, ...layout, dtype: "uint32", attributes, storesAll: false } as const;
    const { target, generation } = await stageArray(path, { parts, attributes }, options);
    const job: SynapseLabelsJob = { stage: "synapse-labels", folder, numbers, labels: path };
    const { results } = await runBlocks(context, {
      name: `synapse-labels-${index}`,
      title: `synapse labels ${index}`,
      job,
      outputs: blockOutputs(job),
      plan,
      dependsOn: { parts, generation },
    });
    const stored = results.reduce((sum, { result }) => sum + Number(result), 0);
    const found = countChunks(target);
    if (found === stored) return await setAttributes(target, attributes);
    context.reporter.warn(`${path}: ${found} of ${stored} chunks exist; it is written again`);
    await removeFolder(path);
  }
}
