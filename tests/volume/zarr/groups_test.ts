/** Zarr groups list their arrays, and arrays of codecs that are not known say so. */
import assert from "node:assert/strict";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { ccboostHere as ccboost } from "../../helpers/cli_process.ts";
import { rejected } from "../../helpers/hostile_files.ts";
import { serveFolder } from "../../helpers/serve_folder.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

const V2 = {
  zarr_format: 2,
  shape: [4, 5, 6],
  chunks: [4, 5, 6],
  dtype: "|u1",
  compressor: null,
  fill_value: 0,
  order: "C",
  filters: null,
};
const V3 = {
  zarr_format: 3,
  node_type: "array",
  shape: [4, 5, 6],
  data_type: "uint8",
  chunk_grid: { name: "regular", configuration: { chunk_shape: [4, 5, 6] } },
  chunk_key_encoding: { name: "default" },
  fill_value: 0,
  codecs: [{ name: "bytes" }] as unknown[],
  attributes: {},
};
const GROUP3 = { zarr_format: 3, node_type: "group", attributes: {} };

function put(path: string, value: object): void {
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  Deno.writeTextFileSync(path, JSON.stringify(value));
}

Deno.test("describeVolumeFile() lists the arrays of a Zarr group, whatever its version and depth", () =>
  inTempFolder(async (folder) => {
    put(`${folder}/two.zarr/.zgroup`, { zarr_format: 2 });
    put(`${folder}/two.zarr/raw/.zarray`, V2);
    put(`${folder}/two.zarr/labels/.zgroup`, { zarr_format: 2 });
    put(`${folder}/two.zarr/labels/clefts/.zarray`, V2);
    const two =
      /two\.zarr: a Zarr group, not an array, with the arrays labels\/clefts \(4 x 5 x 6\), raw \(4 x 5 x 6\); name one, such as/;
    await rejected(() => describeVolumeFile(`${folder}/two.zarr`), two);
    put(`${folder}/three.zarr/zarr.json`, GROUP3);
    put(`${folder}/three.zarr/deep/down/raw/zarr.json`, V3);
    await rejected(
      () => describeVolumeFile(`${folder}/three.zarr`),
      /with the arrays deep\/down\/raw \(4 x 5 x 6\); name one, such as .*three\.zarr\/deep\/down\/raw/,
    );
    // As xarray and others leave it: attributes alone.
    put(`${folder}/attributes.zarr/.zattrs`, { a: 1 });
    put(`${folder}/attributes.zarr/x/.zarray`, V2);
    await rejected(() => describeVolumeFile(`${folder}/attributes.zarr`), /with the arrays x \(4 x 5 x 6\)/);
    put(`${folder}/empty.zarr/.zgroup`, { zarr_format: 2 });
    await rejected(
      () => describeVolumeFile(`${folder}/empty.zarr`),
      /a Zarr group, not an array, without arrays; check the path/,
    );
    for (let i = 0; i < 14; i++) put(`${folder}/many.zarr/a${i}/.zarray`, V2);
    put(`${folder}/many.zarr/.zgroup`, { zarr_format: 2 });
    await rejected(() => describeVolumeFile(`${folder}/many.zarr`), /a0 .* and 4 more; name one/);
  }));

Deno.test("describeVolumeFile() lists the arrays of the group where the one named is not there", () =>
  inTempFolder(async (folder) => {
    put(`${folder}/s.zarr/.zgroup`, { zarr_format: 2 });
    put(`${folder}/s.zarr/raw/.zarray`, V2);
    const message =
      /there is no array 0 in the Zarr group .*s\.zarr, which has raw \(4 x 5 x 6\); name one, such as .*s\.zarr\/raw/;
    await rejected(() => describeVolumeFile(`${folder}/s.zarr/0`), message);
    await rejected(
      () => describeVolumeFile(`${folder}/s.zarr/volumes/raw`),
      /there is no array volumes\/raw in the Zarr group/,
    );
    await rejected(
      () => describeVolumeFile(`${folder}/none.zarr/0`),
      /no such file or folder; check the path/,
    );
  }));

