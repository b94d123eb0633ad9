/** Labels that another program made: which values they have, what these mean, and which synapses they are. */
import { join } from "node:path";
import { zarrBytes, zarrSink } from "../analysis/voxel_source.ts";
import { findComponents } from "../stages/components.ts";
import { requireKind } from "../stages/convert/checks.ts";
import { countLabels } from "../stages/convert/labels.ts";
import { type RangeOptions, readAll } from "../stages/convert/read_all.ts";
import { openSlabs } from "../stages/convert/slab_source.ts";
import type { LabelValues } from "../stages/label_counts.ts";
import { UserError } from "../user_error.ts";
import { discard } from "../volume/bytes.ts";
import { describeShape, type Region, type Zyx } from "../volume/region.ts";
import type { ValueMap } from "../volume/value_map.ts";
import type { VoxelSize } from "../volume/voxel_size.ts";
import { createZarr, writeRegion, type ZarrVolume } from "../volume/zarr/mod.ts";

/** Synapses that a project may have. */
export const MOST_OBJECTS = 100_000;

/** Labels that were understood. */
export interface UnderstoodLabels {
  /** 255 synapse, 0 no synapse, anything else unsure. */
  readonly kinds: ZarrVolume;
  /** The number of the synapse from 1 on, 0 where there is none: each piece that hangs together by its faces is one. */
  readonly components: ZarrVolume;
  readonly synapses: number;
  /** A voxel of the largest one; undefined where there is none. */
  readonly largest: Zyx | undefined;
  /** Voxels of each kind. */
  readonly voxels: { readonly synapse: number; readonly not: number; readonly unsure: number };
}

/** How labels are read. */
export type ImportOptions = Pick<RangeOptions, "memory" | "signal" | "onProgress">;

/**
 * Counts the values of labels.
 * @param folder for files that are needed meanwhile
 * @throws {UserError} where they are no labels, or of another size than the stack
 */
export async function countImport(
  location: string,
  shape: Zyx,
  folder: string,
  options: ImportOptions,
): Promise<LabelValues & { readonly voxelSize: VoxelSize | undefined }> {
  const source = await openSlabs(location, "float32");
  source.close();
  requireKind(source, location, { dtype: "uint8", labels: "ids" });
  if (source.shape.some((length, axis) => length !== shape[axis])) {
    const [found, expected] = [source.shape, shape].map(describeShape);
    throw new UserError(
      `${location} has ${found}, but the stack has ${expected}; both must have the same size`,
    );
  }
  const found = await countLabels(location, { ...options, spill: spillIn(folder) });
  return { ...found, voxelSize: source.voxelSize };
}

/**
 * Reads labels once more, now that it is known what their values mean, and finds the synapses.
 * @param map 255, 0 or another number for each value
 * @param folder is given the arrays
 * @throws {UserError} where there are too many synapses
 */
export async function understandImport(
  location: string,
  map: ValueMap,
  { shape, chunk }: Pick<ZarrVolume, "shape" | "chunk">,
  folder: string,
  options: ImportOptions,
): Promise<UnderstoodLabels> {
  const { signal } = options;
  const array = { shape, codec: "zstd", storesAll: true } as const;
  const kinds = await createZarr(join(folder, "kinds.zarr"), { ...array, dtype: "uint8" });
  const write = async (voxels: Float32Array, region: Region) => {
    const bytes = Uint8Array.from(voxels);
    await writeRegion(kinds, region, bytes);
    discard(bytes);
  };
  await readAll(location, [1, 2], { ...options, spill: spillIn(folder) }, write, map);
  const components = await createZarr(join(folder, "components.zarr"), {
    shape,
    chunk,
    dtype: "uint32",
    codec: "zstd",
  });
  const found = await findComponents(zarrBytes(kinds), zarrSink(components), {
    mostComponents: MOST_OBJECTS,
    ...(signal ? { signal } : {}),
  });
  const { positive: synapse, negative: not, ignored: unsure } = found.counts;
  const [first, ...others] = found.components;
  const largest = first && others.reduce((a, b) => b.voxels > a.voxels ? b : a, first).position;
  return {
    kinds,
    components,
    synapses: found.components.length,
    largest,
    voxels: { synapse, not, unsure },
  };
}

function spillIn(folder: string): string {
  return join(folder, "spill.partial");
}
