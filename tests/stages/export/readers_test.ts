/** Volumes that `exportVolume` writes, read back by programs of others. */
import assert from "node:assert/strict";
import { exportVolume } from "../../../src/stages/export/export.ts";
import { allocateVoxels, type Dtype, type Voxels } from "../../../src/volume/dtype.ts";
import { createHdf5 } from "../../../src/volume/hdf5/write.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import { createTiff } from "../../../src/volume/tiff/write.ts";
import { createZarr, writeRegion, type ZarrVolume } from "../../../src/volume/zarr/mod.ts";
import { type OtherReader, otherReaders, readByNgffZarr, readByOthers, sha256 } from "./other_readers.ts";
import { expectedMean, expectedMode } from "../../helpers/pyramid_reference.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

const SHAPE: Zyx = [37, 90, 110];
const VOXEL_SIZE: Zyx = [10, 4.6, 4.7];
const READERS = otherReaders();

function readTest(reader: OtherReader, name: string, test: (folder: string) => Promise<void>): void {
  const ignore = !READERS.includes(reader);
  const reason = ignore ? " (skipped: /usr/bin/python3 lacks what read_exported.py needs)" : "";
  Deno.test({ name: `${name}${reason}`, ignore, fn: () => inTempFolder(test) });
}

function pattern(dtype: Dtype): Voxels {
  const voxels = allocateVoxels(dtype, voxelCount(SHAPE));
  const factor = dtype === "uint32" ? 7_654_321 : dtype === "float32" ? 1 / 7 : 1;
  for (let i = 0; i < voxels.length; i++) voxels[i] = ((i >> 3) * 31 + (i >> 11)) % 251 * factor;
  return voxels;
}

async function makeVolume(folder: string, dtype: Dtype): Promise<{ volume: ZarrVolume; voxels: Voxels }> {
  const voxels = pattern(dtype);
  const volume = await createZarr(`${folder}/in-${dtype}.zarr`, {
    shape: SHAPE,
    chunk: [16, 32, 64],
    dtype,
    attributes: { voxelSize: VOXEL_SIZE },
  });
  await writeRegion(volume, wholeRegion(SHAPE), voxels);
  return { volume, voxels };
}

const CASES: readonly (readonly [reader: OtherReader, name: string, dtypes: readonly Dtype[]])[] = [
  ["tiff", "out.tif", ["uint8", "float32"]],
  ["nrrd", "out.nrrd", ["uint8", "uint32", "float32"]],
  ["hdf5", "out.h5:/volumes/µ", ["uint8", "uint32", "float32"]],
];

for (const [reader, name, dtypes] of CASES) {
  readTest(reader, `exportVolume() writes ${name} that others read, with its voxel size`, async (folder) => {
    for (const dtype of dtypes) {
      const { volume, voxels } = await makeVolume(folder, dtype);
      const path = `${folder}/${dtype}-${name}`;
      await exportVolume(volume, path);
      const [found] = readByOthers(reader, [path.replace(".h5:", ".h5::")]);
      assert.deepEqual([found?.shape, found?.dtype, found?.sha256], [[...SHAPE], dtype, sha256(voxels)]);
      assertSize(found?.["size"], VOXEL_SIZE);
    }
  });
}

function assertSize(found: unknown, expected: Zyx): void {
  assert.ok(Array.isArray(found) && found.length === 3);
  for (const [axis, length] of expected.entries()) {
    assert.ok(Math.abs(Number(found[axis]) - length) <= length * 1e-9, `${found} for ${expected}`);
  }
}

readTest("nrrd", "exportVolume() tells in NRRD where a region lies", async (folder) => {
  const { volume } = await makeVolume(folder, "uint8");
  await exportVolume(volume, `${folder}/part.nrrd`, { region: { start: [2, 10, 20], shape: [5, 6, 7] } });
  const [found] = readByOthers("nrrd", [`${folder}/part.nrrd`]);
  assert.deepEqual([found?.shape, found?.["origin"]], [[5, 6, 7], [20, 46, 94]]);
});

