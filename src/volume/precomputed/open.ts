/** Precomputed volumes of Neuroglancer, in a folder or on a web server. */
import { createHash } from "node:crypto";
import { dirname, relative } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { AxisPick } from "../../config/pick.ts";
import { reasonOf, shorten, UserError } from "../../user_error.ts";
import { placeAxes } from "../axes.ts";
import { allocateVoxels, bytesPerVoxel } from "../dtype.ts";
import { fileState } from "../file.ts";
import { type BoxSource, damagedChunk, type GridArray, gridSource, stridesOf } from "../grid_source.ts";
import { pickAxes, pickedOf } from "../pick_axes.ts";
import { viewAs } from "../unpack.ts";
import { parseJson } from "../zarr/json.ts";
import { readUnlessForbidden, remoteIdentity, type ZarrPlace } from "../zarr/place.ts";
import { MAX_STORED } from "../zarr/store.ts";
import { decodeChunk, isRead } from "./chunk.ts";
import { checkScale, plainKey, PRECOMPUTED, type PrecomputedScale, scalesOf } from "./info.ts";
import { mortonCode, SHARD_MEMORY, shardReader } from "./sharding.ts";

const FILE = "info";

/** How deep below `info` the folder of a resolution may be. */
const MOST_STEPS = 3;

/** The volume that a place is in, and the resolution that it is. */
interface Found {
  readonly root: ZarrPlace;
  readonly info: Readonly<Record<string, unknown>>;
  readonly hash: string;
  /** Undefined where the place is the volume itself. */
  readonly key: string | undefined;
}

/**
 * Whether a folder is a precomputed volume or the folder of one of its resolutions.
 * @param read the text of a file; undefined where it is not there
 */
export function isPrecomputedFolder(folder: string, read: (path: string) => string | undefined): boolean {
  let root = folder;
  for (let step = 0; step <= MOST_STEPS; step++) {
    const text = read(`${root}/${FILE}`);
    if (text !== undefined && isPrecomputedInfo(text)) {
      return step === 0 || hasKey(text, relative(root, folder));
    }
    root = dirname(root);
  }
  return false;
}

function hasKey(text: string, key: string): boolean {
  const keys = text.matchAll(/"key"\s*:\s*"([^"]*)"/g);
  return keys.some(([, found]) => plainKey(found) === key);
}

/** Whether a text of an `info` is that of a precomputed volume, or of something else of the same format. */
function isPrecomputedInfo(text: string): boolean {
  return /"scales"|"@type"\s*:\s*"neuroglancer_/.test(text);
}

/** @throws UserError if it cannot be read */
export async function openPrecomputed(place: ZarrPlace, pick: AxisPick): Promise<BoxSource> {
  const source = await openPrecomputedIfThere(place, pick);
  if (source !== undefined) return source;
  throw new UserError(`${place.path}: neither ${PRECOMPUTED} nor one of its resolutions; check the path`);
}

/** The finest resolution of a volume, or the one whose folder the place is; undefined where it is none. */
export async function openPrecomputedIfThere(
  place: ZarrPlace,
  pick: AxisPick,
): Promise<BoxSource | undefined> {
  const found = await find(place);
  if (found === undefined) return undefined;
  const { root, info, hash, key } = found;
  const file = `${root.path}/${FILE}`;
  const scales = scalesOf(file, info);
  const chosen = key === undefined ? scales[0] : scales.find((scale) => plainKey(scale["key"]) === key);
  if (chosen === undefined) return undefined;
  const scale = checkScale(file, info, chosen);
  const folder = root.below(scale.key);
  if (folder.isLocal) requireChunks(folder.path, scale);
  const array = pickAxes(gridArray(folder, scale, file, hash), NAMES, pick);
  const encoding = shorten(scale.encoding, 40);
  const what = scale.encoding === "jpeg" ? `${encoding} of ${scale.channels} channels` : encoding;
  const keys = scales.map((one) => shorten(plainKey(one["key"]), 40)).slice(0, 12).join(", ");
  return {
    ...gridSource(array, placeAxes(folder.path, array.shape, NAMES), scale.voxelSize),
    ...pickedOf(pick),
    storage: `precomputed, resolution ${shorten(scale.key, 40)} of ${keys}; encoding ${encoding}` +
      (scale.sharding === undefined ? "" : ", in shards"),
    ...(isRead(scale) ? {} : {
      unread: `${folder.path}: its chunks are encoded as ${what}, which cannot be read here; copy it with ` +
        "encoding raw or compressed_segmentation, for example with CloudVolume or TensorStore",
    }),
  };
}

const NAMES = ["c", "z", "y", "x"];

async function find(place: ZarrPlace): Promise<Found | undefined> {
  let root = place;
  const names: string[] = [];
  for (let step = 0; step <= MOST_STEPS; step++) {
    const bytes = await readUnlessForbidden(root, FILE, () => {});
    const text = bytes === undefined ? undefined : new TextDecoder().decode(bytes);
    if (bytes !== undefined && text !== undefined && isPrecomputedInfo(text)) {
      const info = parseJson(`${root.path}/${FILE}`, text, PRECOMPUTED);
      const hash = createHash("sha256").update(bytes).update(names.join("/")).digest("hex").slice(0, 16);
      return { root, info, hash, key: names.length === 0 ? undefined : names.join("/") };
    }
    const { place: above, name } = root.above();
    if (above.path === root.path) return undefined;
    names.unshift(name);
    root = above;
  }
  return undefined;
}

function gridOf({ size, chunk }: PrecomputedScale): number[] {
  return size.map((length, axis) => Math.ceil(length / (chunk[axis] ?? 1)));
}

