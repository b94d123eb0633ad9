/** Zarr arrays that a run uses where they are, outside its work folder: shown as if they were in a folder of it. */
import { basename, dirname } from "node:path";

/** The folder in which they seem to be, each in one with its number. */
const SHOWN = "inputs";

/** A folder, and a path below it as it stands in a URL. */
export interface PlaceBelow {
  readonly folder: string;
  readonly urlPath: string;
}

/** The path under which the array of a number is shown, not encoded. */
export function shownPath(arrays: readonly string[], number: number): string {
  return `${SHOWN}/${number}/${basename(arrays[number] ?? "")}`;
}

/**
 * Where a path below `/zarr/` leads: into the work folder, or into one of the arrays and nothing beside it.
 * @param urlPath still encoded
 */
export function placeOf(workFolder: string, arrays: readonly string[], urlPath: string): PlaceBelow {
  for (const [number, path] of arrays.entries()) {
    const shown = shownPath(arrays, number).split("/").map(encodeURIComponent).join("/");
    if (urlPath !== shown && !urlPath.startsWith(`${shown}/`)) continue;
    return { folder: dirname(path), urlPath: urlPath.slice(`${SHOWN}/${number}/`.length) };
  }
  return { folder: workFolder, urlPath };
}
