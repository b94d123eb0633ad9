/** Chunk files of Zarr arrays that are elsewhere than the metadata say. */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import { createZarr, openZarr, readRegion, writeRegion } from "../../../src/volume/zarr/mod.ts";
import { ccboostHere as ccboost } from "../../helpers/cli_process.ts";
import { rejected } from "../../helpers/hostile_files.ts";
import { serveFolder } from "../../helpers/serve_folder.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

type Fields = Readonly<Record<string, unknown>>;
const SHAPE: Zyx = [4, 4, 4];
const VERSION2: Fields = {
  zarr_format: 2,
  shape: SHAPE,
  chunks: [2, 2, 2],
  dtype: "|u1",
  compressor: null,
  fill_value: 0,
  order: "C",
  filters: null,
};
const VERSION3: Fields = {
  zarr_format: 3,
  node_type: "array",
  shape: SHAPE,
  data_type: "uint8",
  chunk_grid: { name: "regular", configuration: { chunk_shape: [2, 2, 2] } },
  chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
  fill_value: 0,
  codecs: [{ name: "bytes" }],
  attributes: {},
};

type Naming = readonly [begin: string, separator: string];

function write(path: string, fields: Fields, [begin, separator]: Naming, least = 0): void {
  Deno.mkdirSync(path, { recursive: true });
  Deno.writeTextFileSync(
    `${path}/${fields["zarr_format"] === 2 ? ".zarray" : "zarr.json"}`,
    JSON.stringify(fields),
  );
  for (let i = least; i < 8; i++) {
    const file = `${path}/${begin}${[i >> 2, (i >> 1) & 1, i & 1].join(separator)}`;
    Deno.mkdirSync(dirname(file), { recursive: true });
    Deno.writeFileSync(file, new Uint8Array(8).fill(i + 1));
  }
}

const EXPECTED = Uint8Array.from(
  { length: 64 },
  (_, i) => 1 + 4 * Math.floor(i / 32) + 2 * (Math.floor(i / 8) & 1) + (Math.floor(i / 2) & 1),
);

async function read(path: string): Promise<Uint8Array> {
  const volume = await convertVolume(path, `${path}-${crypto.randomUUID()}`, {
    dtype: "uint8",
    anisotropy: 1,
  });
  const voxels = new Uint8Array(64);
  await readRegion(volume, wholeRegion(SHAPE), voxels);
  return voxels;
}

const key = (name: string, separator?: string) => ({
  chunk_key_encoding: { name, ...(separator === undefined ? {} : { configuration: { separator } }) },
});
const CASES: readonly (readonly [what: string, fields: Fields, naming: Naming, isAsSaid: boolean])[] = [
  ["v2, nested, not said", VERSION2, ["", "/"], false],
  ["v2, nested, said", { ...VERSION2, dimension_separator: "/" }, ["", "/"], true],
  ["v2, flat, not said", VERSION2, ["", "."], true],
  ["v2, flat, said to be nested", { ...VERSION2, dimension_separator: "/" }, ["", "."], false],
  ["v2, nested, said to be flat", { ...VERSION2, dimension_separator: "." }, ["", "/"], false],
  ["v2, 16-bit and nested, not said", { ...VERSION2, dtype: "<u2", chunks: [2, 2, 1], shape: [4, 4, 2] }, [
    "",
    "/",
  ], false],
  ["v3, as said", VERSION3, ["c/", "/"], true],
  ["v3, flat, not said", VERSION3, ["c.", "."], false],
  ["v3, nested, said to be flat", { ...VERSION3, ...key("default", ".") }, ["c/", "/"], false],
  ["v3, without c", VERSION3, ["", "/"], false],
  ["v3, flat without c", VERSION3, ["", "."], false],
  ["v3, as v2, as said", { ...VERSION3, ...key("v2") }, ["", "."], true],
  ["v3, as v2, nested, not said", { ...VERSION3, ...key("v2") }, ["", "/"], false],
  ["v3, said to be as v2", { ...VERSION3, ...key("v2") }, ["c/", "/"], false],
];

