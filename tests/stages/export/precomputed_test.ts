/** Precomputed volumes that `exportVolume` writes: by the format's text, and as our own reader and OME-Zarr have them. */
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { exportVolume } from "../../../src/stages/export/export.ts";
import { allocateVoxels, bytesOf, type Dtype, type Voxels } from "../../../src/volume/dtype.ts";
import { mortonCode, mortonPlace } from "../../../src/volume/precomputed/sharding.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import {
  createZarr,
  openZarr,
  readRegion,
  writeRegion,
  type ZarrVolume,
} from "../../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

const SHAPE: Zyx = [50, 130, 260];
const SIZE: Zyx = [10, 4, 4];

async function makeVolume(path: string, dtype: Dtype, components = 1, voxelSize = SIZE): Promise<ZarrVolume> {
  const options = { shape: SHAPE, dtype, components, attributes: { voxelSize } };
  const volume = await createZarr(path, options);
  for (let component = 0; component < components; component++) {
    const voxels = allocateVoxels(dtype, voxelCount(SHAPE));
    for (let i = 0; i < voxels.length; i++) {
      const value = i % SHAPE[2] < 128 ? 0 : ((i >> 3) * 31 + (i >> 11) + component) % 251;
      voxels[i] = dtype === "uint64" ? BigInt(value) << 40n : value;
    }
    await writeRegion(volume, wholeRegion(SHAPE), voxels, component);
  }
  return volume;
}

async function voxelsOf(path: string, component = 0): Promise<Voxels> {
  const volume = await openZarr(path, "any");
  const voxels = allocateVoxels(volume.dtype, voxelCount(volume.shape));
  await readRegion(volume, wholeRegion(volume.shape), voxels, component);
  return voxels;
}

const infoOf = (path: string) => JSON.parse(Deno.readTextFileSync(`${path}/info`));

Deno.test("exportVolume() writes precomputed images and segmentations, level by level as OME-Zarr has them", () =>
  inTempFolder(async (folder) => {
    for (
      const [dtype, kind] of [["uint8", "image"], ["float32", "image"], ["uint32", "segmentation"]] as const
    ) {
      const volume = await makeVolume(`${folder}/${dtype}.zarr`, dtype);
      const { levels } = await exportVolume(volume, `${folder}/${dtype}.precomputed`);
      await exportVolume(volume, `${folder}/${dtype}.ome.zarr`);
      const info = infoOf(`${folder}/${dtype}.precomputed`);
      assert.deepEqual([info.type, info.data_type, info.num_channels], [kind, dtype, 1]);
      assert.deepEqual(info.scales.map(({ resolution }: { resolution: number[] }) => resolution), [
        [4, 4, 10],
        [8, 8, 10],
        [16, 16, 20],
      ]);
      assert.equal(levels, 3);
      for (let level = 0; level < levels; level++) {
        const out = `${folder}/${dtype}-${level}.zarr`;
        await convertVolume(`${folder}/${dtype}.precomputed/s${level}`, out, { dtype, anisotropy: 1 });
        assert.deepEqual(await voxelsOf(out), await voxelsOf(`${folder}/${dtype}.ome.zarr/${level}`), out);
      }
      const files = [...Deno.readDirSync(`${folder}/${dtype}.precomputed/s0`)];
      assert.ok(files.length <= 2, `${files.length} files`);
    }
  }));

