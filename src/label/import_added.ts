/** What an import adds to the labels, kept in an array of its own, so that it can be undone and done again as one change. */
import { dirname, join } from "node:path";
import { nextTurn } from "../engine/mod.ts";
import { removeFolder } from "../run/work_folder.ts";
import { discard } from "../volume/bytes.ts";
import { chunkScratch, loadChunk } from "../volume/zarr/chunk.ts";
import { chunksOf, regionOfChunk } from "../volume/zarr/read.ts";
import { voxelCount, wholeRegion, type Zyx } from "../volume/region.ts";
import { createZarr, openZarr, readRegion, writeRegion, type ZarrVolume } from "../volume/zarr/mod.ts";
import { changeChunks, chunksOnDisk, type LabelChunks } from "./chunks.ts";
import type { UnderstoodLabels } from "./import.ts";
import type { NamedObject } from "./records.ts";
import { LABEL } from "./state.ts";

/** Tells more of synapses. @param volume their voxels have their ids */
export type TellObjects = (
  objects: readonly NamedObject[],
  volume: ZarrVolume,
) => Promise<readonly NamedObject[]>;

/**
 * Writes what labels add: they never replace what is painted.
 * @param seq number of the change
 * @param firstId id of the first synapse
 * @returns the synapses that have voxels; undefined where nothing is added
 */
export async function writeAdded(
  chunks: LabelChunks,
  { kinds, components }: UnderstoodLabels,
  seq: number,
  firstId: number,
): Promise<{ readonly objects: readonly NamedObject[]; readonly volume: ZarrVolume } | undefined> {
  const { shape, chunk } = chunks.volume;
  const path = pathOf(chunks, seq);
  await removeFolder(path); // of an import that a kill ended
  const added = await createZarr(path, { shape, chunk, dtype: "uint32", codec: "zstd" });
  const numbers = new Set<number>();
  let isEmpty = true;
  for (const at of chunksOf(wholeRegion(shape), chunk)) {
    await nextTurn();
    const region = regionOfChunk(added, at);
    const own = new Uint8Array(voxelCount(region.shape)), values = new Uint32Array(own.length);
    await readRegion(kinds, region, own);
    await readRegion(components, region, values);
    const painted = new Uint32Array(own.length);
    await readRegion(chunks.volume, region, painted);
    for (const [i, number] of values.entries()) {
      const isFree = painted[i] === LABEL.unsure;
      if (isFree && number > 0) numbers.add(number);
      const value = number > 0 ? firstId + number - 1 : own[i] === 0 ? LABEL.not : LABEL.unsure;
      values[i] = isFree ? value : LABEL.unsure;
    }
    const isAdded = values.some((value) => value !== LABEL.unsure);
    if (isAdded) await writeRegion(added, region, values);
    if (isAdded) isEmpty = false;
    discard(own, values, painted);
  }
  if (isEmpty) return undefined;
  const objects = [...numbers].sort((a, b) => a - b).map((number): NamedObject => {
    const id = firstId + number - 1;
    return { id, name: `synapse ${id - LABEL.first + 1}`, polarity: null };
  });
  return { objects, volume: added };
}

/** Adds what an import adds to the labels, or takes it away. @returns the chunks that it touches */
export async function applyAdded(chunks: LabelChunks, seq: number, isUndone: boolean): Promise<string[]> {
  const added = await openZarr(pathOf(chunks, seq));
  const touched = [...chunksOnDisk(added)];
  return await changeChunks(chunks, touched.map((at) => ({ at })), async ({ at }, voxels) => {
    const own = await voxelsOf(added, at);
    for (const [i, value] of own.entries()) {
      if (value !== LABEL.unsure) voxels[i] = isUndone ? LABEL.unsure : value;
    }
    discard(own);
  });
}

async function voxelsOf(added: ZarrVolume, at: Zyx): Promise<Uint32Array<ArrayBuffer>> {
  const bytes = await loadChunk(added, 0, at, [0, added.chunk[0]], chunkScratch(added));
  const voxels = new Uint32Array(bytes ? bytes.length / Uint32Array.BYTES_PER_ELEMENT : 0);
  if (bytes) new Uint8Array(voxels.buffer).set(bytes);
  return voxels;
}

function pathOf({ volume }: LabelChunks, seq: number): string {
  return join(dirname(volume.path), "imports", `${seq}.zarr`);
}
