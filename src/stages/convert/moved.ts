/** Inputs of a project that was copied elsewhere: what was converted before is known by its contents and not by its path. */
import { join } from "node:path";
import { ifThereSync } from "../../if_there.ts";
import { UserError } from "../../user_error.ts";
import { allocateVoxels, bytesOf, bytesPerVoxel } from "../../volume/dtype.ts";
import { fileState } from "../../volume/file.ts";
import { voxelCount } from "../../volume/region.ts";
import { slabShape, slabsOfBand, slabViews } from "../../volume/slab.ts";
import { type ValueMap, WideLabelError } from "../../volume/value_map.ts";
import { openZarr, readRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { nextTurn } from "../../engine/mod.ts";
import type { ConversionSource } from "./record.ts";
import { openSlabs } from "./slab_source.ts";

/** What a conversion is made of and how, as its attributes tell it. */
export interface Conversion {
  readonly source: ConversionSource;
  readonly chunk: unknown;
  readonly codec: unknown;
}

/** A text that is the same for the same input, wherever it is: contents and times of change, and how it is converted. */
export function identityOf({ source, chunk, codec }: Conversion): string {
  const files = source.files.map(({ path: _path, ...file }) => file);
  return JSON.stringify({ source: { ...source, files }, chunk, codec });
}

/** As `identityOf`, without times: those of a copy differ, and so may the contents between the samples that were looked at. */
function likenessOf({ source, chunk, codec }: Conversion): string {
  const files = source.files.map(({ bytes, samples }) => ({ bytes, samples }));
  return JSON.stringify({ source: { ...source, files }, chunk, codec });
}

/** What an array says of its conversion; undefined where it is none. */
function conversionOf(
  { attributes }: ZarrVolume,
): Conversion & { readonly seen?: ConversionSource } | undefined {
  const { source, seen, chunk, codec } = attributes as Partial<Conversion & { seen: ConversionSource }>;
  if (!Array.isArray(source?.files)) return undefined;
  return { source, chunk, codec, ...(Array.isArray(seen?.files) ? { seen } : {}) };
}

/** Whether an array was made of this input in this way: surely, perhaps (only times of change differ), or not. */
export function likeness(volume: ZarrVolume, made: Conversion): "same" | "alike" | "other" {
  const known = conversionOf(volume);
  if (known === undefined) return "other";
  const identity = identityOf(made);
  const { seen } = known;
  if (identityOf(known) === identity) return "same";
  if (seen !== undefined && identityOf({ ...known, source: seen }) === identity) return "same";
  return likenessOf(known) === likenessOf(made) ? "alike" : "other";
}

/** Paths of the arrays in a folder of conversions that are of none of these names. */
export function otherArrays(folder: string, names: readonly string[]): string[] {
  const found = ifThereSync(() => Array.from(Deno.readDirSync(folder))) ?? [];
  return found.flatMap(({ name }) =>
    name.endsWith(".zarr") && !names.includes(name) ? [join(folder, name)] : []
  );
}

/** Gives an array of the same input at another path, or what was begun of it, the name that it has now. */
export async function adoptMoved(out: string, made: Conversion, others: readonly string[]): Promise<void> {
  for (const suffix of ["", ".partial"]) {
    if (fileState(out) !== undefined || fileState(`${out}${suffix}`) !== undefined) return;
    for (const other of others) {
      const volume = await openIfUsable(`${other}${suffix}`);
      if (volume === undefined || likeness(volume, made) === "other") continue;
      Deno.renameSync(volume.path, `${out}${suffix}`);
      break;
    }
  }
}

/** Undefined where there is no array, or one that cannot be read. */
export async function openIfUsable(path: string): Promise<ZarrVolume | undefined> {
  try {
    return await openZarr(path, "any");
  } catch (cause) {
    if (cause instanceof UserError) return undefined;
    throw cause;
  }
}

/** How to compare. */
interface CompareOptions {
  /** Bytes for voxels. */
  readonly memory: number;
  /** What becomes of each value of the input. */
  readonly map: ValueMap | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Whether the voxels of an input are those of an array that was made of it, or of another. */
export async function hasSameVoxels(
  input: string,
  volume: ZarrVolume,
  { memory, map, signal }: CompareOptions,
): Promise<boolean> {
  const source = await openSlabs(input, volume.dtype, memory);
  try {
    const { shape, components } = source;
    if (shape.join() !== volume.shape.join() || components !== volume.components) return false;
    const slab = slabShape(shape, volume.chunk, bytesPerVoxel(volume.dtype) * (components + 1), memory);
    const buffers = Array.from({ length: components }, () => allocateVoxels(volume.dtype, voxelCount(slab)));
    for (let z = 0; z < shape[0]; z += slab[0]) {
      const band = await source.band(slab, z, `${volume.path}.${crypto.randomUUID()}.partial`, map);
      try {
        for (const region of slabsOfBand(shape, slab, z)) {
          await nextTurn();
          signal?.throwIfAborted();
          const outs = slabViews(buffers, region);
          await band.read(region, outs);
          const kept = allocateVoxels(volume.dtype, voxelCount(region.shape));
          for (const [component, out] of outs.entries()) {
            await readRegion(volume, region, kept, component);
            if (!areSame(bytesOf(out), bytesOf(kept))) return false;
          }
        }
      } finally {
        band.close();
      }
    }
    await source.finish();
    return true;
  } catch (cause) {
    if (cause instanceof WideLabelError) return false; // a value that the array's input cannot have had
    throw cause;
  } finally {
    source.close();
  }
}

function areSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}
