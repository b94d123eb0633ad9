/** Stacks of files, one slice each. */
import { basename } from "node:path";
import { shorten, UserError } from "../user_error.ts";
import { isAFile } from "./file.ts";
import { MAX_PAGES, requireVolumeSize } from "./limits.ts";
import { swapBytes } from "./byte_order.ts";
import { bytesPerVoxel } from "./dtype.ts";
import { describeOdd, oddSlices } from "./slice_names.ts";
import type { RowSource } from "./source.ts";
import { ifThereSync } from "../if_there.ts";

/** Opens one file of a stack. */
type OpenSlice = (path: string) => Promise<RowSource>;

/** Names in the order of the numbers in them: `slice2` before `slice10`; equal ones by their characters. */
export function naturalOrder(names: readonly string[]): string[] {
  const parts = new Map(names.map((name) => [name, name.split(/(\d+)/)]));
  return [...names].sort((a, b) => compareParts(parts.get(a) ?? [], parts.get(b) ?? []) || (a < b ? -1 : 1));
}

function compareParts(a: readonly string[], b: readonly string[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return 1;
    // Splitting by numbers leaves them at odd places.
    const order = index % 2 === 1 ? Number(left) - Number(right) : left < right ? -1 : left > right ? 1 : 0;
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** The slices in a folder: the files of the one kind of image in it. @throws UserError if there is none, or more than one kind */
export function slicesInFolder(folder: string): string[] {
  const byKind = new Map<string, string[]>();
  for (const { name } of Deno.readDirSync(folder)) {
    const kind = /^[^.].*\.(tiff?|png)$/i.exec(name)?.[1]?.toLowerCase().replace("tiff", "tif");
    if (kind === undefined || !isAFile(`${folder}/${name}`)) continue;
    const names = byKind.get(kind);
    if (names === undefined) byKind.set(kind, [name]);
    else names.push(name);
  }
  const [names = [], ...others] = byKind.values();
  if (others.length > 0) {
    throw new UserError(`${folder}: has both TIFF and PNG files; use a pattern, such as ${folder}/*.tif`);
  }
  if (names.length === 0) {
    throw new UserError(
      `${folder}: this folder is no volume and has no slices (.tif, .png); check the path`,
    );
  }
  return naturalOrder(names).map((name) => `${folder}/${name}`);
}

/**
 * The files that a pattern names, in natural order; `*` stands for any characters but `/`, `?` for one.
 * @throws UserError if there is none
 */
export function slicesOfPattern(pattern: string): string[] {
  const [first = "", ...segments] = pattern.split("/");
  let found = [first === "" ? "/" : first];
  if (/[*?]/.test(first)) found = matchesIn(".", first);
  for (const [index, segment] of segments.entries()) {
    if (segment === "") continue;
    const isLast = index === segments.length - 1;
    found = found.flatMap((folder) =>
      /[*?]/.test(segment)
        ? matchesIn(folder, segment)
        : [folder.endsWith("/") ? folder + segment : `${folder}/${segment}`]
    ).filter((path) => !isLast || isAFile(path));
  }
  if (found.length === 0) {
    throw new UserError(`${pattern}: matches no file; check the folder and the pattern`);
  }
  return naturalOrder(found);
}

function matchesIn(folder: string, pattern: string): string[] {
  const text = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*+/g, ".*").replace(/\?/g, ".");
  const expression = new RegExp(`^${text}$`, "s");
  const names = ifThereSync(() => Array.from(Deno.readDirSync(folder), ({ name }) => name)) ?? [];
  // As in a shell: what begins with a dot is hidden.
  return names.filter((name) => (!name.startsWith(".") || pattern.startsWith(".")) && expression.test(name))
    .map((name) => folder.endsWith("/") ? folder + name : `${folder}/${name}`);
}

/**
 * Opens a stack of files, of which each is one slice of the same size and type. The first and the last are looked at; with
 * `checksAll` every one, which takes a moment a file, so that none is found to differ after hours.
 *
 * @param name what the user called the stack
 * @throws UserError if there is none, one has several slices or differs from the first, or names tell that one is missing, twice, or
 * a stranger, unless the files are the slices as they are listed
 */
export async function openSlices(
  name: string,
  files: readonly string[],
  open: OpenSlice,
  { checksAll = false, isAsListed = false }: { readonly checksAll?: boolean; readonly isAsListed?: boolean },
): Promise<RowSource> {
  const [firstPath = ""] = files;
  const { found: odd, isSure } = oddSlices(files);
  if (odd.length > 0 && isSure && !isAsListed) {
    throw new UserError(
      `${name}: ${describeOdd(odd)}; correct this, use a pattern for the slices, or use --as-listed (in ` +
        `a configuration as-listed:${name}) to read the ${files.length} files as they are`,
    );
  }
  if (files.length > MAX_PAGES) {
    throw new UserError(`${name}: ${files.length} files; expected at most ${MAX_PAGES}: use fewer`);
  }
  const first = await openOne(firstPath, open);
  first.close();
  const shape = [files.length, first.shape[1], first.shape[2]] as const;
  requireVolumeSize(name, shape, bytesPerVoxel(first.dtype));
  let access = first.access;
  let heldBytes = first.heldBytes;
  const check = async (path: string) => {
    const slice = await openOne(path, open);
    slice.close();
    requireSame(slice, first, firstPath);
    if (slice.access === "forward") access = "forward";
    heldBytes = Math.max(heldBytes, slice.heldBytes);
  };
  for (const path of checksAll ? files.slice(1) : files.slice(1).slice(-1)) await check(path);
  let current: { readonly z: number; readonly slice: RowSource; next: number } | undefined;
  return {
    path: name,
    shape,
    components: 1,
    dtype: first.dtype,
    isPalette: first.isPalette === true,
    // Slices may differ in it; what is read is always little-endian.
    littleEndian: true,
    access,
    files,
    heldBytes,
    notes: [
      ...first.notes ?? [],
      ...(odd.length > 0
        ? [`${name}: ${describeOdd(odd)}; its ${files.length} files are read as they are`]
        : []),
    ],
    async readRows(z, y, rows, out) {
      if (
        current === undefined || current.z !== z || (current.slice.access === "forward" && y < current.next)
      ) {
        current?.slice.close();
        current = undefined;
        const slice = await openOne(files[z] ?? "", open);
        current = { z, slice, next: 0 };
        requireSame(slice, first, firstPath);
      }
      const bytes = out.subarray(0, rows * shape[2] * bytesPerVoxel(first.dtype));
      await current.slice.readRows(0, y, rows, bytes);
      current.next = y + rows;
      if (!current.slice.littleEndian) swapBytes(bytes, bytesPerVoxel(first.dtype));
    },
    finish: () => Promise.resolve(),
    close: () => current?.slice.close(),
  };
}

async function openOne(path: string, open: OpenSlice): Promise<RowSource> {
  const slice = await open(path);
  if (slice.shape[0] === 1) return slice;
  slice.close();
  throw new UserError(
    `${path}: ${slice.shape[0]} slices; in a stack of files each has one: use this file alone, or leave ` +
      "it out",
  );
}

function requireSame(slice: RowSource, first: RowSource, firstPath: string): void {
  const text = ({ shape: [, height, width], dtype, isPalette = false }: RowSource) =>
    `${width} x ${height} voxels of ${dtype}${isPalette ? " with a colour palette" : ""}`;
  if (text(slice) === text(first)) return;
  throw new UserError(
    `${slice.path}: ${text(slice)}, but ${shorten(basename(firstPath), 80)} has ${text(first)}; all ` +
      "slices must have the same size and type: leave it out, or save it like the others",
  );
}
