/** N5 datasets and groups of resolutions, in a folder or on a web server. */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import type { AxisPick } from "../../config/pick.ts";
import { reasonOf, shorten, UserError } from "../../user_error.ts";
import { placeAxes, spatial } from "../axes.ts";
import { allocateVoxels, bytesPerVoxel } from "../dtype.ts";
import {
  type BoxSource,
  damagedChunk,
  type GridArray,
  type GridChunk,
  gridSource,
  stridesOf,
} from "../grid_source.ts";
import { pickAxes, pickedOf } from "../pick_axes.ts";
import { isBelow, parseJson } from "../zarr/json.ts";
import { anyFile, hasNested } from "../zarr/layout.ts";
import { groupInsteadOfArray } from "../zarr/listing.ts";
import { readUnlessForbidden, remoteIdentity, type ZarrPlace } from "../zarr/place.ts";
import { MAX_STORED } from "../zarr/store.ts";
import { axesOf, levelsOf, type N5Parent } from "./axes.ts";
import { decompress, isRead } from "./compression.ts";
import { checkDataset, isDataset, N5_DATASET, type N5Dataset } from "./metadata.ts";
import { swapBytes } from "../byte_order.ts";
import { viewAs } from "../unpack.ts";

const FILE = "attributes.json";

/** Folders above that are looked at for the beginning of a container. */
const MOST_ABOVE = 16;

/** What is in an `attributes.json`. */
interface N5Node {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** SHA-256 of the text, the first 16 digits. */
  readonly hash: string;
}

/** Words of attributes that are those of N5 and not of another program's file of the same name. */
const WORDS =
  /"(n5|dimensions|blockSize|dataType|pixelResolution|multiscales|multiScale|downsamplingFactors|painteraData)"/;

/**
 * Whether a folder is a dataset or a group of N5. Groups may have no attributes of their own: then those of the container tell,
 * or those of their finest resolution.
 * @param read the text of a file; undefined where it is not there
 */
export function isN5Folder(folder: string, read: (path: string) => string | undefined): boolean {
  const tells = (path: string) => WORDS.test(read(`${path}/${FILE}`) ?? "");
  if (tells(folder) || tells(`${folder}/s0`)) return true;
  let above = dirname(folder);
  for (let step = 0; step < MOST_ABOVE && above !== dirname(above); step++, above = dirname(above)) {
    if (/"n5"/.test(read(`${above}/${FILE}`) ?? "")) return true;
  }
  return false;
}

/**
 * Opens a dataset, or the finest resolution of a group.
 * @throws UserError if there is none, or one that cannot be read
 */
export async function openN5(place: ZarrPlace, pick: AxisPick): Promise<BoxSource> {
  return await openNode(place, await readN5(place), pick);
}

/** What an address may be, where it is no Zarr; undefined where it is no N5 either. */
export async function openN5IfThere(place: ZarrPlace, pick: AxisPick): Promise<BoxSource | undefined> {
  const node = await readN5(place);
  const isThere = node !== undefined || await readN5(place.below("s0")) !== undefined;
  return isThere ? await openNode(place, node, pick) : undefined;
}

async function openNode(place: ZarrPlace, node: N5Node | undefined, pick: AxisPick): Promise<BoxSource> {
  if (node !== undefined && isDataset(node.attributes)) {
    const { place: above, name } = place.above();
    const parent = await readN5(above);
    return openDataset(place, node, parent && { attributes: parent.attributes, name }, pick);
  }
  const attributes = node?.attributes ?? {};
  for (const name of finestOf(attributes)) {
    const array = place.below(name);
    const below = await readN5(array);
    if (below === undefined || !isDataset(below.attributes)) continue;
    const slash = name.lastIndexOf("/");
    const group = slash < 0 ? node : await readN5(place.below(name.slice(0, slash)));
    const parent = { attributes: group?.attributes ?? {}, name: name.slice(slash + 1) };
    return openDataset(array, below, parent, pick);
  }
  if (place.isLocal) throw groupInsteadOfArray(place.path, "an N5 group");
  throw new UserError(
    `${place.path}: an N5 group, not a dataset; use a dataset in it, such as ${place.path}/s0`,
  );
}

/** Undefined where there are no attributes, or the server forbids them, as some do where there are none. */
async function readN5(place: ZarrPlace): Promise<N5Node | undefined> {
  const bytes = await readUnlessForbidden(place, FILE, () => {});
  if (bytes === undefined) return undefined;
  const attributes = parseJson(`${place.path}/${FILE}`, new TextDecoder().decode(bytes), N5_DATASET);
  return { attributes, hash: createHash("sha256").update(bytes).digest("hex").slice(0, 16) };
}

/** Where the finest resolution of a group may be: what it says, then as Paintera, the N5 viewer and COSEM name it. */
function finestOf(attributes: N5Node["attributes"]): string[] {
  const path = levelsOf(attributes)[0]?.["path"];
  const isPaintera = attributes["painteraData"] !== undefined;
  return [...(isBelow(path) ? [path] : []), ...(isPaintera ? ["data/s0", "data"] : []), "s0"];
}

