/** The Zarr arrays of a work folder: which there are, and which of their chunks. */
import { basename, dirname, join, relative, sep } from "node:path";
import { inputArrayName } from "../../stages/inputs.ts";
import { anisotropyOf, type Settings } from "../../config/settings.ts";
import { isWideInteger } from "../../volume/dtype.ts";
import type { Zyx } from "../../volume/region.ts";
import { attributedVoxelSize } from "../../volume/voxel_size.ts";
import { SHOWN, shownPath } from "../../volume/shown_path.ts";
import { omeLevels } from "../../volume/zarr/ome_zarr.ts";
import { folderPlace, readNodeIfReadable, type ZarrNode } from "../../volume/zarr/place.ts";
import type { ArrayInfo, ArrayLevel } from "../api.ts";
import { containedPath } from "./files.ts";
import { ifThere } from "../../if_there.ts";

/** How deep below the work folder arrays are looked for. */
const MOST_DEPTH = 4;
const MOST_ARRAYS = 200;

/** Coarser levels of scores, which become a part of the results. */
const LEVELS = "scores/levels/";

interface Node extends ZarrNode {
  readonly path: string;
}

/**
 * Lists the arrays; several resolutions of one (OME-Zarr multiscales) count as one.
 * @param only those below these paths alone
 * @param anisotropy voxel size in z over voxel size in x and y, for arrays that do not tell and have no run
 * @param inPlace arrays outside the folder, of which, where there is a run, those are listed that it uses
 */
export async function listArrays(
  workFolder: string,
  settings: Settings | undefined,
  { only = [""], anisotropy: usual = 1, inPlace = [] }: {
    readonly only?: readonly string[] | undefined;
    readonly anisotropy?: number | undefined;
    readonly inPlace?: readonly string[];
  } = {},
): Promise<ArrayInfo[]> {
  const nodes: Node[] = [];
  for (const path of only) await findNodes(workFolder, join(workFolder, path), 0, nodes);
  const inputs = settings ? await inputNames(settings) : new Map<string, InputRole>();
  for (const [number, path] of inPlace.entries()) {
    const volumes = settings ? volumesFrom(settings, path) : [];
    if (settings && volumes.length === 0) continue;
    const shown = shownPath(inPlace, number);
    nodes.push(...await nodesInPlace(path, shown));
    inputs.set(shown, { role: "raw", volumes });
  }
  const anisotropy = settings ? anisotropyOf(settings) : usual;
  const arrays = nodes.filter(({ path }) => !path.startsWith(LEVELS)).flatMap((node) => arrayOf(node) ?? []);
  const pyramids = nodes.flatMap((node) => pyramidOf(node, arrays) ?? []);
  const inPyramids = new Set(pyramids.flatMap(({ levels }) => levels.map(({ path }) => path)));
  const all = [...pyramids, ...arrays.filter(({ path }) => !inPyramids.has(path))];
  return all.sort((a, b) => a.path < b.path ? -1 : 1).map((array) => ({
    ...array,
    anisotropy: array.voxelSize ? array.voxelSize[0] / array.voxelSize[2] : anisotropy,
    ...(settings ? roleOf(array.path, inputs) : roleByType(array)),
  }));
}

/** What pages call a training volume. */
function trainName(index: number): string {
  return index === 0 ? "train" : `train ${index}`;
}

/** The volumes of a run that are this array. */
function volumesFrom({ train, test }: Settings, path: string): string[] {
  return [
    ...test.flatMap(({ rawVolume }, index) => rawVolume === path ? [`test ${index}`] : []),
    ...train.flatMap(({ rawVolume }, index) => rawVolume === path ? [trainName(index)] : []),
  ];
}

/** @param shown the path under which it is shown */
async function nodesInPlace(path: string, shown: string): Promise<Node[]> {
  const nodes: Node[] = [];
  if (await ifThere(() => Deno.stat(path))) await findNodes(path, path, 0, nodes);
  return nodes.map((node) => ({ ...node, path: node.path === "" ? shown : `${shown}/${node.path}` }));
}