/** A chunk's first voxel and the one behind its last, x, y, z, without the offset of the volume. */
function boundsOf({ size, chunk }: PrecomputedScale, place: readonly number[]) {
  const start = place.map((at, axis) => at * (chunk[axis] ?? 1));
  return { start, end: start.map((at, axis) => Math.min(at + (chunk[axis] ?? 1), size[axis] ?? 0)) };
}

const CHUNK_NAME = /^(-?\d+)-(-?\d+)_(-?\d+)-(-?\d+)_(-?\d+)-(-?\d+)(\.gz|\.br)?$/;

/** @throws UserError where the folder is missing, or has files of which none is a chunk or shard */
function requireChunks(folder: string, scale: PrecomputedScale): void {
  if (fileState(folder)?.isDirectory !== true) {
    throw new UserError(
      `${folder}: this folder of a resolution is missing; copy it, or name another resolution`,
    );
  }
  const digits = Math.max(1, Math.ceil(Number(scale.sharding?.shardBits ?? 0) / 4));
  const shard = new RegExp(`^[0-9a-f]{${digits}}\\.shard$`);
  let stranger: string | undefined;
  for (const { name } of Deno.readDirSync(folder)) {
    if (scale.sharding === undefined ? isChunkName(scale, name) : shard.test(name)) return;
    stranger ??= name;
  }
  if (stranger === undefined) return;
  const expected = scale.sharding === undefined ? chunkName(scale, [0, 0, 0]) : `${"0".repeat(digits)}.shard`;
  throw new UserError(
    `${folder}: none of its files is one of its chunks: expected names such as ${expected}, found ` +
      `${shorten(stranger, 80)}; check that it is complete and has the right info`,
  );
}

function isChunkName(scale: PrecomputedScale, name: string): boolean {
  const [x, , y, , z] = CHUNK_NAME.exec(name)?.slice(1, 7).map(Number) ?? [];
  if (x === undefined || y === undefined || z === undefined) return false;
  const place = [x, y, z].map((begin, axis) =>
    (begin - (scale.offset[axis] ?? 0)) / (scale.chunk[axis] ?? 1)
  );
  const isIn = place.every((at, axis) => Number.isInteger(at) && at >= 0 && at < (gridOf(scale)[axis] ?? 0));
  return isIn && name.replace(/\.(gz|br)$/, "") === chunkName(scale, place);
}

function chunkName(scale: PrecomputedScale, place: readonly number[]): string {
  const { start, end } = boundsOf(scale, place);
  return start.map((begin, axis) => {
    const offset = scale.offset[axis] ?? 0;
    return `${begin + offset}-${(end[axis] ?? 0) + offset}`;
  }).join("_");
}

function gridArray(folder: ZarrPlace, scale: PrecomputedScale, info: string, hash: string): GridArray {
  const { size, chunk, channels, dtype } = scale;
  const chunkBytes = chunk.reduce((product, length) => product * length, channels * bytesPerVoxel(dtype));
  const most = 2 * chunkBytes + MAX_STORED;
  const store = folder.store(most);
  const grid = gridOf(scale);
  const shards = scale.sharding === undefined ? undefined : shardReader(
    folder.path,
    scale.sharding,
    most,
    async (file, offset, length) => await store.getRange(`/${file}`, { offset, length }),
  );
  const stored = async (place: readonly number[]) => {
    if (shards !== undefined) return await shards.read(mortonCode(place, grid));
    const name = chunkName(scale, place);
    const plain = await store.get(`/${name}`);
    if (plain !== undefined || !folder.isLocal) return plain;
    return unpacked(`${folder.path}/${name}.gz`, await store.get(`/${name}.gz`), gunzipSync, most) ??
      unpacked(`${folder.path}/${name}.br`, await store.get(`/${name}.br`), brotliDecompressSync, most);
  };
  return {
    path: folder.path,
    shape: [channels, ...[...size].reverse()],
    chunk: [channels, ...[...chunk].reverse()],
    dtype,
    files: folder.isLocal ? [folder.path, info] : [],
    identity: folder.isLocal ? undefined : remoteIdentity(folder, { hash }),
    // Stored, unpacked, decoded, of JPEG also its coefficients, and a copy that is aligned; and the indices of shards.
    heldBytes: 2 * most + (scale.encoding === "jpeg" ? 12 : 3) * chunkBytes +
      (shards === undefined ? 0 : SHARD_MEMORY),
    async load([, z = 0, y = 0, x = 0]) {
      const place = [x, y, z];
      const { start, end } = boundsOf(scale, place);
      const shape = end.map((to, axis) => to - (start[axis] ?? 0));
      const stride = stridesOf([channels, ...[...shape].reverse()]);
      const voxels = shape.reduce((product, side) => product * side, channels);
      const bytes = await stored(place);
      if (bytes === undefined) return { data: allocateVoxels(dtype, voxels), stride };
      const decoded = await decodeChunk(`${folder.path}/${chunkName(scale, place)}`, scale, shape, bytes);
      return { data: viewAs(dtype, decoded), stride };
    },
    ...("forbidden" in store ? { forbidden: store.forbidden } : {}),
    close: () => {},
  };
}

/** CloudVolume compresses each file of a folder. */
function unpacked(
  path: string,
  bytes: Uint8Array | undefined,
  decode: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array,
  maxOutputLength: number,
): Uint8Array | undefined {
  try {
    return bytes === undefined ? undefined : decode(bytes, { maxOutputLength });
  } catch (cause) {
    throw damagedChunk(path, reasonOf(cause), cause);
  }
}