Deno.test("exportVolume() writes the shards of a precomputed volume as the text of the format says", () =>
  inTempFolder(async (folder) => {
    const volume = await makeVolume(`${folder}/v.zarr`, "uint64", 2, [4, 4, 4]);
    const path = `${folder}/v.precomputed`;
    const region = { start: [8, 16, 24], shape: [40, 110, 230] } as const;
    await exportVolume(volume, path, { region });
    const { scales: [scale], num_channels: channels } = infoOf(path);
    assert.deepEqual([channels, scale.size, scale.voxel_offset], [2, [230, 110, 40], [24, 16, 8]]);
    const { preshift_bits: preshift, minishard_bits: minishard, shard_bits: shard } = scale.sharding;
    const [cx, cy, cz] = scale.chunk_sizes[0];
    const grid = [Math.ceil(230 / cx), Math.ceil(110 / cy), Math.ceil(40 / cz)];
    assert.equal(preshift + minishard + shard, grid.reduce((sum, n) => sum + Math.ceil(Math.log2(n)), 0));
    // chunk [x, y, z] = [2, 1, 0] of the grid
    const code = mortonCode([2, 1, 0], grid);
    const hashed = code >> BigInt(preshift);
    const place = Number(hashed & (2n ** BigInt(minishard) - 1n));
    const name = (hashed >> BigInt(minishard)).toString(16).padStart(Math.ceil(shard / 4), "0");
    const file = Deno.readFileSync(`${path}/s0/${name}.shard`);
    const view = new DataView(file.buffer);
    const head = 16 * 2 ** minishard;
    const [from, to] = [0, 8].map((at) => head + Number(view.getBigUint64(16 * place + at, true)));
    const index = new BigUint64Array(new Uint8Array(gunzipSync(file.subarray(from, to))).buffer);
    const count = index.length / 3;
    let [id, end] = [0n, 0n];
    let found: Uint8Array | undefined;
    for (let i = 0; i < count; i++) {
      id += index[i] ?? 0n;
      const start = end + (index[count + i] ?? 0n);
      end = start + (index[2 * count + i] ?? 0n);
      if (id === code) found = gunzipSync(file.subarray(head + Number(start), head + Number(end)));
    }
    const part: Zyx = [Math.min(40, cz), Math.min(cy, 110 - cy), Math.min(cx, 230 - 2 * cx)];
    const expected = new Uint8Array(2 * voxelCount(part) * 8);
    for (const component of [0, 1]) {
      const voxels = allocateVoxels("uint64", voxelCount(part));
      await readRegion(volume, { start: [8, 16 + cy, 24 + 2 * cx], shape: part }, voxels, component);
      expected.set(bytesOf(voxels), component * voxelCount(part) * 8);
    }
    assert.ok(
      found !== undefined && found.length === expected.length,
      `${found?.length} of ${expected.length}`,
    );
    assert.ok(found.every((byte, i) => byte === expected[i]));
  }));

Deno.test("exportVolume() refuses a precomputed volume without a voxel size, of a type Neuroglancer lacks, and in place of other files", () =>
  inTempFolder(async (folder) => {
    const plain = await createZarr(`${folder}/plain.zarr`, { shape: [4, 4, 4], dtype: "uint8" });
    await assert.rejects(
      exportVolume(plain, `${folder}/a.precomputed`),
      /needs a voxel size; give it with --voxel-size/,
    );
    const wide = await createZarr(`${folder}/wide.zarr`, { shape: [4, 4, 4], dtype: "int64" });
    await assert.rejects(
      exportVolume(wide, `${folder}/a.precomputed`, { voxelSize: SIZE }),
      /int64.*use \.ome\.zarr/,
    );
    Deno.mkdirSync(`${folder}/mine.precomputed`);
    Deno.writeTextFileSync(`${folder}/mine.precomputed/notes.txt`, "mine");
    await assert.rejects(
      exportVolume(plain, `${folder}/mine.precomputed`, { voxelSize: SIZE }),
      /notes\.txt, which would be lost/,
    );
    Deno.renameSync(`${folder}/mine.precomputed`, `${folder}/b.precomputed.partial`);
    const exported = () => exportVolume(plain, `${folder}/b.precomputed`, { voxelSize: SIZE });
    await assert.rejects(exported(), /b\.precomputed\.partial: contains notes\.txt, which would be lost/);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "b.precomputed.partial",
      "plain.zarr",
      "wide.zarr",
    ]);
    // what a kill leaves is replaced
    Deno.renameSync(
      `${folder}/b.precomputed.partial/notes.txt`,
      `${folder}/b.precomputed.partial/info.1.partial`,
    );
    await exported();
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "b.precomputed",
      "plain.zarr",
      "wide.zarr",
    ]);
  }));

Deno.test("mortonPlace() is the inverse of mortonCode()", () => {
  const grid = [3, 9, 5];
  const seen = new Set<bigint>();
  for (let x = 0; x < 3; x++) {
    for (let y = 0; y < 9; y++) {
      for (let z = 0; z < 5; z++) {
        const code = mortonCode([x, y, z], grid);
        assert.deepEqual(mortonPlace(code, grid), [x, y, z]);
        seen.add(code);
      }
    }
  }
  assert.equal(seen.size, 3 * 9 * 5);
});