readTest(
  "tiff",
  "createTiff() writes BigTIFF over 4 GiB that others read, with its voxel size",
  async (folder) => {
    const shape: Zyx = [5, 32768, 32768];
    const writer = createTiff(`${folder}/big.tif`, { shape, dtype: "uint8", voxelSize: VOXEL_SIZE });
    writer.writeRows(4, 32767, Uint8Array.of(4, 5, 6), 32765);
    writer.complete();
    const script =
      "import sys, tifffile; p = tifffile.TiffFile(sys.argv[1]).pages[-1]; d = p.dataoffsets[0]\n" +
      "f = open(sys.argv[1], 'rb'); f.seek(d + 32768 * 32768 - 4); t = tifffile.TiffFile(sys.argv[1])\n" +
      "print(list(f.read(4)), len(t.pages), p.shape, t.imagej_metadata['spacing'], p.tags['XResolution'].value)";
    const { stdout, stderr } = await new Deno.Command("/usr/bin/python3", {
      args: ["-c", script, `${folder}/big.tif`],
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert.equal(
      text,
      "[0, 4, 5, 6] 5 (32768, 32768) 10 (10, 47)\n",
      new TextDecoder().decode(stderr),
    );
  },
);

readTest("hdf5", "createHdf5() writes over 4 GiB that others read", async (folder) => {
  const place = { file: `${folder}/big.h5`, names: ["data"] };
  const writer = createHdf5(place, { shape: [5, 32768, 32768], components: 1, dtype: "uint8" });
  writer.writeRows(4, 32767, Uint8Array.of(4, 5, 6), 32765);
  writer.complete();
  const script =
    "import sys, h5py; d = h5py.File(sys.argv[1])['data']; print(d.shape, d[4, 32767, -4:].tolist())";
  const { stdout, stderr } = await new Deno.Command("/usr/bin/python3", { args: ["-c", script, place.file] })
    .output();
  assert.equal(
    new TextDecoder().decode(stdout),
    "(5, 32768, 32768) [0, 4, 5, 6]\n",
    new TextDecoder().decode(stderr),
  );
});

/** Levels of a pyramid of the test's volume: nearly cubes after one halving in x and y. */
const FACTORS: readonly Zyx[] = [[1, 1, 1], [1, 2, 2]];

function levelsOf(voxels: Voxels, isLabels: boolean): Voxels[] {
  const levels = [voxels];
  let shape = SHAPE;
  for (const factor of FACTORS.slice(1)) {
    const before = levels.at(-1) ?? voxels;
    levels.push(isLabels ? expectedMode(before, shape, factor) : expectedMean(before, shape, factor));
    shape = [
      Math.ceil(shape[0] / factor[0]),
      Math.ceil(shape[1] / factor[1]),
      Math.ceil(shape[2] / factor[2]),
    ];
  }
  return levels;
}

readTest(
  "zarr",
  "exportVolume() writes OME-Zarr whose levels NumPy reads as computed from definitions",
  async (folder) => {
    for (const dtype of ["uint8", "uint32", "float32"] as const) {
      const { volume, voxels } = await makeVolume(folder, dtype);
      const path = `${folder}/${dtype}.ome.zarr`;
      const { levels } = await exportVolume(volume, path);
      const expected = levelsOf(voxels, dtype === "uint32");
      assert.equal(levels, expected.length);
      const found = readByOthers("zarr", expected.map((_, index) => `${path}/${index}`));
      assert.deepEqual(found.map((level) => level.sha256), expected.map(sha256));
      assert.deepEqual(found.map((level) => level["names"]), expected.map(() => ["z", "y", "x"]));
    }
  },
);

Deno.test("exportVolume() writes OME-Zarr that the package ngff-zarr finds valid and reads", async (t) => {
  await inTempFolder(async (folder) => {
    for (const dtype of ["uint8", "uint32", "float32"] as const) {
      const { volume, voxels } = await makeVolume(folder, dtype);
      await exportVolume(volume, `${folder}/${dtype}.ome.zarr`);
      const found = await readByNgffZarr(`${folder}/${dtype}.ome.zarr`, folder);
      if (found === undefined) {
        const name = "skipped: deno cache npm:@fideus-labs/ngff-zarr@0.14.0 npm:zarrita@0.6.1";
        return void await t.step({ name, ignore: true, fn() {} });
      }
      assert.deepEqual(found.map(({ sha256 }) => sha256), levelsOf(voxels, dtype === "uint32").map(sha256));
      assert.deepEqual(found.map(({ scale }) => scale), [
        { z: 10, y: 4.6, x: 4.7 },
        { z: 10, y: 9.2, x: 9.4 },
      ]);
      assert.deepEqual(found.map(({ translation }) => translation), [
        { z: 0, y: 0, x: 0 },
        { z: 0, y: 2.3, x: 2.35 },
      ]);
      assert.deepEqual(found[0]?.units, { z: "nanometer", y: "nanometer", x: "nanometer" });
    }
  });
});

readTest("zarr", "createZarr() makes arrays in shards that others read", async (folder) => {
  for (const dtype of ["uint8", "float32", "uint32"] as const) {
    for (const components of [1, 2]) {
      const path = `${folder}/${dtype}-${components}.zarr`;
      const chunk = [16, 32, 32] as const, shard = [32, 32, 64] as const;
      const volume = await createZarr(path, { shape: SHAPE, chunk, shard, dtype, components, codec: "zstd" });
      const voxels = pattern(dtype);
      for (let i = 0; i < components; i++) await writeRegion(volume, wholeRegion(SHAPE), voxels, i);
      const [found] = readByOthers("zarr", [path]);
      assert.deepEqual(found?.shape, components > 1 ? [components, ...SHAPE] : [...SHAPE]);
      const all = allocateVoxels(dtype, components * voxels.length);
      for (let i = 0; i < components; i++) all.set(voxels as never, i * voxels.length);
      assert.equal(found?.sha256, sha256(all));
      assert.equal(found?.["files"], 1 + components * 2 * 3 * 2);
    }
  }
});