async function findNodes(root: string, folder: string, depth: number, into: Node[]): Promise<void> {
  if (into.length >= MOST_ARRAYS) return;
  const node = await readNodeIfReadable(folderPlace(folder));
  if (node) into.push({ path: relative(root, folder).split(sep).join("/"), ...node });
  if (node?.kind === "array") return; // chunks below
  if (depth >= MOST_DEPTH) return;
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory && !name.startsWith(".")) names.push(name);
  }
  for (const name of names.sort()) await findNodes(root, join(folder, name), depth + 1, into);
}

type Listed = Omit<ArrayInfo, "anisotropy" | "role" | "volumes">;

function arrayOf({ path, version, fields, attributes }: Node): Listed | undefined {
  const grid = fields["chunk_grid"] as { configuration?: { chunk_shape?: unknown } } | undefined;
  const shape = fields["shape"];
  const files = version === 2 ? fields["chunks"] : grid?.configuration?.chunk_shape;
  const chunks = chunksInShards(fields["codecs"]) ?? files;
  if (!isLengths(shape) || !isLengths(files) || !isLengths(chunks)) return undefined;
  const space = lastThree(shape), chunk = lastThree(chunks), shard = lastThree(files);
  if (!space || !chunk || !shard || shape.length !== files.length) return undefined;
  return {
    path,
    name: basename(path),
    dtype: dtypeName(version === 2 ? fields["dtype"] : fields["data_type"]),
    components: shape.length === 4 ? shape[0] ?? 1 : 1,
    shape: space,
    voxelSize: attributedVoxelSize(attributes) ?? null,
    storesAll: attributes["chunkFiles"] === "all",
    threshold: typeof attributes["threshold"] === "number" ? attributes["threshold"] : null,
    levels: [{ path, shape: space, chunk, shard, factor: [1, 1, 1], version }],
  };
}

/** Shape of the chunks, where files are shards of them. */
function chunksInShards(codecs: unknown): unknown {
  const [first] = Array.isArray(codecs) ? codecs as unknown[] : [];
  const { name, configuration } = (first ?? {}) as {
    name?: unknown;
    configuration?: { chunk_shape?: unknown };
  };
  return name === "sharding_indexed" ? configuration?.chunk_shape : undefined;
}

/** Of version 2, such as `<u4`. */
const V2_TYPE = /^[<>|]([uif])([1248])$/;

function dtypeName(type: unknown): string {
  if (typeof type !== "string") return "unknown";
  const [, letter, bytes] = V2_TYPE.exec(type) ?? [];
  return letter === undefined ? type : `${{ u: "uint", i: "int" }[letter] ?? "float"}${8 * Number(bytes)}`;
}

/** A group of several resolutions, as the OME-Zarr metadata 0.4 and 0.5 tell of it. */
function pyramidOf({ path, attributes }: Node, arrays: readonly Listed[]): Listed | undefined {
  const found = omeLevels(attributes).flatMap(({ path: name, scale, lengths }) => {
    const array = arrays.find((other) => other.path === (path === "" ? name : `${path}/${name}`));
    const spacing = isLengths(scale) ? lastThree(scale) : undefined;
    return array && spacing ? [{ array, spacing, lengths }] : [];
  });
  const [finest] = found;
  if (!finest) return undefined;
  const [z, y, x] = finest.spacing;
  const levels = found.flatMap(({ array, spacing }): ArrayLevel[] =>
    array.levels.map((level) => ({
      ...level,
      factor: [Math.round(spacing[0] / z), Math.round(spacing[1] / y), Math.round(spacing[2] / x)],
    }))
  );
  const lengths = finest.lengths.slice(-3);
  const voxelSize = isLengths(lengths) ? lastThree(lengths) ?? null : null;
  return { ...finest.array, path, name: basename(path), voxelSize, levels };
}

function isLengths(value: unknown): value is number[] {
  return Array.isArray(value) && value.length >= 3 && value.length <= 5 &&
    value.every((n) => typeof n === "number" && n > 0 && Number.isFinite(n));
}

function lastThree(lengths: readonly number[]): Zyx | undefined {
  const [x, y, z] = [...lengths].reverse();
  return z === undefined || y === undefined || x === undefined ? undefined : [z, y, x];
}

interface InputRole {
  readonly role: "raw" | "labels";
  readonly volumes: readonly string[];
}