for (const [what, fields, naming, isAsSaid] of CASES) {
  Deno.test(`openZarr() and convertVolume() find the chunks of an array: ${what}`, () =>
    inTempFolder(async (folder) => {
      const path = `${folder}/v.zarr`;
      for (const least of [0, 7]) {
        write(path, fields, naming, least);
        const { notes = [] } = await describeVolumeFile(path);
        if (isAsSaid) assert.deepEqual(notes, []);
        else {assert.match(
            notes.join("\n"),
            /its chunks are read from files such as .*, where they are; its metadata say/,
          );}
        if (fields["dtype"] === "<u2") continue;
        const expected = EXPECTED.map((value) => value > least ? value : 0);
        assert.deepEqual(await read(path), expected);
        const voxels = new Uint8Array(64);
        await readRegion(await openZarr(path), wholeRegion(SHAPE), voxels);
        assert.deepEqual(voxels, expected);
        Deno.removeSync(path, { recursive: true });
      }
    }));
}

const STRANGERS: readonly (readonly [what: string, file: string])[] = [
  ["of another rank", "0.0"],
  ["outside of the grid", "5.0.0"],
  ["of another format", "0.0.0.bin"],
  ["in a folder of their own", "s0/0/0/0"],
  ["with leading zeros", "00.00.00"],
];

for (const [what, file] of STRANGERS) {
  Deno.test(`openZarr() rejects an array whose files are ${what}`, () =>
    inTempFolder(async (folder) => {
      Deno.mkdirSync(dirname(`${folder}/${file}`), { recursive: true });
      Deno.writeFileSync(`${folder}/${file}`, new Uint8Array(8));
      for (
        const [fields, name, expected] of [[VERSION2, ".zarray", "0.0.0"], [
          VERSION3,
          "zarr.json",
          "c/0/0/0",
        ]] as const
      ) {
        Deno.writeTextFileSync(`${folder}/${name}`, JSON.stringify(fields));
        await rejected(
          () => openZarr(folder),
          new RegExp(
            `none of its files is a chunk of it: expected one such as ${expected}, found ${
              file.split("/")[0]
            }`,
          ),
        );
        await rejected(() => describeVolumeFile(folder), /none of its files is a chunk/);
        Deno.removeSync(`${folder}/${name}`);
      }
    }));
}

Deno.test("openZarr() opens arrays without chunks, with other metadata files, and our own half-written ones without a word", () =>
  inTempFolder(async (folder) => {
    for (const name of [".zattrs", ".DS_Store", "README.md", "zarr.json.partial"]) {
      Deno.writeTextFileSync(`${folder}/${name}`, "{}");
    }
    Deno.writeTextFileSync(`${folder}/.zarray`, JSON.stringify(VERSION2));
    assert.deepEqual((await openZarr(folder)).notes, []);
    const volume = await createZarr(`${folder}/own.zarr`, { shape: SHAPE, chunk: [2, 2, 2], dtype: "uint8" });
    await writeRegion(volume, wholeRegion(SHAPE), new Uint8Array(64));
    assert.deepEqual((await openZarr(`${folder}/own.zarr`)).notes, []);
  }));

Deno.test("describeVolumeFile() finds nested chunks of version 2 on a web server, also where the first is absent", () =>
  inTempFolder(async (folder) => {
    await using server = serveFolder(folder);
    for (const least of [0, 7]) {
      write(`${folder}/v${least}.zarr`, VERSION2, ["", "/"], least);
      const { notes = [] } = await describeVolumeFile(`${server.address}/v${least}.zarr`);
      assert.match(notes.join("\n"), /files such as 0\/0\/0, where they are; its metadata say 0\.0\.0/);
      const out = `${folder}/out${least}.zarr`;
      const volume = await convertVolume(`${server.address}/v${least}.zarr`, out, {
        dtype: "uint8",
        anisotropy: 1,
      });
      const voxels = new Uint8Array(64);
      await readRegion(volume, wholeRegion(SHAPE), voxels);
      assert.deepEqual(voxels, EXPECTED.map((value) => value > least ? value : 0));
    }
  }));

Deno.test("ccboost export, convert and info tell where chunks were found", () =>
  inTempFolder(async (folder) => {
    write(`${folder}/v.zarr`, VERSION2, ["", "/"]);
    for (const args of [["export", `${folder}/o.nrrd`], ["info"]]) {
      const [name = "", ...others] = args;
      const { code, out, err } = await ccboost(name, `${folder}/v.zarr`, ...others);
      assert.equal(code, 0, err);
      assert.match(out + err, /its chunks are read from files such as 0\/0\/0/);
    }
    assert.deepEqual(Deno.readFileSync(`${folder}/o.nrrd`).slice(-64), EXPECTED);
  }));
