/** Small valid volumes in files of chunks: N5 and Neuroglancer's precomputed. */
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { pngBytes } from "./image_seeds.ts";
import { BZIP2, lz4Frames, N5_LAYOUT, type N5Layout, writeN5 } from "../helpers/n5_files.ts";
import {
  PRECOMPUTED_LAYOUT,
  type PrecomputedLayout,
  SHARDING,
  writePrecomputed,
} from "../helpers/precomputed_files.ts";
import { filesBelow } from "./files_below.ts";
import type { Seed } from "./seeds.ts";

const valueAt = ([x = 0, y = 0, z = 0]: readonly number[]) => (x + 13 * y + 101 * z) % 120;

/** The XML of a dataset of BigDataViewer. */
const BDV = `<?xml version="1.0"?><SpimData version="0.2"><BasePath type="relative">.</BasePath>
<SequenceDescription><ImageLoader format="bdv.n5"><n5 type="relative">v.n5</n5></ImageLoader>
<ViewSetups><ViewSetup><id>0</id><voxelSize><unit>nm</unit><size>4 4 40</size></voxelSize></ViewSetup></ViewSetups>
<Timepoints type="pattern"><integerpattern>0-1:2</integerpattern></Timepoints></SequenceDescription></SpimData>`;

/** N5 of each compression, and in a group. @param folder for files while they are made */
export function n5Seeds(folder: string): Seed[] {
  const resolution = { transform: { axes: ["z", "y", "x"], scale: [40, 4, 4], units: ["nm", "nm", "nm"] } };
  const layouts: readonly (readonly [name: string, layout: Partial<N5Layout>])[] = [
    ["n5-gzip", { attributes: resolution }],
    ["n5-raw", { compression: { type: "raw" }, pack: (bytes) => bytes, dataType: "uint16" }],
    ["n5-zlib", { compression: { type: "gzip", useZlib: true }, pack: deflateSync, isPadded: true }],
    ["n5-zstd", { compression: { type: "zstd" }, pack: zstdCompressSync, dataType: "float32" }],
    ["n5-lz4", { compression: { type: "lz4" }, pack: lz4Frames }],
    ["n5-bzip2", { dimensions: [5, 4, 2], compression: { type: "bzip2" }, pack: () => BZIP2 }],
    ["n5-bdv/setup0/timepoint0/s0", {}],
    ["n5-group/s0", { attributes: { downsamplingFactors: [1, 1, 1] } }],
  ];
  return layouts.map(([name, layout]): Seed => {
    writeN5(`${folder}/${name}`, { ...N5_LAYOUT, ...layout }, valueAt);
    const [top = name] = name.split("/");
    if (top !== name) {
      const group = JSON.stringify({
        pixelResolution: { dimensions: [4, 4, 40], unit: "nm" },
        scales: [[1, 1, 1]],
      });
      Deno.writeTextFileSync(`${folder}/${top}/attributes.json`, group);
    }
    const files = filesBelow(`${folder}/${top}`).map((path) =>
      [`v.n5${path.slice(folder.length + 1 + top.length)}`, Deno.readFileSync(path)] as const
    );
    const metadata = files.filter(([path]) => path.endsWith(".json"));
    const dtype = layout.dataType === undefined ? "uint8" : "float32";
    const all = new Map([...metadata, ...files]);
    if (top !== "n5-bdv") return { kind: "n5", files: all, main: "v.n5", dtype };
    return {
      kind: "n5",
      files: new Map([["v.xml", new TextEncoder().encode(BDV)], ...all]),
      main: "v.xml",
      dtype,
    };
  });
}

/** Precomputed volumes in files and in shards. @param folder for files while they are made */
export function precomputedSeeds(folder: string): Seed[] {
  const labels = { encoding: "compressed_segmentation", dataType: "uint32" };
  const raw = { ...SHARDING, minishard_index_encoding: "raw", data_encoding: "raw" };
  const layouts: readonly Partial<PrecomputedLayout>[] = [
    {},
    { dataType: "uint16", channels: 2 },
    { suffix: ".gz", pack: gzipSync },
    { encoding: "png", pack: (bytes) => pngBytes(bytes, [1, bytes.length], 8) },
    labels,
    { ...labels, dataType: "uint64", sharding: raw },
    { sharding: SHARDING },
    { sharding: { ...raw, hash: "identity", minishard_bits: 0, shard_bits: 0 } },
  ];
  return layouts.map((layout, place): Seed => {
    const path = `${folder}/precomputed-${place}`;
    writePrecomputed(path, { ...PRECOMPUTED_LAYOUT, ...layout }, valueAt);
    const files = filesBelow(path).map((file) =>
      [`v${file.slice(path.length)}`, Deno.readFileSync(file)] as const
    );
    const info = files.filter(([file]) => file === "v/info");
    const dtype = layout.dataType === undefined ? "uint8" : "float32";
    return { kind: "precomputed", files: new Map([...info, ...files]), main: "v", dtype };
  });
}