Deno.test("describeVolumeFile() lists the arrays of a group on a server where its metadata have them", () =>
  inTempFolder(async (folder) => {
    put(`${folder}/c.zarr/zarr.json`, {
      ...GROUP3,
      consolidated_metadata: { kind: "inline", metadata: { raw: V3, sub: GROUP3 } },
    });
    put(`${folder}/p.zarr/zarr.json`, GROUP3);
    await using server = serveFolder(folder);
    await rejected(
      () => describeVolumeFile(`${server.address}/c.zarr`),
      /a Zarr group, not an array, with the arrays raw; name an array in it, such as .*c\.zarr\/raw/,
    );
    await rejected(
      () => describeVolumeFile(`${server.address}/p.zarr`),
      /a Zarr group, not an array; name an array in it, such as .*p\.zarr\/0/,
    );
  }));

const SHARDED = {
  name: "sharding_indexed",
  configuration: {
    chunk_shape: [4, 5, 6],
    codecs: [{ name: "bytes" }, { name: "packbits" }],
    index_codecs: [{ name: "bytes", configuration: { endian: "little" } }],
    index_location: "end",
  },
};
const UNKNOWN: readonly (readonly [name: string, file: string, metadata: object, codec: string])[] = [
  ["a compressor of version 2", ".zarray", { ...V2, compressor: { id: "bz2", level: 1 } }, "bz2"],
  ["a filter of version 2", ".zarray", {
    ...V2,
    filters: [{ id: "lzma" }],
    compressor: { id: "zstd", level: 1 },
  }, "lzma"],
  [
    "a codec of version 3",
    "zarr.json",
    { ...V3, codecs: [{ name: "bytes" }, { name: "numcodecs.bz2" }] },
    "numcodecs.bz2",
  ],
  ["a codec in shards", "zarr.json", { ...V3, codecs: [SHARDED] }, "packbits"],
  [
    "a codec without its prefix",
    "zarr.json",
    { ...V3, codecs: [{ name: "delta" }, { name: "bytes" }] },
    "delta",
  ],
  [
    "a codec that only version 2 has here",
    "zarr.json",
    { ...V3, codecs: [{ name: "numcodecs.fixedscaleoffset" }, "bytes"] },
    "numcodecs.fixedscaleoffset",
  ],
  ["a codec that makes bytes of voxels", "zarr.json", { ...V3, codecs: ["pcodec"] }, "pcodec"],
];

for (const [name, file, metadata, codec] of UNKNOWN) {
  Deno.test(`ccboost info and convert call ${name} that cannot be read by its name, not damage`, () =>
    inTempFolder(async (folder) => {
      put(`${folder}/v.zarr/${file}`, metadata);
      Deno.mkdirSync(`${folder}/v.zarr/c/0/0`, { recursive: true });
      for (const chunk of ["0.0.0", "c/0/0/0"]) {
        Deno.writeFileSync(`${folder}/v.zarr/${chunk}`, new Uint8Array(40));
      }
      const { code, out, err } = await ccboost("info", `${folder}/v.zarr`);
      assert.equal(code, 0, err);
      assert.match(out, /Zarr, 6 x 5 x 4 voxels/);
      assert.ok(out.includes(`${codec} (cannot be read)`), out);
      assert.ok(
        out.includes(`its voxels cannot be read: its chunks are stored with the codec ${codec}, which`),
        out,
      );
      for (const options of [{}, { rescale: [0, 9] as const }, { labels: "ids" }]) {
        await rejected(
          () =>
            convertVolume(`${folder}/v.zarr`, `${folder}/o`, { dtype: "uint8", anisotropy: 1, ...options }),
          /v\.zarr: its chunks are stored with the codec .*, which cannot be read here; copy it with zstd/,
        );
      }
      const exported = await ccboost("export", `${folder}/v.zarr`, `${folder}/o.nrrd`);
      assert.deepEqual([exported.code, /damaged/.test(exported.err)], [2, false], exported.err);
      assert.match(exported.err, /cannot be read here/);
    }));
}
