/** Results of a run as Neuroglancer precomputed: the levels that blocks have written, stored again by blocks that are shards. */
import { basename, dirname, join } from "node:path";
import { UserError } from "../../user_error.ts";
import { linkOrCopy, removeIfExists, syncFolder } from "../../volume/file.ts";
import { writeInfo, type WrittenScale } from "../../volume/precomputed/write.ts";
import { openZarr, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { nextTurn } from "../../engine/mod.ts";
import { once } from "../../run/once.ts";
import { planStage } from "../../run/plan_stage.ts";
import { runBlocks } from "../../run/run_blocks.ts";
import type { RunContext } from "../../run/run_context.ts";
import { exists, removeFolder, shownPath, stageFolder } from "../../run/work_folder.ts";
import { blockOutputs } from "../block_outputs.ts";
import type { PrecomputedJob } from "../stage_jobs.ts";
import { completeLevels, type ScoreLayout, type Scores } from "./level_arrays.ts";
import { removePrecomputed, requireReplaceablePrecomputed } from "./precomputed.ts";
import { scaleOf, shardBytes, shardShape } from "./precomputed_block.ts";

/** A level of a result: its voxels, and how they are stored. */
interface Level {
  readonly array: ZarrVolume;
  readonly job: PrecomputedJob;
  readonly scale: WrittenScale;
}

/**
 * Writes a result at several resolutions. Shards are made in the work folder, and have further names in the result, where the file
 * system can do that. The folder appears when it is complete.
 *
 * @param path folder that receives it
 * @throws {UserError} where the voxel size is not known
 */
export async function exportPrecomputedResult(
  context: RunContext,
  scores: Scores,
  { path, layout: { rounds }, dependsOn }: {
    readonly path: string;
    readonly layout: ScoreLayout;
    readonly dependsOn: unknown;
  },
): Promise<void> {
  const { voxelSize } = scores.volume;
  if (voxelSize === undefined) throw noVoxelSize(path);
  const arrays = await completeLevels(context, scores, rounds, dependsOn);
  const folder = join(context.workFolder, "scores", `${scores.name}.precomputed`);
  const levels: Level[] = [];
  for (const [index, { scale }] of rounds.flatMap((round) => round.levels).entries()) {
    const volume = arrays[index] ?? "";
    const array = await openZarr(volume, "any");
    const job: PrecomputedJob = { stage: "precomputed", volume, folder, index, voxelSize, scale };
    levels.push({ array, job, scale: scaleOf(array, voxelSize, scale) });
  }
  const of = { dependsOn, voxelSize };
  const shards = await writeShards(context, scores.name, levels, folder, of);
  await putInPlace(context, path, { levels, folder, shards, of });
}

/** Where it is not known how large voxels are. */
export function noVoxelSize(what: string): UserError {
  return new UserError(
    `${what}: outputFormat = "precomputed" needs a voxel size; set voxelSize = [x, y, z] in nm, or use "ome-zarr"`,
  );
}

/** Writes the shards of all levels that are not there. @returns how many files there are */
async function writeShards(
  context: RunContext,
  name: string,
  levels: readonly Level[],
  folder: string,
  dependsOn: unknown,
): Promise<number> {
  for (;;) {
    const { generation } = await stageFolder(folder, dependsOn);
    let shards = 0;
    for (const { array, job, scale } of levels) {
      await Deno.mkdir(join(folder, `s${job.index}`), { recursive: true });
      const unit = shardShape(scale);
      const { results } = await runBlocks(context, {
        name: `precomputed-${name}-${job.index}`,
        title: `precomputed ${name}, resolution ${job.index + 1}`,
        job,
        outputs: blockOutputs(job),
        plan: planStage({ resources: { ...context.resources, blockShape: unit } }, {
          shape: scale.shape,
          chunk: unit,
          context: [0, 0, 0],
          bytesNeeded: () => shardBytes(array),
        }),
        dependsOn: { dependsOn, generation },
      });
      shards += results.reduce((sum, { result }) => sum + Number(result), 0);
    }
    const found = shardsIn(folder, levels).length;
    if (found === shards) return shards;
    context.reporter.warn(`${folder}: ${found} of ${shards} shards exist; it is written again`);
    await removeFolder(folder);
  }
}

/** The files of all levels, from the folder of the volume on. */
function shardsIn(folder: string, levels: readonly Level[]): string[] {
  return levels.flatMap(({ job: { index } }) =>
    Array.from(Deno.readDirSync(join(folder, `s${index}`)), ({ name }) => join(`s${index}`, name))
      .filter((name) => name.endsWith(".shard"))
  );
}

/** Makes the result of files of the work folder; again where some of it is gone. */
async function putInPlace(
  context: RunContext,
  path: string,
  { levels, folder, shards, of }: {
    readonly levels: readonly Level[];
    readonly folder: string;
    readonly shards: number;
    readonly of: unknown;
  },
): Promise<void> {
  const { reporter, signal, workFolder } = context;
  const run = async () => {
    requireReplaceablePrecomputed(path);
    const partial = `${path}.partial`;
    removePrecomputed(partial);
    try {
      for (const { job: { index } } of levels) {
        await Deno.mkdir(join(partial, `s${index}`), { recursive: true });
      }
      for (const shard of shardsIn(folder, levels)) {
        await linkOrCopy(join(folder, shard), join(partial, shard));
        await nextTurn();
        signal?.throwIfAborted();
      }
      for (const { job: { index } } of levels) await syncFolder(join(partial, `s${index}`));
      const dtype = levels[0]?.array.dtype ?? "float32";
      const scales = levels.map(({ scale }) => scale);
      await writeInfo(partial, { type: "image", dtype, channels: 1, scales });
      removePrecomputed(path);
      Deno.renameSync(partial, path);
      await syncFolder(dirname(path));
      reporter.message(`write ${basename(path)}: done`);
    } catch (cause) {
      removeIfExists(partial);
      throw cause;
    }
    return null;
  };
  const info = join(path, "info");
  const folders = levels.map(({ job: { index } }) => join(path, `s${index}`));
  const isThere = (await Promise.all([info, ...folders].map(exists))).every(Boolean);
  const found = isThere ? shardsIn(path, levels).length : 0;
  if (isThere && found !== shards) {
    reporter.warn(`${path}: ${found} of ${shards} shards exist; it is written again`);
  }
  if (found !== shards) removeIfExists(info);
  await once(context, { stage: `export ${shownPath(workFolder, path)}`, dependsOn: of, made: [info], run });
}
