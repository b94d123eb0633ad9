/** Small valid HDF5, MRC, NIfTI, DM3, DM4 and PNG files. */
import { crc32, deflateSync, gzipSync } from "node:zlib";
import * as h5wasm from "h5wasm";
import { providePlugins } from "../../src/volume/hdf5/plugins.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { dmBytes, dmImage } from "../helpers/dm_files.ts";
import { niftiBytes } from "../helpers/nifti_files.ts";
import { noise } from "../helpers/tiff_files.ts";
import type { Seed } from "./seeds.ts";

const SHAPE: Zyx = [3, 10, 12];
const VOXELS = 360;
const encode = (text: string) => new TextEncoder().encode(text);
type Bound = "earliest" | "latest";

const GREYS = Uint8Array.from({ length: 48 }, (_, index) => 5 * Math.floor(index / 3));

/** Voxels of the files whose chunks pass through plug-ins. */
export const PACKABLE = Uint8Array.from({ length: VOXELS }, (_, index) => (index / 4) % 20);

/** Filters that are plug-ins, with their parameters; blosc does not pack so little. */
const PLUGIN_FILTERS: readonly (readonly [number, readonly number[]])[] = [
  ...[[32000, []], [32004, [0]], [32008, [0, 2]], [32015, [3]]] as const,
  ...[[32026, [0, 0, 0, 0, 5, 1, 0]]] as const,
];

/** HDF5 files: old and new forms of the format, chunks, filters, attributes. */
export async function hdf5Seeds(): Promise<Seed[]> {
  const { FS } = await h5wasm.ready;
  if (FS === null) throw new Error("no file system");
  const seeds: Seed[] = [];
  for (const libver of [["earliest", "latest"], ["latest", "latest"]] satisfies [Bound, Bound][]) {
    for (const kind of ["chunks", "contiguous"] as const) {
      const file = new h5wasm.File("/seed.h5", "w", { libver });
      const raw = file.create_group("volumes").create_dataset({
        name: "raw",
        data: noise(VOXELS),
        shape: [...SHAPE],
        ...(kind === "chunks" ? { chunks: [2, 4, 8], compression: 4 } : {}),
      });
      raw.create_attribute("element_size_um", Float64Array.of(0.04, 0.005, 0.004));
      raw.create_attribute("axistags", `{"axes": [{"key": "z"}, {"key": "y"}, {"key": "x"}]}`);
      file.create_dataset({ name: "note", data: Int16Array.of(1, 2, 3) });
      file.close();
      const files = new Map([["v.h5", FS.readFile("/seed.h5").slice()]]);
      FS.unlink("/seed.h5");
      seeds.push({ kind: "hdf5", files, main: "v.h5", dtype: "uint8" });
    }
    // What large files have: growing datasets, groups of many names, many attributes, links.
    const file = new h5wasm.File("/seed.h5", "w", { libver });
    const raw = file.create_dataset({
      name: "raw",
      data: noise(VOXELS),
      shape: [...SHAPE],
      maxshape: [null, 10, 12],
      chunks: [1, 4, 8],
    });
    for (let index = 0; index < 20; index++) {
      raw.create_attribute(`note ${index}`, "x".repeat(10 * index));
      file.create_group(`group ${index}`);
    }
    file.create_soft_link("/raw", "soft");
    file.create_external_link("other.h5", "/raw", "external");
    file.close();
    const bytes = FS.readFile("/seed.h5").slice();
    const files = new Map([["v.h5", bytes], ["other.h5", bytes]]);
    FS.unlink("/seed.h5");
    for (const main of ["v.h5:/raw", "v.h5:/soft", "v.h5:/external"]) {
      seeds.push({ kind: "hdf5", files, main, dtype: "uint8" });
    }
  }
  return seeds;
}

/** HDF5 files whose chunks pass through plug-ins. */
export async function hdf5FilterSeeds(): Promise<Seed[]> {
  const module = await h5wasm.ready;
  const { FS } = module;
  if (FS === null) throw new Error("no file system");
  const seeds: Seed[] = [];
  for (const [filter, options] of PLUGIN_FILTERS) {
    providePlugins(module, [filter]);
    const file = new h5wasm.File("/seed.h5", "w");
    const [chunks, packed] = [[...SHAPE], { compression: filter, compression_opts: [...options] }];
    file.create_dataset({ name: "raw", data: PACKABLE, shape: [...SHAPE], chunks, ...packed });
    file.close();
    const files = new Map([["v.h5", FS.readFile("/seed.h5").slice()]]);
    FS.unlink("/seed.h5");
    seeds.push({ kind: "hdf5", files, main: "v.h5", dtype: "uint8" });
  }
  return seeds;
}