function openDataset(
  place: ZarrPlace,
  { attributes, hash }: N5Node,
  parent: N5Parent | undefined,
  pick: AxisPick,
): BoxSource {
  const { path } = place;
  const dataset = checkDataset(path, attributes);
  if (place.isLocal) requireBlocks(path, dataset);
  const whole = gridArray(place, dataset, hash);
  const { names, lengths } = axesOf(dataset.shape.length, attributes, parent);
  const array = pickAxes(whole, names, pick);
  const axes = placeAxes(path, array.shape, names);
  const type = shorten(dataset.compression.type, 40);
  return {
    ...gridSource(array, axes, spatial(lengths, axes)),
    ...pickedOf(pick),
    storage: `N5 blocks of [${dataset.block}], compression: ${type}`,
    ...(isRead(dataset.compression) ? {} : {
      unread:
        `${path}: its blocks are compressed with ${type}, which cannot be read here; copy it with gzip, ` +
        "zstd or blosc, for example with n5-copy or zarr.copy in Python",
    }),
  };
}

/** @throws UserError where there are files, and none is a block */
function requireBlocks(path: string, { shape, block }: N5Dataset): void {
  const grid = shape.map((length, axis) => Math.ceil(length / (block[axis] ?? 1))).reverse();
  if (hasNested(path, grid)) return;
  const stranger = anyFile(path, grid.length + 1);
  if (stranger === undefined) return;
  const usual = grid.map(() => 0).join("/");
  throw new UserError(
    `${path}: none of its files is one of its blocks: expected names such as ${usual}, ` +
      `found ${shorten(stranger, 80)}; check that the dataset is complete and has the right attributes`,
  );
}

function gridArray(place: ZarrPlace, dataset: N5Dataset, hash: string): GridArray {
  const { shape, block, dtype } = dataset;
  const blockBytes = block.reduce((product, length) => product * length, bytesPerVoxel(dtype));
  const store = place.store(2 * blockBytes + MAX_STORED);
  return {
    path: place.path,
    shape,
    chunk: block,
    dtype,
    files: place.isLocal ? [place.path] : [],
    identity: place.isLocal ? undefined : remoteIdentity(place, { hash }),
    // Stored, up to twice its voxels, then decoded, perhaps joined of parts, and with bytes swapped.
    heldBytes: 5 * blockBytes + MAX_STORED,
    async load(index) {
      const key = `/${[...index].reverse().join("/")}` as const;
      const stored = await store.get(key);
      if (stored === undefined) return emptyBlock(dataset);
      return await decodeBlock(`${place.path}${key}`, dataset, index, stored);
    },
    ...("forbidden" in store ? { forbidden: store.forbidden } : {}),
    close: () => {},
  };
}

/**
 * Decodes the block at an index, of axes in the reverse of the file's order.
 * @param path of its file, for messages
 * @throws UserError if it is damaged, or of another kind than blocks of voxels
 */
async function decodeBlock(
  path: string,
  dataset: N5Dataset,
  index: readonly number[],
  stored: Uint8Array,
): Promise<GridChunk> {
  const { shape, start } = readHeader(path, dataset, index, stored);
  const voxelBytes = bytesPerVoxel(dataset.dtype);
  const length = shape.reduce((product, side) => product * side, voxelBytes);
  let bytes;
  try {
    bytes = await decompress(dataset.compression, stored.subarray(start), length);
  } catch (cause) {
    throw damagedChunk(path, reasonOf(cause), cause);
  }
  // A copy, which begins at a multiple of the voxel's bytes; `slice` of a Buffer is none.
  const voxels = new Uint8Array(bytes);
  swapBytes(voxels, voxelBytes);
  return { data: viewAs(dataset.dtype, voxels), stride: stridesOf(shape) };
}

/** A block that was never written. */
function emptyBlock({ block, dtype }: N5Dataset): GridChunk {
  const length = block.reduce((product, side) => product * side, 1);
  return { data: allocateVoxels(dtype, length), stride: stridesOf(block) };
}

/** The block's shape, and the byte at which its voxels begin. */
function readHeader(path: string, dataset: N5Dataset, index: readonly number[], stored: Uint8Array) {
  const rank = dataset.shape.length;
  const start = 4 + 4 * rank;
  if (stored.length < 4) throw damagedChunk(path, `${stored.length} bytes, too few for a header`);
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const mode = view.getUint16(0);
  if (mode !== 0) {
    throw new UserError(
      `${path}: a block of mode ${mode}, ${MODES[mode] ?? "which is unknown"}; expected mode 0, one number ` +
        "per voxel: convert it to plain labels first",
    );
  }
  const axes = view.getUint16(2);
  if (axes !== rank || stored.length < start) {
    throw damagedChunk(path, `a header of ${axes} axes in ${stored.length} bytes, expected ${rank} axes`);
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * (rank - 1 - axis)));
  for (const [axis, length] of shape.entries()) {
    const most = dataset.block[axis] ?? 0;
    const least = Math.min(most, (dataset.shape[axis] ?? 0) - (index[axis] ?? 0) * most);
    if (length < least || length > most) {
      throw damagedChunk(path, `a block of [${shape}] voxels, expected [${dataset.block}]`);
    }
  }
  return { shape, start };
}

const MODES: Readonly<Record<number, string>> = {
  1: "of varying length, as Paintera's label multisets",
  2: "an object",
};
