/** Channels and time points that are chosen, and OME-TIFF in several files: written by tifffile and h5py, where these are. */
import assert from "node:assert/strict";
import { withPick } from "../../src/config/pick.ts";
import { describeVolumeFile } from "../../src/volume/open.ts";
import { ccboostHere as ccboost, resultOf, writeTiffFile } from "../helpers/cli_process.ts";
import { rejected } from "../helpers/hostile_files.ts";
import { pythonWith } from "../helpers/other_programs.ts";
import { serveFolder } from "../helpers/serve_folder.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { converted } from "../helpers/volume_files.ts";

const python = pythonWith("h5py", "numpy", "tifffile");
const skipped = python === undefined ? " (skipped: python3-h5py or python3-tifffile is missing)" : "";

/** [time, channel, z, y, x]; a voxel's value tells its place. */
const [T, C, Z, Y, X] = [2, 3, 4, 5, 6] as const;
const valueAt = (t: number, c: number, i: number) => t * 100 + c * 30 + Math.floor(i / (Y * X)) * 5 + i % 5;
const stack = (t: number, c: number) => Uint8Array.from({ length: Z * Y * X }, (_, i) => valueAt(t, c, i));

const SCRIPT = `
import h5py, json, numpy as np, os, sys, tifffile
os.chdir(sys.argv[1])
T, C, Z, Y, X = 2, 3, 4, 5, 6
i = np.arange(Z * Y * X)
v = np.array([[(t * 100 + c * 30 + i // (Y * X) * 5 + i % 5).reshape(Z, Y, X) for c in range(C)] for t in range(T)]).astype('u1')
grey = dict(photometric='minisblack')
tifffile.imwrite('imagej.tif', v.transpose(0, 2, 1, 3, 4), imagej=True, metadata={'axes': 'TZCYX'})
tifffile.imwrite('imagej16.tif', v.astype('u2').transpose(0, 2, 1, 3, 4), imagej=True, metadata={'axes': 'TZCYX'})
tifffile.imwrite('hyper.ome.tif', v, metadata={'axes': 'TCZYX'}, compression='zlib', **grey)
tifffile.imwrite('czt.ome.tif', v.transpose(0, 2, 1, 3, 4), metadata={'axes': 'TZCYX'}, **grey)
tifffile.imwrite('channels.ome.tif', v[0], metadata={'axes': 'CZYX'}, **grey)
with h5py.File('a.h5', 'w') as f:
    f['plain'] = v
    f.create_dataset('chunked', data=v, chunks=(2, 2, 3, 3, 4), compression='gzip')
    f['last'] = v.transpose(0, 2, 3, 4, 1)
    for n, label in enumerate('tzyxc'): f['last'].dims[n].label = label
def ome(blocks, z=Z, c=1, t=1, order='XYZCT'):
    return ('<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
            f'<Pixels ID="Pixels:0" DimensionOrder="{order}" Type="uint8" SizeX="{X}" SizeY="{Y}" SizeZ="{z}" SizeC="{c}" SizeT="{t}" '
            f'PhysicalSizeX="4" PhysicalSizeXUnit="nm" PhysicalSizeY="4" PhysicalSizeYUnit="nm" PhysicalSizeZ="40" PhysicalSizeZUnit="nm">'
            f'{blocks}</Pixels></Image></OME>')
def block(file, count=1, ifd=0, **first):
    at = ' '.join(f'First{k}="{n}"' for k, n in first.items())
    return f'<TiffData {at} IFD="{ifd}" PlaneCount="{count}"><UUID FileName="{file}">urn:uuid:{file}</UUID></TiffData>'
def write(file, pages, xml): tifffile.imwrite(file, pages, description=xml, metadata=None, **grey)
for name in ('slices', 'shuffled', 'halves', 'channels', 'companion', 'lost', 'short', 'mixed'): os.mkdir(name)
xml = ome(''.join(block(f'z{z}.ome.tif', Z=z) for z in range(Z)))
for z in range(Z): write(f'slices/z{z}.ome.tif', v[0, 0, z], xml)
for z in range(Z):
    if z != 2: write(f'lost/z{z}.ome.tif', v[0, 0, z], xml)
for z in range(Z): write(f'mixed/z{z}.ome.tif', v[0, 0, z].astype('u2' if z == 2 else 'u1'), xml)
xml = ome(''.join(block(f'{"dacb"[z]}.tif', Z=z) for z in range(Z)))
for z in range(Z): write(f'shuffled/{"dacb"[z]}.tif', v[0, 0, z], xml)
xml = ome(block('a.tif', 2, 0, Z=0) + block('b.tif', 1, 1, Z=2) + block('b.tif', 1, 0, Z=3))
write('halves/a.tif', v[0, 0, :2], xml); write('halves/b.tif', v[0, 0, [3, 2]], xml)
xml = ome(block('a.tif', 2, 0, Z=0) + block('b.tif', 2, 0, Z=2))
write('short/a.tif', v[0, 0, :2], xml); write('short/b.tif', v[0, 0, 2:3], xml)
xml = ome(''.join(block(f'c{c}.tif', Z, 0, C=c) for c in range(C)), c=C)
for c in range(C): write(f'channels/c{c}.tif', v[0, c], xml)
xml = ome(''.join(block(f'z{z}.tif', Z=z) for z in range(Z)))
open('companion/set.companion.ome', 'w').write(xml)
only = '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><BinaryOnly MetadataFile="NAME" UUID="urn:uuid:1"/></OME>'
for z in range(Z): write(f'companion/z{z}.tif', v[0, 0, z], only.replace('NAME', 'set.companion.ome'))
write('alone.tif', v[0, 0, 0], only.replace('NAME', 'gone.companion.ome'))
write('three.ome.tif', v[0, 0, :3], ome('<TiffData/>'))
`;

