/**
 * Where the chunk files of an array are. Writers of version 2 that put them in nested folders without saying so, and metadata that
 * were copied or edited, would else make a volume of nothing but the fill value.
 */
import { UserError } from "../../user_error.ts";
import { fileState } from "../file.ts";
import { isObject } from "./json.ts";
import type { ZarrMetadata } from "./metadata.ts";

/** How chunks are named: `c/0/1/2`, `c.0.1.2`, `0/1/2` or `0.1.2`. */
interface Layout {
  readonly separator: "/" | ".";
  /** Whether names begin with `c`. */
  readonly isPrefixed: boolean;
}

const LAYOUTS: readonly Layout[] = [
  { separator: "/", isPrefixed: true },
  { separator: ".", isPrefixed: true },
  { separator: "/", isPrefixed: false },
  { separator: ".", isPrefixed: false },
];

/** Metadata that name the chunks as they are, and what is to be told about it. */
export interface LocatedArray {
  readonly metadata: ZarrMetadata;
  readonly notes: readonly string[];
}

/** What stands in an array's folder besides chunks. */
const OTHERS = /^(\..*|zarr\.json|bands\.jsonl.*|.*\.(partial|tmp|md|txt|json|xml|yaml|yml|log))$/i;

/**
 * Looks where the chunk files of a folder are.
 * @throws UserError where there are files, and none is a chunk of the array
 */
export function locateChunks(path: string, metadata: ZarrMetadata): LocatedArray {
  const declared = layoutOf(metadata);
  const grid = gridOf(metadata);
  const others = LAYOUTS.filter((layout) => !isSame(layout, declared));
  if (hasChunk(path, declared, grid)) return { metadata, notes: [] };
  const found = others.find((layout) => hasChunk(path, layout, grid));
  if (found !== undefined) return relocated(path, metadata, declared, found);
  const stranger = anyFile(path, grid.length + 1);
  if (stranger === undefined) return { metadata, notes: [] };
  throw new UserError(
    `${path}: none of its files is one of its chunks: expected names such as ` +
      `${nameOf(declared, grid.map(() => 0))}, found ${stranger}; check that the array is complete and ` +
      "has the right metadata",
  );
}

/**
 * As `locateChunks`, where files cannot be listed: asks for the first and the middle chunk. Of version 2 alone, whose metadata may leave
 * out how chunks are named.
 */
export async function locateRemoteChunks(
  path: string,
  metadata: ZarrMetadata,
  isThere: (key: string) => Promise<boolean>,
): Promise<LocatedArray> {
  if (metadata.version === 3) return { metadata, notes: [] };
  const declared = layoutOf(metadata);
  const grid = gridOf(metadata);
  const chunks = [grid.map(() => 0), grid.map((count) => Math.floor(count / 2))];
  const others = LAYOUTS.filter((layout) => !layout.isPrefixed && !isSame(layout, declared));
  for (const layout of [declared, ...others]) {
    for (const chunk of chunks) {
      if (!await isThere(nameOf(layout, chunk))) continue;
      return isSame(layout, declared) ? { metadata, notes: [] } : relocated(path, metadata, declared, layout);
    }
  }
  return { metadata, notes: [] };
}

function relocated(path: string, metadata: ZarrMetadata, declared: Layout, found: Layout): LocatedArray {
  const zeros = metadata.shape.map(() => 0);
  const note = `${path}: chunk files have names such as ${nameOf(found, zeros)}, although its metadata say ` +
    nameOf(declared, zeros);
  const { separator, isPrefixed } = found;
  const fields = metadata.version === 2 ? { ...metadata.fields, dimension_separator: separator } : {
    ...metadata.fields,
    chunk_key_encoding: { name: isPrefixed ? "default" : "v2", configuration: { separator } },
  };
  if (metadata.version === 2 && isPrefixed) {
    throw new UserError(
      `${path}: its metadata have version 2, but its chunk files, such as ${nameOf(found, zeros)}, ` +
        "version 3; add its zarr.json",
    );
  }
  return { metadata: { ...metadata, fields }, notes: [note] };
}

function layoutOf({ version, fields }: ZarrMetadata): Layout {
  if (version === 2) {
    return { separator: fields["dimension_separator"] === "/" ? "/" : ".", isPrefixed: false };
  }
  const encoding = fields["chunk_key_encoding"];
  const isPrefixed = isObject(encoding) && encoding["name"] === "default";
  const configuration = isObject(encoding) ? encoding["configuration"] : undefined;
  const separator = isObject(configuration) ? configuration["separator"] : undefined;
  return {
    separator: separator === "/" || separator === "." ? separator : isPrefixed ? "/" : ".",
    isPrefixed,
  };
}

function isSame(a: Layout, b: Layout): boolean {
  return a.separator === b.separator && a.isPrefixed === b.isPrefixed;
}

function gridOf({ version, fields, shape }: ZarrMetadata): number[] {
  const grid = fields["chunk_grid"];
  const configuration = isObject(grid) ? grid["configuration"] : undefined;
  const chunk = version === 2
    ? fields["chunks"]
    : isObject(configuration)
    ? configuration["chunk_shape"]
    : undefined;
  return shape.map((length, axis) => Math.ceil(length / Number(Array.isArray(chunk) ? chunk[axis] : length)));
}

function nameOf({ separator, isPrefixed }: Layout, chunk: readonly number[]): string {
  return (isPrefixed ? ["c", ...chunk] : chunk).join(separator);
}

/** Whether a folder holds a chunk file of a layout. Stops at the first. */
function hasChunk(path: string, { separator, isPrefixed }: Layout, grid: readonly number[]): boolean {
  if (separator === ".") {
    return entriesOf(path).some(({ name, isDirectory }) => {
      const parts = name.split(".");
      if (isDirectory || (isPrefixed && parts.shift() !== "c")) return false;
      return parts.length === grid.length && parts.every((part, axis) => isIndex(part, grid[axis] ?? 0));
    });
  }
  return hasNested(isPrefixed ? `${path}/c` : path, grid);
}

/** Whether nested folders such as `0/1/2` hold a chunk. Stops at the first. */
export function hasNested(folder: string, [count = 0, ...rest]: readonly number[]): boolean {
  return entriesOf(folder).some(({ name, isDirectory }) => {
    if (!isIndex(name, count) || isDirectory !== rest.length > 0) return false;
    return rest.length === 0 || hasNested(`${folder}/${name}`, rest);
  });
}

function isIndex(text: string, count: number): boolean {
  return /^(0|[1-9]\d*)$/.test(text) && Number(text) < count;
}

/** The path of any file in a folder, or below it, that is no metadata; undefined where there is none. */
export function anyFile(folder: string, depth: number): string | undefined {
  for (const { name, isDirectory } of entriesOf(folder)) {
    if (OTHERS.test(name)) continue;
    if (!isDirectory) return name;
    const below = depth > 0 ? anyFile(`${folder}/${name}`, depth - 1) : undefined;
    if (below !== undefined) return `${name}/${below}`;
  }
  return undefined;
}

/** What is in a folder, as it is asked for; links count as what they lead to. */
function* entriesOf(folder: string) {
  if (fileState(folder)?.isDirectory !== true) return;
  for (const { name, isDirectory, isSymlink } of Deno.readDirSync(folder)) {
    yield {
      name,
      isDirectory: isSymlink ? fileState(`${folder}/${name}`)?.isDirectory === true : isDirectory,
    };
  }
}
