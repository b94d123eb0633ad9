/** Where a volume is, as users write it in configurations and on the command line. */
import { dividePick } from "./pick.ts";
import { basename, dirname, resolve } from "node:path";

/** A place that a text names. */
type Location =
  /** A file or a folder. */
  | { readonly kind: "path"; readonly path: string }
  /** Files, one slice each, such as `slices/*.tif`. */
  | { readonly kind: "pattern"; readonly pattern: string }
  /** A dataset in an HDF5 file, such as `file.h5:/volumes/raw`; `inner` begins with a slash. */
  | { readonly kind: "inside"; readonly file: string; readonly inner: string }
  /** An address that begins with http://, https://, s3:// or gs://. */
  | { readonly kind: "url"; readonly url: string };

/** Before a stack of slices: the files are its slices, whatever their names tell. */
const AS_LISTED = "as-listed:";

/** Divides `as-listed:slices/*.tif`. */
export function divideStack(text: string): { readonly text: string; readonly isAsListed: boolean } {
  const isAsListed = text.startsWith(AS_LISTED);
  return { text: isAsListed ? text.slice(AS_LISTED.length) : text, isAsListed };
}

/** The location of a stack whose files are its slices, whatever their names tell. */
export function asListed(text: string): string {
  return isAddress(text) || divideStack(text).isAsListed ? text : AS_LISTED + text;
}

/** Whether there is a file or folder of a path. */
export interface PathTest {
  (path: string): boolean;
  /** Whether it is a file; where that is not told, only the usual names of HDF5 tell that something is in a file. */
  readonly isFile?: (path: string) => boolean;
}

const HDF5_INNER = /^(.+\.(?:h5|hdf5|hdf|he5|ilp|ims|mat|nwb|nc|emd|hspy|vtkhdf|cxi|bdv)):(.*)$/is;
const ADDRESS = /^(https?|s3|gs):\/\//i;
const WILD = /[*?]/;

/**
 * Understands a location.
 * @param exists whether there is a file or folder of a path: a name that has a `*` or a colon in it is that file
 */
export function parseLocation(text: string, exists: PathTest): Location {
  if (isAddress(text)) return { kind: "url", url: dividePick(text).text };
  if (exists(text)) return { kind: "path", path: text };
  const { text: plain } = dividePick(text);
  if (plain !== text) return parseLocation(plain, exists);
  const found = insideOf(text, exists);
  if (found !== undefined) {
    return { kind: "inside", file: found[0], inner: `/${found[1].replace(/^\/+/, "")}` };
  }
  return WILD.test(text) ? { kind: "pattern", pattern: text } : { kind: "path", path: text };
}

/**
 * The file and the path in it: `file:/path` of a file that is there, whatever it is called, or by its usual names where it is not;
 * or `file/path`, as other programs write it.
 */
function insideOf(text: string, exists: PathTest): readonly [file: string, inner: string] | undefined {
  const isFile = (path: string) => path !== "" && exists.isFile?.(path) === true;
  for (let colon = text.lastIndexOf(":"); colon > 0; colon = text.lastIndexOf(":", colon - 1)) {
    const file = text.slice(0, colon);
    if (isFile(file)) return [file, text.slice(colon + 1)];
  }
  const [, file, inner] = HDF5_INNER.exec(text) ?? [];
  if (file !== undefined && inner !== undefined) return [file, inner];
  for (let slash = text.lastIndexOf("/"); slash > 0; slash = text.lastIndexOf("/", slash - 1)) {
    const path = text.slice(0, slash);
    if (exists(path)) return isFile(path) ? [path, text.slice(slash)] : undefined;
  }
  return undefined;
}

/** Whether a location is on a web server or in a bucket. */
export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

const BUCKET = /^(s3|gs):\/\/./i;

/** Whether a location is in a bucket, where results can be written, too. */
export function isInBucket(text: string): boolean {
  return BUCKET.test(text);
}

/** The location with a path that starts from `folder` made absolute. */
export function resolveLocation(folder: string, text: string): string {
  const stack = divideStack(text);
  if (stack.isAsListed) return asListed(resolve(folder, stack.text));
  return isAddress(text) ? text : resolve(folder, text);
}

/** Whether what a location names can be there: of a pattern the folder, of a dataset the file. Addresses are not asked. */
export function locationExists(text: string, exists: PathTest): boolean {
  const location = parseLocation(divideStack(text).text, exists);
  switch (location.kind) {
    case "url":
      return true;
    case "path":
      return exists(location.path);
    case "inside":
      return exists(location.file);
    case "pattern": {
      let folder = dirname(location.pattern);
      while (WILD.test(folder)) folder = dirname(folder);
      return exists(folder);
    }
  }
}

/** A name for what a location holds: its last part without the extension, of characters that every disk takes. */
export function locationStem(text: string): string {
  const path = isAddress(text) ? new URL(text).pathname : divideStack(text).text;
  const stem = basename(path.replace(/[/\\]+$/, "")).replace(
    /\.(tiff?|dm[34]|nii|nii\.gz|nrrd|nhdr|zarr|n5|mrc|rec|png|h5|hdf5)$/i,
    "",
  );
  return stem.replace(/[^\w.-]+/g, "_").replace(/^\.+/, "").slice(0, 80) || "volume";
}

/**
 * What people read of a location: the file or folder and the dataset in it, with as many folders before it as tell it from others.
 * @param others locations that it may stand beside
 */
export function locationName(text: string, others: readonly string[]): string {
  const parts = partsOf(text);
  const { kind } = parseLocation(divideStack(text).text, () => false);
  const [, file = ""] = HDF5_INNER.exec(text) ?? [];
  const inFile = () => partsOf(text.slice(file.length - basename(file).length)).length;
  const least = kind === "pattern" ? 2 : kind === "inside" ? inFile() : 1;
  const isShared = (name: string) =>
    others.some((other) => other !== text && `/${partsOf(other).join("/")}`.endsWith(`/${name}`));
  for (let count = least; count < parts.length; count++) {
    const name = parts.slice(-count).join("/");
    if (!isShared(name)) return name;
  }
  return text;
}

function partsOf(text: string): string[] {
  return text.replace(/[/\\]+$/, "").split(/[/\\]/);
}
