/** TIFF stacks of several channels or time points, and OME-TIFF whose planes are in several files. */
import { basename, dirname, join } from "node:path";
import { type AxisPick, PICK_ADVICE } from "../../config/pick.ts";
import { readSmallText } from "../../config/small_file.ts";
import { shorten, UserError } from "../../user_error.ts";
import { swapBytes } from "../byte_order.ts";
import { bytesPerVoxel } from "../dtype.ts";
import { isAFile } from "../file.ts";
import { MAX_PAGES, requireVolumeSize } from "../limits.ts";
import { pickedOf } from "../pick_axes.ts";
import type { RowSource } from "../source.ts";
import { axesOf, checkOneAxis } from "./description.ts";
import { attributeOf, omePlanes, omeVoxelSize, type Plane } from "./ome_planes.ts";
import { openTiff } from "./read.ts";

const MOST_XML = 1 << 26;

/**
 * Opens a TIFF stack with what belongs to it in other files, one channel and time point of several.
 * @throws UserError as `openTiff`, or where a file is missing or the choice is none
 */
export async function openTiffStack(path: string, pick: AxisPick): Promise<RowSource> {
  const own = await openTiff(path, true);
  const { description: text = "", shape: [pages] } = own;
  own.close();
  const xml = companionOf(path, text) ?? text;
  const sizes = axesOf(xml);
  const isSingle = [sizes.channels, sizes.slices, sizes.frames].filter((size) => size > 1).length <= 1;
  const isPicked = pick.channel !== undefined || pick.time !== undefined;
  const isOme = /<(?:\w{1,40}:)?Pixels\b/.test(xml);
  const planes = isOme ? omePlanes(path, xml, pages) : undefined;
  const isSet = xml !== text || (planes !== undefined && planes.files.length > 1);
  const told = sizes.channels * sizes.slices * sizes.frames;
  if (isOme && !isSet && attributeOf(xml, "Pixels", "SizeZ") !== undefined && isSingle && told !== pages) {
    throw new UserError(
      `${path}: its OME-XML says ${told} planes, but it has ${pages} pages; copy or save it again`,
    );
  }
  if (!isSet && !isPicked) return await openTiff(path); // its own pages alone, in their order
  if (isSingle && !isPicked) {
    return await openPlanes(path, filesOf(path, planes?.inOrder({}) ?? []), xml, pick);
  }
  if (!isPicked) checkOneAxis({ path }, xml);
  requirePick(path, sizes, pick);
  // A stack that says nothing of channels and times has one of each.
  if (!isSet && told <= 1) return { ...await openTiff(path), ...pickedOf(pick) };
  const chosen = planes?.inOrder(pick) ?? imageJPages(path, sizes, pages, pick);
  return await openPlanes(path, filesOf(path, chosen), xml, pick);
}

/** The OME-XML of the companion file that a part of an OME-TIFF names; undefined where it names none. */
function companionOf(path: string, xml: string): string | undefined {
  const name = attributeOf(xml, "BinaryOnly", "MetadataFile");
  if (name === undefined) return undefined;
  const file = join(dirname(path), basename(name));
  if (isAFile(file)) return readSmallText(file, MOST_XML, "OME-XML");
  throw new UserError(
    `${path}: a part of an OME-TIFF, whose order is in ${shorten(name, 120)}, which is not next to it; ` +
      "copy that file too, or use a pattern for the slices, such as slices/*.tif",
  );
}

/** @throws UserError where a channel or time point is not there, or must be chosen */
function requirePick(
  path: string,
  { channels, slices, frames }: ReturnType<typeof axesOf>,
  pick: AxisPick,
): void {
  const has = `${channels} channels, ${slices} slices, ${frames} frames`;
  for (
    const [what, count, place] of [["channel", channels, pick.channel], [
      "time point",
      frames,
      pick.time,
    ]] as const
  ) {
    if (place !== undefined && place >= count) {
      throw new UserError(`${path}: has no ${what} ${place}: ${has}; ${PICK_ADVICE}`);
    }
    const isOpen = place === undefined && count > 1;
    const others = what === "channel"
      ? slices * (pick.time === undefined ? frames : 1)
      : slices * (pick.channel === undefined ? channels : 1);
    if (isOpen && others > 1) throw new UserError(`${path}: ${has}; ${PICK_ADVICE}`);
  }
}

