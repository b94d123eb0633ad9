import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../../../src/user_error.ts";
import { convertVolume, valueRanges } from "../../../src/stages/convert/convert.ts";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { type Region, voxelCount, wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import { slabShape, slabsOfBand } from "../../../src/volume/slab.ts";
import { createZarr, openZarr, readRegion, writeRegion } from "../../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { noise, once, writeNrrd } from "../../helpers/volume_files.ts";

/** Files below a folder with their contents, to compare folders to the byte. */
function contents(folder: string, below = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const { name, isDirectory } of Deno.readDirSync(`${folder}${below}`)) {
    const path = `${below}/${name}`;
    if (isDirectory) { for (const entry of contents(folder, path)) found.set(...entry); }
    else found.set(path, Deno.readFileSync(`${folder}${path}`).join(" "));
  }
  return new Map([...found].sort());
}

const SHAPE: Zyx = [13, 17, 19];

Deno.test("convertVolume() goes on after an interruption, and the result is the same to the byte", async () => {
  await inTempFolder(async (folder) => {
    const values = new Float32Array(voxelCount(SHAPE) * 3).map((_, index) => Math.fround(Math.sin(index)));
    const info = { shape: SHAPE, components: 3, dtype: "float32" } as const;
    await writeNrrd(`${folder}/in.nrrd`, info, once(new Uint8Array(values.buffer)));
    const options = { dtype: "float32", anisotropy: 1, chunk: [4, 16, 16], memory: 1 } as const;
    await convertVolume(`${folder}/in.nrrd`, `${folder}/whole`, options);
    const expected = contents(`${folder}/whole`);

    for (const stopAfter of [0, 1300, 4100]) {
      const out = `${folder}/out-${stopAfter}`;
      const control = new AbortController();
      const progress: number[] = [];
      const work = convertVolume(`${folder}/in.nrrd`, out, {
        ...options,
        signal: control.signal,
        onProgress(done, total) {
          assert.equal(total, voxelCount(SHAPE));
          if (done >= stopAfter) control.abort(new Error("stopped"));
        },
      });
      await assert.rejects(work, /stopped/);
      await assert.rejects(Deno.stat(out), Deno.errors.NotFound);
      // As a kill would leave it: a band without its line, and half a line.
      Deno.writeTextFileSync(`${out}.partial/bands.jsonl`, '{"z": 4, "ran', { append: true });
      const volume = await convertVolume(`${folder}/in.nrrd`, out, {
        ...options,
        onProgress: (done) => void progress.push(done),
      });
      assert.deepEqual(contents(out), expected);
      assert.equal(progress.at(-1), voxelCount(SHAPE));
      assert.ok(progress.every((done, index) => index === 0 || done > (progress[index - 1] ?? 0)));
      assert.equal(valueRanges(volume)?.length, 3);
      await assert.rejects(Deno.stat(`${out}.partial`), Deno.errors.NotFound);
    }
  });
});

Deno.test("convertVolume() does not repeat what an earlier run finished", async () => {
  await inTempFolder(async (folder) => {
    const bytes = noise(voxelCount(SHAPE));
    await writeNrrd(`${folder}/in.nrrd`, { shape: SHAPE, components: 1, dtype: "uint8" }, once(bytes));
    const options = { dtype: "uint8", anisotropy: 1, chunk: [4, 32, 32] } as const;
    const control = new AbortController();
    const first = convertVolume(`${folder}/in.nrrd`, `${folder}/out`, {
      ...options,
      signal: control.signal,
      onProgress: (done) => done > 2000 && control.abort(),
    });
    await assert.rejects(first);
    // Were the finished band written again, this chunk would be too.
    const begun = await openZarr(`${folder}/out.partial`);
    const firstBand: Region = { start: [0, 0, 0], shape: [4, SHAPE[1], SHAPE[2]] };
    await writeRegion(begun, firstBand, new Uint8Array(voxelCount(firstBand.shape)).fill(7));
    const volume = await convertVolume(`${folder}/in.nrrd`, `${folder}/out`, options);
    const out = new Uint8Array(voxelCount(SHAPE));
    await readRegion(volume, wholeRegion(SHAPE), out);
    const band = 4 * SHAPE[1] * SHAPE[2];
    assert.ok(out.subarray(0, band).every((value) => value === 7));
    assert.deepEqual(out.subarray(band), bytes.subarray(band));
    // Finished: the same again is not even begun.
    await convertVolume(`${folder}/in.nrrd`, `${folder}/out`, {
      ...options,
      onProgress: () => assert.fail("converted"),
    });
  });
});

Deno.test("convertVolume() begins anew when the input or the chunks have changed", async () => {
  await inTempFolder(async (folder) => {
    const shape: Zyx = [3, 4, 5];
    const input = `${folder}/in.nrrd`;
    const write = (bytes: Uint8Array) =>
      writeNrrd(input, { shape, components: 1, dtype: "uint8" }, once(bytes));
    const convert = async (chunk: Zyx) => {
      const volume = await convertVolume(input, `${folder}/out`, { dtype: "uint8", anisotropy: 1, chunk });
      const out = new Uint8Array(60);
      await readRegion(volume, wholeRegion(shape), out);
      assert.deepEqual(volume.chunk, chunk);
      return out;
    };
    const [one, two] = [noise(60), noise(60).reverse()];
    await write(one);
    assert.deepEqual(await convert([2, 2, 2]), one);
    await write(two);
    Deno.utimeSync(input, 1000, 1000);
    assert.deepEqual(await convert([2, 2, 2]), two);
    assert.deepEqual(await convert([2, 4, 4]), two);
  });
});

