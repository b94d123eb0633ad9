/** Shards of precomputed volumes, each written alone and in any order. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { chunksOfShard, writeInfo, writeScale, writeShard } from "../../../src/volume/precomputed/write.ts";
import { voxelCount, wholeRegion, zipAxes, type Zyx } from "../../../src/volume/region.ts";
import { openZarr, readRegion } from "../../../src/volume/zarr/mod.ts";
import { digests } from "../../helpers/run_job.ts";
import { filesBelow } from "../../helpers/damage.ts";
import { seededRandom } from "../../helpers/seeded_random.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

const CHUNK: Zyx = [2, 3, 4];
const length = fc.integer({ min: 1, max: 70 });

/** Any voxels; in a quarter of the chunks, in runs of which whole shards consist, zeros. */
function voxelsOf(shape: Zyx): Uint8Array {
  const voxels = new Uint8Array(voxelCount(shape));
  for (let i = 0; i < voxels.length; i++) voxels[i] = (i >> 12) % 4 === 0 ? 0 : 1 + i * 7 % 250;
  return voxels;
}

function chunkReader(voxels: Uint8Array, shape: Zyx) {
  return (at: Zyx) => {
    const start = zipAxes((place, n) => place * n, at, CHUNK);
    const part = zipAxes((n, c) => Math.min(n, c), zipAxes((n, s) => n - s, shape, start), CHUNK);
    const bytes = new Uint8Array(voxelCount(part));
    let to = 0;
    for (let z = 0; z < part[0]; z++) {
      for (let y = 0; y < part[1]; y++) {
        const from = ((start[0] + z) * shape[1] + start[1] + y) * shape[2] + start[2];
        bytes.set(voxels.subarray(from, from + part[2]), to);
        to += part[2];
      }
    }
    return Promise.resolve(bytes);
  };
}

Deno.test("writeShard() writes boxes of chunks, in any order the files of writeScale(), with all voxels", () =>
  fc.assert(
    fc.asyncProperty(
      fc.tuple(length, length, length),
      fc.integer({ min: 1, max: 1e6 }),
      (shape, seed) =>
        inTempFolder(async (folder) => {
          const scale = { shape, chunk: CHUNK, voxelSize: [1, 1, 1], offset: [0, 0, 0] } as const;
          const voxels = voxelsOf(shape), read = chunkReader(voxels, shape);
          const whole = `${folder}/whole.precomputed`, parts = `${folder}/parts.precomputed`;
          await writeScale(whole, 0, scale, read);
          Deno.mkdirSync(`${parts}/s0`, { recursive: true });
          const box = chunksOfShard(scale);
          assert.ok(voxelCount(box) <= 512);
          const [nz, ny, nx] = zipAxes((n, c) => Math.ceil(n / c), shape, CHUNK);
          const places: Zyx[] = [];
          for (let z = 0; z < nz; z += box[0]) {
            for (let y = 0; y < ny; y += box[1]) for (let x = 0; x < nx; x += box[2]) places.push([z, y, x]);
          }
          const random = seededRandom(seed);
          const keyed = places.map((place) => ({ place, key: random() })).sort((a, b) => a.key - b.key);
          let files = 0;
          for (const { place } of keyed) files += Number(await writeShard(parts, 0, scale, place, read));
          const own = filesBelow(`${parts}/s0`).sort(), all = filesBelow(`${whole}/s0`).sort();
          assert.equal(own.length, files);
          assert.deepEqual(await digests(own), await digests(all));
          await writeInfo(parts, { type: "image", dtype: "uint8", channels: 1, scales: [scale] });
          await convertVolume(parts, `${folder}/read.zarr`, { dtype: "uint8", anisotropy: 1 });
          const found = new Uint8Array(voxels.length);
          await readRegion(await openZarr(`${folder}/read.zarr`), wholeRegion(shape), found);
          assert.deepEqual(found, voxels);
        }),
    ),
    { numRuns: 15 },
  ));
