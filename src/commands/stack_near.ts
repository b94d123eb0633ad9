/** The raw stack that a volume of numbered synapses belongs to, where one is near: below the same folder, of the same size. */
import { basename, dirname, join, relative } from "node:path";
import { anisotropyOf } from "../config/settings.ts";
// not from mod.ts, which loads the server
import { listArrays } from "../dashboard/server/arrays.ts";
import { watchRun } from "../dashboard/server/watch.ts";
import { isWideInteger } from "../volume/dtype.ts";
import { fileState } from "../volume/file.ts";
import type { Zyx } from "../volume/region.ts";

/**
 * Finds the stack of a volume that numbers synapses, in the work folder that the volume is named after (`out-0-synapses.zarr` after
 * `out-work`), else in another work folder beside it, else a stack of bytes beside it.
 * @param volume its size, `[z, y, x]`, and type; undefined is found for one that numbers nothing
 * @returns absolute path of the array, and its voxel size in z over voxel size in x and y
 */
export async function stackNear(
  path: string,
  { shape, dtype }: { readonly shape: Zyx; readonly dtype: string },
): Promise<{ readonly path: string; readonly anisotropy: number } | undefined> {
  if (!isWideInteger(dtype)) return undefined;
  const folder = dirname(path);
  const isNamesake = (work: string) => basename(path).startsWith(basename(work).replace(/-work$/, "-"));
  const works = workFoldersIn(folder).sort((a, b) => Number(isNamesake(b)) - Number(isNamesake(a)));
  const [, index = "0"] = /-(\d+)-[^-]+$/.exec(basename(path)) ?? [];
  for (const work of works) {
    const found = await stackOfRun(work, shape, `test ${index}`);
    if (found) return found;
  }
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).filter((name) =>
    name.endsWith(".zarr")
  );
  for (const array of await listArrays(folder, undefined, { only: names.sort() })) {
    if (array.dtype === "uint8" && isOfShape(array, shape)) {
      return { path: join(folder, array.path), anisotropy: array.anisotropy };
    }
  }
  return undefined;
}

/** The work folders in a folder, sorted. */
export function workFoldersIn(folder: string): string[] {
  if (fileState(folder)?.isDirectory !== true) return [];
  return Array.from(Deno.readDirSync(folder)).filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => join(folder, name))
    .filter((path) => fileState(join(path, "journal.jsonl")) !== undefined).sort();
}

/** A path below a folder; undefined where it is not below it. */
export function pathBelow(folder: string, path: string): string | undefined {
  const below = relative(folder, path).replaceAll("\\", "/");
  return below === "" || below.startsWith("..") ? undefined : below;
}

async function stackOfRun(work: string, shape: Zyx, volume: string) {
  const settings = (await watchRun(work).model()).settings();
  if (!settings) return undefined;
  const stacks = (await listArrays(work, settings)).filter((array) =>
    array.role === "raw" && isOfShape(array, shape)
  );
  const found = stacks.find(({ volumes }) => volumes.includes(volume)) ?? stacks[0];
  return found && { path: join(work, found.path), anisotropy: anisotropyOf(settings) };
}

function isOfShape(array: { readonly shape: Zyx }, shape: Zyx): boolean {
  return array.shape.every((n, axis) => n === shape[axis]);
}
