/** Where an array or group of Zarr, or of another format in files of chunks, is: a folder of this machine, or an address of a web server or in a bucket. */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { readSmallFile } from "../../config/small_file.ts";
import { UserError } from "../../user_error.ts";
import type { FileIdentity } from "../file_identity.ts";
import { type FolderStore, folderStore, sizeIfExists } from "./store.ts";
import { ForbiddenError } from "../remote/failures.ts";
import { fetchBytes } from "../remote/fetch.ts";
import { addressBelow, type HttpStore, httpStore } from "../remote/store.ts";
import { isObject, MAX_METADATA, parseJson } from "./json.ts";

/** A folder or an address with metadata in it. */
export interface ZarrPlace {
  /** Path or address, for messages and for opening it again. */
  readonly path: string;
  readonly isLocal: boolean;
  /** The bytes of a metadata file; undefined where there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
  store(limit: number): FolderStore | HttpStore;
  below(path: string): ZarrPlace;
  /** The place above and the name of this one in it. */
  above(): { readonly place: ZarrPlace; readonly name: string };
}

/** A folder. */
export function folderPlace(path: string): ZarrPlace {
  return {
    path,
    isLocal: true,
    // deno-lint-ignore require-await -- rejects instead of throwing
    read: async (name) => {
      const file = `${path}/${name}`;
      return sizeIfExists(file) === undefined
        ? undefined
        : readSmallFile(file, MAX_METADATA, "metadata of a volume");
    },
    store: (limit) => folderStore(path, limit),
    below: (name) => folderPlace(join(path, name)),
    above: () => ({ place: folderPlace(dirname(path)), name: basename(path) }),
  };
}

/** An address, as `isAddress` tells them. */
export function remotePlace(address: string): ZarrPlace {
  return {
    path: address,
    isLocal: false,
    read: (name) => fetchBytes(addressBelow(address, name), MAX_METADATA, undefined),
    store: (limit) => httpStore(address, limit),
    below: (name) => remotePlace(addressBelow(address, name)),
    above() {
      const url = new URL(address);
      const path = url.pathname.replace(/\/+$/, "");
      url.pathname = dirname(path);
      return { place: remotePlace(url.href), name: decodeURIComponent(basename(path)) };
    },
  };
}

/** What is at a place: the metadata of an array or a group, in the form of its version. */
export interface ZarrNode {
  readonly kind: "array" | "group";
  readonly version: 2 | 3;
  /** `zarr.json`, `.zarray` or `.zgroup`. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** SHA-256 of the metadata, the first 16 digits. */
  readonly hash: string;
}

/** Reads what is at a place; undefined where that is no Zarr. @throws UserError if metadata are damaged */
export async function readNode(place: ZarrPlace): Promise<ZarrNode | undefined> {
  const hash = createHash("sha256");
  let forbidden: ForbiddenError | undefined;
  const readObject = async (name: string) => {
    const bytes = await readUnlessForbidden(place, name, (cause) => forbidden ??= cause);
    if (bytes === undefined) return undefined;
    hash.update(bytes);
    return parseJson(`${place.path}/${name}`, new TextDecoder().decode(bytes));
  };
  const digest = () => hash.digest("hex").slice(0, 16);
  const version3 = await readObject("zarr.json");
  if (version3 !== undefined) {
    const kind = version3["node_type"] === "group" ? "group" : "array";
    const attributes = objectOf(version3["attributes"]);
    return { kind, version: 3, fields: version3, attributes, hash: digest() };
  }
  const array = await readObject(".zarray");
  const fields = array ?? await readObject(".zgroup");
  const attributes = await readObject(".zattrs");
  if (fields === undefined && attributes === undefined) {
    if (forbidden !== undefined) throw forbidden;
    return undefined;
  }
  const kind = array === undefined ? "group" : "array";
  return { kind, version: 2, fields: fields ?? {}, attributes: attributes ?? {}, hash: digest() };
}

/** Of the files of several versions or formats some are absent, and a server may say that it forbids these. */
export async function readUnlessForbidden(
  place: ZarrPlace,
  name: string,
  onForbidden: (cause: ForbiddenError) => void,
): Promise<Uint8Array | undefined> {
  try {
    return await place.read(name);
  } catch (cause) {
    if (!(cause instanceof ForbiddenError)) throw cause;
    onForbidden(cause);
    return undefined;
  }
}

/** As `readNode`, but what cannot be read is as if it were not there. */
export async function readNodeIfReadable(place: ZarrPlace): Promise<ZarrNode | undefined> {
  try {
    return await readNode(place);
  } catch (cause) {
    if (cause instanceof UserError || cause instanceof Deno.errors.NotCapable) return undefined;
    throw cause;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

/** What tells an array elsewhere from a changed one: its metadata alone, since its files cannot be listed. */
export function remoteIdentity(place: ZarrPlace, { hash }: Pick<ZarrNode, "hash">): FileIdentity {
  return { path: place.path, bytes: 0, mtime: 0, samples: hash };
}
