/** Precomputed volumes of Neuroglancer, written as the text of the format says (github.com/google/neuroglancer). */
import { gzipSync } from "node:zlib";
import { mortonCode, type Sharding, shardOf } from "../../src/volume/precomputed/sharding.ts";
import { places, SETTERS } from "./n5_files.ts";

/** What is written; axes in the order x, y, z. */
export interface PrecomputedLayout {
  readonly size: readonly number[];
  readonly chunk: readonly number[];
  readonly offset: readonly number[];
  readonly dataType: string;
  readonly channels: number;
  readonly encoding: string;
  readonly sharding?: Readonly<Record<string, unknown>>;
  /** Of a file of a chunk. */
  readonly pack?: (bytes: Uint8Array) => Uint8Array;
  /** Behind the names of files. */
  readonly suffix?: string;
  /** Whether a chunk is written. */
  readonly isWritten?: (place: readonly number[]) => boolean;
  /** Further fields of `info` and of the resolution. */
  readonly info?: Readonly<Record<string, unknown>>;
  readonly scale?: Readonly<Record<string, unknown>>;
}

/** A small volume of 12 x 10 x 3 voxels (x, y, z). */
export const PRECOMPUTED_LAYOUT: PrecomputedLayout = {
  size: [12, 10, 3],
  chunk: [5, 4, 2],
  offset: [100, -3, 7],
  dataType: "uint8",
  channels: 1,
  encoding: "raw",
};

/** Sharding in its JSON form. */
export const SHARDING = {
  "@type": "neuroglancer_uint64_sharded_v1",
  preshift_bits: 1,
  hash: "murmurhash3_x86_128",
  minishard_bits: 2,
  shard_bits: 5,
  minishard_index_encoding: "gzip",
  data_encoding: "gzip",
};

type ValueAt = (place: readonly number[]) => number;

/** Writes a volume of one resolution, `4_5_50`; the last number of a place is the channel. */
export function writePrecomputed(path: string, layout: PrecomputedLayout, valueAt: ValueAt): void {
  const { size, chunk, offset, dataType, channels, encoding, sharding } = layout;
  const folder = `${path}/4_5_50`;
  Deno.mkdirSync(folder, { recursive: true });
  const scale = {
    key: "4_5_50",
    size,
    resolution: [4, 5, 50],
    voxel_offset: offset,
    chunk_sizes: [chunk],
    encoding,
    ...(encoding === "compressed_segmentation" ? { compressed_segmentation_block_size: [2, 3, 2] } : {}),
    ...(sharding === undefined ? {} : { sharding }),
    ...layout.scale,
  };
  const info = {
    type: "image",
    data_type: dataType,
    num_channels: channels,
    scales: [scale],
    ...layout.info,
  };
  Deno.writeTextFileSync(`${path}/info`, JSON.stringify(info));
  const grid = size.map((length, axis) => Math.ceil(length / (chunk[axis] ?? 1)));
  const chunks = new Map<bigint, Uint8Array>();
  for (const place of places(grid)) {
    if (layout.isWritten?.(place) === false) continue;
    const start = place.map((at, axis) => at * (chunk[axis] ?? 1));
    const end = start.map((at, axis) => Math.min(size[axis] ?? 0, at + (chunk[axis] ?? 1)));
    const bytes = chunkBytes(layout, start, end, valueAt);
    chunks.set(mortonCode(place, grid), bytes);
    if (sharding !== undefined) continue;
    const name = start.map((at, axis) =>
      `${at + (offset[axis] ?? 0)}-${(end[axis] ?? 0) + (offset[axis] ?? 0)}`
    );
    Deno.writeFileSync(`${folder}/${name.join("_")}${layout.suffix ?? ""}`, layout.pack?.(bytes) ?? bytes);
  }
  if (sharding !== undefined) writeShards(folder, sharding, chunks);
}

function chunkBytes(
  { dataType, channels, encoding }: PrecomputedLayout,
  start: readonly number[],
  end: readonly number[],
  valueAt: ValueAt,
): Uint8Array {
  const shape = end.map((to, axis) => to - (start[axis] ?? 0));
  const [bytes, set] = SETTERS[dataType] ?? [1, () => {}];
  const at = places([...shape, channels]).map((place) =>
    place.map((value, axis) => value + (start[axis] ?? 0))
  );
  if (encoding === "compressed_segmentation") {
    return segmentation(shape, channels, bytes / 4, at.map(valueAt));
  }
  const voxels = new Uint8Array(at.length * bytes);
  for (const [index, place] of at.entries()) {
    const voxel = voxels.subarray(index * bytes, (index + 1) * bytes);
    set(new DataView(voxels.buffer, index * bytes, bytes), valueAt(place));
    voxel.reverse(); // little-endian
  }
  return voxels;
}

