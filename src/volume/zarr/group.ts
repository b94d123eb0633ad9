/** Zarr v3 groups: folders that hold the arrays of a multiscale volume. */
import { UserError } from "../../user_error.ts";
import { fileState, removeIfExists, writeWhole } from "../file.ts";
import { isObject, readJson } from "./json.ts";

/** Writes the metadata of a group, whose folder is made where it is missing. @throws UserError if it cannot be written */
export async function writeGroup(path: string, attributes: Readonly<Record<string, unknown>>): Promise<void> {
  const text = JSON.stringify({ zarr_format: 3, node_type: "group", attributes }, null, 2);
  await writeWhole(`${path}/zarr.json`, new TextEncoder().encode(text));
}

/** The attributes of a group; undefined where there is none. @throws UserError if its metadata cannot be read */
export function readGroupAttributes(path: string): Readonly<Record<string, unknown>> | undefined {
  if (fileState(`${path}/zarr.json`) === undefined) return undefined;
  const { node_type: type, attributes } = readJson(`${path}/zarr.json`);
  return type === "group" && isObject(attributes) ? attributes : undefined;
}

/**
 * Checks that a path is free, or holds a Zarr array or a multiscale volume and nothing else that would be lost with it.
 * @throws UserError if something else is there
 */
export function requireReplaceableZarr(path: string): void {
  const state = fileState(path);
  if (state === undefined) return;
  if (!state.isDirectory) {
    throw new UserError(`${path}: this is a file, but a Zarr volume is a folder; choose another output`);
  }
  const names = Array.from(Deno.readDirSync(path), ({ name }) => name);
  if (names.includes("zarr.json") || names.includes(".zarray")) {
    const isArray = names.includes(".zarray") || readJson(`${path}/zarr.json`)["node_type"] === "array";
    const other = names.find((name) => name !== "zarr.json" && !/^\d+$/.test(name));
    if (isArray || other === undefined) return;
    throw new UserError(
      `${path}: contains ${other}, which would be lost; choose another output or move it away`,
    );
  }
  if (names.every((name) => name.endsWith(".partial"))) return;
  throw new UserError(`${path}: already exists and is not a Zarr volume; choose another output`);
}

/** Removes a Zarr array or multiscale volume. @throws UserError if something else is there */
export function removeMultiscale(path: string): void {
  requireReplaceableZarr(path);
  removeIfExists(path);
}