/** What the run calls its copies of the inputs. */
async function inputNames({ train, test }: Settings): Promise<Map<string, InputRole>> {
  const names = new Map<string, InputRole>();
  const add = (name: string, role: InputRole["role"], volume: string) => {
    names.set(name, { role, volumes: [...names.get(name)?.volumes ?? [], volume] });
  };
  for (const [index, given] of test.entries()) {
    add(await inputArrayName(given.rawVolume, "raw", given), "raw", `test ${index}`);
  }
  for (const [index, given] of train.entries()) {
    add(await inputArrayName(given.rawVolume, "raw", given), "raw", trainName(index));
    add(await inputArrayName(given.groundTruth, "labels", given), "labels", trainName(index));
  }
  return names;
}

function roleOf(path: string, inputs: ReadonlyMap<string, InputRole>): Pick<ArrayInfo, "role" | "volumes"> {
  const input = inputs.get(path) ?? inputs.get(basename(path));
  if (input) return input;
  const truth = /^ground-truth(?:-([1-9]\d*))?\/(.*)$/.exec(path);
  if (truth) {
    const role = truth[2] === "components.zarr" ? "components" : "labels";
    return { role, volumes: [trainName(Number(truth[1] ?? 0))] };
  }
  const score = /^scores\/(\d+)-(.+)\.zarr$/.exec(path);
  if (!score) return { role: "other", volumes: [] };
  return {
    role: /^(max|first|min)$/.test(score[2] ?? "") ? "score" : "other",
    volumes: [`test ${score[1]}`],
  };
}

/** Without a run what is shown belongs together, and wide integers number things. */
function roleByType({ dtype }: Pick<ArrayInfo, "dtype">): Pick<ArrayInfo, "role" | "volumes"> {
  return { role: isWideInteger(dtype) ? "components" : "other", volumes: ["shown"] };
}

/**
 * Which chunks, or shards, of one layer of an array there are, so that a page need not ask for those that were never written.
 *
 * @param urlPath of the array, encoded
 * @param layer index of the chunks or shards on the z axis
 * @returns `y/x` indices, or undefined where chunks are not kept in folders, and all must be asked for
 */
export async function chunksOfLayer(
  workFolder: string,
  urlPath: string,
  layer: number,
  component: number | undefined,
): Promise<readonly (readonly [y: number, x: number])[] | undefined> {
  const array = await containedPath(workFolder, urlPath);
  if (array === undefined) return undefined;
  const node = await readNodeIfReadable(folderPlace(array));
  const encoding = node?.fields["chunk_key_encoding"] as
    | { name?: unknown; configuration?: { separator?: unknown } }
    | undefined;
  const isNested = encoding?.name === "default" && (encoding.configuration?.separator ?? "/") === "/";
  if (!isNested) return undefined;
  const folder = join(array, "c", ...(component === undefined ? [] : [String(component)]), String(layer));
  const chunks: [number, number][] = [];
  for (const y of await numbersIn(folder)) {
    for (const x of await numbersIn(join(folder, String(y)))) chunks.push([y, x]);
  }
  return chunks;
}

async function numbersIn(folder: string): Promise<number[]> {
  const entries = await ifThere(() => Array.fromAsync(Deno.readDir(folder))) ?? [];
  const numbers = entries.flatMap(({ name }) => /^\d{1,9}$/.test(name) ? [Number(name)] : []);
  return numbers.sort((a, b) => a - b);
}

/** A folder, and a path below it as it stands in a URL. */
interface PlaceBelow {
  readonly folder: string;
  readonly urlPath: string;
}

/**
 * Where a path below `/zarr/` leads: into the work folder, or into one of the arrays and nothing beside it.
 * @param urlPath still encoded
 */
export function placeOf(workFolder: string, arrays: readonly string[], urlPath: string): PlaceBelow {
  for (const [number, path] of arrays.entries()) {
    const shown = shownPath(arrays, number).split("/").map(encodeURIComponent).join("/");
    if (urlPath !== shown && !urlPath.startsWith(`${shown}/`)) continue;
    return { folder: dirname(path), urlPath: urlPath.slice(`${SHOWN}/${number}/`.length) };
  }
  return { folder: workFolder, urlPath };
}
