/** Results of a run as OME-Zarr 0.5: the levels that blocks have written, put together without copying them. */
import { basename, dirname, relative } from "node:path";
import { createContrastCounter } from "../../volume/contrast.ts";
import { allocateVoxels, bytesPerVoxel } from "../../volume/dtype.ts";
import { linkOrCopy, removeIfExists, syncFolder } from "../../volume/file.ts";
import { voxelCount, type Zyx } from "../../volume/region.ts";
import { slabShape, slabsOfVolume } from "../../volume/slab.ts";
import { voxelSizeAttribute } from "../../volume/voxel_size.ts";
import { storedChunks } from "../../volume/zarr/check.ts";
import { removeMultiscale, requireReplaceableZarr, writeGroup } from "../../volume/zarr/group.ts";
import { createZarr, openZarr, readRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { multiscaleAttributes } from "../../volume/zarr/ome_metadata.ts";
import { nextTurn } from "../../engine/mod.ts";
import { once } from "../../run/once.ts";
import type { RunContext } from "../../run/run_context.ts";
import { completeLevels, scaledSize, type ScoreLayout, type Scores } from "./level_arrays.ts";

/** The largest level whose voxels are counted for the contrast. */
const MOST_COUNTED = 2 ** 27;
const COUNT_MEMORY = 2 ** 26;
const ORANGE = "FFB000";
const GREY = "FFFFFF";

/**
 * Writes a result at several resolutions. Its files are those of the work folder under further names, where the file system can do that;
 * no voxel is copied. The folder appears when it is complete.
 *
 * @param path folder that receives it
 * @param anisotropy voxel size in z over voxel size in x and y, where the size is not known
 */
export async function exportMultiscale(
  context: RunContext,
  scores: Scores,
  { path, layout: { rounds }, anisotropy, dependsOn }: {
    readonly path: string;
    readonly layout: ScoreLayout;
    readonly anisotropy: number;
    readonly dependsOn: unknown;
  },
): Promise<void> {
  const levels = rounds.flatMap((round) => round.levels);
  const arrays = await completeLevels(context, scores, rounds, dependsOn);
  const run = async () => {
    requireReplaceableZarr(path);
    const partial = `${path}.partial`;
    removeMultiscale(partial);
    try {
      const written: ZarrVolume[] = [];
      for (const [index, { scale }] of levels.entries()) {
        const array = await openZarr(arrays[index] ?? "", "any");
        const attributes = voxelSizeAttribute(scaledSize(scores.volume.voxelSize, scale));
        written.push(await linkArray(context, array, `${partial}/${index}`, attributes));
      }
      await writeGroup(partial, attributesOf(path, scores, levels, anisotropy, await windowOf(written)));
      removeMultiscale(path);
      Deno.renameSync(partial, path);
      await syncFolder(dirname(path));
      context.reporter.message(`write ${basename(path)}: done`);
    } catch (cause) {
      removeIfExists(partial);
      throw cause;
    }
    return null;
  };
  const made = [`${path}/zarr.json`, ...levels.map(({ index }) => `${path}/${index}`)];
  await once(context, { stage: `export ${path}`, dependsOn, made, run });
}

/** Makes an array of the same files. */
async function linkArray(
  { signal }: RunContext,
  array: ZarrVolume,
  path: string,
  attributes: Readonly<Record<string, unknown>>,
): Promise<ZarrVolume> {
  const { shape, chunk, shard, dtype, storesAll } = array;
  const copy = await createZarr(path, { shape, chunk, shard, dtype, codec: "zstd", storesAll, attributes });
  const folders = new Set<string>([path]);
  for (const { file } of storedChunks(array)) {
    const target = `${path}/${relative(array.path, file)}`;
    if (!folders.has(dirname(target))) {
      folders.add(dirname(target));
      Deno.mkdirSync(dirname(target), { recursive: true });
      await nextTurn();
      signal?.throwIfAborted();
    }
    await linkOrCopy(file, target);
  }
  for (const folder of folders) await syncFolder(folder);
  return copy;
}

function attributesOf(
  path: string,
  { volume: { voxelSize }, probability }: Scores,
  levels: readonly { readonly scale: Zyx }[],
  anisotropy: number,
  window: Awaited<ReturnType<typeof windowOf>>,
): Record<string, unknown> {
  return multiscaleAttributes({
    name: basename(path).replace(/\.ome\.zarr$/, ""),
    kind: "image",
    components: 1,
    levels,
    voxelSize,
    spacing: [anisotropy, 1, 1],
    start: [0, 0, 0],
    windows: [window],
    colour: probability === null ? ORANGE : GREY,
    isMask: false,
    source: undefined,
  });
}

/** The contrast of the finest level that is not too large to be counted here. */
async function windowOf(arrays: readonly ZarrVolume[]) {
  const array = arrays.find(({ shape }) => voxelCount(shape) <= MOST_COUNTED) ?? arrays.at(-1);
  const counter = createContrastCounter();
  if (array === undefined) return counter.window();
  const { shape, chunk, dtype } = array;
  const slab = slabShape(shape, chunk, bytesPerVoxel(dtype), COUNT_MEMORY);
  const voxels = allocateVoxels(dtype, voxelCount(slab));
  for (const region of slabsOfVolume(shape, slab)) {
    const part = voxels.subarray(0, voxelCount(region.shape));
    await readRegion(array, region, part);
    counter.add(part);
    await nextTurn();
  }
  return counter.window();
}