/** MRC files of each mode. */
export function mrcSeeds(): Seed[] {
  const modes: [mode: number, bytes: number][] = [[0, 1], [1, 2], [2, 4], [6, 2]];
  return modes.map(([mode, bytes]): Seed => {
    const extended = mode === 1 ? 80 : 0;
    const file = new Uint8Array(1024 + extended + VOXELS * bytes);
    const view = new DataView(file.buffer);
    const words = [SHAPE[2], SHAPE[1], SHAPE[0], mode, 0, 0, 0, SHAPE[2], SHAPE[1], SHAPE[0]];
    for (const [index, word] of words.entries()) view.setInt32(4 * index, word, true);
    for (const axis of [0, 1, 2]) {
      view.setFloat32(40 + 4 * axis, 40, true);
      view.setInt32(64 + 4 * axis, axis + 1, true);
    }
    view.setInt32(92, extended, true);
    if (mode === 0) view.setInt32(152, 1146047817, true);
    file.set(encode("MAP DD"), 208);
    const voxels = mode === 2
      ? new Uint8Array(Float32Array.from(noise(VOXELS)).buffer)
      : noise(VOXELS * bytes);
    file.set(voxels, 1024 + extended);
    return {
      kind: "mrc",
      files: new Map([["v.mrc", file]]),
      main: "v.mrc",
      dtype: mode === 0 ? "uint8" : "float32",
    };
  });
}

/** NIfTI files of both versions and byte orders, some in gzip. */
export function niftiSeeds(): Seed[] {
  const seed = (file: Uint8Array, dtype: Seed["dtype"] = "uint8"): Seed => {
    return { kind: "nifti", files: new Map([["v.nii", file]]), main: "v.nii", dtype };
  };
  return [
    seed(niftiBytes(noise(VOXELS))),
    seed(niftiBytes(noise(VOXELS), { version: 2, dim: [12, 10, 3, 1, 1] })),
    seed(gzipSync(niftiBytes(noise(VOXELS)))),
    seed(niftiBytes(noise(2 * VOXELS), { type: 4, littleEndian: false, slope: 0.5, offset: 3 }), "float32"),
    seed(niftiBytes(noise(2 * VOXELS), { version: 2, type: 512, littleEndian: false }), "float32"),
  ];
}

/** DM3 and DM4 files of both byte orders. */
export function dmSeeds(): Seed[] {
  const wide = { type: 10, arrayType: 4, bytesEach: 2 };
  return ([3, 4] as const).flatMap((version) =>
    [true, false].map((littleEndian): Seed => {
      const image = littleEndian ? dmImage(noise(VOXELS)) : dmImage(noise(2 * VOXELS), wide);
      const files = new Map([["v.dm3", dmBytes(image, { version, littleEndian })]]);
      return { kind: "dm", files, main: "v.dm3", dtype: littleEndian ? "uint8" : "float32" };
    })
  );
}

/** A PNG alone, and stacks of them; all filters. */
export function pngSeeds(): Seed[] {
  const folder = new Map(
    [1, 2, 10].map((index) => [`v/s${index}.png`, pngBytes(noise(130 + index), [10, 12], 8)]),
  );
  return [
    {
      kind: "png",
      files: new Map([["v.png", pngBytes(noise(131), [10, 12], 8)]]),
      main: "v.png",
      dtype: "uint8",
    },
    {
      kind: "png",
      files: new Map([["v.png", pngBytes(noise(250), [10, 12], 16)]]),
      main: "v.png",
      dtype: "float32",
    },
    {
      kind: "png",
      files: new Map([["v.png", pngBytes(noise(60), [10, 12], 4, GREYS)]]),
      main: "v.png",
      dtype: "uint8",
    },
    { kind: "png", files: folder, main: "v", dtype: "uint8" },
    { kind: "png", files: folder, main: "v/s*.png", dtype: "uint8" },
  ];
}

/**
 * A greyscale PNG whose rows are what is given, with any filter; they decode to other values.
 * @param bits of a voxel
 * @param palette three bytes a colour
 */
export function pngBytes(
  stored: Uint8Array,
  [height, width]: readonly [number, number],
  bits: 1 | 2 | 4 | 8 | 16,
  palette?: Uint8Array,
): Uint8Array {
  const rowBytes = Math.ceil(width * bits / 8);
  const rows = new Uint8Array(height * (rowBytes + 1));
  for (let row = 0; row < height; row++) {
    rows[row * (rowBytes + 1)] = row % 5;
    rows.set(stored.subarray(row * rowBytes, (row + 1) * rowBytes), row * (rowBytes + 1) + 1);
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = bits;
  header[9] = palette === undefined ? 0 : 3;
  const packed = deflateSync(rows);
  const parts = [
    Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10),
    ...pngChunk("IHDR", header),
    ...pngChunk("tEXt", encode("Title\0a slice")),
    ...(palette === undefined ? [] : pngChunk("PLTE", palette)),
    ...pngChunk("IDAT", packed.subarray(0, 20)),
    ...pngChunk("IDAT", packed.subarray(20)),
    ...pngChunk("IEND", new Uint8Array(0)),
  ];
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function pngChunk(name: string, data: Uint8Array): Uint8Array[] {
  const number = (value: number) => new Uint8Array(new Uint32Array([value]).buffer).reverse();
  const body = Uint8Array.from([...encode(name), ...data]);
  return [number(data.length), body, number(crc32(body))];
}