const read = async (location: string, out: string) =>
  (await converted(location, out, { rescale: [0, 255] })).voxels;

/** Locations of several channels and times. */
const HYPER = [
  "imagej.tif",
  "imagej16.tif",
  "hyper.ome.tif",
  "czt.ome.tif",
  "a.h5:/plain",
  "a.h5:/chunked",
  "a.h5:/last",
  "z.zarr",
  "n.zarr",
];

/** Locations of one channel and time: the first. */
const SETS = [
  "slices/z0.ome.tif",
  "slices/z3.ome.tif",
  "slices",
  "slices/*.tif",
  "shuffled/a.tif",
  "halves/b.tif",
  "companion/z2.tif",
  "channels/c0.tif#channel=0",
  "channels/c2.tif#channel=0",
  "channels.ome.tif#channel=0",
];

const REFUSED: readonly (readonly [location: string, message: RegExp])[] = [
  [
    "imagej.tif",
    /3 channels, 4 slices, 2 frames; choose one with --channel and --time-point, or with the keys channel and timePoint/,
  ],
  ["imagej.tif#channel=1", /3 channels, 4 slices, 2 frames; choose one/],
  ["imagej.tif#channel=3,time=0", /has no channel 3: 3 channels, 4 slices, 2 frames/],
  ["hyper.ome.tif#time=2,channel=0", /has no time point 2/],
  ["channels/c0.tif", /3 channels, 4 slices, 1 frames; choose one/],
  ["a.h5:/plain", /its axes are 2, 3, 4, 5, 6 .*choose one with --channel/],
  ["a.h5:/last#channel=3,time=0", /has no channel 3, but 3, 0 to 2/],
  ["z.zarr#channel=0,time=7", /has no time point 7, but 2, 0 to 1/],
  [
    "lost/z0.ome.tif",
    /a part of an OME-TIFF of 4 files, of which z2\.ome\.tif is not next to it/,
  ],
  ["short/a.tif", /b\.tif: has 1 pages, but its OME-XML refers to page 1/],
  ["mixed/z0.ome.tif", /z2\.ome\.tif: 6 x 5 voxels of uint16, but .*z0\.ome\.tif has 6 x 5 voxels of uint8/],
  ["alone.tif", /a part of an OME-TIFF, whose order is in gone\.companion\.ome, which is not next to it/],
  ["three.ome.tif", /its OME-XML says 4 planes, but it has 3 pages/],
];

function writeZarrs(folder: string): void {
  for (
    const [name, chunks, more] of [["z", [1, 2, 4, 3, 6], {}], ["n", [2, 1, 4, 5, 6], {
      _ARRAY_DIMENSIONS: ["t", "c", "z", "y", "x"],
    }]] as const
  ) {
    const path = `${folder}/${name}.zarr`;
    Deno.mkdirSync(path);
    Deno.writeTextFileSync(`${path}/.zattrs`, JSON.stringify(more));
    const shape = [T, C, Z, Y, X];
    Deno.writeTextFileSync(
      `${path}/.zarray`,
      JSON.stringify({
        zarr_format: 2,
        shape,
        chunks,
        dtype: "|u1",
        compressor: null,
        fill_value: 0,
        order: "C",
        filters: null,
      }),
    );
    const counts = shape.map((length, axis) => Math.ceil(length / (chunks[axis] ?? 1)));
    const total = counts.reduce((a, b) => a * b);
    for (let n = 0; n < total; n++) {
      const at = counts.map((_, axis) =>
        Math.floor(n / counts.slice(axis + 1).reduce((a, b) => a * b, 1)) % (counts[axis] ?? 1)
      );
      const size = chunks.reduce<number>((a, b) => a * b, 1);
      const bytes = Uint8Array.from({ length: size }, (_, i) => {
        const [t = 0, c = 0, z = 0, y = 0, x = 0] = chunks.map((length, axis) =>
          (at[axis] ?? 0) * length +
          Math.floor(i / chunks.slice(axis + 1).reduce<number>((a, b) => a * b, 1)) % length
        );
        return y < Y && x < X && z < Z ? valueAt(t, c, (z * Y + y) * X + x) : 0;
      });
      Deno.writeFileSync(`${path}/${at.join(".")}`, bytes);
    }
  }
}

