/** What is in a group of Zarr or N5 of this machine: the arrays that can be named. */
import { isObject, readJson } from "./json.ts";
import { dirname, relative } from "node:path";
import { shorten, UserError } from "../../user_error.ts";
import { fileState } from "../file.ts";

/** Groups and folders that are looked through, how deep, and arrays that a message names. */
const MOST_FOLDERS = 2048;
const MOST_DEPTH = 6;
const MOST_LISTED = 10;

/** Where N5 keeps the attributes of a group or array, whose axes are in the order x, y, z. */
const N5_FILE = "attributes.json";
/** Where Zarr keeps those of a group. */
const ZARR_FILES = [".zgroup", ".zattrs", "zarr.json"];

/** Arrays by their paths in the group. */
function listArrays(group: string) {
  const found: { readonly path: string; readonly shape: readonly number[] }[] = [];
  let left = MOST_FOLDERS;
  const walk = (folder: string, depth: number) => {
    if (depth > MOST_DEPTH) return;
    const entries = Array.from(Deno.readDirSync(folder)).sort((a, b) => a.name < b.name ? -1 : 1);
    for (const { name } of entries) {
      const path = `${folder}/${name}`;
      if (left <= 0 || fileState(path)?.isDirectory !== true) continue;
      left--;
      const array = arrayAt(path);
      if (array === undefined) walk(path, depth + 1);
      else found.push({ path: relative(group, path), shape: array });
    }
  };
  walk(group, 0);
  return found;
}

/** The shape of the array in a folder; undefined where there is none, as in a group and among chunks. */
function arrayAt(folder: string): readonly number[] | undefined {
  const file = ["zarr.json", ".zarray", N5_FILE].map((name) => `${folder}/${name}`).find((path) =>
    fileState(path) !== undefined
  );
  if (file === undefined) return undefined;
  const { node_type: type, shape, dimensions } = readJson(file);
  if (file.endsWith(N5_FILE)) {
    return Array.isArray(dimensions) ? dimensions.map(Number).reverse() : undefined;
  }
  return type === "group" ? undefined : Array.isArray(shape) ? shape.map(Number) : [];
}

/** The format of the group in a folder; undefined where there is none. */
function groupFormat(folder: string): "Zarr" | "N5" | undefined {
  const has = (name: string) => fileState(`${folder}/${name}`) !== undefined;
  if (ZARR_FILES.some(has)) return "Zarr";
  return has(N5_FILE) ? "N5" : undefined;
}

/** Such as `raw (125 x 1250 x 1250) and labels/clefts (125 x 1250 x 1250)`; undefined where there are none. */
function describeArrays(group: string): { readonly text: string; readonly first: string } | undefined {
  const arrays = listArrays(group);
  const [first] = arrays;
  if (first === undefined) return undefined;
  const listed = arrays.slice(0, MOST_LISTED).map(({ path, shape }) =>
    `${shorten(path, 60)} (${shape.join(" x ")})`
  );
  const more = arrays.length > MOST_LISTED ? ` and ${arrays.length - MOST_LISTED} more` : "";
  return { text: `${listed.join(", ")}${more}`, first: first.path };
}

/** That a group stands where an array should be, with the arrays in it. */
export function groupInsteadOfArray(path: string, group: string = "a Zarr group"): UserError {
  const arrays = fileState(path)?.isDirectory === true ? describeArrays(path) : undefined;
  const found = arrays === undefined ? "without arrays" : `with the arrays ${arrays.text}`;
  const advice = arrays === undefined
    ? "check the path"
    : `use one of them, such as ${path}/${shorten(arrays.first, 60)}`;
  return new UserError(`${path}: ${group}, not an array, ${found}; ${advice}`);
}

/** The same of a group on a server, which may have its arrays listed in its own metadata (version 3). */
export function groupOnServer(address: string, fields: Readonly<Record<string, unknown>>): UserError {
  const { consolidated_metadata: consolidated } = fields;
  const nodes = isObject(consolidated) && isObject(consolidated["metadata"])
    ? Object.entries(consolidated["metadata"])
    : [];
  const arrays = nodes.flatMap(([path, node]) =>
    isObject(node) && node["node_type"] === "array" ? [shorten(path, 60)] : []
  );
  const found = arrays.length === 0 ? "" : `, with the arrays ${arrays.slice(0, MOST_LISTED).join(", ")}`;
  return new UserError(
    `${address}: a Zarr group, not an array${found}; use an array in it, such as ` +
      `${address}/${arrays[0] ?? "0"}`,
  );
}

/** That there is nothing at a path, with the arrays of the group that it is in; undefined where it is in none. */
export function missingInGroup(path: string): UserError | undefined {
  let folder = dirname(path);
  while (fileState(folder) === undefined && dirname(folder) !== folder) folder = dirname(folder);
  const format = fileState(folder)?.isDirectory === true ? groupFormat(folder) : undefined;
  const arrays = format === undefined ? undefined : describeArrays(folder);
  if (arrays === undefined) return undefined;
  return new UserError(
    `${path}: there is no array ${shorten(relative(folder, path), 60)} in the ${format} group ${folder}, ` +
      `which has ${arrays.text}; use one of them, such as ${folder}/${shorten(arrays.first, 60)}`,
  );
}
