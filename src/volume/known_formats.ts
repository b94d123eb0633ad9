/** What files and folders are that are no volume here, told by their first bytes, so that a message can say what to do. */

/** Something by its name, and what to do with it. */
interface KnownFormat {
  /** Such as `a ZIP archive`. */
  readonly name: string;
  /** What the user can do. */
  readonly advice: string;
}

const UNPACK = "unpack it and use the file in it";
const FIJI = "open it in Fiji and save it as TIFF";
const AGAIN = "download the file itself";

type Test = (head: Uint8Array, text: string) => boolean;

/** Whether a file begins with these bytes, from `at` on; a text stands for its characters, -1 for any byte. */
function bytes(signature: readonly number[] | string, at = 0): Test {
  const codes = typeof signature === "string"
    ? Array.from(signature, (character) => character.charCodeAt(0))
    : signature;
  return (head) => codes.every((code, index) => code === -1 || head[at + index] === code);
}

const text = (pattern: RegExp): Test => (_head, begin) => pattern.test(begin);

/** A NIfTI-1 or NIfTI-2 header in either byte order whose voxels are in another file. */
const isNiftiPair: Test = (head) => {
  const isOf = (low: number, high: number, at: number) =>
    (bytes([low, high, 0, 0])(head, "") || bytes([0, 0, high, low])(head, "")) &&
    /^ni[12]$/.test(String.fromCharCode(...head.subarray(at, at + 3)));
  return isOf(0x5c, 1, 344) || isOf(0x1c, 2, 4);
};

const isAnalyze: Test = (head) =>
  head.length >= 348 && (bytes([0x5c, 1, 0, 0])(head, "") || bytes([0, 0, 1, 0x5c])(head, ""));

const FORMATS: readonly (readonly [test: Test, name: string, advice: string])[] = [
  [text(/^version https:\/\/git-lfs\.github\.com\//), "a Git LFS pointer", `${AGAIN} with git lfs pull`],
  [text(/^(\.\.\/)*(\.git\/annex|\/annex)\/objects\//), "a git-annex pointer", `${AGAIN} with git annex get`],
  [
    text(/^\s*<(!doctype\s+html|html|head|body)\b/i),
    "a web page (HTML), probably a login page instead of the download",
    AGAIN,
  ],
  [
    text(/^\s*<\?xml[^>]*>\s*<!doctype\s+html/i),
    "a web page (HTML), probably a login page instead of the download",
    AGAIN,
  ],
  [
    text(/^\s*<\?xml[\s\S]*<(\w+:)?OME\b/),
    "the companion file of an OME-TIFF (XML)",
    "use one of its TIFF files",
  ],
  [text(/^\s*<\?xml\b/), "an XML file", "use the file with the voxels"],
  [bytes([0x1f, 0x8b]), "a gzip file", "unpack it with gunzip"],
  [bytes("PK\x03\x04"), "a ZIP archive", UNPACK],
  [bytes("PK\x05\x06"), "an empty ZIP archive", AGAIN],
  [bytes("BZh"), "a bzip2 file", "unpack it with bunzip2"],
  [bytes([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), "an xz file", "unpack it with unxz"],
  [bytes([0x28, 0xb5, 0x2f, 0xfd]), "a Zstandard file", "unpack it with unzstd"],
  [bytes([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]), "a 7z archive", UNPACK],
  [bytes("Rar!"), "a RAR archive", UNPACK],
  [bytes("ustar", 257), "a tar archive", UNPACK],
  [
    bytes("\x93NUMPY"),
    "a NumPy array (.npy)",
    "save it as TIFF, for example with tifffile.imwrite('volume.tif', numpy.load('volume.npy'))",
  ],
  [isNiftiPair, "a NIfTI header without voxels", "save both files as one .nii"],
  [isAnalyze, "an Analyze header", FIJI],
  [bytes([0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20]), "a JPEG 2000 image", FIJI],
  [bytes([0xff, 0x4f, 0xff, 0x51]), "a JPEG 2000 image", FIJI],
  [bytes([0xff, 0xd8, 0xff]), "a JPEG image", FIJI],
  [bytes("GIF8"), "a GIF image", FIJI],
  [(head) => bytes("BM")(head, "") && bytes([0, 0, 0, 0], 6)(head, ""), "a BMP image", FIJI],
  [(head) => bytes("RIFF")(head, "") && bytes("WEBP", 8)(head, ""), "a WebP image", FIJI],
  [bytes("%PDF"), "a PDF file", "use the file with the voxels"],
  [bytes("ZISRAWFILE"), "a Zeiss CZI file", `${FIJI} (with Bio-Formats)`],
  [bytes([0xda, 0xce, 0xbe, 0x0a]), "a Nikon ND2 file", `${FIJI} (with Bio-Formats)`],
  [
    (head) => bytes([0x70, 0, 0, 0])(head, "") && head[8] === 0x2a,
    "a Leica LIF file",
    `${FIJI} (with Bio-Formats)`,
  ],
  [bytes([0x49, 0x49, 0x97, 1]), "a SER file of FEI's TIA", FIJI],
  [text(/^# ?(AmiraMesh|Avizo)/), "an AmiraMesh file", FIJI],
  [text(/^# vtk DataFile/), "a VTK file", "save it as NRRD or TIFF"],
  [text(/^(ObjectType|NDims)\s*=/m), "a MetaImage header", "save it as NRRD or TIFF"],
  [bytes("MATLAB 5.0"), "a MATLAB file of version 5 to 7", "save it with -v7.3, which is HDF5"],
  [bytes("CDF"), "a NetCDF file of version 3", "convert it with nccopy -k nc4, to get HDF5"],
  [bytes("SIMPLE  ="), "a FITS file", FIJI],
  [text(/^\s*[[{]\s*["\]}{]/), "a JSON file", "name the folder or the file that has the voxels"],
];

/** Bytes of the beginning that are looked at as text. */
const TEXT_BYTES = 512;

/** What a file is that begins with these bytes; undefined where that is not known. */
export function knownFormat(head: Uint8Array): KnownFormat | undefined {
  const begin = new TextDecoder("latin1").decode(head.subarray(0, TEXT_BYTES)).replace(/^\xef\xbb\xbf/, "");
  const [, name, advice] = FORMATS.find(([test]) => test(head, begin)) ?? [];
  if (name !== undefined && advice !== undefined) return { name, advice };
  if (head.length > 0 && head.every((byte) => byte === 0)) {
    return {
      name: "only zeros at its beginning, probably an incomplete copy",
      advice: "copy the file again",
    };
  }
  return undefined;
}

/** Files that tell what a folder is. */
const FOLDERS: readonly (readonly [file: string, content: RegExp, format: KnownFormat])[] = [
  ["header.wkw", /^WKW/, {
    name: "a wkw data set of webKnossos",
    advice: "export it from webKnossos as OME-TIFF or Zarr",
  }],
  ["datasource-properties.json", /"dataLayers"/, {
    name: "a data set of webKnossos",
    advice: "use a layer that is a Zarr array, or export it as OME-TIFF",
  }],
  ["knossos.conf", /./, { name: "a KNOSSOS cube data set", advice: "copy it to Zarr, TIFF or HDF5" }],
];

/**
 * What a folder is that is no volume here; undefined where that is not known.
 * @param read the beginning of a file in it; undefined where it is not there
 */
export function knownFolder(read: (name: string) => Uint8Array | undefined): KnownFormat | undefined {
  for (const [name, content, format] of FOLDERS) {
    const head = read(name);
    if (head !== undefined && content.test(new TextDecoder("latin1").decode(head))) return format;
  }
  return undefined;
}