Deno.test({
  name: `channels, time points and planes of OME-TIFF are found wherever they are${skipped}`,
  ignore: python === undefined,
  fn: (t) =>
    inTempFolder(async (folder) => {
      Deno.writeTextFileSync(`${folder}/script.py`, SCRIPT);
      const { success, stderr } = await new Deno.Command(python ?? "", {
        args: [`${folder}/script.py`, folder],
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      writeZarrs(folder);
      for (const location of HYPER) {
        await t.step(`every channel and time point of ${location}`, async () => {
          for (let time = 0; time < T; time++) {
            for (let channel = 0; channel < C; channel++) {
              const picked = withPick(`${folder}/${location}`, { channel, time });
              assert.deepEqual((await describeVolumeFile(picked)).shape, [Z, Y, X]);
              // Into one array, which must not take another choice for its own.
              assert.deepEqual(await read(picked, `${folder}/out`), stack(time, channel), picked);
            }
          }
        });
      }
      for (const location of SETS) {
        await t.step(`the planes of ${location}`, async () => {
          assert.deepEqual(await read(`${folder}/${location}`, `${folder}/set`), stack(0, 0));
          Deno.removeSync(`${folder}/set`, { recursive: true });
        });
      }
      await t.step("the voxel size of a set", async () => {
        for (const location of ["slices/z1.ome.tif", "companion/z0.tif"]) {
          assert.deepEqual((await describeVolumeFile(`${folder}/${location}`)).voxelSize, [40, 4, 4]);
        }
      });
      for (const [location, message] of REFUSED) {
        await t.step(`no volume: ${location}`, async () => {
          await rejected(() => read(`${folder}/${location}`, `${folder}/none`), message);
        });
      }
      await t.step("a Zarr on a server", async () => {
        await using server = serveFolder(folder);
        assert.deepEqual(
          await read(`${server.address}/z.zarr#channel=1,time=1`, `${folder}/served`),
          stack(1, 1),
        );
      });
      await t.step("the flags of evaluate, synapses, erode-dilate and channels", async () => {
        const flags = ["--channel", "2", "--time-point", "1"];
        const labels = `${folder}/labels.tif`, one = stack(1, 2);
        await writeTiffFile(labels, one.map((value) => value >= 165 ? 255 : 0), [Z, Y, X]);
        const counted = resultOf(
          await ccboost("evaluate", `${folder}/imagej.tif`, labels, ...flags, "--json"),
        );
        assert.equal(counted["averagePrecision"], 1);
        const other = resultOf(
          await ccboost("evaluate", labels, `${folder}/imagej.tif#channel=2,time=1`, ...[
            "--labels-are",
            "160,161,162,163,164/*",
            "--json",
          ]),
        );
        assert.equal(other["averagePrecision"], 1);
        const found = await ccboost("synapses", `${folder}/imagej.tif`, ...flags, ...[
          "--threshold",
          "100",
          "--min-size",
          "1",
          "--out",
          `${folder}/p`,
        ]);
        assert.equal(found.code, 0, found.err);
        const eroded = await ccboost(
          "erode-dilate",
          `${folder}/imagej.tif`,
          "0",
          "0",
          `${folder}/e.tif`,
          ...flags,
          ...["--labels-are", "160,161,162,163,164/*"],
        );
        assert.equal(eroded.code, 0, eroded.err);
        assert.deepEqual(
          await read(`${folder}/e.tif`, `${folder}/eroded`),
          one.map((value) => value >= 165 ? 255 : 0),
        );
        const channels = await ccboost("channels", `${folder}/imagej.tif`, `${folder}/c`, ...flags, ...[
          "--only",
          "gauss-s1.0",
        ]);
        assert.equal(channels.code, 0, channels.err);
      });
      await t.step("the flags of info, convert and export", async () => {
        const flags = ["--channel", "2", "--time-point", "1"];
        const { code, out } = await ccboost("info", `${folder}/imagej.tif`, ...flags);
        assert.deepEqual([code, /6 x 5 x 4 voxels/.test(out)], [0, true]);
        assert.equal(
          (await ccboost("export", `${folder}/hyper.ome.tif`, `${folder}/e.nrrd`, ...flags)).code,
          0,
        );
        assert.deepEqual(Deno.readFileSync(`${folder}/e.nrrd`).slice(-Z * Y * X), stack(1, 2));
        assert.equal(
          (await ccboost("convert", `${folder}/a.h5:/last`, `${folder}/e.zarr`, ...flags)).code,
          0,
        );
        assert.deepEqual(await read(`${folder}/e.zarr`, `${folder}/again`), stack(1, 2));
        const wrong = await ccboost("info", `${folder}/imagej.tif`, "--channel", "-1");
        assert.match(wrong.err, /--channel/);
      });
      await t.step("a changed file of a set is a changed input", async () => {
        await read(`${folder}/slices/z0.ome.tif`, `${folder}/kept`);
        Deno.copyFileSync(`${folder}/slices/z3.ome.tif`, `${folder}/slices/z1.ome.tif`);
        const expected = stack(0, 0);
        expected.copyWithin(Y * X, 3 * Y * X);
        assert.deepEqual(await read(`${folder}/slices/z0.ome.tif`, `${folder}/kept`), expected);
      });
    }),
});
