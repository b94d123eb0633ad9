/** Stacks that ImageJ and tifffile store behind a single directory, told by the description of the first page. */
import { UserError } from "../config/user_error.ts";
import { MAX_PAGES } from "./limits.ts";
import type { TiffFile } from "./tiff_directory.ts";
import type { TiffStack } from "./tiff_pages.ts";

/**
 * The whole stack where one directory stands for many pages: ImageJ writes files over 4 GiB so (`images=N` in the
 * description, voxels in one run), and tifffile does with `truncate=True`. Other files are returned as they are.
 *
 * @throws UserError if the description tells of more than one stack, or the file ends before the last page
 */
export function stackOfOneDirectory(file: TiffFile, stack: TiffStack, description: string): TiffStack {
  checkOneAxis(file, description);
  const [found, height, width] = stack.shape;
  const pages = pagesOf(description);
  if (found !== 1 || pages <= 1) return stack;
  const start = stack.runs[0] ?? -1;
  if (start < 0) {
    throw new UserError(
      `${file.path}: its description tells of ${pages} pages, found 1, compressed; save the file again`,
    );
  }
  const page = height * width;
  if (!Number.isSafeInteger(pages) || pages > MAX_PAGES) {
    throw new UserError(
      `${file.path}: its description tells of ${pages} pages; expected at most ${MAX_PAGES}: save the file again`,
    );
  }
  if (start + pages * page > file.bytes) {
    throw new UserError(
      `${file.path}: truncated: ${pages} pages end at byte ${
        start + pages * page
      } of ${file.bytes}; copy the file again`,
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
function checkOneAxis(file: TiffFile, description: string): void {
  const isImageJ = description.startsWith("ImageJ=");
  const sizes = ["channels", "slices", "frames"].map((key, index) => {
    if (isImageJ) return imageJSetting(description, key);
    return Number(new RegExp(`\\bSize${"CZT"[index]}="(\\d+)"`).exec(description)?.[1] ?? 1);
  });
  if (sizes.filter((size) => size > 1).length <= 1) return;
  const [channels, slices, frames] = sizes;
  throw new UserError(
    `${file.path}: ${channels} channels, ${slices} slices, ${frames} frames; save one channel and frame as a stack`,
  );
}

function imageJSetting(description: string, key: string): number {
  return Number(new RegExp(`^${key}=(\\d+)`, "m").exec(description)?.[1] ?? 1);
}
