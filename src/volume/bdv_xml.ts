/** The XML file of a BigDataViewer dataset (imagej.net/plugins/bdv, "about the BDV data format"): where its voxels are, and their size. */
import { dirname, isAbsolute, join } from "node:path";
import type { AxisPick } from "../config/pick.ts";
import { readSmallText } from "../config/small_file.ts";
import { UserError } from "../user_error.ts";
import { nanometresOf } from "./length_units.ts";
import { attributeOf } from "./tiff/ome_planes.ts";
import { toLength, type VoxelSize } from "./voxel_size.ts";

/** A view of a dataset at full resolution. */
export interface BdvView {
  /** Its voxels, as a user would name them. */
  readonly location: string;
  readonly voxelSize: VoxelSize | undefined;
}

const MOST_BYTES = 1 << 24;

/** Whether a file begins as such XML does: with an XML declaration, comments or at once with its root. */
export function isBdvXml(head: Uint8Array): boolean {
  return /^\ufeff?\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*<SpimData\b/.test(new TextDecoder().decode(head));
}

/**
 * Finds a view.
 * @param pick `channel`: which setup, in the order of the file; `time`: which time point; both needed where there are several
 * @throws UserError if the file is damaged, its voxels are stored otherwise, or a choice is missing or wrong
 */
export function bdvView(path: string, { channel, time }: AxisPick): BdvView {
  const xml = readSmallText(path, MOST_BYTES, "XML of BigDataViewer");
  const setups = partsOf(xml, "ViewSetup");
  const setup = setups[chosen(path, "setup", setups.length, channel, "channel")] ?? "";
  const times = timesOf(path, xml);
  const point = times[chosen(path, "time point", times.length, time, "time-point")] ?? 0;
  const id = wholeNumber(path, "the id of a ViewSetup", textOf(setup, "id"));
  return { location: locationOf(path, xml, id, point), voxelSize: sizeOf(setup) };
}

function locationOf(path: string, xml: string, setup: number, time: number): string {
  const format = attributeOf(xml, "ImageLoader", "format") ?? "none";
  const element = format === "bdv.hdf5" ? "hdf5" : format === "bdv.n5" ? "n5" : undefined;
  const [loader = ""] = partsOf(xml, "ImageLoader");
  const name = element && textOf(loader, element);
  if (element === undefined || name === undefined || name === "") {
    throw new UserError(
      `${path}: BigDataViewer's image loader is ${JSON.stringify(format)}; expected bdv.hdf5 or bdv.n5 ` +
        "with a file: export the dataset as one of these",
    );
  }
  const base = textOf(xml, "BasePath") ?? ".";
  const folder = isAbsolute(base) ? base : join(dirname(path), base);
  const file = isAbsolute(name) ? name : join(folder, name);
  return element === "n5"
    ? `${file}/setup${setup}/timepoint${time}/s0`
    : `${file}:/t${String(time).padStart(5, "0")}/s${String(setup).padStart(2, "0")}/0/cells`;
}

function sizeOf(setup: string): VoxelSize | undefined {
  const [size = ""] = partsOf(setup, "voxelSize");
  const unit = nanometresOf(textOf(size, "unit") ?? "");
  const [x, y, z] = (textOf(size, "size") ?? "").trim().split(/\s+/).map((text) => toLength(Number(text)));
  if (unit === undefined || x === undefined || y === undefined || z === undefined) return undefined;
  return [z * unit, y * unit, x * unit];
}

/** Most time points that a file may name. */
const MOST_TIMES = 100_000;

function timesOf(path: string, xml: string): number[] {
  const [points = ""] = partsOf(xml, "Timepoints");
  const ranges = textOf(points, "first") !== undefined
    ? [[textOf(points, "first"), textOf(points, "last") ?? textOf(points, "first"), "1"]]
    : (textOf(points, "integerpattern") ??
      partsOf(points, "Timepoint").map((one) => textOf(one, "id")).join())
      .split(",").filter((text) => text.trim() !== "")
      .map((text) => /^\s*(\d+)(?:\s*-\s*(\d+)(?:\s*:\s*(\d+))?)?\s*$/.exec(text) ?? [])
      .map(([, first, last, step]) => [first, last ?? first, step ?? "1"]);
  const times: number[] = [];
  for (const range of ranges) {
    const [from = 0, to = 0, step = 1] = range.map((text) => wholeNumber(path, "a time point", text));
    if (step < 1 || to < from || times.length + (to - from) / step > MOST_TIMES) {
      throw new UserError(
        `${path}: time points from ${from} to ${to}; expected at most ${MOST_TIMES} in order`,
      );
    }
    for (let time = from; time <= to; time += step) times.push(time);
  }
  return times;
}

/** Which of several is meant. */
function chosen(path: string, what: string, count: number, given: number | undefined, flag: string): number {
  if (count === 0) throw new UserError(`${path}: no ${what} is in this file of BigDataViewer; save it again`);
  if (given === undefined && count === 1) return 0;
  if (given !== undefined && given < count) return given;
  const found = given === undefined ? "" : `, so no ${what} ${given}`;
  throw new UserError(
    `${path}: ${count} ${what}s${found}; choose one with --${flag} N, from 0 to ${count - 1}`,
  );
}

function wholeNumber(path: string, what: string, text: string | undefined): number {
  if (text !== undefined && /^\s*\d{1,9}\s*$/.test(text)) return Number(text);
  throw new UserError(
    `${path}: ${what} is ${JSON.stringify(text ?? "missing")}; expected a whole number; save it again`,
  );
}

/** What stands in the elements of a name, in the order of the text; elements of one name are not in one another. */
function partsOf(xml: string, element: string): string[] {
  const parts: string[] = [];
  const begin = new RegExp(`<${element}(?:\\s[^<>]*)?>`, "g");
  const end = `</${element}>`;
  for (let match = begin.exec(xml); match !== null; match = begin.exec(xml)) {
    const to = xml.indexOf(end, begin.lastIndex);
    if (to < 0) break;
    parts.push(xml.slice(begin.lastIndex, to));
    begin.lastIndex = to + end.length;
  }
  return parts;
}

/** The text of the first element of a name. */
function textOf(xml: string, element: string): string | undefined {
  return partsOf(xml, element)[0]?.replace(/<!--[\s\S]*?-->/g, "").trim();
}
