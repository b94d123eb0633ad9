import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../../../src/user_error.ts";
import { convertVolume, valueRanges } from "../../../src/stages/convert/convert.ts";
import { openNrrd } from "../../../src/volume/nrrd/read.ts";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import { readRegion } from "../../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

/** Number types by their NRRD name: bytes, and how to write a value. */
const TYPES = {
  "unsigned char": [1, (view: DataView, at: number, value: number) => view.setUint8(at, value)],
  "signed char": [1, (view: DataView, at: number, value: number) => view.setInt8(at, value)],
  "short": [
    2,
    (view: DataView, at: number, value: number, little: boolean) => view.setInt16(at, value, little),
  ],
  "ushort": [
    2,
    (view: DataView, at: number, value: number, little: boolean) => view.setUint16(at, value, little),
  ],
  "int": [
    4,
    (view: DataView, at: number, value: number, little: boolean) => view.setInt32(at, value, little),
  ],
  "uint32_t": [
    4,
    (view: DataView, at: number, value: number, little: boolean) => view.setUint32(at, value, little),
  ],
  "longlong": [
    8,
    (view: DataView, at: number, value: number, little: boolean) =>
      view.setBigInt64(at, BigInt(value), little),
  ],
  "float": [
    4,
    (view: DataView, at: number, value: number, little: boolean) => view.setFloat32(at, value, little),
  ],
  "double": [
    8,
    (view: DataView, at: number, value: number, little: boolean) => view.setFloat64(at, value, little),
  ],
} as const;
type TypeName = keyof typeof TYPES;

