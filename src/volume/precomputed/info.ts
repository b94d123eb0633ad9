/** What `info` of a precomputed volume of Neuroglancer says (github.com/google/neuroglancer, precomputed volume format), checked. */
import { UserError } from "../../user_error.ts";
import { bytesPerVoxel, isVoxelType, type SourceDtype } from "../dtype.ts";
import { toLength, type VoxelSize } from "../voxel_size.ts";
import { checkLengths } from "../zarr/codec_chain.ts";
import { describe, isBelow, isObject, problem } from "../zarr/json.ts";
import { checkSharding, type Sharding } from "./sharding.ts";

/** What messages call what `info` describes. */
export const PRECOMPUTED = "a precomputed volume of Neuroglancer";

type Xyz = readonly [x: number, y: number, z: number];

/** One resolution. */
export interface PrecomputedScale {
  /** Its folder, from that of `info` on. */
  readonly key: string;
  readonly size: Xyz;
  readonly chunk: Xyz;
  /** Place of the first voxel, which the names of chunks begin from. */
  readonly offset: Xyz;
  readonly voxelSize: VoxelSize;
  readonly encoding: string;
  /** Of compressed segmentations. */
  readonly block: Xyz;
  readonly sharding: Sharding | undefined;
  readonly dtype: SourceDtype;
  readonly channels: number;
}

/** Largest chunk: it is decoded as a whole. */
const MAX_CHUNK_BYTES = 2 ** 27;
const MOST_SCALES = 64;
const MOST_CHANNELS = 4096;

/** All resolutions by their folders, the finest first, not yet looked at. @throws UserError where there are none */
export function scalesOf(file: string, info: Readonly<Record<string, unknown>>): Record<string, unknown>[] {
  const { "@type": type = "neuroglancer_multiscale_volume", scales } = info;
  if (type !== "neuroglancer_multiscale_volume") {
    throw new UserError(`${file}: ${describe(type)}, not a volume; use the folder with the voxels`);
  }
  const isList = Array.isArray(scales) && scales.length > 0 && scales.length <= MOST_SCALES;
  if (isList && scales.every(isObject)) return scales;
  throw problem(file, "scales", scales, `1 to ${MOST_SCALES} objects`, PRECOMPUTED);
}

/** A key without what changes nothing in a path. */
export function plainKey(key: unknown): string {
  return String(key).split("/").filter((part) => part !== "" && part !== ".").join("/");
}

/** @throws UserError where a resolution is not as it must be */
export function checkScale(
  file: string,
  info: Readonly<Record<string, unknown>>,
  scale: Readonly<Record<string, unknown>>,
): PrecomputedScale {
  const wrong = (key: string, found: unknown, expected: string) =>
    problem(file, key, found, expected, PRECOMPUTED);
  const lengths = (key: string, value: unknown) => xyz(checkLengths(file, key, value, 3, PRECOMPUTED));
  const { data_type: type, num_channels: channels } = info;
  const { key, size, chunk_sizes: chunks, voxel_offset: offset = [0, 0, 0], resolution, encoding } = scale;
  const dtype = typeof type === "string" && isVoxelType(type.toLowerCase())
    ? type.toLowerCase() as SourceDtype
    : undefined;
  if (dtype === undefined) throw wrong("data_type", type, "integers or floats");
  if (
    typeof channels !== "number" || !Number.isInteger(channels) || channels < 1 || channels > MOST_CHANNELS
  ) {
    throw wrong("num_channels", channels, `a whole number from 1 to ${MOST_CHANNELS}`);
  }
  if (!isBelow(key) || key.includes(":")) throw wrong("key", key, "the name of a folder in this one");
  const [x, y, z] = Array.isArray(resolution) ? resolution.map(toLength) : [];
  if (x === undefined || y === undefined || z === undefined) {
    throw wrong("resolution", resolution, "3 numbers above 0");
  }
  if (!Array.isArray(offset) || offset.length !== 3 || !offset.every(Number.isSafeInteger)) {
    throw wrong("voxel_offset", offset, "3 whole numbers");
  }
  const chunk = lengths("chunk_sizes", Array.isArray(chunks) ? chunks[0] : chunks);
  const bytes = chunk.reduce((product, length) => product * length, channels * bytesPerVoxel(dtype));
  if (bytes > MAX_CHUNK_BYTES) {
    throw new UserError(
      `${file}: chunks of [${chunk}], ${bytes} bytes; expected at most ${MAX_CHUNK_BYTES}: store it in smaller chunks`,
    );
  }
  if (typeof encoding !== "string") throw wrong("encoding", encoding, "raw, jpeg or compressed_segmentation");
  const isSegmentation = encoding === "compressed_segmentation";
  if (isSegmentation && dtype !== "uint32" && dtype !== "uint64") {
    throw wrong("data_type", type, "uint32 or uint64 with compressed_segmentation");
  }
  if (encoding === "jpeg" && dtype !== "uint8") throw wrong("data_type", type, "uint8 with jpeg");
  if (encoding === "png" && dtype !== "uint8" && dtype !== "uint16") {
    throw wrong("data_type", type, "uint8 or uint16 with png");
  }
  const blockName = "compressed_segmentation_block_size";
  return {
    key: plainKey(key),
    size: lengths("size", size),
    chunk,
    offset: xyz(offset),
    voxelSize: [z, y, x],
    encoding,
    block: isSegmentation ? lengths(blockName, scale[blockName]) : [8, 8, 8],
    sharding: checkSharding(scale["sharding"], wrong),
    dtype,
    channels,
  };
}

function xyz([x = 1, y = 1, z = 1]: readonly number[]): Xyz {
  return [x, y, z];
}