Deno.test("convertVolume() touches nothing that it did not make", async () => {
  await inTempFolder(async (folder) => {
    await writeNrrd(`${folder}/in`, { shape: [1, 2, 3], components: 1, dtype: "uint8" }, once(noise(6)));
    Deno.mkdirSync(`${folder}/out`);
    Deno.writeTextFileSync(`${folder}/out/notes`, "text");
    const onProgress = () => assert.fail("converted");
    const options = { dtype: "uint8", anisotropy: 1, onProgress } as const;
    await assert.rejects(
      convertVolume(`${folder}/in`, `${folder}/out`, options),
      /not a Zarr array; choose another/,
    );
    assert.deepEqual([...contents(folder).keys()], ["/in", "/out/notes"]);
  });
});

Deno.test("convertVolume() opens a Zarr volume of the wanted kind in place, and converts others", async () => {
  await inTempFolder(async (folder) => {
    const shape: Zyx = [5, 6, 7];
    const bytes = noise(210);
    const raw = await createZarr(`${folder}/raw.zarr`, {
      shape,
      chunk: [4, 4, 4],
      dtype: "uint8",
      codec: "gzip",
    });
    await writeRegion(raw, wholeRegion(shape), bytes);
    const same = await convertVolume(`${folder}/raw.zarr`, `${folder}/a`, { dtype: "uint8", anisotropy: 1 });
    assert.equal(same.path, `${folder}/raw.zarr`);
    const channel = await convertVolume(`${folder}/raw.zarr`, `${folder}/b`, {
      dtype: "float32",
      anisotropy: 1,
      memory: 1,
    });
    assert.equal(channel.path, `${folder}/b`);
    const out = new Float32Array(210);
    await readRegion(channel, wholeRegion(shape), out);
    assert.deepEqual(out, Float32Array.from(bytes));
    assert.deepEqual(valueRanges(channel), [[Math.min(...bytes), Math.max(...bytes)]]);
    const again = await convertVolume(`${folder}/b`, `${folder}/c`, { dtype: "float32", anisotropy: 1 });
    assert.equal(again.path, `${folder}/b`);
    const wrong = convertVolume(`${folder}/b`, `${folder}/d`, { dtype: "uint8", anisotropy: 1 });
    await assert.rejects(
      wrong,
      (error) => error instanceof UserError && /float32 with 1 .* uint8/.test(error.message),
    );
  });
});

Deno.test("describeVolumeFile() goes by the content, and says what else it found", async () => {
  await inTempFolder(async (folder) => {
    await writeNrrd(`${folder}/in.tif`, { shape: [1, 2, 3], components: 1, dtype: "uint8" }, once(noise(6)));
    assert.equal((await describeVolumeFile(`${folder}/in.tif`)).format, "nrrd");
    Deno.writeTextFileSync(`${folder}/in.nrrd`, "PNG");
    await assert.rejects(
      describeVolumeFile(`${folder}/in.nrrd`),
      /in\.nrrd: .*begins with the bytes 80 78 71; expected/,
    );
    Deno.writeTextFileSync(`${folder}/empty`, "");
    await assert.rejects(describeVolumeFile(`${folder}/empty`), /empty: .*empty; expected/);
    await assert.rejects(describeVolumeFile(`${folder}/none`), /none: no such file/);
  });
});

const length = (most: number) => fc.integer({ min: 1, max: most });

Deno.test("slabsOfBand() with slabShape() covers each voxel of a band once, by whole chunks", () => {
  const triple = (most: number) => fc.tuple(length(most), length(most), length(most)) as fc.Arbitrary<Zyx>;
  fc.assert(
    fc.property(triple(12), triple(6), length(3000), (shape, chunk, memory) => {
      const slab = slabShape(shape, chunk, 4, memory);
      const least = 4 * Math.min(chunk[0], shape[0]) * Math.min(chunk[1], shape[1]) *
        Math.min(chunk[2], shape[2]);
      assert.ok(voxelCount(slab) * 4 <= Math.max(memory, least));
      const seen = new Uint8Array(voxelCount(shape));
      for (let z = 0; z < shape[0]; z += slab[0]) {
        for (const { start, shape: size } of slabsOfBand(shape, slab, z)) {
          assert.ok(start.every((at, axis) => at % (chunk[axis] ?? 1) === 0));
          for (let dz = 0; dz < size[0]; dz++) {
            for (let dy = 0; dy < size[1]; dy++) {
              for (let dx = 0; dx < size[2]; dx++) {
                const at = ((start[0] + dz) * shape[1] + start[1] + dy) * shape[2] + start[2] + dx;
                seen[at] = (seen[at] ?? 0) + 1;
              }
            }
          }
        }
      }
      assert.ok(seen.every((count) => count === 1));
    }),
  );
});
