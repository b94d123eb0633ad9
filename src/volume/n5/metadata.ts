/** What `attributes.json` of an N5 dataset says (github.com/saalfeldlab/n5, file system specification), checked. */
import { UserError } from "../../user_error.ts";
import { bytesPerVoxel, isVoxelType, type SourceDtype } from "../dtype.ts";
import { checkLengths } from "../zarr/codec_chain.ts";
import { describe, isObject, problem } from "../zarr/json.ts";

/** What messages call what these metadata describe. */
export const N5_DATASET = "an N5 dataset";

/** A dataset; axes in the reverse of the file's order, which is x, y, z. */
export interface N5Dataset {
  readonly shape: readonly number[];
  /** Largest block; those at the end of the volume may be smaller. */
  readonly block: readonly number[];
  readonly dtype: SourceDtype;
  readonly compression: N5Compression;
}

/** How blocks are compressed. */
interface N5Compression {
  readonly type: string;
  /** Of gzip: whether it is a zlib stream. */
  readonly useZlib: boolean;
}

const MAX_RANK = 8;

/** Largest block: it is decoded as a whole. */
const MAX_BLOCK_BYTES = 2 ** 27;

/** Whether attributes are those of a dataset; otherwise they are of a group. */
export function isDataset(attributes: Readonly<Record<string, unknown>>): boolean {
  return "dimensions" in attributes || "dataType" in attributes || "blockSize" in attributes;
}

/** @throws UserError where attributes describe no dataset that can be read */
export function checkDataset(path: string, attributes: Readonly<Record<string, unknown>>): N5Dataset {
  const file = `${path}/attributes.json`;
  const { dimensions, blockSize, dataType } = attributes;
  const rank = Array.isArray(dimensions) ? dimensions.length : 0;
  if (rank < 2 || rank > MAX_RANK) {
    throw problem(file, "dimensions", dimensions, `2 to ${MAX_RANK} whole numbers from 1`, N5_DATASET);
  }
  const shape = [...checkLengths(file, "dimensions", dimensions, rank, N5_DATASET)].reverse();
  const block = [...checkLengths(file, "blockSize", blockSize, rank, N5_DATASET)].reverse();
  const dtype = typeof dataType === "string" && isVoxelType(dataType) ? dataType : undefined;
  if (dtype === undefined) {
    throw new UserError(
      `${path}: an N5 dataset of ${describe(dataType)}; expected integers or 32 or 64-bit floats: convert ` +
        "it first",
    );
  }
  const bytes = block.reduce((product, length) => product * length, bytesPerVoxel(dtype));
  if (bytes > MAX_BLOCK_BYTES) {
    throw new UserError(
      `${path}: blocks of [${block}], ${bytes} bytes; expected at most ${MAX_BLOCK_BYTES}: store it in smaller blocks`,
    );
  }
  return { shape, block, dtype, compression: checkCompression(file, attributes) };
}

/** Version 1 has the name of the compression alone. */
function checkCompression(file: string, attributes: Readonly<Record<string, unknown>>): N5Compression {
  const { compression = attributes["compressionType"] } = attributes;
  if (typeof compression === "string") return { type: compression, useZlib: false };
  const { type, useZlib = false }: Record<string, unknown> = isObject(compression) ? compression : {};
  if (typeof type === "string" && typeof useZlib === "boolean") return { type, useZlib };
  throw problem(file, "compression", compression, `{ "type": ... }`, N5_DATASET);
}
