/** Where the voxels of an NRRD are that has them in several files (teem.sourceforge.net/nrrd/format.html, "data file"). */
import { shorten, UserError } from "../../user_error.ts";
import { MAX_PAGES } from "../limits.ts";

/** Whether the field says that the names of the files follow, a line each. */
export function isList(value: string): boolean {
  return /^LIST(\s+\d+)?$/.test(value);
}

/**
 * The names of the files in the order of their voxels; undefined where the header's own file has them.
 * @param value of the field: a name, `LIST`, or `name%03d.raw first last step`
 * @param listed the lines after a list
 */
export function dataFileNames(
  path: string,
  value: string | undefined,
  listed: readonly string[],
): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const wrong = (problem: string) =>
    new UserError(
      `${path}: NRRD field "data file" is ${shorten(value, 160)}, ${problem}; save the file again`,
    );
  if (isList(value)) {
    if (listed.length === 0) throw wrong("but no name follows");
    if (listed.length > MAX_PAGES) throw wrong(`and ${listed.length} names follow, more than ${MAX_PAGES}`);
    return listed;
  }
  const numbered = /^(.*%.*?)\s+(-?\d{1,9})\s+(-?\d{1,9})\s+(-?\d{1,9})(?:\s+\d+)?$/.exec(value);
  if (numbered === null) return [value];
  const [, format = "", first, last, step] = numbered;
  const [from, to, by] = [Number(first), Number(last), Number(step)];
  const count = Math.floor((to - from) / by) + 1;
  if (!(count >= 1 && count <= MAX_PAGES)) throw wrong("which matches no files");
  const [, before = "", zero = "", width = "0", after = ""] =
    /^([^%]*)%(0?)(\d{0,2})[du]([^%]*)$/.exec(format) ?? [];
  if (before === "" && after === "" && width === "0") throw wrong("expected one %d in it");
  return Array.from({ length: count }, (_, index) => {
    const number = String(from + index * by);
    return before + number.padStart(Number(width), zero === "0" ? "0" : " ") + after;
  });
}
