/** Under which paths a server shows Zarr arrays outside of its folder. */
import { basename } from "node:path";

/** The folder in which they seem to be, each in one with its number. */
export const SHOWN = "inputs";

/** The path under which the array of a number is shown, not encoded. */
export function shownPath(arrays: readonly string[], number: number): string {
  return `${SHOWN}/${number}/${basename(arrays[number] ?? "")}`;
}
