/** Small valid files of each kind, from which inputs are mutated. */
import { deflateSync, gzipSync } from "node:zlib";
import * as zarr from "zarrita";
import { formatStumps } from "../../src/boosting/stump_file.ts";
import { wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { folderStore } from "../../src/volume/zarr/store.ts";
import { dmSeeds, hdf5FilterSeeds, hdf5Seeds, mrcSeeds, niftiSeeds, pngSeeds } from "./image_seeds.ts";
import { n5Seeds, precomputedSeeds } from "./chunk_seeds.ts";
import { filesBelow } from "./files_below.ts";
import { type Layout, noise, tiffBytes } from "../helpers/tiff_files.ts";

/** Readers that are fuzzed. */
export const KINDS = [
  "config",
  "stumps",
  "tiff",
  "nrrd",
  "zarr",
  "hdf5",
  "mrc",
  "png",
  "n5",
  "precomputed",
  "nifti",
  "dm",
] as const;
export type Kind = typeof KINDS[number];

/** Files of a valid input. */
export interface Seed {
  readonly kind: Kind;
  /** By their paths from the input's folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What the reader is given: a file or a folder. */
  readonly main: string;
  /** What a volume is converted to. */
  readonly dtype: "uint8" | "float32";
}

const SHAPE: Zyx = [3, 10, 12];
const encode = (text: string) => new TextEncoder().encode(text);

const OME =
  '<OME><Pixels SizeX="12" SizeY="10" SizeZ="3" SizeC="1" SizeT="1" PhysicalSizeX="0.004" PhysicalSizeY="0.004" ' +
  'PhysicalSizeZ="0.04"><TiffData IFD="0" FirstZ="1"/><TiffData IFD="1" FirstZ="0"/><TiffData IFD="2" FirstZ="2"/></Pixels></OME>';

/** All seeds. @param folder for files while they are made */
export async function makeSeeds(folder: string): Promise<Seed[]> {
  return [
    ...configSeeds(),
    ...stumpSeeds(),
    ...await tiffSeeds(),
    ...nrrdSeeds(),
    ...await zarrSeeds(folder),
    ...await hdf5Seeds(),
    ...await hdf5FilterSeeds(),
    ...mrcSeeds(),
    ...niftiSeeds(),
    ...dmSeeds(),
    ...pngSeeds(),
    ...n5Seeds(folder),
    ...precomputedSeeds(folder),
  ];
}

function configSeeds(): Seed[] {
  const job = `// a job
@include "common.cfg"
outFileName = "out"; numStumps = 20; seed = 0x1F; NegSampleProportion = 3.5e0;
svox : { seed = 2; cubeness = 16, };
useSynapses = [1, 2]; saveTrainingWeights = TRUE
train = { rawVolume = "raw.tif"; groundTruth = "raw" ".tif"; zAnisotropyFactor = 2.0;
  ccPolarity = ( { pos = [78, 40, 18]; polarity = [0, -1, 0]; }, { pos = (1, 2, 3); polarity = [1, 0, 0]; } );
  otherFeatures = ["gradient-magnitude-s1.0", "stensor-s0.5-r1.0"]; /* two */ };
test = ( { rawVolume = "raw.tif"; otherFeatures = ["gradient-magnitude-s1.0", "stensor-s0.5-r1.0"]; } ); # end
`;
  const files = new Map([
    ["job.cfg", encode(job)],
    ["common.cfg", encode(`borderMinDist = 3;\n@include "more.cfg"\n`)],
    ["more.cfg", encode(`minPosRegionSize = 5L; relearnThresholds = false;`)],
    ["raw.tif", new Uint8Array(0)],
  ]);
  return [{ kind: "config", files, main: "job.cfg", dtype: "uint8" }];
}

function stumpSeeds(): Seed[] {
  const stumps = [0, 1, 2].map((index) => ({
    pose: 1000 * index + 37,
    column: index,
    threshold: 12.5 * index,
    invert: index === 1,
    alpha: 1 / (index + 1),
  }));
  const text = formatStumps({ stumps, platt: { A: -2, B: 0.25 }, join: "nearest" }, 2);
  return [{ kind: "stumps", files: new Map([["m.cfg", encode(text)]]), main: "m.cfg", dtype: "uint8" }];
}

async function tiffSeeds(): Promise<Seed[]> {
  const layouts: Layout[] = [
    {},
    { block: [3], littleEndian: false },
    { block: [4], shuffled: true },
    { block: [16, 16] },
    { isBig: true, block: [5] },
    { compression: "deflate", block: [4], predictor: 2 },
    { compression: "deflate", block: [16, 16], isBig: true },
    { compression: "lzw", block: [6] },
    { compression: "packbits", block: [3] },
    { compression: "zstd" },
    { compression: "jpeg", block: [8] },
    { compression: "lerc", block: [4] },
    { description: "ImageJ=1.53t\nimages=3\nslices=3\n", directories: 1 },
    { description: '{"shape": [3, 10, 12], "truncated": true}', directories: 1 },
    { description: OME },
    { fields: { 262: [3], 320: Array.from({ length: 768 }, (_, index) => (index % 256) * 257) } },
  ];
  const seeds: Seed[] = [];
  for (const layout of layouts) {
    const bytes = await tiffBytes(noise(SHAPE[0] * SHAPE[1] * SHAPE[2]), SHAPE, layout);
    seeds.push({ kind: "tiff", files: new Map([["v.tif", bytes]]), main: "v.tif", dtype: "uint8" });
  }
  return seeds;
}

function nrrdSeeds(): Seed[] {
  const voxels = SHAPE[0] * SHAPE[1] * SHAPE[2];
  const sizes = `${SHAPE[2]} ${SHAPE[1]} ${SHAPE[0]}`;
  const floats = new Uint8Array(Float32Array.from(noise(3 * voxels), (value) => value / 7 - 9).buffer);
  const uint8 = (encoding: string, more = "") =>
    `NRRD0004\n# made\ntype: uchar\ndimension: 3\nsizes: ${sizes}\nencoding: ${encoding}\n${more}`;
  const floating =
    `NRRD0005\ntype: float\ndimension: 4\nsizes: 3 ${sizes}\nkinds: vector domain domain domain\n` +
    "endian: little\nencoding: ";
  const seed = (dtype: Seed["dtype"], head: string, data: Uint8Array, detached = ""): Seed => {
    const attached = new Uint8Array([...encode(`${head}\n`), ...data]);
    const files = detached === ""
      ? new Map([["v.nrrd", attached]])
      : new Map([["v.nrrd", encode(`${head}data file: ${detached}\n`)], [detached, data]]);
    return { kind: "nrrd", files, main: "v.nrrd", dtype };
  };
  return [
    seed("uint8", uint8("raw"), noise(voxels)),
    seed("uint8", uint8("raw", "byte skip: -1\n"), noise(voxels)),
    seed("uint8", uint8("gzip"), gzipSync(noise(voxels))),
    seed("uint8", uint8("gz", "byte skip: 5\n"), gzipSync(noise(voxels + 5))),
    seed(
      "uint8",
      uint8("raw", "line skip: 2\nbyte skip: 4\n"),
      new Uint8Array([10, 65, 10, 1, 2, 3, 4, ...noise(voxels)]),
    ),
    seed("float32", `${floating}raw\n`, floats),
    seed("float32", `${floating}gzip\n`, gzipSync(floats)),
    seed("float32", `${floating.replace("little", "big")}raw\n`, floats, "v.raw"),
  ];
}

async function zarrSeeds(folder: string): Promise<Seed[]> {
  const seeds: Seed[] = [];
  const add = (name: string, dtype: Seed["dtype"] = "uint8") => {
    const path = `${folder}/${name}`;
    const files = new Map(
      filesBelow(path).map((file) => [`v${file.slice(path.length)}`, Deno.readFileSync(file)]),
    );
    seeds.push({ kind: "zarr", files, main: "v", dtype });
  };
  const chunk: Zyx = [2, 8, 8];
  for (const codec of ["none", "gzip", "zstd"] as const) {
    for (const dtype of ["uint8", "float32"] as const) {
      const options = { shape: SHAPE, chunk, dtype, codec, components: dtype === "uint8" ? 1 : 2 };
      const volume = await createZarr(`${folder}/${codec}-${dtype}`, options);
      const values = noise(SHAPE[0] * SHAPE[1] * SHAPE[2]);
      const voxels = dtype === "uint8" ? values : Float32Array.from(values);
      for (let c = 0; c < options.components; c++) await writeRegion(volume, wholeRegion(SHAPE), voxels, c);
      add(`${codec}-${dtype}`, dtype);
    }
  }
  await writeBlosc(`${folder}/blosc`);
  add("blosc");
  writeSharded(`${folder}/sharded`);
  add("sharded");
  const raw = noise(2 * 8 * 8);
  const compressors: [string, unknown, Uint8Array][] = [
    ["plain", null, raw],
    ["zlib", { id: "zlib", level: 1 }, deflateSync(raw)],
    ["gzip2", { id: "gzip", level: 1 }, gzipSync(raw)],
    ["lz4", { id: "lz4", acceleration: 1 }, lz4Literals(raw)],
  ];
  for (const [name, compressor, stored] of compressors) {
    writeVersion2(`${folder}/${name}`, compressor, stored);
    add(name);
  }
  return seeds;
}

async function writeBlosc(path: string): Promise<void> {
  const array = await zarr.create(zarr.root(folderStore(path)), {
    shape: [...SHAPE],
    chunkShape: [2, 8, 8],
    dtype: "uint8",
    fillValue: 0,
    codecs: [
      { name: "transpose", configuration: { order: [2, 1, 0] } },
      { name: "bytes", configuration: {} },
      { name: "blosc", configuration: { cname: "lz4", clevel: 5, shuffle: 1, blocksize: 0 } },
    ],
  });
  await zarr.set(array, null, { data: noise(360), shape: [...SHAPE], stride: [120, 12, 1] });
}

/** One shard of 2 x 2 chunks, whose index is uncompressed at the end. */
function writeSharded(path: string): void {
  Deno.mkdirSync(`${path}/c/0/0`, { recursive: true });
  const metadata = {
    zarr_format: 3,
    node_type: "array",
    shape: [2, 8, 8],
    data_type: "uint8",
    chunk_grid: { name: "regular", configuration: { chunk_shape: [2, 8, 8] } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: 0,
    codecs: [{
      name: "sharding_indexed",
      configuration: {
        chunk_shape: [2, 4, 4],
        codecs: [{ name: "bytes" }, { name: "gzip", configuration: { level: 1 } }],
        index_codecs: [{ name: "bytes", configuration: { endian: "little" } }],
        index_location: "end",
      },
    }],
    attributes: {},
  };
  Deno.writeTextFileSync(`${path}/zarr.json`, JSON.stringify(metadata));
  const chunks = [0, 1, 2, 3].map((index) => gzipSync(noise(32 + index).subarray(index)));
  const index = new BigUint64Array(8);
  let at = 0;
  for (const [place, { length }] of chunks.entries()) {
    index[2 * place] = BigInt(at);
    index[2 * place + 1] = BigInt(length);
    at += length;
  }
  const bytes = chunks.flatMap((chunk) => [...chunk]).concat([...new Uint8Array(index.buffer)]);
  Deno.writeFileSync(`${path}/c/0/0/0`, Uint8Array.from(bytes));
}

/** LZ4 with its decoded size before it, of literals alone. */
function lz4Literals(bytes: Uint8Array): Uint8Array {
  const head = [bytes.length & 255, bytes.length >> 8, 0, 0];
  const rest = bytes.length - 15;
  return Uint8Array.from([
    ...head,
    0xf0,
    ...Array.from({ length: Math.floor(rest / 255) }, () => 255),
    rest % 255,
    ...bytes,
  ]);
}

function writeVersion2(path: string, compressor: unknown, stored: Uint8Array): void {
  Deno.mkdirSync(path);
  const metadata = {
    zarr_format: 2,
    shape: [2, 8, 16],
    chunks: [2, 8, 8],
    dtype: "|u1",
    compressor,
    fill_value: 0,
  };
  Deno.writeTextFileSync(`${path}/.zarray`, JSON.stringify({ ...metadata, order: "F", filters: null }));
  Deno.writeTextFileSync(`${path}/.zattrs`, `{"source": {"a": [1, 2]}}`);
  for (const name of ["0.0.0", "0.0.1"]) Deno.writeFileSync(`${path}/${name}`, stored);
}