function encoded(values: readonly number[], type: TypeName, littleEndian: boolean): Uint8Array<ArrayBuffer> {
  const [size, set] = TYPES[type];
  const view = new DataView(new ArrayBuffer(values.length * size));
  for (const [index, value] of values.entries()) set(view, index * size, value, littleEndian);
  return new Uint8Array(view.buffer);
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function concat(...parts: (string | Uint8Array)[]): Uint8Array {
  const bytes = parts.map((part) => typeof part === "string" ? new TextEncoder().encode(part) : part);
  const out = new Uint8Array(bytes.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of bytes) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Value of a component of a voxel: small, and different for neighbours; negative where the type allows. */
function valueAt(index: number, signed: boolean): number {
  return (index * 37) % 101 - (signed ? 50 : 0);
}

const lengths = fc.integer({ min: 1, max: 12 });

Deno.test("convertVolume() reads NRRD of any type, byte order, encoding and number of components", async () => {
  await inTempFolder(async (folder) => {
    let run = 0;
    const types = fc.constantFrom(...Object.keys(TYPES) as TypeName[]);
    const memory = fc.constantFrom(1, 2000, 1e8);
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(lengths, lengths, lengths) as fc.Arbitrary<Zyx>,
        fc.integer({ min: 1, max: 9 }),
        types,
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        memory,
        async (shape, components, type, littleEndian, isGzip, isDetached, bytes) => {
          const signed = !/^u/.test(type);
          const values = Array.from(
            { length: voxelCount(shape) * components },
            (_, index) => valueAt(index, signed),
          );
          const data = encoded(values, type, littleEndian);
          const stored = isGzip ? await gzip(data) : data;
          const name = `${folder}/${run++}`;
          const header = [
            "NRRD0004",
            "# a comment: of no meaning",
            `type: ${type}`,
            `dimension: ${components > 1 ? 4 : 3}`,
            `sizes: ${components > 1 ? `${components} ` : ""}${shape[2]} ${shape[1]} ${shape[0]}`,
            ...(components > 1 ? ["kinds: vector domain domain domain"] : []),
            `endian: ${littleEndian ? "little" : "big"}`,
            `encoding: ${isGzip ? "gzip" : "raw"}`,
            "a key:=a value",
          ].join("\n");
          if (isDetached) {
            Deno.writeFileSync(`${name}.data`, stored);
            Deno.writeTextFileSync(`${name}.nrrd`, `${header}\ndata file: ${run - 1}.data\n`);
          } else {
            Deno.writeFileSync(`${name}.nrrd`, concat(header, "\n\n", stored));
          }
          const options = { dtype: "float32", anisotropy: 1, chunk: [8, 8, 4], memory: bytes } as const;
          const volume = await convertVolume(`${name}.nrrd`, `${name}.zarr`, options);
          assert.deepEqual([volume.shape, volume.components, volume.dtype], [shape, components, "float32"]);
          for (let component = 0; component < components; component++) {
            const expected = Float32Array.from(values.filter((_, index) => index % components === component));
            const out = new Float32Array(voxelCount(shape));
            await readRegion(volume, wholeRegion(shape), out, component);
            assert.deepEqual(out, expected);
            const range = [Math.min(...expected), Math.max(...expected)];
            assert.deepEqual(valueRanges(volume)?.[component], range);
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});

Deno.test("convertVolume() keeps uint8 NRRD as uint8", async () => {
  await inTempFolder(async (folder) => {
    const data = new Uint8Array(2 * 3 * 4).map((_, index) => index * 10);
    const header = "NRRD0001\r\ntype: uchar\r\ndimension: 3\r\nsizes: 4 3 2\r\nencoding: raw\r\n\r\n";
    Deno.writeFileSync(`${folder}/in`, concat(header, data));
    const volume = await convertVolume(`${folder}/in`, `${folder}/out`, { dtype: "uint8", anisotropy: 1 });
    assert.deepEqual([volume.dtype, volume.shape], ["uint8", [2, 3, 4]]);
    const out = new Uint8Array(24);
    await readRegion(volume, wholeRegion([2, 3, 4]), out);
    assert.deepEqual(out, data);
    assert.equal(valueRanges(volume), undefined);
  });
});

Deno.test("openNrrd() honours line skip and byte skip", async () => {
  await inTempFolder(async (folder) => {
    const data = new Uint8Array([1, 2, 3, 4]);
    const header = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 2 2 1\n";
    const cases: [string, Uint8Array][] = [
      ["encoding: raw\nline skip: 2\nbyte skip: 3\n", concat("one\ntwo\nxyz", data)],
      ["encoding: raw\nbyte skip: -1\n", concat("anything", data)],
      ["encoding: gzip\nline skip: 1\n", concat("text\n", await gzip(data))],
      ["encoding: gzip\nbyte skip: 2\n", await gzip(new Uint8Array([9, 9, ...data]))],
    ];
    for (const [fields, bytes] of cases) {
      Deno.writeFileSync(`${folder}/in.raw`, bytes);
      Deno.writeTextFileSync(`${folder}/in.nhdr`, `${header}${fields}data file: in.raw\n`);
      const source = openNrrd(`${folder}/in.nhdr`);
      const out = new Uint8Array(2);
      await source.readRows(0, 1, 1, out);
      await source.finish();
      source.close();
      assert.deepEqual([...out], [3, 4], fields);
    }
  });
});

const GOOD = {
  type: "uchar",
  dimension: "3",
  sizes: "4 3 2",
  encoding: "raw",
};

const REJECTED:
  readonly (readonly [name: string, fields: Record<string, string | undefined>, message: RegExp])[] = [
    ["another encoding", { encoding: "bzip2" }, /"encoding" is bzip2; expected raw or gzip/],
    ["an unknown type", { type: "block" }, /"type" is block/],
    ["no sizes", { sizes: undefined }, /lacks "sizes"/],
    ["two axes", { dimension: "2", sizes: "4 3" }, /"dimension" is 2/],
    ["sizes that do not fit the dimension", { sizes: "4 3" }, /"dimension" is 3 with sizes 4 3/],
    ["a size of 0", { sizes: "4 0 2" }, /"sizes" is 4 0 2; expected positive/],
    ["too many components", { dimension: "4", sizes: "10 4 3 2" }, /1 to 9 components/],
    [
      "components last",
      { dimension: "4", sizes: "4 3 1 2", kinds: "domain domain domain vector" },
      /first axis/,
    ],
    ["no byte order", { type: "short" }, /"endian" is nothing/],
    [
      "slices in many files that are missing",
      { "data file": "a%03d.raw 1 2 1" },
      /"data file" is a001.raw, missing/,
    ],
    ["a missing data file", { "data file": "nowhere.raw" }, /"data file" is nowhere.raw, missing/],
    ["too few voxels", { sizes: "4 3 3" }, /24 bytes of voxels, expected 36/],
    ["too many voxels", { sizes: "4 3 1" }, /24 bytes of voxels, expected 12/],
  ];

for (const [name, fields, message] of REJECTED) {
  Deno.test(`describeVolumeFile() rejects NRRD with ${name}`, async () => {
    await inTempFolder(async (folder) => {
      const lines = Object.entries({ ...GOOD, ...fields }).filter(([, value]) => value !== undefined);
      const header = `NRRD0004\n${lines.map(([key, value]) => `${key}: ${value}`).join("\n")}\n\n`;
      Deno.writeFileSync(`${folder}/in.nrrd`, concat(header, new Uint8Array(24)));
      await assert.rejects(
        describeVolumeFile(`${folder}/in.nrrd`),
        (error) =>
          error instanceof UserError && error.message.includes("in.nrrd") && message.test(error.message),
      );
    });
  });
}

Deno.test("convertVolume() rejects gzip data that are cut off, too short, too long or damaged", async () => {
  await inTempFolder(async (folder) => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, index) => (index * index) % 251);
    const whole = await gzip(bytes);
    const damaged = whole.slice();
    damaged[whole.length - 5] = (damaged[whole.length - 5] ?? 0) ^ 1; // in the checksum
    const cases: [Uint8Array, number, RegExp][] = [
      [whole.subarray(0, whole.length - 20), 5000, /truncated gzip data/],
      [whole, 5001, /5000 bytes of voxels, expected 5001/],
      [whole, 4999, /5000 bytes of voxels, expected 4999/],
      [damaged, 5000, /damaged or truncated/],
    ];
    for (const [stored, width, message] of cases) {
      const header = `NRRD0004\ntype: uchar\ndimension: 3\nsizes: ${width} 1 1\nencoding: gzip\n\n`;
      Deno.writeFileSync(`${folder}/in.nrrd`, concat(header, stored));
      const work = convertVolume(`${folder}/in.nrrd`, `${folder}/out`, { dtype: "uint8", anisotropy: 1 });
      await assert.rejects(work, (error) => error instanceof UserError && message.test(error.message));
      await assert.rejects(Deno.stat(`${folder}/out`), Deno.errors.NotFound);
    }
  });
});

Deno.test("convertVolume() names the voxel of a channel that is not finite", async () => {
  await inTempFolder(async (folder) => {
    const values = Array.from({ length: 2 * 3 * 4 * 5 }, () => 1);
    values[2 * ((1 * 4 + 3) * 5 + 2) + 1] = NaN;
    const header = "NRRD0004\ntype: double\ndimension: 4\nsizes: 2 5 4 3\nendian: little\nencoding: raw\n\n";
    Deno.writeFileSync(`${folder}/in.nrrd`, concat(header, encoded(values, "double", true)));
    const work = convertVolume(`${folder}/in.nrrd`, `${folder}/out`, {
      dtype: "float32",
      anisotropy: 1,
      chunk: [2, 2, 2],
    });
    await assert.rejects(work, /in\.nrrd: component 1 of voxel x 2, y 3, z 1 is NaN; expected finite/);
  });
});

Deno.test("openNrrd() reads the end of 9 GiB of raw floats without reading the rest", async () => {
  await inTempFolder(async (folder) => {
    const [depth, height, width] = [2304, 1024, 1024];
    const fields = "type: float\ndimension: 3\nendian: little\nencoding: raw\ndata file: in.raw\n";
    Deno.writeTextFileSync(`${folder}/in.nhdr`, `NRRD0004\n${fields}sizes: ${width} ${height} ${depth}\n`);
    const bytes = depth * height * width * 4;
    using file = Deno.openSync(`${folder}/in.raw`, { write: true, createNew: true });
    file.truncateSync(bytes);
    file.seekSync(bytes - 8, Deno.SeekMode.Start);
    file.writeSync(new Uint8Array(new Float32Array([1.5, 2.5]).buffer));
    assert.equal((await describeVolumeFile(`${folder}/in.nhdr`)).bytes, bytes);
    const source = openNrrd(`${folder}/in.nhdr`);
    const row = new Uint8Array(width * 4);
    await source.readRows(depth - 1, height - 1, 1, row);
    source.close();
    assert.deepEqual([...new Float32Array(row.buffer, width * 4 - 12)], [0, 1.5, 2.5]);
  });
});
