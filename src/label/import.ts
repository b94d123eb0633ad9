/** Labels that another program made, as the beginning of a project. */
import { join } from "node:path";
import { chunkBlocks, zarrBytes, zarrSink } from "../analysis/voxel_source.ts";
import { nextTurn } from "../engine/mod.ts";
import { removeFolder } from "../run/work_folder.ts";
import { findComponents } from "../stages/components.ts";
import { convertVolume } from "../stages/convert/convert.ts";
import type { ConvertOptions } from "../stages/convert/options.ts";
import { requireShape } from "../stages/input_checks.ts";
import { voxelCount, wholeRegion } from "../volume/region.ts";
import { createZarr, readRegion, writeRegion, type ZarrVolume } from "../volume/zarr/mod.ts";
import type { NamedObject } from "./records.ts";
import { LABEL } from "./state.ts";

/** How labels are read. */
export interface ImportOptions {
  /** What their values mean, as `parseLabels` understands it. */
  readonly labels: string;
  readonly convert: Omit<ConvertOptions, "dtype" | "labels" | "anisotropy">;
}

/** Synapses that a project may begin with. */
const MOST_OBJECTS = 100_000;
/** Voxels that are in memory at once. */
const BLOCK_VOXELS = 2 ** 20;

/**
 * Writes labels into the array of a new project: each piece that hangs together by its faces becomes a synapse.
 * @param target the array of labels, empty
 * @param folder for files that are needed meanwhile
 * @throws {UserError} where the volume cannot be understood, is of another size than the stack, or has too many pieces
 */
export async function importLabels(
  location: string,
  target: ZarrVolume,
  folder: string,
  { labels: meaning, convert }: ImportOptions,
): Promise<NamedObject[]> {
  const { shape, chunk } = target;
  const { signal } = convert;
  const path = join(folder, "import.zarr"), numbers = join(folder, "import-components.zarr");
  const labels = await convertVolume(location, path, {
    ...convert,
    dtype: "uint8",
    labels: meaning,
    codec: "zstd",
    anisotropy: 1,
  });
  requireShape(location, labels.shape, shape);
  const components = await createZarr(numbers, { shape, chunk, dtype: "uint32", codec: "zstd" });
  const { components: found } = await findComponents(zarrBytes(labels), zarrSink(components), {
    mostComponents: MOST_OBJECTS,
    ...(signal ? { signal } : {}),
  });
  for (const region of chunkBlocks(wholeRegion(shape), chunk, BLOCK_VOXELS)) {
    await nextTurn();
    signal?.throwIfAborted();
    const voxels = voxelCount(region.shape);
    const values = new Uint32Array(voxels), own = new Uint8Array(voxels);
    await readRegion(components, region, values);
    await readRegion(labels, region, own);
    for (let i = 0; i < voxels; i++) {
      const number = values[i] ?? 0;
      values[i] = number > 0 ? number + LABEL.first - 1 : own[i] === 0 ? LABEL.not : LABEL.unsure;
    }
    await writeRegion(target, region, values);
  }
  for (const made of [path, numbers]) await removeFolder(made);
  return found.map(({ id }) => ({ id: id + LABEL.first - 1, name: `synapse ${id}`, polarity: null }));
}
