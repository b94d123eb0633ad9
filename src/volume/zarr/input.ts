/** Zarr of any kind as an input: arrays and OME-Zarr images, of any axis order and number type, here or on a web server. */
import * as zarr from "zarrita";
import type { AxisPick } from "../../config/pick.ts";
import { UserError } from "../../user_error.ts";
import { placeAxes, spatial } from "../axes.ts";
import { isDtype } from "../dtype.ts";
import { type BoxSource, damagedChunk, type GridArray, type GridChunk, gridSource } from "../grid_source.ts";
import { type OmeLevel, omeLevels } from "./ome_zarr.ts";
import type { StoredValues } from "../unpack.ts";
import { attributedVoxelSize } from "../voxel_size.ts";
import { openZarr, type ZarrVolume } from "./array.ts";
import { pickAxes, pickedOf } from "../pick_axes.ts";
import { decodingReason } from "./decoders.ts";
import { describeCodecs } from "./codec_rules.ts";
import { locateChunks, type LocatedArray, locateRemoteChunks } from "./layout.ts";
import { groupInsteadOfArray, groupOnServer } from "./listing.ts";
import { checkVersion2, checkVersion3, type ZarrMetadata } from "./metadata.ts";
import { readNode, readNodeIfReadable, remoteIdentity, type ZarrNode, type ZarrPlace } from "./place.ts";
import { MAX_STORED } from "./store.ts";
import { openDescribed } from "./described_store.ts";

/** `volume`: an array of this machine that is read where it is. `boxes`: any other. */
export type ZarrInput =
  | { readonly kind: "volume"; readonly volume: ZarrVolume }
  | { readonly kind: "boxes"; readonly source: BoxSource };

/** How deep below its group the array of a level may be. */
const MOST_STEPS = 3;

/**
 * Opens an array, or the finest level of an OME-Zarr image.
 * @param known what is there, where that was read before
 * @throws UserError if there is none, or one that holds no volume
 */
export async function openZarrInput(
  place: ZarrPlace,
  pick: AxisPick = {},
  known?: ZarrNode,
): Promise<ZarrInput> {
  const node = known ?? await readNode(place);
  if (node === undefined) {
    throw new UserError(
      `${place.path}: not a Zarr array that can be read: neither zarr.json nor .zarray is in it; check ` +
        `the ${place.isLocal ? "folder" : "address"}`,
    );
  }
  if (node.kind === "array") return await openArrayAt(place, node, await levelAbove(place), pick);
  const [finest] = omeLevels(node.attributes);
  if (finest === undefined) {
    throw place.isLocal ? groupInsteadOfArray(place.path) : groupOnServer(place.path, node.fields);
  }
  const array = place.below(finest.path);
  const below = await readNode(array);
  if (below?.kind === "array") return await openArrayAt(array, below, finest, pick);
  throw new UserError(
    `${place.path}: its first level should be the array ${finest.path}, which is not there; copy it again`,
  );
}

/** What the image that an array is a level of tells about it. */
async function levelAbove(place: ZarrPlace): Promise<OmeLevel | undefined> {
  let { place: group, name: path } = place.above();
  for (let step = 0; step < MOST_STEPS; step++) {
    const node = await readNodeIfReadable(group);
    if (node !== undefined && node.kind === "group") {
      const level = omeLevels(node.attributes).find((one) => one.path === path);
      if (level !== undefined) return level;
    } else if (node === undefined && step > 0) return undefined;
    const above = group.above();
    if (above.place.path === group.path) return undefined;
    [group, path] = [above.place, `${above.name}/${path}`];
  }
  return undefined;
}

