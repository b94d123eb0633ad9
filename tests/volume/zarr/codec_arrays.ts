/** Small Zarr arrays with codecs of one's choice. */
import { checksumBytes, crc32c } from "../../../src/volume/crc32c.ts";
import { wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { readRegion } from "../../../src/volume/zarr/mod.ts";
import { concat } from "../../helpers/hostile_files.ts";

export type Fields = Readonly<Record<string, unknown>>;

export const SHAPE: Zyx = [4, 4, 4];
export const BYTES = { name: "bytes", configuration: { endian: "little" } };
export const CRC = { name: "crc32c" };
export const gridOf = (chunk: readonly number[]) => ({
  name: "regular",
  configuration: { chunk_shape: chunk },
});
export const VERSION3: Fields = {
  zarr_format: 3,
  node_type: "array",
  shape: SHAPE,
  data_type: "uint8",
  chunk_grid: gridOf(SHAPE),
  chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
  fill_value: 0,
  codecs: [BYTES],
  attributes: {},
};
export const VERSION2: Fields = {
  zarr_format: 2,
  shape: SHAPE,
  chunks: SHAPE,
  dtype: "|u1",
  compressor: null,
  fill_value: 0,
  order: "C",
  filters: null,
};

export const sealed = (bytes: Uint8Array) => concat(bytes, checksumBytes(crc32c(bytes)));
export const index64 = (...values: readonly number[]) =>
  new Uint8Array(BigUint64Array.from(values, BigInt).buffer);
export const sharding = (changes: Fields = {}) => ({
  name: "sharding_indexed",
  configuration: {
    chunk_shape: [2, 4, 4],
    codecs: [BYTES, CRC],
    index_codecs: [BYTES, CRC],
    index_location: "end",
    ...changes,
  },
});

export function write3(folder: string, fields: Fields, chunk?: Uint8Array): string {
  Deno.mkdirSync(`${folder}/v.zarr/c/0/0`, { recursive: true });
  Deno.writeTextFileSync(`${folder}/v.zarr/zarr.json`, JSON.stringify({ ...VERSION3, ...fields }));
  if (chunk !== undefined) Deno.writeFileSync(`${folder}/v.zarr/c/0/0/0`, chunk);
  return `${folder}/v.zarr`;
}

export function write2(folder: string, fields: Fields, chunk?: Uint8Array): string {
  Deno.mkdirSync(`${folder}/v2.zarr`, { recursive: true });
  Deno.writeTextFileSync(`${folder}/v2.zarr/.zarray`, JSON.stringify({ ...VERSION2, ...fields }));
  if (chunk !== undefined) Deno.writeFileSync(`${folder}/v2.zarr/0.0.0`, chunk);
  return `${folder}/v2.zarr`;
}

export async function read(path: string): Promise<Float32Array> {
  const out = `${path}-${crypto.randomUUID()}`;
  const volume = await convertVolume(path, out, { dtype: "float32", anisotropy: 1 });
  const voxels = new Float32Array(64);
  await readRegion(volume, wholeRegion(SHAPE), voxels);
  return voxels;
}

export const ONE = new Uint8Array(32).fill(1), TWO = new Uint8Array(32).fill(2);
export const EXPECTED = Float32Array.from({ length: 64 }, (_, i) => i < 32 ? 1 : 2);
export const STORED = concat(sealed(ONE), sealed(TWO));

/** A codec of version 3. */
export const config = (name: string, configuration: Fields) => ({ name, configuration });

/** Axes in another order. */
export const transpose = (...order: readonly number[]) => ({ name: "transpose", configuration: { order } });
