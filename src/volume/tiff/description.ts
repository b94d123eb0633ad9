/** What the description of the first page tells of a stack: pages behind a single directory, one axis, their order. */
import { PICK_ADVICE } from "../../config/pick.ts";
import { UserError } from "../../user_error.ts";
import { bytesPerVoxel, type SourceDtype } from "../dtype.ts";
import { MAX_PAGES } from "../limits.ts";
import { attributeOf, attributesOf } from "./ome_planes.ts";
import type { TiffFile } from "./directory.ts";
import type { Zyx } from "../region.ts";
import type { VoxelSize } from "../voxel_size.ts";

/**
 * The whole stack where one directory stands for many pages: ImageJ writes files over 4 GiB so (`images=N` in the
 * description, voxels in one run), and tifffile does with `truncate=True`. Other files are returned as they are.
 *
 * @throws UserError if the description tells of more than one stack, or the file ends before the last page
 */
export function stackOfOneDirectory(file: TiffFile, stack: TiffStack, description: string): TiffStack {
  const [found, height, width] = stack.shape;
  const pages = pagesOf(description);
  if (found !== 1 || pages <= 1) return stack;
  const start = stack.runs[0] ?? -1;
  if (start < 0) {
    throw new UserError(
      `${file.path}: its description says ${pages} pages, but there is 1, compressed; save the file again`,
    );
  }
  const page = height * width * bytesPerVoxel(stack.dtype);
  if (!Number.isSafeInteger(pages) || pages > MAX_PAGES) {
    throw new UserError(
      `${file.path}: its description says ${pages} pages; expected at most ${MAX_PAGES}: save the file again`,
    );
  }
  if (start + pages * page > file.bytes) {
    throw new UserError(
      `${file.path}: truncated: ${pages} pages end at byte ${start + pages * page} of ${file.bytes}; ` +
        "copy the file again",
    );
  }
  const directory = stack.directories[0] ?? 0;
  return {
    ...stack,
    shape: [pages, height, width],
    directories: Array.from({ length: pages }, () => directory),
    runs: Array.from({ length: pages }, (_, index) => start + index * page),
  };
}

function pagesOf(description: string): number {
  if (description.startsWith("ImageJ=")) return imageJSetting(description, "images");
  const shape =
    /^\{"shape": \[([0-9, ]+)\].*"truncated": true/.exec(description)?.[1]?.split(",").map(Number) ?? [];
  return shape.slice(0, -2).reduce((product, length) => product * length, 1);
}

// A stack is often saved as one of many times or, by tifffile, of many channels: any one of the axes may be z.
/** @throws UserError where a description tells of several axes besides x and y */
export function checkOneAxis({ path }: Pick<TiffFile, "path">, description: string): void {
  const { channels, slices, frames } = axesOf(description);
  if ([channels, slices, frames].filter((size) => size > 1).length <= 1) return;
  throw new UserError(`${path}: ${channels} channels, ${slices} slices, ${frames} frames; ${PICK_ADVICE}`);
}

/** How many channels, slices and points of time a description tells of. */
export function axesOf(description: string): { channels: number; slices: number; frames: number } {
  const isImageJ = description.startsWith("ImageJ=");
  const [channels = 1, slices = 1, frames = 1] = ["channels", "slices", "frames"].map((key, index) => {
    if (isImageJ) return imageJSetting(description, key);
    return Number(attributeOf(description, "Pixels", `Size${"CZT"[index]}`) ?? 1);
  });
  return { channels, slices, frames };
}

/**
 * The stack in the order that OME-XML tells: pages of a file may be in any, and some name files of their own.
 * @throws UserError if the pages are in other files, or their places are not each one of the stack's
 */
export function stackInOrder(file: TiffFile, stack: TiffStack, description: string): TiffStack {
  if (!description.includes("<TiffData")) return stack;
  const names = new Set(attributesOf(description, "UUID").map(({ FileName }) => FileName));
  const blocks = attributesOf(description, "TiffData");
  const [pages] = stack.shape;
  const places = new Array<number>(pages).fill(-1);
  let placed = 0;
  for (const block of blocks) {
    const first = Number(block["IFD"] ?? 0);
    const count = Number(block["PlaneCount"] ?? (block["IFD"] === undefined ? pages : 1));
    const place = Math.max(...["FirstZ", "FirstT", "FirstC"].map((key) => Number(block[key] ?? 0)));
    placed += count;
    if (!(place >= 0 && count >= 0 && place + count <= pages && placed <= pages)) break; // told below
    for (let index = 0; index < count; index++) places[place + index] = first + index;
  }
  if (names.size > 1) {
    throw new UserError(
      `${file.path}: OME-TIFF in ${names.size} files; save it as one file, or use a pattern for the slices, such as slices/*.tif`,
    );
  }
  const isOrder = placed === pages && new Set(places).size === pages &&
    places.every((page) => Number.isInteger(page) && page >= 0 && page < pages);
  if (!isOrder) {
    throw new UserError(
      `${file.path}: its OME-XML lists ${blocks.length} blocks of pages, which do not match the ${pages} pages of the file; save it again`,
    );
  }
  const inOrder = (values: readonly number[]) => places.map((page) => values[page] ?? 0);
  return { ...stack, directories: inOrder(stack.directories), runs: inOrder(stack.runs) };
}

function imageJSetting(description: string, key: string): number {
  return Number(new RegExp(`^${key}=(\\d+)`, "m").exec(description)?.[1] ?? 1);
}

/** A stack of grey pages of one size and type. */
export interface TiffStack {
  readonly shape: Zyx;
  readonly dtype: SourceDtype;
  /** Whether voxels are places in a palette of colours. */
  readonly isPalette: boolean;
  /** Text of the first page. */
  readonly description: string;
  /** Undefined where the file does not tell it. */
  readonly voxelSize: VoxelSize | undefined;
  /** TIFF compression number of every page; 1 is none. */
  readonly compression: number;
  /** Byte of the file at which each page's directory begins. */
  readonly directories: readonly number[];
  /** Most bytes that decoding holds at a time. */
  readonly heldBytes: number;
  /** Slices of each page: more than 1 where it says so (ImageDepth). */
  readonly pageDepth: number;
  /** Byte at which each page's voxels begin where they lie in one run; -1 elsewhere. */
  readonly runs: readonly number[];
}
