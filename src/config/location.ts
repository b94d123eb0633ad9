/** Where a volume is, as users write it in configurations and on the command line. */
import { basename, dirname, resolve } from "node:path";

/** A place that a text names. */
export type Location =
  /** A file or a folder. */
  | { readonly kind: "path"; readonly path: string }
  /** Files, one slice each, such as `slices/*.tif`. */
  | { readonly kind: "pattern"; readonly pattern: string }
  /** A dataset in an HDF5 file, such as `file.h5:/volumes/raw`; `inner` begins with a slash. */
  | { readonly kind: "inside"; readonly file: string; readonly inner: string }
  /** An address that begins with http:// or https://. */
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

const HDF5_INNER = /^(.+\.(?:h5|hdf5|hdf|he5|ilp)):(.*)$/is;
const ADDRESS = /^https?:\/\//i;
const WILD = /[*?]/;

/**
 * Understands a location.
 * @param exists whether there is a file or folder of a path: a name that has a `*` or a colon in it is that file
 */
export function parseLocation(text: string, exists: (path: string) => boolean): Location {
  if (isAddress(text)) return { kind: "url", url: text };
  if (exists(text)) return { kind: "path", path: text };
  const [, file, inner] = HDF5_INNER.exec(text) ?? [];
  if (file !== undefined && inner !== undefined) {
    return { kind: "inside", file, inner: `/${inner.replace(/^\/+/, "")}` };
  }
  return WILD.test(text) ? { kind: "pattern", pattern: text } : { kind: "path", path: text };
}

/** Whether a location is on a web server. */
export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/** The location with a path that starts from `folder` made absolute. */
export function resolveLocation(folder: string, text: string): string {
  const stack = divideStack(text);
  if (stack.isAsListed) return asListed(resolve(folder, stack.text));
  return isAddress(text) ? text : resolve(folder, text);
}

/** Whether what a location names can be there: of a pattern the folder, of a dataset the file. Addresses are not asked. */
export function locationExists(text: string, exists: (path: string) => boolean): boolean {
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
    /\.(tiff?|nrrd|nhdr|zarr|mrc|rec|png|h5|hdf5)$/i,
    "",
  );
  return stem.replace(/[^\w.-]+/g, "_").replace(/^\.+/, "").slice(0, 80) || "volume";
}
