/** Files that are no volume are called by their names, and the message says what to do with them. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { describeVolumeFile } from "../../src/volume/open.ts";
import { ccboostHere as ccboost } from "../helpers/cli_process.ts";
import { rejected } from "../helpers/hostile_files.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const latin = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
/** Bytes at places of an otherwise empty head. */
function headOf(parts: Readonly<Record<number, readonly number[] | string>>, length = 600): Uint8Array {
  const head = new Uint8Array(length);
  for (const [at, part] of Object.entries(parts)) {
    head.set(typeof part === "string" ? latin(part) : part, Number(at));
  }
  return head;
}

const FILES: readonly (readonly [name: string, bytes: Uint8Array, message: RegExp])[] = [
  ["gzip", gzipSync(latin("NRRD0004\n")), /a gzip file; expected .*: unpack it with gunzip/],
  ["zip", latin("PK\x03\x04\x14\x00"), /a ZIP archive; .*unpack it/],
  [
    "a web page",
    latin("<!DOCTYPE html>\n<html><title>Sign in</title>"),
    /a web page \(HTML\), .*login/,
  ],
  ["a web page without a doctype", latin("\n  <html lang='en'>"), /a web page/],
  ["XHTML", latin('<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC>'), /a web page/],
  [
    "Git LFS",
    latin("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
    /a Git LFS pointer; .*git lfs pull/,
  ],
  ["git-annex", latin("/annex/objects/SHA256E-s1048576--abc.tif\n"), /a git-annex pointer; .*git annex get/],
  ["NumPy", latin("\x93NUMPY\x01\x00v\x00{'descr': '|u1'"), /a NumPy array \(\.npy\); .*tifffile\.imwrite/],
  ["NIfTI-1 in two files", headOf({ 0: [0x5c, 1, 0, 0], 344: "ni1" }), /a NIfTI header without voxels/],
  ["NIfTI-1 in two files, big-endian", headOf({ 0: [0, 0, 1, 0x5c], 344: "ni1" }), /a NIfTI header/],
  ["NIfTI-2 in two files", headOf({ 0: [0x1c, 2, 0, 0], 4: "ni2" }), /a NIfTI header without voxels/],
  ["Analyze", headOf({ 0: [0x5c, 1, 0, 0] }), /an Analyze header/],
  ["JPEG 2000", latin("\0\0\0\x0cjP  \r\n\x87\n"), /a JPEG 2000 image/],
  ["a JPEG 2000 stream", Uint8Array.of(0xff, 0x4f, 0xff, 0x51, 0), /a JPEG 2000 image/],
  ["JPEG", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), /a JPEG image/],
  ["GIF", latin("GIF89a"), /a GIF image/],
  ["BMP", latin("BM\x36\x10\x00\x00\0\0\0\0"), /a BMP image/],
  ["WebP", latin("RIFF\x10\0\0\0WEBPVP8 "), /a WebP image/],
  ["PDF", latin("%PDF-1.7"), /a PDF file/],
  ["CZI", latin("ZISRAWFILE\0\0\0"), /a Zeiss CZI file/],
  ["ND2", Uint8Array.of(0xda, 0xce, 0xbe, 0x0a), /a Nikon ND2 file/],
  ["LIF", headOf({ 0: [0x70, 0, 0, 0, 1, 2, 3, 0, 0x2a] }), /a Leica LIF file/],
  ["SER", Uint8Array.of(0x49, 0x49, 0x97, 1, 0x20, 2), /a SER file/],
  ["Amira", latin("# AmiraMesh BINARY-LITTLE-ENDIAN 2.1\n"), /an AmiraMesh file/],
  ["VTK", latin("# vtk DataFile Version 3.0\n"), /a VTK file/],
  ["MetaImage", latin("ObjectType = Image\nNDims = 3\n"), /a MetaImage header/],
  ["MATLAB", latin("MATLAB 5.0 MAT-file, Platform: GLNXA64"), /a MATLAB file of version 5 to 7; .*-v7\.3/],
  ["NetCDF", latin("CDF\x01\0\0"), /a NetCDF file of version 3/],
  ["FITS", latin("SIMPLE  =                    T"), /a FITS file/],
  ["bzip2", latin("BZh91AY"), /a bzip2 file/],
  ["xz", Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0), /an xz file/],
  ["zstd", Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0), /a Zstandard file/],
  ["7z", Uint8Array.of(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c), /a 7z archive/],
  ["RAR", latin("Rar!\x1a\x07"), /a RAR archive/],
  ["tar", headOf({ 0: "volume.tif", 257: "ustar" }), /a tar archive/],
  [
    "a companion file",
    latin('<?xml version="1.0"?>\n<OME xmlns="http://www.openmicroscopy.org">'),
    /the companion file of an OME-TIFF/,
  ],
  ["XML", latin('<?xml version="1.0"?><Settings>'), /an XML file/],
  ["a Zarr array's metadata", latin('{"zarr_format": 2, "shape": [4]}'), /a JSON file; .*name the folder/],
  ["zeros", new Uint8Array(4096), /only zeros at its beginning.*copy the file again/],
  ["text", latin("12 13 14\n"), /begins with the bytes 49 50 32/],
  ["nothing", new Uint8Array(0), /empty; expected a TIFF/],
];

for (const [name, bytes, message] of FILES) {
  Deno.test(`describeVolumeFile() knows ${name} by its first bytes, whatever the file is called`, () =>
    inTempFolder(async (folder) => {
      for (const called of ["volume.tif", "volume"]) {
        Deno.writeFileSync(`${folder}/${called}`, bytes);
        await rejected(() => describeVolumeFile(`${folder}/${called}`), message);
      }
      // One of a stack is no other.
      Deno.mkdirSync(`${folder}/slices`);
      Deno.writeFileSync(`${folder}/slices/0.tif`, bytes);
      await rejected(() => describeVolumeFile(`${folder}/slices`), message);
    }));
}

const FOLDERS: readonly (readonly [name: string, file: string, content: string, message: RegExp])[] = [
  ["wkw", "header.wkw", "WKW\x01", /a wkw data set/],
  ["webKnossos", "datasource-properties.json", '{"dataLayers":[]}', /a data set of webKnossos/],
  ["KNOSSOS", "knossos.conf", 'experiment name "a";', /a KNOSSOS cube data set/],
];

for (const [name, file, content, message] of FOLDERS) {
  Deno.test(`describeVolumeFile() knows a folder of ${name}`, () =>
    inTempFolder(async (folder) => {
      for (const called of ["v", "v.zarr", "v.n5"]) {
        Deno.mkdirSync(`${folder}/${called}`);
        Deno.writeFileSync(`${folder}/${called}/${file}`, latin(content));
        await rejected(() => describeVolumeFile(`${folder}/${called}`), message);
      }
    }));
}

Deno.test("ccboost info ends with 2 and one line for a file that it knows", () =>
  inTempFolder(async (folder) => {
    Deno.writeFileSync(`${folder}/raw.tif`, latin("version https://git-lfs.github.com/spec/v1\n"));
    const { code, err } = await ccboost("info", `${folder}/raw.tif`);
    assert.equal(code, 2);
    assert.equal(err.trim().split("\n").length, 1);
  }));
