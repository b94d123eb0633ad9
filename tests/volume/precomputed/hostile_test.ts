/** Damaged and malicious precomputed volumes. */
import { gzipSync } from "node:zlib";
import assert from "node:assert/strict";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { concat, gzipBomb, rejected } from "../../helpers/hostile_files.ts";
import {
  PRECOMPUTED_LAYOUT,
  type PrecomputedLayout,
  SHARDING,
  writePrecomputed,
} from "../../helpers/precomputed_files.ts";
import { pngBytes } from "../../fuzz/image_seeds.ts";
import { valueAt } from "../../helpers/small_boxes.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { converted } from "../../helpers/volume_files.ts";

const L = PRECOMPUTED_LAYOUT;

const INFOS: readonly (readonly [name: string, changes: Partial<PrecomputedLayout>, message: RegExp])[] = [
  [
    "meshes",
    { info: { "@type": "neuroglancer_multilod_draco" } },
    /neuroglancer_multilod_draco, not a volume/,
  ],
  ["no resolutions", { info: { scales: [] } }, /scales is \[\]; expected 1 to 64 objects/],
  ["resolutions that are numbers", { info: { scales: [1] } }, /scales is \[1\]/],
  ["a type that is none", { info: { data_type: "bool" } }, /data_type is bool; expected integers or floats/],
  ["no channels", { info: { num_channels: 0 } }, /num_channels is 0; expected a whole number from 1/],
  ["2^53 channels", { info: { num_channels: 2 ** 53 } }, /num_channels is/],
  ["lengths of 0", { scale: { size: [12, 0, 3] } }, /size is \[12,0,3\]; expected 3 whole numbers from 1/],
  ["lengths of 2^40", { scale: { size: [2 ** 40, 10, 3] } }, /expected at most 16777216 per axis/],
  ["negative lengths", { scale: { size: [-1, 10, 3] } }, /size is/],
  ["text", { scale: { size: "12" } }, /size is 12;/],
  ["no chunks", { scale: { chunk_sizes: [] } }, /chunk_sizes is/],
  [
    "large chunks",
    { scale: { chunk_sizes: [[4096, 4096, 4096]] } },
    /chunks of \[4096,4096,4096\], .*smaller chunks/,
  ],
  ["chunks of 2^50", { scale: { chunk_sizes: [[2 ** 50, 2 ** 50, 1]] } }, /smaller chunks/],
  [
    "a resolution of 0",
    { scale: { resolution: [4, 0, 50] } },
    /resolution is \[4,0,50\]; expected 3 numbers above 0/,
  ],
  ["an offset of fractions", { scale: { voxel_offset: [0.5, 0, 0] } }, /voxel_offset is/],
  [
    "a folder above",
    { scale: { key: "../secret" } },
    /key is \.\.\/secret; expected the name of a folder in this one/,
  ],
  ["an absolute folder", { scale: { key: "/etc" } }, /key is \/etc/],
  ["an address", { scale: { key: "http://host/x" } }, /key is http/],
  ["a key that is a number", { scale: { key: 4 } }, /key is 4/],
  ["no encoding", { scale: { encoding: undefined } }, /encoding is nothing; expected raw/],
  [
    "labels of 8 bits",
    { scale: { encoding: "compressed_segmentation" } },
    /data_type is uint8; expected uint32 or uint64/,
  ],
  [
    "JPEG of floats",
    { dataType: "float32", scale: { encoding: "jpeg" } },
    /data_type is float32; expected uint8 with jpeg/,
  ],
  [
    "labels in blocks of 0",
    {
      dataType: "uint32",
      encoding: "compressed_segmentation",
      scale: { compressed_segmentation_block_size: [0, 8, 8] },
    },
    /compressed_segmentation_block_size is \[0,8,8\]/,
  ],
  [
    "shards of another version",
    { scale: { sharding: { "@type": "v2" } } },
    /sharding is .*; expected \{ "@type"/,
  ],
  [
    "shards of 99 bits",
    { scale: { sharding: { ...SHARDING, shard_bits: 99 } } },
    /shard_bits of sharding is 99/,
  ],
  [
    "minishards of 2^60",
    { scale: { sharding: { ...SHARDING, minishard_bits: 60 } } },
    /minishard_bits of sharding is 60/,
  ],
  [
    "a preshift below 0",
    { scale: { sharding: { ...SHARDING, preshift_bits: -1 } } },
    /preshift_bits of sharding is -1/,
  ],
  ["another hash", { scale: { sharding: { ...SHARDING, hash: "md5" } } }, /hash of sharding is md5/],
  [
    "another encoding of shards",
    { scale: { sharding: { ...SHARDING, data_encoding: "xz" } } },
    /data_encoding of sharding is xz/,
  ],
];

for (const [name, changes, message] of INFOS) {
  Deno.test(`describeVolumeFile() rejects a precomputed volume with ${name}`, () =>
    inTempFolder(async (folder) => {
      writePrecomputed(`${folder}/v`, { ...L, ...changes }, valueAt);
      await rejected(() => describeVolumeFile(`${folder}/v`), message);
    }));
}

Deno.test("describeVolumeFile() rejects an info that is cut off anywhere or nested deeply", () =>
  inTempFolder(async (folder) => {
    writePrecomputed(`${folder}/v`, L, valueAt);
    const text = Deno.readTextFileSync(`${folder}/v/info`);
    for (let length = text.indexOf("scales") + 8; length < text.length; length++) {
      Deno.writeTextFileSync(`${folder}/v/info`, text.slice(0, length));
      await rejected(() => describeVolumeFile(`${folder}/v`), /not a precomputed volume .*: damaged JSON/);
    }
    Deno.writeTextFileSync(`${folder}/v/info`, `{"scales": ${"[".repeat(100_000)}`);
    await rejected(() => describeVolumeFile(`${folder}/v`), /brackets nested more than 64 deep/);
  }));

Deno.test("info tells of an encoding that cannot be read, and convertVolume() refuses it", () =>
  inTempFolder(async (folder) => {
    for (const encoding of ["jxl", "compresso", "fpzip", "__proto__"]) {
      writePrecomputed(`${folder}/v`, { ...L, scale: { encoding } }, valueAt);
      assert.match(
        (await describeVolumeFile(`${folder}/v`)).unread ?? "",
        /which cannot be read here; copy it/,
      );
      await rejected(() => converted(`${folder}/v`, `${folder}/out`), /chunks are encoded as /);
    }
  }));

const words = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
const LABELS: Partial<PrecomputedLayout> = {
  size: [2, 3, 2],
  chunk: [2, 3, 2],
  dataType: "uint32",
  encoding: "compressed_segmentation",
};
const ONE: Partial<PrecomputedLayout> = { size: [5, 4, 2] };
const PNG: Partial<PrecomputedLayout> = { ...ONE, encoding: "png" };
const GREY = pngBytes(new Uint8Array(40).fill(9), [5, 8], 8);

const CHUNKS: readonly (readonly [
  name: string,
  layout: Partial<PrecomputedLayout>,
  bytes: Uint8Array,
  message: RegExp,
])[] = [
  ["too few voxels", ONE, new Uint8Array(39), /39 bytes of voxels, expected 40/],
  ["too many voxels", ONE, new Uint8Array(41), /41 bytes of voxels/],
  ["no voxels", ONE, new Uint8Array(0), /0 bytes of voxels/],
  ["very many bytes", ONE, new Uint8Array(5 << 20), /expected at most/],
  ["a bomb", { ...ONE, suffix: ".gz" }, gzipBomb(64), /\.gz: damaged/],
  ["gzip that is none", { ...ONE, suffix: ".gz" }, new Uint8Array(40), /\.gz: damaged/],
  ["brotli that is none", { ...ONE, suffix: ".br" }, new Uint8Array(40).fill(255), /damaged/],
  ["no labels", LABELS, new Uint8Array(0), /too few for the headers/],
  ["labels that are cut off", LABELS, new Uint8Array(7), /7 bytes, expected a multiple of 4/],
  ["labels behind the end", LABELS, words(1, 99, 0), /leads to a label behind its end/],
  ["a channel behind the end", LABELS, words(2 ** 32 - 1, 0, 0), /too few for the headers/],
  ["values behind the end", LABELS, words(1, 2 ** 24, 2 ** 32 - 1, 0), /leads to a label behind its end/],
  ["3 bits a label", LABELS, words(1, 3 * 2 ** 24, 2, 0), /a block of 3 bits a label/],
  [
    "a number of a label that there is not",
    LABELS,
    words(1, 32 * 2 ** 24 + 3, 2, ...new Array(12).fill(2 ** 32 - 1)),
    /behind its end/,
  ],
  ["PNG that is none", PNG, new Uint8Array(40), /no PNG header/],
  ["PNG of other voxels", PNG, pngBytes(new Uint8Array(42), [6, 7], 8), /PNG of 7 x 6 voxels, expected 40/],
  [
    "PNG of 16 bits",
    PNG,
    pngBytes(new Uint8Array(80), [5, 8], 16),
    /PNG of 16 bits.*expected grey of 8 bits/,
  ],
  ["PNG with a palette", PNG, pngBytes(new Uint8Array(40), [5, 8], 8, new Uint8Array(3)), /colour type 3/],
  ["PNG that is cut off", PNG, GREY.subarray(0, -12), /PNG that is cut off/],
  ["PNG cut off within its voxels", PNG, GREY.subarray(0, -30), /a part of \d+ bytes|PNG that is cut off/],
  [
    "a bit of PNG that flipped",
    PNG,
    GREY.map((byte, i) => i === 20 ? byte ^ 1 : byte),
    /the checksum of "IHDR"/,
  ],
  ["JPEG that is none", { ...ONE, encoding: "jpeg" }, new Uint8Array(40), /no JPEG frame/],
  ["no JPEG", { ...ONE, encoding: "jpeg" }, new Uint8Array(0), /no JPEG frame/],
  [
    "JPEG of other voxels",
    { ...ONE, encoding: "jpeg" },
    Uint8Array.of(255, 0xd8, 255, 0xc0, 0, 11, 8, 255, 255, 255, 255, 1, 1, 0x11, 0),
    /JPEG of 65535 x 65535 voxels, expected 40/,
  ],
];

for (const [name, layout, bytes, message] of CHUNKS) {
  Deno.test(`convertVolume() rejects a chunk of a precomputed volume with ${name}`, () =>
    inTempFolder(async (folder) => {
      writePrecomputed(`${folder}/v`, {
        ...L,
        ...layout,
        encoding: layout.encoding ?? "raw",
        pack: () => bytes,
      }, valueAt);
      const dtype = layout.dataType === "uint32" ? "uint32" : "uint8";
      await rejected(() => converted(`${folder}/v`, `${folder}/out`, { dtype }), message);
      await rejected(() => converted(`${folder}/v`, `${folder}/out`, { dtype }), /4_5_50\/100-10/);
    }));
}

/** A shard of one minishard, with whatever its two indices say. */
const SINGLE = {
  ...SHARDING,
  hash: "identity",
  minishard_bits: 0,
  shard_bits: 0,
  minishard_index_encoding: "raw",
  data_encoding: "raw",
};
const longs = (...values: bigint[]) => new Uint8Array(BigUint64Array.from(values).buffer);
const VOXELS = new Uint8Array(40);

const SHARDS:
  readonly (readonly [name: string, changes: Record<string, unknown>, bytes: Uint8Array, message: RegExp])[] =
    [
      ["no bytes", {}, new Uint8Array(0), /truncated or damaged: 16 bytes expected/],
      ["an index behind its end", {}, longs(1000n, 1024n), /24 bytes expected at byte 1016 of 16/],
      [
        "an index that ends before it begins",
        {},
        longs(48n, 24n),
        /the index of minishard 0 is from byte 48 to 24/,
      ],
      ["an index of 2^63 bytes", {}, longs(0n, 2n ** 63n), /the index of minishard 0/],
      ["an index at 2^63", {}, longs(2n ** 63n, 2n ** 63n + 24n), /the index of minishard 0/],
      [
        "an index of 23 bytes",
        {},
        concat(longs(0n, 23n), new Uint8Array(23)),
        /an index of 23 bytes, expected 24/,
      ],
      ["a chunk behind its end", {}, longs(0n, 24n, 0n, 24n, 40n), /truncated or damaged: .* bytes expected/],
      [
        "a chunk behind its end, after a whole index",
        {},
        longs(0n, 24n, 0n, 24n, 40n, 0n),
        /bytes expected|voxels/,
      ],
      ["a chunk at 2^63", {}, longs(0n, 24n, 0n, 2n ** 63n, 40n), /bytes expected|from byte/],
      [
        "an index that is a bomb",
        { minishard_index_encoding: "gzip" },
        concat(longs(0n, BigInt(gzipBomb(64).length)), gzipBomb(64)),
        /0\.shard: damaged/,
      ],
      [
        "a chunk that is a bomb",
        { data_encoding: "gzip" },
        concat(longs(0n, 24n), longs(0n, 24n, BigInt(gzipBomb(64).length)), gzipBomb(64)),
        /0\.shard: damaged/,
      ],
      [
        "a chunk that is no gzip",
        { data_encoding: "gzip" },
        concat(longs(0n, 24n), longs(0n, 24n, 40n), VOXELS),
        /0\.shard: damaged/,
      ],
      [
        "a chunk that is too short",
        {},
        concat(longs(0n, 24n), longs(0n, 24n, 39n), VOXELS),
        /39 bytes of voxels, expected 40/,
      ],
      ["a chunk of 0 bytes", {}, concat(longs(0n, 24n), longs(0n, 24n, 0n), VOXELS), /0 bytes of voxels/],
      [
        "an index that is no gzip",
        { minishard_index_encoding: "gzip" },
        concat(longs(0n, 24n), gzipSync(VOXELS).subarray(0, 10), VOXELS),
        /0\.shard: damaged/,
      ],
    ];

for (const [name, changes, bytes, message] of SHARDS) {
  Deno.test(`convertVolume() rejects a shard with ${name}`, () =>
    inTempFolder(async (folder) => {
      writePrecomputed(`${folder}/v`, { ...L, ...ONE, sharding: { ...SINGLE, ...changes } }, valueAt);
      assert.ok(Deno.statSync(`${folder}/v/4_5_50/0.shard`).isFile);
      Deno.writeFileSync(`${folder}/v/4_5_50/0.shard`, bytes);
      await rejected(() => converted(`${folder}/v`, `${folder}/out`), message);
    }));
}