async function openArrayAt(
  place: ZarrPlace,
  node: ZarrNode,
  level: OmeLevel | undefined,
  pick: AxisPick,
): Promise<ZarrInput> {
  const check = node.version === 3 ? checkVersion3 : checkVersion2;
  const metadata = check(place.path, { ...node.fields });
  const names = level?.names ?? metadata.names ?? dimensionNames(node.attributes);
  const stored = describeCodecs(place.path, node.version, node.fields);
  const isPicked = pick.channel !== undefined || pick.time !== undefined;
  // Chosen before axes are placed, since others than x, y and z must then have length 1.
  const picked = isPicked
    ? pickAxes(await gridArray(place, node, await locate(place, metadata)), names, pick)
    : undefined;
  const { shape } = picked ?? metadata;
  const axes = placeAxes(place.path, shape, names);
  const sizes = spatial(level?.lengths ?? [], axes);
  const voxelSize = attributedVoxelSize(node.attributes) ?? sizes;
  const order = [axes.component, axes.z, axes.y, axes.x].filter((axis) => axis !== undefined);
  const isInOrder = axes.z !== undefined && order.length === shape.length &&
    order.every((axis, index) => axis === index);
  const isRead = stored.unread === undefined && picked === undefined;
  if (isRead && place.isLocal && isInOrder && isDtype(metadata.dtype) && !isBoolean(metadata)) {
    const volume = await openZarr(place.path);
    return { kind: "volume", volume: { ...volume, voxelSize: volume.voxelSize ?? voxelSize } };
  }
  const array = picked ?? await gridArray(place, node, await locate(place, metadata));
  return { kind: "boxes", source: { ...gridSource(array, axes, voxelSize), ...stored, ...pickedOf(pick) } };
}

/** What xarray calls the axes of version 2. */
function dimensionNames(attributes: Readonly<Record<string, unknown>>): string[] | undefined {
  const names = attributes["_ARRAY_DIMENSIONS"];
  return Array.isArray(names) ? names.map(String) : undefined;
}

function isBoolean({ fields }: ZarrMetadata): boolean {
  return fields["data_type"] === "bool" || fields["dtype"] === "|b1";
}

async function locate(place: ZarrPlace, metadata: ZarrMetadata): Promise<LocatedArray> {
  if (place.isLocal) return locateChunks(place.path, metadata);
  const store = place.store(2 * metadata.chunkBytes + MAX_STORED);
  return await locateRemoteChunks(place.path, metadata, async (key) => {
    try {
      // a part, so that no whole shard is fetched
      return await store.getRange(`/${key}`, { offset: 0, length: 1 }) !== undefined;
    } catch (cause) {
      if (cause instanceof UserError) return true; // something is there; whoever reads it tells what
      throw cause;
    }
  });
}

async function gridArray(
  place: ZarrPlace,
  node: ZarrNode,
  { metadata, notes }: LocatedArray,
): Promise<GridArray> {
  const store = place.store(2 * metadata.chunkBytes + MAX_STORED);
  const array = await openDescribed(place.path, store, metadata, node.attributes, "its codecs");
  return {
    path: place.path,
    shape: metadata.shape,
    chunk: array.chunks,
    dtype: metadata.dtype,
    notes,
    files: place.isLocal ? [place.path] : [],
    identity: place.isLocal ? undefined : remoteIdentity(place, node),
    heldBytes: 4 * metadata.chunkBytes,
    load: (index) => loadGridChunk(place.path, array, index),
    ...("forbidden" in store ? { forbidden: store.forbidden } : {}),
    close: () => {},
  };
}

async function loadGridChunk(
  path: string,
  array: zarr.Array<zarr.DataType>,
  index: readonly number[],
): Promise<GridChunk> {
  let chunk;
  try {
    chunk = await array.getChunk([...index]);
  } catch (cause) {
    if (cause instanceof UserError || cause instanceof Deno.errors.NotCapable) throw cause;
    throw damagedChunk(`${path}, chunk ${index}`, decodingReason(cause), cause);
  }
  const data = numbersOf(chunk.data);
  const length = array.chunks.reduce((product, part) => product * part, 1);
  if (data?.length === length) return { data, stride: chunk.stride };
  throw damagedChunk(`${path}, chunk ${index}`, `${data?.length ?? "no"} voxels instead of ${length}`);
}

/** Booleans become bytes; what holds no numbers is undefined. */
function numbersOf(data: unknown): StoredValues | undefined {
  if (data instanceof zarr.BoolArray) return new Uint8Array(data.buffer, data.byteOffset, data.length);
  if (!ArrayBuffer.isView(data) || data instanceof DataView) return undefined;
  return "length" in data ? data as StoredValues : undefined;
}