/** The pages of ImageJ's stacks: channels follow one another fastest, then slices. */
function imageJPages(
  path: string,
  { channels, slices, frames }: ReturnType<typeof axesOf>,
  pages: number,
  { channel, time }: AxisPick,
): Plane[] {
  if (channels * slices * frames !== pages) {
    throw new UserError(
      `${path}: ${channels} channels, ${slices} slices, ${frames} frames, but ${pages} pages; save it again`,
    );
  }
  const planes = Array.from({ length: pages }, (_, page) => page).filter((page) => {
    const [c, t] = [page % channels, Math.floor(page / (channels * slices))];
    return (channel === undefined || c === channel) && (time === undefined || t === time);
  });
  return planes.map((page) => ({ file: basename(path), page }));
}

/** @throws UserError where a file is not there */
function filesOf(path: string, planes: readonly Plane[]): Plane[] {
  const names = [...new Set(planes.map(({ file }) => file))];
  const missing = names.find((name) => !isAFile(join(dirname(path), name)));
  if (missing !== undefined) {
    throw new UserError(
      `${path}: a part of an OME-TIFF of ${names.length} files, of which ${shorten(missing, 120)} is ` +
        "not next to it; copy all of them, or use a pattern for the slices, such as slices/*.tif",
    );
  }
  return planes.map(({ file, page }) => ({ file: join(dirname(path), file), page }));
}

async function openPlanes(
  path: string,
  planes: readonly Plane[],
  xml: string,
  pick: AxisPick,
): Promise<RowSource> {
  const files = [...new Set(planes.map(({ file }) => file))];
  if (planes.length === 0 || planes.length > MAX_PAGES) {
    throw new UserError(`${path}: ${planes.length} planes; expected 1 to ${MAX_PAGES}: save it again`);
  }
  let access: RowSource["access"] = "random";
  let heldBytes = 0;
  let first: RowSource | undefined;
  for (const file of files) {
    const source = await openTiff(file, true);
    source.close();
    first ??= source;
    const last = Math.max(...planes.filter((plane) => plane.file === file).map(({ page }) => page));
    requireFits(source, first, last);
    if (source.access === "forward") access = "forward";
    heldBytes = Math.max(heldBytes, source.heldBytes);
  }
  if (first === undefined) throw new RangeError("no file");
  const { dtype, shape: [, height, width], isPalette = false, voxelSize, notes = [] } = first;
  const shape = [planes.length, height, width] as const;
  requireVolumeSize(path, shape, bytesPerVoxel(dtype));
  let open: RowSource | undefined;
  return {
    path,
    shape,
    components: 1,
    dtype,
    isPalette,
    // Files may differ in it; what is read is always little-endian.
    littleEndian: true,
    voxelSize: omeVoxelSize(xml) ?? voxelSize,
    access,
    files,
    heldBytes,
    notes,
    ...pickedOf(pick),
    async readRows(z, y, rows, out) {
      const { file = "", page = 0 } = planes[z] ?? {};
      if (open?.path !== file) {
        open?.close();
        open = undefined;
        open = await openTiff(file, true);
      }
      const bytes = out.subarray(0, rows * width * bytesPerVoxel(dtype));
      await open.readRows(page, y, rows, bytes);
      if (!open.littleEndian) swapBytes(bytes, bytesPerVoxel(dtype));
    },
    finish: () => Promise.resolve(),
    close: () => open?.close(),
  };
}

function requireFits(source: RowSource, first: RowSource, lastPage: number): void {
  const text = ({ shape: [, height, width], dtype }: RowSource) => `${width} x ${height} voxels of ${dtype}`;
  if (lastPage >= source.shape[0]) {
    throw new UserError(
      `${source.path}: has ${source.shape[0]} pages, but its OME-XML refers to page ${lastPage}; copy ` +
        "or save it again",
    );
  }
  if (text(source) === text(first)) return;
  throw new UserError(
    `${source.path}: ${text(source)}, but ${first.path} has ${text(first)}; save the set again`,
  );
}
