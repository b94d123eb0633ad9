/**
 * The levels of a run's multiscale results, as arrays of the work folder. The finest ones are written by the blocks that make the scores;
 * those that are left, by blocks of the level before.
 */
import { join } from "node:path";
import { bytesPerVoxel } from "../../volume/dtype.ts";
import { voxelCount, zipAxes, type Zyx } from "../../volume/region.ts";
import { type LevelRound, levelRounds, type ShardedLevel } from "../../volume/sharded_levels.ts";
import { type VoxelSize, voxelSizeAttribute } from "../../volume/voxel_size.ts";
import { type CreateZarrOptions, defaultChunk, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { shardFor } from "../../volume/zarr/shard.ts";
import type { Settings } from "../../config/settings.ts";
import { planStage } from "../../run/plan_stage.ts";
import { runBlocks } from "../../run/run_blocks.ts";
import type { RunContext } from "../../run/run_context.ts";
import { exists, type Filled, stageArray } from "../../run/work_folder.ts";
import { blockOutputs } from "../block_outputs.ts";
import type { LevelArray, LevelsJob, Probability } from "../stage_jobs.ts";
import { levelBytes } from "./levels_block.ts";

/** How the arrays of a volume's scores are stored. */
export interface ScoreLayout {
  readonly chunk: Zyx;
  readonly shard: Zyx;
  /** Whether results have several resolutions. */
  readonly isMultiscale: boolean;
  /** How their levels are made. */
  readonly rounds: ReturnType<typeof levelRounds>;
}

/** What a volume's scores are stored in. It depends on the volume and the format of the results alone. */
export function scoreLayout(
  { outputFormat }: Pick<Settings, "outputFormat">,
  { shape, voxelSize }: Pick<ZarrVolume, "shape"> & { readonly voxelSize?: VoxelSize | undefined },
  anisotropy: number,
): ScoreLayout {
  const chunk = defaultChunk(shape, anisotropy);
  const rounds = levelRounds(shape, voxelSize ?? [anisotropy, 1, 1], chunk);
  const isMultiscale = outputFormat !== "file";
  return { chunk, shard: isMultiscale ? rounds[0].unit : shardFor(shape, chunk), isMultiscale, rounds };
}

/**
 * Of what blocks of scores are made, and which bytes of memory they take for the levels that they write.
 * @param arrays that they fill; default: as they are made anew
 */
export function blocksOf(
  { shard, isMultiscale, rounds }: ScoreLayout,
  arrays: readonly Pick<ZarrVolume, "shard">[] = [{ shard }],
): BlocksOfScores {
  return {
    chunk: arrays.reduce((most, array) => zipAxes(Math.max, most, array.shard), shard),
    bytesBeside: (write) => isMultiscale ? levelBytes(rounds[0], write) : 0,
  };
}

/** What the plan of blocks of scores depends on beside the volume. */
export interface BlocksOfScores {
  readonly chunk: Zyx;
  readonly bytesBeside: (write: Zyx) => number;
}

const FOLDER = join("scores", "levels");

/** An array that blocks of scores fill, and coarser levels of it that they fill with it. */
export interface FilledScores extends Filled<ZarrVolume> {
  readonly levels: readonly LevelArray[];
  /** Tells the levels from those of another time. */
  readonly generations: readonly string[];
}

/**
 * Opens the array of a volume's scores, or makes it anew, and the levels that its blocks fill. There are none of these where the results
 * had another format when the scores were begun: what is computed is kept, and the levels are made of it afterwards.
 *
 * @param name such as `0-max`
 */
export async function stageScores(
  { workFolder }: Pick<RunContext, "workFolder">,
  name: string,
  { dependsOn, layout: { chunk, shard, isMultiscale, rounds: [{ unit, levels }] }, isResult, ...options }: {
    readonly dependsOn: unknown;
    readonly layout: ScoreLayout;
    /** Whether it is written as a result. */
    readonly isResult: boolean;
  } & Pick<CreateZarrOptions, "shape" | "attributes">,
): Promise<FilledScores> {
  const path = join(workFolder, "scores", `${name}.zarr`);
  const levelPath = (level: number) => join(workFolder, FOLDER, `${name}_${level}.zarr`);
  const isNew = !await exists(path);
  const filled = await stageArray(path, dependsOn, {
    ...options,
    chunk,
    shard,
    dtype: "float32",
    codec: "zstd",
  });
  const isWanted = await exists(levelPath(1)) || (isMultiscale && isResult && isNew);
  if (!isWanted || filled.target.shard.join() !== unit.join()) {
    return { ...filled, levels: [], generations: [] };
  }
  return { ...filled, ...await createLevels(levels.slice(1), filled.target, levelPath, dependsOn) };
}

async function createLevels(
  levels: readonly ShardedLevel[],
  { dtype, voxelSize }: Pick<ZarrVolume, "dtype" | "voxelSize">,
  pathOf: (level: number) => string,
  dependsOn: unknown,
): Promise<Pick<FilledScores, "levels" | "generations">> {
  const arrays: LevelArray[] = [];
  const generations: string[] = [];
  for (const { index, shape, chunk, shard, scale, factor, ofSource } of levels) {
    const { target, generation } = await stageArray(pathOf(index), { dependsOn, shard }, {
      shape,
      chunk,
      shard,
      dtype,
      codec: "zstd",
      attributes: { ...voxelSizeAttribute(scaledSize(voxelSize, scale)), ofBlock: ofSource },
    });
    arrays.push({ path: target.path, factor, ofSource });
    generations.push(generation);
  }
  return { levels: arrays, generations };
}

/** Size of a voxel of a coarser level. */
export function scaledSize(size: VoxelSize | undefined, scale: Zyx): VoxelSize | undefined {
  return size && zipAxes((length, by) => length * by, size, scale);
}

/** Scores of which all levels are wanted. */
export interface Scores {
  /** Such as `0-max`. */
  readonly name: string;
  readonly volume: ZarrVolume;
  /** Levels that are made already, from the second on. */
  readonly made: readonly LevelArray[];
  /** Scores become 8-bit probabilities. */
  readonly probability: Probability | null;
}

/** Makes the levels that are not there yet. @returns the paths of all, from fine to coarse */
export async function completeLevels(
  context: RunContext,
  { name, volume, made, probability }: Scores,
  rounds: ReturnType<typeof levelRounds>,
  dependsOn: unknown,
): Promise<string[]> {
  const isKept = probability === null && made.length > 0;
  const paths = isKept ? [volume.path, ...made.map(({ path }) => path)] : [];
  const kind = probability === null ? "" : "-probability";
  const dtype = probability === null ? volume.dtype : "uint8";
  for (const round of rounds.slice(isKept ? 1 : 0)) {
    const isFirst = paths.length === 0;
    const pathOf = (level: number) => join(context.workFolder, FOLDER, `${name}${kind}-level-${level}.zarr`);
    const { voxelSize } = volume;
    const { levels, generations } = await createLevels(round.levels, { dtype, voxelSize }, pathOf, dependsOn);
    const job: LevelsJob = {
      stage: "levels",
      volume: isFirst ? volume.path : paths[round.source] ?? "",
      probability: isFirst ? probability : null,
      levels,
    };
    await runBlocks(context, {
      name: `levels-${name}${kind}-${round.source}`,
      title: `levels ${name}, from ${round.levels[0]?.index}`,
      job,
      outputs: blockOutputs(job),
      plan: planLevels(context, round, isFirst ? bytesPerVoxel(volume.dtype) + 1 : bytesPerVoxel(dtype)),
      dependsOn: { dependsOn, generations },
    });
    paths.push(...levels.map(({ path }) => path));
  }
  return paths;
}

/** Blocks of one unit, whatever the memory: there is no context that larger ones would save. */
function planLevels({ resources }: RunContext, round: LevelRound, voxelBytes: number) {
  return planStage({ resources: { ...resources, blockShape: round.unit } }, {
    shape: round.shape,
    chunk: round.unit,
    context: [0, 0, 0],
    bytesNeeded: (_read, write) => voxelCount(write) * voxelBytes + levelBytes(round, write),
  });
}