/** Labels in blocks of 2 x 3 x 2. */
function segmentation(
  shape: readonly number[],
  channels: number,
  words: number,
  labels: readonly number[],
): Uint8Array {
  const block = [2, 3, 2];
  const voxels = labels.length / channels;
  const out: number[] = new Array(channels).fill(0);
  for (let channel = 0; channel < channels; channel++) {
    out[channel] = out.length;
    const grid = shape.map((length, axis) => Math.ceil(length / (block[axis] ?? 1)));
    const data: number[] = new Array(2 * grid.reduce((product, length) => product * length, 1)).fill(0);
    for (const [index, at] of places(grid).entries()) {
      const values = places(block).map((inner) => {
        const [x = 0, y = 0, z = 0] = inner.map((value, axis) =>
          Math.min(value + (at[axis] ?? 0) * (block[axis] ?? 1), (shape[axis] ?? 1) - 1)
        );
        return labels[channel * voxels + x + (shape[0] ?? 1) * (y + (shape[1] ?? 1) * z)] ?? 0;
      });
      const table = [...new Set(values)];
      const bits = [0, 1, 2, 4, 8, 16, 32].find((count) => 2 ** count >= table.length) ?? 32;
      data[2 * index + 1] = data.length;
      const packed: number[] = new Array(Math.ceil(bits * values.length / 32)).fill(0);
      for (const [place, value] of values.entries()) {
        if (bits === 0) continue;
        const word = Math.floor(bits * place / 32);
        packed[word] = ((packed[word] ?? 0) | table.indexOf(value) << (bits * place % 32)) >>> 0;
      }
      data.push(...packed);
      data[2 * index] = data.length + bits * 2 ** 24;
      data.push(
        ...table.flatMap((value) => words === 2 ? [value % 2 ** 32, Math.floor(value / 2 ** 32)] : [value]),
      );
    }
    out.push(...data);
  }
  return new Uint8Array(Uint32Array.from(out).buffer);
}

function writeShards(
  folder: string,
  json: Readonly<Record<string, unknown>>,
  chunks: ReadonlyMap<bigint, Uint8Array>,
): void {
  const sharding: Sharding = {
    preshiftBits: BigInt(Number(json["preshift_bits"])),
    isHashed: json["hash"] !== "identity",
    minishardBits: BigInt(Number(json["minishard_bits"])),
    shardBits: BigInt(Number(json["shard_bits"])),
    isIndexGzip: json["minishard_index_encoding"] === "gzip",
    isDataGzip: json["data_encoding"] === "gzip",
  };
  const files = new Map<string, Map<number, [bigint, Uint8Array][]>>();
  for (const [chunk, bytes] of [...chunks].sort(([a], [b]) => a < b ? -1 : 1)) {
    const { file, minishard } = shardOf(sharding, chunk);
    const shard = files.get(file) ?? new Map<number, [bigint, Uint8Array][]>();
    shard.set(minishard, [...shard.get(minishard) ?? [], [
      chunk,
      sharding.isDataGzip ? gzipSync(bytes) : bytes,
    ]]);
    files.set(file, shard);
  }
  for (const [file, minishards] of files) {
    const index = new BigUint64Array(2 * 2 ** Number(sharding.minishardBits));
    const body: number[] = [];
    for (const [minishard, list] of minishards) {
      const entries: bigint[][] = [[], [], []];
      let [last, end] = [0n, 0n];
      for (const [chunk, bytes] of list) {
        entries[0]?.push(chunk - last);
        entries[1]?.push(BigInt(body.length) - end);
        entries[2]?.push(BigInt(bytes.length));
        body.push(...bytes);
        [last, end] = [chunk, BigInt(body.length)];
      }
      const own = new Uint8Array(BigUint64Array.from(entries.flat()).buffer);
      index[2 * minishard] = BigInt(body.length);
      body.push(...(sharding.isIndexGzip ? gzipSync(own) : own));
      index[2 * minishard + 1] = BigInt(body.length);
    }
    Deno.writeFileSync(`${folder}/${file}`, Uint8Array.from([...new Uint8Array(index.buffer), ...body]));
  }
}
